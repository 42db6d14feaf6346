//! Gmail's export of filters: an Atom feed with one entry per filter and its properties in the `apps` name space.

use std::sync::Arc;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::Dialect;
use super::address::Target;
use super::gmail_api::words;
use super::model::{AddressPart, Does, Field, Guard, Op, Rule, Test, Via, Visible};
use super::reading::Reading;
use super::source::{Source, Span};
use super::table::mentions;

/// The dialect.
pub const DIALECT: Dialect =
    Dialect { name: "gmail-export", files: &["mailFilters.xml", "mailFilters*"], claims, read };

/// The name space of the properties.
const APPS: &str = "schemas.google.com/apps/2006";

fn claims(text: &str) -> bool {
    text.trim_start().starts_with('<') && mentions(text, &[APPS])
}

/// One property of an entry.
struct Property {
    name: String,
    value: String,
    span: Span,
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("user-setting");
    let mut xml = Reader::from_str(&source.text);
    xml.config_mut().check_end_names = false;
    let mut entry: Option<(usize, Vec<Property>)> = None;
    let mut author = false;
    loop {
        let start = place(&xml);
        let event = match xml.read_event() {
            Ok(event) => event,
            Err(_) => {
                reading.unreadable(Span::new(start, source.text.len()), "the XML document is not well-formed", "");
                break;
            }
        };
        let end = place(&xml);
        match event {
            Event::Start(tag) | Event::Empty(tag) => match local(&tag).as_str() {
                "entry" => entry = Some((start, Vec::new())),
                "email" => author = true,
                "property" => match (property(&tag, Span::new(start, end)), &mut entry) {
                    (Some(found), Some((_, list))) => list.push(found),
                    _ => reading.unreadable(Span::new(start, end), "a property has no name, no value or no entry", ""),
                },
                _ => {}
            },
            Event::Text(text) if author => {
                reading.set.owner = text.trim().to_owned();
            }
            Event::End(tag) if tag.local_name().as_ref() == "entry" => {
                if let Some((from, list)) = entry.take() {
                    reading.rule(rule(&list, Span::new(from, end)));
                }
            }
            Event::End(_) => author = false,
            Event::Eof => break,
            _ => {}
        }
    }
    if let Some((from, list)) = entry {
        reading.unreadable(Span::new(from, source.text.len()), "the last entry is not closed", "");
        reading.rule(rule(&list, Span::new(from, source.text.len())));
    }
}

fn place(xml: &Reader<&[u8]>) -> usize {
    usize::try_from(xml.buffer_position()).unwrap_or(usize::MAX)
}

fn local(tag: &BytesStart<'_>) -> String {
    tag.local_name().as_ref().to_owned()
}

fn property(tag: &BytesStart<'_>, span: Span) -> Option<Property> {
    let attribute = |name: &str| {
        let found = tag.attributes().with_checks(false).flatten().find(|a| a.key.local_name().as_ref() == name)?;
        let raw = found.value.clone().into_owned();
        Some(found.normalized_value(XmlVersion::Implicit1_0).map(|v| v.into_owned()).unwrap_or(raw))
    };
    Some(Property { name: attribute("name")?, value: attribute("value")?, span })
}

fn rule(list: &[Property], span: Span) -> Rule {
    let mut rule = Rule { visible: Visible::Yes, ..Rule::at(span) };
    let mut parts = Vec::new();
    let find = |name: &str| list.iter().find(|p| p.name == name).map(|p| p.value.as_str());
    for Property { name, value, span } in list {
        let on = value.eq_ignore_ascii_case("true");
        let test = |fields: Vec<Field>, op, value: String| {
            Arc::new(Guard::test(Test {
                fields,
                op,
                part: AddressPart::Text,
                values: vec![value],
                dynamic: false,
                case_sensitive: false,
                span: *span,
            }))
        };
        let condition = ["from", "to", "subject", "hasTheWord", "doesNotHaveTheWord"].contains(&name.as_str());
        if condition {
            let first = rule.guard_span == Span::default();
            rule.guard_span = if first { *span } else { rule.guard_span.to(*span) };
        }
        match name.as_str() {
            "from" | "to" | "subject" => parts.push(words(name, value, *span)),
            "hasTheWord" => parts.push(test(vec![Field::Anything], Op::Query, value.clone())),
            "doesNotHaveTheWord" => {
                parts.push(Arc::new(Guard::negated(test(vec![Field::Anything], Op::Query, value.clone()))));
            }
            "hasAttachment" if on => parts.push(test(vec![Field::Attachment], Op::Exists, String::new())),
            "size" if value != "0" => {
                let op = if find("sizeOperator") == Some("s_ss") { Op::Under } else { Op::Over };
                let unit = match find("sizeUnit") {
                    Some("s_smb") => 1u64 << 20,
                    Some("s_skb") => 1 << 10,
                    _ => 1,
                };
                let bytes = value.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(unit);
                parts.push(test(vec![Field::Size], op, bytes.to_string()));
            }
            "forwardTo" => rule.act(Does::send(Target::parse(value), Via::Redirect, true), *span),
            "label" | "smartLabelToApply" => rule.act(Does::Mark(value.clone()), *span),
            "shouldArchive" if on => rule.act(Does::Archive, *span),
            "shouldMarkAsRead" if on => rule.act(Does::MarkRead, *span),
            "shouldTrash" if on => rule.act(Does::Delete { permanent: false }, *span),
            "shouldNeverSpam" if on => rule.act(Does::NeverJunk, *span),
            "shouldStar" if on => rule.act(Does::Mark("star".to_owned()), *span),
            _ => {}
        }
    }
    rule.guard = Guard::all(parts);
    rule
}
