//! Objects where most readers of mail show none.

use std::collections::BTreeSet;

use super::{each_quirk, is_plain, label};
use crate::container::sniff::Class;
use crate::container::{Item, Mail, Origin};
use crate::message::{Part, QuirkKind};
use crate::report::Severity;
use crate::rules::{Hits, Scene, each_item};

declare_rule! {
    id: "mime-hidden-part",
    family: "mime",
    severity: Medium,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let mail = scene.mail;
    let holders = holders(mail);
    let mut told = BTreeSet::new();
    each_item(mail, |index, item| {
        if item.origin != Origin::Hidden {
            return;
        }
        let Some(part) = part(mail, item) else { return };
        let severity = if holders.contains(&index) {
            Severity::Medium
        } else if is_described(part) {
            Severity::Info
        } else {
            return;
        };
        told.extend(item.parent);
        let evidence = [
            ("offset", part.header.start.to_string()),
            ("length", part.body.len().to_string()),
            ("format", item.format.id.to_owned()),
            ("name", item.name().to_owned()),
        ];
        hits.push_as(severity, index, message(part), evidence);
    });
    // A NUL or bare CR at a boundary is worth a line even where only text comes to light. A text line that resembles a
    // boundary is not.
    each_quirk(mail, &[QuirkKind::NulBoundary, QuirkKind::BareCr], |seen| {
        if !told.contains(&seen.at) {
            let message = "Mail readers disagree about where a part of this message ends.";
            hits.push_as(Severity::Info, seen.at, message, [("offset", seen.quirk.at.to_string())]);
        }
    });
}

/// The hidden objects that are, or hold, more than text.
fn holders(mail: &Mail) -> BTreeSet<usize> {
    let mut out = BTreeSet::new();
    each_item(mail, |index, item| {
        let own = item.origin == Origin::Hidden && !is_plain(item) && item.format.class != Class::Message;
        if own {
            out.insert(index);
        } else if !is_plain(item) && !matches!(item.format.class, Class::Message | Class::Data) {
            out.extend(hidden_above(mail, item));
        }
    });
    out
}

/// The nearest hidden object an item is in.
fn hidden_above(mail: &Mail, item: &Item) -> Option<usize> {
    let mut above = item.parent;
    while let Some(index) = above {
        let item = mail.items.get(index)?;
        if item.origin == Origin::Hidden {
            return Some(index);
        }
        above = item.parent;
    }
    None
}

/// The description of an object as a part of its message.
fn part<'m>(mail: &'m Mail, item: &'m Item) -> Option<&'m Part> {
    let label = label(&item.step)?;
    mail.parent(item)?.messages().find_map(|m| m.part(label))
}

/// It stands in a preamble or epilogue and has a header section of its own: nobody writes that by hand.
fn is_described(part: &Part) -> bool {
    !part.header.is_empty() && (part.number.starts_with("preamble") || part.number.starts_with("epilogue"))
}

fn message(part: &Part) -> &'static str {
    match part.number.as_bytes().first() {
        Some(b'p') => "A part stands before the first boundary, where most mail readers show nothing.",
        Some(b'e') => "A part stands after the last boundary, where most mail readers show nothing.",
        Some(b'o') => "Some mail readers see a part here that others do not see.",
        _ => "The boundary is not declared, so only mail readers that guess it see this part.",
    }
}
