//! Variables followed as far as they can be proved (RFC 5229): constants fold, branches give alternatives, everything else
//! is only known when a message comes.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A value as far as it is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// One of these; usually one.
    OneOf(Vec<String>),
    /// Only known when a message comes; the constant parts.
    Dynamic(String),
}

impl Known {
    /// A constant.
    #[must_use]
    pub fn constant(text: &str) -> Self {
        Self::OneOf(vec![text.to_owned()])
    }
}

/// More alternatives than these are taken for dynamic.
const ALTERNATIVES: usize = 8;
/// More variables than these are taken for dynamic; servers allow about as many.
const VARIABLES: usize = 256;
/// Longer values are cut, as servers do (RFC 5229 section 6 asks for 4000 at least).
const LENGTH: usize = 8192;

/// The variables of a script at one point.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// Shared between branches until one of them writes.
    values: Arc<BTreeMap<String, Known>>,
    /// A test with `:matches` or `:regex` has filled `${0}`, `${1}` and so on.
    pub captured: bool,
    /// More variables than are followed.
    overflow: bool,
}

impl Variables {
    /// Sets a variable.
    pub fn set(&mut self, name: &str, value: Known) {
        let name = name.to_ascii_lowercase();
        if self.values.len() >= VARIABLES && !self.values.contains_key(&name) {
            self.overflow = true;
            return;
        }
        Arc::make_mut(&mut self.values).insert(name, value);
    }

    /// What a variable holds. An unset one is empty (section 3).
    fn get(&self, name: &str) -> Known {
        let numbered = name.bytes().all(|b| b.is_ascii_digit());
        if numbered {
            return if self.captured { Known::Dynamic(String::new()) } else { Known::constant("") };
        }
        match self.values.get(&name.to_ascii_lowercase()) {
            Some(value) => value.clone(),
            // A name space is filled by the server or by another extension.
            None if name.contains('.') || self.overflow => Known::Dynamic(String::new()),
            None => Known::constant(""),
        }
    }

    /// What a text becomes.
    #[must_use]
    pub fn expand(&self, text: &str) -> Known {
        let mut known = Known::constant("");
        let mut rest = text;
        while let Some((before, name, after)) = next_reference(rest) {
            known = join(known, Known::constant(before));
            known = join(known, self.get(name));
            rest = after;
        }
        join(known, Known::constant(rest))
    }

    /// What holds behind a branch: either the one or the other.
    pub fn merge(&mut self, other: &Self) {
        self.captured |= other.captured;
        self.overflow |= other.overflow;
        if Arc::ptr_eq(&self.values, &other.values) {
            return;
        }
        let values = Arc::make_mut(&mut self.values);
        for (name, theirs) in &*other.values {
            let ours = values.remove(name).unwrap_or_else(|| Known::constant(""));
            values.insert(name.clone(), either(ours, theirs.clone()));
        }
        for (name, ours) in values {
            if !other.values.contains_key(name) {
                *ours = either(core::mem::replace(ours, Known::constant("")), Known::constant(""));
            }
        }
    }
}

/// The text before the first `${name}`, the name, the text behind it.
fn next_reference(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0usize;
    loop {
        let open = memchr::memmem::find(text.as_bytes().get(from..)?, b"${")?.saturating_add(from);
        let inside = text.get(open.saturating_add(2)..)?;
        let length = inside.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.')).count();
        if length > 0 && inside.as_bytes().get(length) == Some(&b'}') {
            return Some((text.get(..open)?, inside.get(..length)?, inside.get(length.saturating_add(1)..)?));
        }
        from = open.saturating_add(2);
    }
}

fn join(left: Known, right: Known) -> Known {
    match (left, right) {
        (Known::OneOf(l), Known::OneOf(r)) if l.len().saturating_mul(r.len()) <= ALTERNATIVES => {
            let both = |a: &String| r.iter().map(|b| cut(format!("{a}{b}"))).collect::<Vec<_>>();
            Known::OneOf(l.iter().flat_map(both).collect())
        }
        (l, r) => Known::Dynamic(cut(constant_of(&l) + &constant_of(&r))),
    }
}

fn constant_of(known: &Known) -> String {
    match known {
        Known::OneOf(list) if list.len() == 1 => list.concat(),
        Known::OneOf(_) => String::new(),
        Known::Dynamic(text) => text.clone(),
    }
}

fn either(one: Known, other: Known) -> Known {
    match (one, other) {
        (Known::OneOf(mut l), Known::OneOf(r)) => {
            for value in r {
                if !l.contains(&value) {
                    l.push(value);
                }
            }
            if l.len() <= ALTERNATIVES { Known::OneOf(l) } else { Known::Dynamic(String::new()) }
        }
        (l @ Known::Dynamic(_), _) | (_, l) => l,
    }
}

fn cut(mut text: String) -> String {
    if text.len() > LENGTH {
        let mut end = LENGTH;
        while !text.is_char_boundary(end) {
            end = end.saturating_sub(1);
        }
        text.truncate(end);
    }
    text
}

/// The modifiers of `set` (section 4.1), for a constant.
#[must_use]
pub fn modified(text: &str, has: impl Fn(&str) -> bool) -> String {
    let mut text = text.to_owned();
    if has("lower") {
        text = text.to_ascii_lowercase();
    } else if has("upper") {
        text = text.to_ascii_uppercase();
    }
    if (has("lowerfirst") || has("upperfirst"))
        && let Some(first) = text.get(..1)
    {
        let first = if has("lowerfirst") { first.to_ascii_lowercase() } else { first.to_ascii_uppercase() };
        text.replace_range(..1, &first);
    }
    if has("quotewildcard") {
        text = text.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?");
    }
    if has("length") {
        text = text.chars().count().to_string();
    }
    text
}

/// `${hex: 61 62}` and `${unicode: 40}` as characters (RFC 5228 section 2.4.2.4).
#[must_use]
pub fn decode_characters(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        out.extend_from_slice(before.as_bytes());
        match after.split_once('}').and_then(|(inside, tail)| Some((characters(inside)?, tail))) {
            Some((bytes, tail)) => {
                out.extend_from_slice(&bytes);
                rest = tail;
            }
            None => {
                out.extend_from_slice(b"${");
                rest = after;
            }
        }
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

fn characters(inside: &str) -> Option<Vec<u8>> {
    let (kind, numbers) = inside.split_once(':')?;
    let mut out = Vec::new();
    let mut any = false;
    for number in numbers.split_ascii_whitespace() {
        any = true;
        if kind.eq_ignore_ascii_case("hex") {
            out.push(u8::from_str_radix(number, 16).ok().filter(|_| number.len() <= 2)?);
        } else if kind.eq_ignore_ascii_case("unicode") {
            let c = u32::from_str_radix(number, 16).ok().and_then(char::from_u32)?;
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            return None;
        }
    }
    any.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_fold_and_branches_fork() {
        let mut vars = Variables::default();
        vars.set("D", Known::constant("x.example"));
        assert_eq!(vars.expand("a@${d}"), Known::constant("a@x.example"));
        assert_eq!(vars.expand("${unset}b"), Known::constant("b"));
        assert_eq!(vars.expand("${1}"), Known::constant(""));
        assert_eq!(vars.expand("${not a name}"), Known::constant("${not a name}"));
        let mut other = vars.clone();
        other.set("d", Known::constant("y.example"));
        vars.merge(&other);
        assert_eq!(vars.expand("a@${d}"), Known::OneOf(vec!["a@x.example".into(), "a@y.example".into()]));
        vars.captured = true;
        assert_eq!(vars.expand("${1}@x.example"), Known::Dynamic("@x.example".into()));
    }

    #[test]
    fn encoded_characters_are_decoded() {
        assert_eq!(decode_characters("a${unicode: 40}x${hex:2e 65}"), "a@x.e");
        assert_eq!(decode_characters("${foo:1} ${hex:zz} ${"), "${foo:1} ${hex:zz} ${");
    }
}
