//! JSON with places: every value knows where it stands in the document. Parsing is `serde_json`'s; values are taken apart
//! one level at a time, so only what a reader looks at costs anything.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::source::Span;

/// A value, not yet taken apart.
#[derive(Clone, Copy, Debug)]
pub struct Node<'a> {
    raw: &'a str,
    start: usize,
}

/// The members of an object, in order; where a name stands twice, the last one counts, as in most readers.
#[derive(Clone, Debug, Default)]
pub struct Object<'a> {
    members: Vec<(Cow<'a, str>, Node<'a>)>,
    /// A name stands twice.
    pub ambiguous: bool,
}

/// The values of a document: one, or several one after the other (JSON lines). The flag says whether the rest could not
/// be read, and from where.
#[must_use]
pub fn values(text: &str) -> (Vec<Node<'_>>, Option<usize>) {
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<&RawValue>();
    let mut out = Vec::new();
    while let Some(next) = stream.next() {
        match next {
            Ok(raw) => out.push(Node { raw: raw.get(), start: offset(text, raw.get()) }),
            Err(_) => return (out, Some(stream.byte_offset())),
        }
    }
    (out, None)
}

/// Where `part` begins in the text it was borrowed from.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

impl<'a> Node<'a> {
    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        Span::new(self.start, self.start.saturating_add(self.raw.len()))
    }

    /// Its elements, when it is a list.
    #[must_use]
    pub fn list(&self) -> Option<Vec<Node<'a>>> {
        if !self.raw.starts_with('[') {
            return None;
        }
        let items: Vec<&'a RawValue> = serde_json::from_str(self.raw).ok()?;
        Some(items.into_iter().map(|raw| self.below(raw.get())).collect())
    }

    /// Its elements when it is a list, itself otherwise: a list of one is often written without brackets.
    #[must_use]
    pub fn each(&self) -> Vec<Node<'a>> {
        match self.list() {
            Some(items) => items,
            None if self.is_null() => Vec::new(),
            None => vec![*self],
        }
    }

    /// Its members, when it is an object.
    #[must_use]
    pub fn object(&self) -> Option<Object<'a>> {
        if !self.raw.starts_with('{') {
            return None;
        }
        let Pairs(pairs) = serde_json::from_str(self.raw).ok()?;
        let members: Vec<_> = pairs.into_iter().map(|(name, raw)| (name, self.below(raw.get()))).collect();
        let mut names: Vec<String> = members.iter().map(|(n, _)| n.to_ascii_lowercase()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        Some(Object { ambiguous: names.len() < all, members })
    }

    /// Its text, when it is a string, a number or a truth value.
    #[must_use]
    pub fn text(&self) -> Option<String> {
        match self.raw.as_bytes().first()? {
            b'"' => serde_json::from_str(self.raw).ok(),
            b'{' | b'[' | b'n' => None,
            _ => Some(self.raw.to_owned()),
        }
    }

    /// Its truth value; the words in strings count too.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        let text = self.text()?;
        if text.eq_ignore_ascii_case("true") {
            Some(true)
        } else if text.eq_ignore_ascii_case("false") {
            Some(false)
        } else {
            None
        }
    }

    /// Is it `null`?
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.raw == "null"
    }

    /// Its letters as they stand in the document.
    #[must_use]
    pub fn raw(&self) -> &'a str {
        self.raw
    }

    fn below(&self, raw: &'a str) -> Node<'a> {
        Node { raw, start: self.start.saturating_add(offset(self.raw, raw)) }
    }
}

impl<'a> Object<'a> {
    /// A member, name without regard to case; `null` counts as missing.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Node<'a>> {
        let found = self.members.iter().rev().find(|(n, _)| n.eq_ignore_ascii_case(name));
        found.map(|(_, node)| *node).filter(|node| !node.is_null())
    }

    /// Is there such a member, even an empty one?
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.members.iter().any(|(n, _)| n.eq_ignore_ascii_case(name))
    }

    /// The text of a member.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<String> {
        self.get(name)?.text()
    }

    /// Is the member true?
    #[must_use]
    pub fn is_true(&self, name: &str) -> bool {
        self.get(name).and_then(|n| n.truth()) == Some(true)
    }

    /// All members.
    pub fn members(&self) -> impl Iterator<Item = (&str, Node<'a>)> {
        self.members.iter().map(|(name, node)| (&**name, *node))
    }
}

struct Pairs<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    out.push((name, map.next_value()?));
                }
                Ok(out)
            }
        }
        deserializer.deserialize_map(Collect).map(Pairs)
    }
}

/// A name, borrowed where it has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E>(self, v: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(v))
            }
            fn visit_str<E>(self, v: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(v.to_owned()))
            }
        }
        deserializer.deserialize_str(Text).map(Name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_knows_its_place() {
        let text = "{\"a\": [1, {\"b\\u0063\": \"x\"}]}\n{\"n\":null}";
        let (values, rest) = values(text);
        assert_eq!((values.len(), rest), (2, None));
        let items = values[0].object().unwrap().get("A").unwrap().list().unwrap();
        let inner = items[1].object().unwrap().get("bc").unwrap();
        assert_eq!(text.get(inner.span().start as usize..inner.span().end as usize), Some("\"x\""));
        assert!(values[1].object().unwrap().get("n").is_none());
    }

    #[test]
    fn what_breaks_off_is_said() {
        let (values, rest) = values("{\"a\":1} {\"b\":");
        assert_eq!(values.len(), 1);
        assert!(rest.is_some());
    }
}
