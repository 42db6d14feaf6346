//! Records with named fields, from JSON objects or from the lines of a CSV file: what administrators' tools export.

use super::json::{Node, Object, values};
use super::model::ProblemKind;
use super::reading::Reading;
use super::source::{Span, lines};

/// One record: fields with their values.
#[derive(Clone, Debug, Default)]
pub struct Record {
    fields: Vec<(String, Vec<String>)>,
    /// Where it stands.
    pub span: Span,
}

impl Record {
    /// An empty record at a place.
    #[must_use]
    pub fn at(span: Span) -> Self {
        Self { span, ..Self::default() }
    }

    /// The values of a field, name without regard to case; empty ones are left out.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        let found = self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.into_iter().flat_map(|(_, values)| values).map(String::as_str).filter(|v| !v.trim().is_empty())
    }

    /// The first value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Is the field true?
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| v.eq_ignore_ascii_case("true") || v == "1")
    }

    /// Is the field false?
    #[must_use]
    pub fn is_false(&self, name: &str) -> bool {
        self.get(name).is_some_and(|v| v.eq_ignore_ascii_case("false") || v == "0")
    }

    /// Is there such a field, even an empty one?
    #[must_use]
    pub fn knows(&self, name: &str) -> bool {
        self.fields.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// Adds a field.
    pub fn put(&mut self, name: impl Into<String>, value: Vec<String>) {
        self.fields.push((name.into(), value));
    }

    /// The fields with a value.
    pub fn filled(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.fields
            .iter()
            .filter(|(_, v)| v.iter().any(|v| !v.trim().is_empty()))
            .map(|(n, v)| (n.as_str(), v.as_slice()))
    }

    /// A record from a JSON object.
    #[must_use]
    pub fn of(object: &Object<'_>, span: Span) -> Self {
        let fields = object.members().map(|(name, node)| (name.to_owned(), texts(&node))).collect();
        Self { fields, span }
    }
}

/// The texts of a value: of a list each, of an object what names it best.
fn texts(node: &Node<'_>) -> Vec<String> {
    node.each().iter().filter_map(one).collect()
}

fn one(node: &Node<'_>) -> Option<String> {
    if let Some(text) = node.text() {
        return Some(text);
    }
    let object = node.object()?;
    if let Some(email) = object.get("emailAddress").and_then(|n| n.object()) {
        return email.text("address");
    }
    if let (Some(kind), Some(address)) = (object.text("RoutingType"), object.text("Address")) {
        return Some(format!("\"{}\" [{kind}:{address}]", object.text("DisplayName").unwrap_or_default()));
    }
    // ConvertTo-Json writes durations, sizes and identities as objects.
    [
        "Address",
        "SmtpAddress",
        "PrimarySmtpAddress",
        "ProxyAddressString",
        "AddressString",
        "Value",
        "DistinguishedName",
        "Name",
    ]
    .iter()
    .find_map(|name| object.text(name))
    .or_else(|| Some(node.raw().to_owned()))
}

/// Is this text JSON?
#[must_use]
pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '['])
}

/// Does a text have all of these letters in it?
#[must_use]
pub fn mentions(text: &str, words: &[&str]) -> bool {
    words.iter().all(|w| memchr::memmem::find(text.as_bytes(), w.as_bytes()).is_some())
}

/// The columns of a CSV file, from its first line.
#[must_use]
pub fn columns(text: &str) -> Vec<String> {
    let head = text.lines().find(|l| !l.starts_with("#TYPE") && !l.trim().is_empty()).unwrap_or("");
    head.split([',', ';', '\t']).map(|c| c.trim().trim_matches('"').to_owned()).collect()
}

/// All records of a document: JSON, CSV, or what `Format-List` prints. Objects that have none of the `marks` are wrappers.
pub fn records(text: &str, marks: &[&str], reading: &mut Reading<'_>) -> Vec<Record> {
    if is_json(text) {
        json_records(text, &|object| marks.iter().any(|m| object.has(m)), reading)
    } else if printed_column(text).is_some() {
        printed_records(text, reading)
    } else {
        csv_records(text, reading)
    }
}

/// The column of the colons in what PowerShell's `Format-List` prints: names are padded to one width, so that all colons
/// stand below one another; values that need more lines are indented behind it.
#[must_use]
pub fn printed_column(text: &str) -> Option<usize> {
    let rows = || text.lines().filter(|l| !l.is_empty() && !l.starts_with([' ', '\t']));
    let column = printed_name(rows().next()?)?;
    let fits = |row: &str| printed_name(row) == Some(column);
    (rows().take(50).count() > 1 && rows().take(50).all(fits)).then_some(column)
}

/// Where the colon stands in a row `Name   : value`.
fn printed_name(row: &str) -> Option<usize> {
    let column = row.find(':')?;
    let name = row.get(..column)?;
    let plain = name.trim_end().bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'));
    let behind = row.get(column.saturating_add(1)..)?;
    (plain && name.ends_with(' ') && !name.trim().is_empty() && (behind.is_empty() || behind.starts_with(' ')))
        .then_some(column)
}

/// The names in what `Format-List` prints.
pub fn printed_names(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|row| printed_name(row).and_then(|column| row.get(..column))).map(str::trim_end)
}

fn printed_records(text: &str, reading: &mut Reading<'_>) -> Vec<Record> {
    let mut out: Vec<Record> = Vec::new();
    let mut open = false;
    for (start, line) in lines(text) {
        let row = line.trim_end_matches(['\r', '\n']);
        let span = Span::new(start, start.saturating_add(row.trim_end().len()));
        if row.trim().is_empty() {
            open = false;
            continue;
        }
        if row.starts_with([' ', '\t']) {
            if let Some(last) = out.last_mut().filter(|_| open) {
                last.span = last.span.to(span);
                if let Some(value) = last.fields.last_mut().and_then(|(_, values)| values.last_mut()) {
                    value.push_str(row.trim());
                }
            }
            continue;
        }
        let Some((name, value)) = printed_name(row).and_then(|at| row.split_at_checked(at)) else {
            reading.unreadable(span, "a line is no property of a list", "");
            continue;
        };
        let (name, value) = (name.trim_end(), value.trim_start_matches(':').trim());
        if value.ends_with("...}") || value.ends_with("…}") {
            reading.set.problem(ProblemKind::Lossy, span, "a list of values was cut when it was printed", name);
        }
        // A name that comes again begins the next record where no empty line does.
        if !open || out.last().is_some_and(|r| r.knows(name)) {
            out.push(Record::at(span));
            open = true;
        }
        if let Some(record) = out.last_mut() {
            record.span = record.span.to(span);
            record.put(name, vec![value.to_owned()]);
        }
    }
    out
}

/// The objects of a JSON document: at its top, in a list, or in the list a wrapper calls `value`.
pub fn objects<'a>(text: &'a str, reading: &mut Reading<'_>) -> Vec<(Object<'a>, Span)> {
    let (nodes, rest) = values(text);
    if let Some(from) = rest {
        reading.unreadable(Span::new(from, text.len()), "the JSON document breaks off or is not valid", "");
    }
    let mut out = Vec::new();
    for node in nodes.iter().flat_map(Node::each) {
        let Some(object) = node.object() else {
            reading.unreadable(node.span(), "an object must stand here", "");
            continue;
        };
        if object.ambiguous {
            reading.unreadable(node.span(), "a name stands twice in an object, readers may differ", "");
        }
        match object.get("value").filter(|v| v.list().is_some()) {
            Some(list) => out.extend(list.each().iter().filter_map(|n| n.object().map(|o| (o, n.span())))),
            None => out.push((object, node.span())),
        }
    }
    out
}

/// How deep wrappers of records may be nested.
const WRAPPED: usize = 8;

/// The objects of a JSON document that are of a kind, however tools wrapped them: answers to a batch, bundles by mailbox,
/// hits of a search. With each comes whose it is, where a wrapper tells. An object that holds none stands for itself.
pub fn objects_of<'a>(
    text: &'a str,
    wanted: &dyn Fn(&Object<'_>) -> bool,
    reading: &mut Reading<'_>,
) -> Vec<(Object<'a>, Span, String)> {
    let mut out = Vec::new();
    for (object, span) in objects(text, reading) {
        let before = out.len();
        if !wanted(&object) {
            unwrap_into(&object, wanted, "", 0, &mut out);
        }
        if out.len() == before {
            out.push((object, span, String::new()));
        }
    }
    out
}

fn unwrap_into<'a>(
    object: &Object<'a>,
    wanted: &dyn Fn(&Object<'_>) -> bool,
    owner: &str,
    depth: usize,
    out: &mut Vec<(Object<'a>, Span, String)>,
) {
    let told = ["userPrincipalName", "mailbox", "primarySmtpAddress", "user", "owner"];
    let told = told.iter().find_map(|n| object.text(n)).filter(|o| o.contains('@'));
    let owner = told.as_deref().unwrap_or(owner);
    for (name, node) in object.members() {
        let owner = if name.contains('@') && !name.starts_with('@') { name } else { owner };
        for item in node.each() {
            match item.object() {
                Some(inner) if wanted(&inner) => out.push((inner, item.span(), owner.to_owned())),
                Some(inner) if depth < WRAPPED => {
                    unwrap_into(&inner, wanted, owner, depth.saturating_add(1), out);
                }
                _ => {}
            }
        }
    }
}

fn json_records(text: &str, wanted: &dyn Fn(&Object<'_>) -> bool, reading: &mut Reading<'_>) -> Vec<Record> {
    let found = objects_of(text, wanted, reading);
    let record = |(object, span, owner): &(Object<'_>, Span, String)| {
        let mut record = Record::of(object, *span);
        if !owner.is_empty() && !record.knows("MailboxOwnerId") {
            record.put("MailboxOwnerId", vec![owner.clone()]);
        }
        record
    };
    found.iter().map(record).collect()
}

fn csv_records(text: &str, reading: &mut Reading<'_>) -> Vec<Record> {
    // Export-Csv puts the .NET type first when it is not told otherwise.
    let skipped =
        if text.starts_with("#TYPE") { text.find('\n').map_or(text.len(), |n| n.saturating_add(1)) } else { 0 };
    let body = text.get(skipped..).unwrap_or("");
    let head = body.lines().next().unwrap_or("");
    let delimiter = [b',', b';', b'\t']
        .into_iter()
        .max_by_key(|d| (memchr::memchr_iter(*d, head.as_bytes()).count(), *d == b','))
        .unwrap_or(b',');
    let mut lines = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(body.as_bytes());
    let Ok(names) = lines.headers().cloned() else {
        reading.unreadable(Span::new(skipped, text.len()), "the first line is no list of columns", "");
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut row = csv::StringRecord::new();
    loop {
        let from = at(skipped, &lines);
        let ends = text.get(from..).unwrap_or("").bytes().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let start = from.saturating_add(ends);
        match lines.read_record(&mut row) {
            Ok(true) => {}
            Ok(false) => return out,
            Err(_) => {
                reading.unreadable(Span::new(start, text.len()), "a line is no record", "");
                continue;
            }
        }
        let span = Span::new(start, at(skipped, &lines));
        let mut record = Record::at(span);
        for (name, value) in names.iter().zip(row.iter()) {
            if is_type_name(value) {
                reading.set.problem(
                    ProblemKind::Lossy,
                    span,
                    "a column holds the name of a type instead of values",
                    name,
                );
            }
            record.put(name.trim(), vec![value.to_owned()]);
        }
        if row.len() != names.len() {
            reading.set.problem(ProblemKind::Lossy, span, "a line has more or fewer fields than the first one", "");
        }
        out.push(record);
    }
}

fn at<R: std::io::Read>(skipped: usize, lines: &csv::Reader<R>) -> usize {
    usize::try_from(lines.position().byte()).unwrap_or(usize::MAX).saturating_add(skipped)
}

/// `System.String[]`, `Microsoft.Exchange.Data.MultiValuedProperty`1[…]`: a list that was exported badly.
#[must_use]
pub fn is_type_name(value: &str) -> bool {
    ["System.", "Microsoft.Exchange.", "Deserialized.", "Microsoft.Graph."].iter().any(|p| value.starts_with(p))
        && !value.contains([' ', '@', '/'])
        && (value.ends_with([']', '}']) || value.contains('`') || value.matches('.').count() >= 2)
}
