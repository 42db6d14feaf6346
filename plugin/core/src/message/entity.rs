//! What a header section says its part is: media type, boundaries, file names, transfer encoding (RFC 2045, 2046, 2183).

use std::borrow::Cow;

use super::encoding::{self, Declared};
use super::fields::{Field, Section};
use super::model::{FileName, QuirkKind};
use super::parameters::{self, Parameter, Value};
use super::words;

/// The longest file name that is decoded, in bytes.
const NAME: usize = 8192;

/// The most spellings of a file name.
const NAMES: usize = 16;

/// What a header section says.
#[derive(Debug, Default)]
pub(super) struct Entity {
    /// The media type, lower case; empty when none is declared.
    pub media_type: String,
    pub charset: String,
    pub disposition: String,
    pub names: Vec<FileName>,
    pub encoding: Declared,
    /// The boundary this reader uses, in every spelling it may have; empty when there is none.
    pub boundaries: Vec<Vec<u8>>,
    /// How many `Content-Type` fields differ, and the most boundaries one of them has.
    pub types: usize,
    pub choices: usize,
    /// What readers of mail take differently: the quirk, where, and the text.
    pub quirks: Vec<(QuirkKind, usize, String)>,
    /// More fields, parameters or names than are looked at.
    pub cut: bool,
}

impl Entity {
    pub fn is_multipart(&self) -> bool {
        is_multipart(&self.media_type)
    }
}

/// Reads a header section as a reader does that takes the `nth_type` of several types and the `nth_boundary` of several
/// boundaries, or the last there is.
pub(super) fn interpret(bytes: &[u8], section: &Section, nth_type: usize, nth_boundary: usize) -> Entity {
    let mut entity = Entity { cut: section.cut, ..Entity::default() };
    if section.mime.is_empty() {
        return entity;
    }
    let values = |field: Field| {
        section
            .mime
            .iter()
            .filter(move |(f, _)| *f == field)
            .map(|(_, range)| (range.start, parameters::parse(bytes, range.clone())))
    };
    let types: Vec<_> = values(Field::ContentType).collect();
    let dispositions: Vec<_> = values(Field::Disposition).collect();
    entity.cut |= types.iter().chain(&dispositions).any(|(_, v)| v.cut);
    entity.choose_type(&types, nth_type, nth_boundary);
    if let Some((_, first)) = dispositions.first() {
        entity.disposition.clone_from(&first.word);
    }
    entity.collect_names(&dispositions, &types);
    entity.encoding = encoding::declared(bytes, section);
    entity
}

impl Entity {
    fn choose_type(&mut self, types: &[(usize, Value<'_>)], nth_type: usize, nth_boundary: usize) {
        let mut different: Vec<(usize, &Value<'_>, Vec<Boundary>)> = Vec::with_capacity(types.len());
        for (at, value) in types.iter().filter(|(_, v)| !v.word.is_empty()) {
            let boundaries = if is_multipart(&value.word) { boundaries(value) } else { Vec::new() };
            if different.iter().all(|(_, v, b)| v.word != value.word || *b != boundaries) {
                different.push((*at, value, boundaries));
            }
        }
        self.types = different.len();
        self.choices = different.iter().map(|(_, _, b)| b.len()).max().unwrap_or(0);
        for (at, value, _) in different.iter().skip(1) {
            self.quirks.push((QuirkKind::DuplicateType, *at, value.word.clone()));
        }
        let all: Vec<&Boundary> = different.iter().flat_map(|(_, _, b)| b).collect();
        for other in all.iter().skip(1).filter(|b| all.first().is_some_and(|first| first.spellings != b.spellings)) {
            let text = String::from_utf8_lossy(other.spellings.first().map_or(&[], Vec::as_slice)).into_owned();
            self.quirks.push((QuirkKind::DuplicateBoundary, other.at, text));
        }
        let last = different.len().saturating_sub(1);
        let Some((_, value, mut boundaries)) = different.into_iter().nth(nth_type.min(last)) else { return };
        self.media_type.clone_from(&value.word);
        if !boundaries.is_empty() {
            self.boundaries = boundaries.swap_remove(nth_boundary.min(boundaries.len().saturating_sub(1))).spellings;
        }
        if let Some(charset) = spellings(value, "charset").into_iter().next() {
            self.charset = String::from_utf8_lossy(&charset.bytes).to_ascii_lowercase();
        }
    }

    /// Gathers the file names of all fields: readers differ in which they prefer.
    fn collect_names(&mut self, dispositions: &[(usize, Value<'_>)], types: &[(usize, Value<'_>)]) {
        for (fields, order) in [(dispositions, ["filename", "name"]), (types, ["name", "filename"])] {
            for parameter in order {
                // What it says in plain form, and in that of RFC 2231: the two differ every day, for old readers.
                let mut said: [Option<String>; 2] = [None, None];
                for spelling in fields.iter().flat_map(|(_, value)| spellings(value, parameter)) {
                    let raw_8bit = spelling.declared.is_none() && !spelling.bytes.is_ascii();
                    let at = spelling.at;
                    let plain = !spelling.extended;
                    let Some(name) = file_name(spelling, if parameter == "name" { "name" } else { "filename" }) else {
                        continue;
                    };
                    if raw_8bit && self.names.iter().all(|n| n.text != name.text) {
                        self.quirks.push((QuirkKind::RawName, at, name.text.clone()));
                    }
                    match if plain { &mut said[0] } else { &mut said[1] } {
                        Some(before) if *before != name.text => {
                            self.quirks.push((QuirkKind::DuplicateName, at, name.text.clone()));
                        }
                        before => *before = Some(name.text.clone()),
                    }
                    self.add_name(name);
                }
            }
        }
    }

    fn add_name(&mut self, name: FileName) {
        if self.names.iter().any(|n| n.text == name.text) {
            return;
        }
        if self.names.len() < NAMES {
            self.names.push(name);
        } else {
            self.cut = true;
        }
    }
}

/// `multipart/…`, or `multipart` alone, which lenient readers take for the same.
fn is_multipart(word: &str) -> bool {
    word.strip_prefix("multipart").is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// One boundary in every spelling readers may take it in.
#[derive(Debug)]
struct Boundary {
    at: usize,
    spellings: Vec<Vec<u8>>,
}

impl PartialEq for Boundary {
    fn eq(&self, other: &Self) -> bool {
        self.spellings == other.spellings
    }
}

/// The boundaries of a value that differ.
fn boundaries(value: &Value<'_>) -> Vec<Boundary> {
    let mut out: Vec<Boundary> = Vec::new();
    for found in spellings(value, "boundary") {
        let mut spelled: Vec<Vec<u8>> = Vec::with_capacity(1);
        let mut add = |bytes: &[u8]| {
            let bytes = bytes.trim_ascii_end();
            if !bytes.is_empty() && !spelled.iter().any(|s| s == bytes) {
                spelled.push(bytes.to_vec());
            }
        };
        add(&found.bytes);
        // To readers written in C a NUL ends it.
        add(found.bytes.split(|b| *b == 0).next().unwrap_or(&[]));
        if let Some(raw) = found.raw {
            add(raw);
            if !found.quoted {
                let bare = parameters::without_comments(raw);
                add(&bare);
                add(bare.split(u8::is_ascii_whitespace).next().unwrap_or(&[]));
            }
            if raw.starts_with(b"=?") {
                add(words::decode_text(raw).0.as_bytes());
            }
        }
        if !spelled.is_empty() && out.iter().all(|b| b.spellings.first() != spelled.first()) {
            out.push(Boundary { at: found.at, spellings: spelled });
        }
    }
    out
}

/// A parameter, its sections joined (RFC 2231 section 3).
struct Spelling<'a> {
    /// The bytes of the value, percent-decoded.
    bytes: Cow<'a, [u8]>,
    /// The charset it declares, if it does.
    declared: Option<&'a [u8]>,
    /// As it stands, when it stands in one piece.
    raw: Option<&'a [u8]>,
    /// It stands in quotes.
    quoted: bool,
    /// It is in the form of RFC 2231.
    extended: bool,
    at: usize,
}

/// All spellings of a parameter, the most expressive first: extended (`name*`), in sections (`name*0`), plain.
fn spellings<'a>(value: &Value<'a>, name: &str) -> Vec<Spelling<'a>> {
    let all = || value.parameters.iter().filter(|p| p.is(name));
    let mut out: Vec<Spelling<'a>> = all().filter(|p| p.section.is_none() && p.extended).map(extended).collect();
    let mut sections: Vec<_> = all().filter_map(|p| p.section.map(|n| (n, p))).collect();
    if !sections.is_empty() {
        sections.sort_by_key(|(n, _)| *n);
        let count = sections.len();
        // Where a section stands twice, some readers take the first and some the last.
        let mut last = sections.clone();
        last.reverse();
        last.dedup_by_key(|(n, _)| *n);
        last.reverse();
        sections.dedup_by_key(|(n, _)| *n);
        out.push(joined(&sections));
        if sections.len() < count {
            out.push(joined(&last));
        }
    }
    out.extend(all().filter(|p| p.section.is_none() && !p.extended).map(plain));
    out
}

fn plain<'a>(parameter: &Parameter<'a>) -> Spelling<'a> {
    Spelling {
        bytes: parameter.value(),
        declared: None,
        raw: Some(parameter.raw),
        quoted: parameter.quoted,
        extended: false,
        at: parameter.at,
    }
}

fn extended<'a>(parameter: &Parameter<'a>) -> Spelling<'a> {
    let (charset, text) = words::split_extended(parameter.raw);
    let mut bytes = Vec::with_capacity(text.len());
    words::percent_decode(text, &mut bytes);
    Spelling {
        bytes: Cow::Owned(bytes),
        declared: (!charset.is_empty()).then_some(charset),
        raw: None,
        quoted: parameter.quoted,
        extended: true,
        at: parameter.at,
    }
}

fn joined<'a>(sections: &[(u32, &Parameter<'a>)]) -> Spelling<'a> {
    let mut bytes = Vec::new();
    let mut declared = None;
    for (index, (_, section)) in sections.iter().enumerate() {
        if !section.extended {
            bytes.extend_from_slice(&section.value());
            continue;
        }
        let mut text = section.raw;
        if index == 0 {
            let (charset, rest) = words::split_extended(text);
            declared = (!charset.is_empty()).then_some(charset);
            text = rest;
        }
        words::percent_decode(text, &mut bytes);
    }
    Spelling {
        bytes: Cow::Owned(bytes),
        declared,
        raw: None,
        quoted: false,
        extended: true,
        at: sections.first().map_or(0, |(_, s)| s.at),
    }
}

/// A file name out of a parameter. `None` when it is empty.
fn file_name(spelling: Spelling<'_>, source: &'static str) -> Option<FileName> {
    let bytes = spelling.bytes.get(..spelling.bytes.len().min(NAME)).unwrap_or(&[]);
    let (text, charset) = match spelling.declared {
        Some(label) => words::decode(bytes, label),
        None => words::decode_text(bytes),
    };
    if text.trim().is_empty() {
        return None;
    }
    Some(FileName { text, raw: spelling.raw.map_or_else(|| bytes.to_vec(), <[u8]>::to_vec), source, charset })
}
