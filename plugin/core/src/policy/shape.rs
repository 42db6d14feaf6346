//! The shape of a JSON document as a table: which keys there are, what they mean, which values they take. One table
//! checks a document (with the dotted path of whatever is wrong in it) and makes its JSON Schema, so the two agree.

use core::cell::RefCell;
use core::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::report::PolicyError;

/// One key of an object.
#[derive(Debug)]
pub struct Key {
    /// Its name, kebab-case.
    pub name: &'static str,
    /// What it means, for people.
    pub about: &'static str,
    /// Which values it takes.
    pub shape: Shape,
    /// It must be there.
    pub required: bool,
}

impl Key {
    /// A key that may be left out.
    #[must_use]
    pub const fn new(name: &'static str, shape: Shape, about: &'static str) -> Self {
        Self { name, about, shape, required: false }
    }

    /// The same key, but it must be there.
    #[must_use]
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }
}

/// What a value may be.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// One of these words.
    Word(&'static [&'static str]),
    /// A whole number, both bounds included.
    Number {
        /// The smallest.
        least: u64,
        /// The largest.
        most: u64,
    },
    /// Text of a form.
    Text(&'static Form),
    /// Any number of these.
    List(&'static Shape),
    /// An object with these keys and no other.
    Object(&'static [Key]),
    /// An object whose keys are ids or families of rules.
    Rules(&'static Shape),
    /// The id or the family of a rule.
    Rule,
}

/// What a text must look like.
#[derive(Debug)]
pub struct Form {
    /// What it is, as it stands in errors: "a domain in ASCII".
    pub what: &'static str,
    /// Its longest length in bytes.
    pub most: usize,
    /// Is it one?
    pub holds: fn(&str) -> bool,
}

/// Checks a document against its shape. `rule` tells whether something is the id or family of a rule.
///
/// # Errors
/// The dotted path of the first thing that is wrong, and what is wrong with it.
pub fn check(json: &str, keys: &'static [Key], rule: &dyn Fn(&str) -> bool) -> Result<(), PolicyError> {
    let fault = RefCell::new(None);
    let mut reader = serde_json::Deserializer::from_str(json);
    let shape = Shape::Object(keys);
    let walk = Walk { shape: &shape, path: &Path::Root, rule, fault: &fault };
    let result = walk.deserialize(&mut reader).and_then(|()| reader.end());
    match (fault.into_inner(), result) {
        (_, Ok(())) => Ok(()),
        (Some(fault), Err(_)) => Err(fault),
        (None, Err(e)) => Err(PolicyError { path: String::new(), message: e.to_string() }),
    }
}

/// Where in the document the walk is.
enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (above, step): (&Path<'_>, &dyn fmt::Display) = match self {
            Path::Root => return Ok(()),
            Path::Key(above, key) => (above, key),
            Path::Index(above, index) => (above, index),
        };
        if matches!(above, Path::Root) { write!(f, "{step}") } else { write!(f, "{above}.{step}") }
    }
}

/// One value of the document and the shape it must have.
struct Walk<'a> {
    shape: &'a Shape,
    path: &'a Path<'a>,
    rule: &'a dyn Fn(&str) -> bool,
    /// The first thing that is wrong; errors of serde carry no path.
    fault: &'a RefCell<Option<PolicyError>>,
}

impl<'a> Walk<'a> {
    fn below(&self, shape: &'a Shape, path: &'a Path<'a>) -> Walk<'a> {
        Walk { shape, path, ..*self }
    }

    /// Notes what is wrong, unless something deeper has been noted already.
    fn note<E: Error>(&self, path: &Path<'_>, message: &str) -> E {
        let mut fault = self.fault.borrow_mut();
        if fault.is_none() {
            *fault = Some(PolicyError { path: path.to_string(), message: message.to_owned() });
        }
        E::custom(message)
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<(), D::Error> {
        let again = Walk { ..self };
        value.deserialize_any(self).inspect_err(|e| {
            let text = e.to_string();
            // The path tells more than a line of a document that a program may have written.
            let text =
                if matches!(again.path, Path::Root) { &text } else { text.split(" at line ").next().unwrap_or("") };
            let _: D::Error = again.note(again.path, text);
        })
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.shape {
            Shape::Word(words) => write!(f, "one of {}", words.join(", ")),
            Shape::Number { least, most } => write!(f, "a whole number from {least} to {most}"),
            Shape::Text(form) => write!(f, "{} of at most {} bytes", form.what, form.most),
            Shape::List(_) => f.write_str("a list"),
            Shape::Object(_) | Shape::Rules(_) => f.write_str("an object"),
            Shape::Rule => f.write_str("the id or the family of a rule"),
        }
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<(), E> {
        let right = match self.shape {
            Shape::Word(words) => words.contains(&text),
            Shape::Text(form) => text.len() <= form.most && (form.holds)(text),
            Shape::Rule => (self.rule)(text),
            _ => return Err(E::invalid_type(serde::de::Unexpected::Str(text), &self)),
        };
        if right { Ok(()) } else { Err(E::invalid_value(serde::de::Unexpected::Str(text), &self)) }
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        match self.shape {
            Shape::Number { least, most } if (*least..=*most).contains(&number) => Ok(()),
            Shape::Number { .. } => Err(E::invalid_value(serde::de::Unexpected::Unsigned(number), &self)),
            _ => Err(E::invalid_type(serde::de::Unexpected::Unsigned(number), &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let Shape::List(shape) = self.shape else {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self));
        };
        let mut index = 0usize;
        while list.next_element_seed(self.below(shape, &Path::Index(self.path, index)))?.is_some() {
            index = index.saturating_add(1);
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if !matches!(self.shape, Shape::Object(_) | Shape::Rules(_)) {
            return Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self));
        }
        let mut seen: Vec<String> = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let path = Path::Key(self.path, &key);
            let shape = match self.shape {
                Shape::Object(keys) => match keys.iter().find(|k| k.name == key) {
                    Some(k) => &k.shape,
                    None => return Err(self.note(&path, &unknown(keys))),
                },
                Shape::Rules(_) if !(self.rule)(&key) => {
                    return Err(self.note(&path, "no rule and no family of rules has this name"));
                }
                Shape::Rules(shape) => *shape,
                _ => self.shape,
            };
            if seen.contains(&key) {
                return Err(self.note(&path, "this key stands here twice"));
            }
            map.next_value_seed(self.below(shape, &path))?;
            seen.push(key);
        }
        if let Shape::Object(keys) = self.shape
            && let Some(missing) = keys.iter().find(|k| k.required && !seen.iter().any(|s| s == k.name))
        {
            return Err(self.note(&Path::Key(self.path, missing.name), "this key must be there"));
        }
        Ok(())
    }
}

/// What to say of a key that is not in the table.
fn unknown(keys: &[Key]) -> String {
    let names: Vec<_> = keys.iter().map(|k| k.name).collect();
    format!("unknown key, known here are {}", names.join(", "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::unwrap_in_result, reason = "tests")]
mod tests {
    use super::*;

    static SMALL: Form =
        Form { what: "lower case letters", most: 3, holds: |t| t.bytes().all(|b| b.is_ascii_lowercase()) };
    static INNER: &[Key] = &[
        Key::new("word", Shape::Word(&["a", "b"]), "").required(),
        Key::new("number", Shape::Number { least: 1, most: 9 }, ""),
        Key::new("text", Shape::Text(&SMALL), ""),
        Key::new("list", Shape::List(&Shape::Text(&SMALL)), ""),
    ];
    static OUTER: &[Key] = &[
        Key::new("in", Shape::Object(INNER), ""),
        Key::new("rules", Shape::Rules(&Shape::Object(INNER)), ""),
        Key::new("which", Shape::List(&Shape::Rule), ""),
    ];

    fn fault(json: &str) -> (String, String) {
        let e = check(json, OUTER, &|r| r == "known").unwrap_err();
        (e.path, e.message)
    }

    #[test]
    fn right_documents_pass() {
        for json in [
            "{}",
            r#"{"in":{"word":"a","number":9,"text":"abc","list":["a","b"]}}"#,
            r#"{"rules":{"known":{"word":"b"}},"which":["known"]}"#,
        ] {
            assert_eq!(check(json, OUTER, &|r| r == "known"), Ok(()), "{json}");
        }
    }

    #[test]
    fn whatever_is_wrong_has_a_path() {
        for (json, path) in [
            (r#"{"out":1}"#, "out"),
            (r#"{"in":[]}"#, "in"),
            (r#"{"in":{}}"#, "in.word"),
            (r#"{"in":{"word":"c"}}"#, "in.word"),
            (r#"{"in":{"word":1}}"#, "in.word"),
            (r#"{"in":{"word":null}}"#, "in.word"),
            (r#"{"in":{"word":"a","word":"b"}}"#, "in.word"),
            (r#"{"in":{"word":"a","number":0}}"#, "in.number"),
            (r#"{"in":{"word":"a","number":-1}}"#, "in.number"),
            (r#"{"in":{"word":"a","number":1.5}}"#, "in.number"),
            (r#"{"in":{"word":"a","text":"abcd"}}"#, "in.text"),
            (r#"{"in":{"word":"a","text":"A"}}"#, "in.text"),
            (r#"{"in":{"word":"a","list":["a",true]}}"#, "in.list.1"),
            (r#"{"rules":{"other":{}}}"#, "rules.other"),
            (r#"{"rules":{"known":{"word":"a","x":1}}}"#, "rules.known.x"),
            (r#"{"which":["other"]}"#, "which.0"),
            (r#"{"in":{"word":"a"}"#, ""),
            ("{} x", ""),
            ("[]", ""),
            ("", ""),
        ] {
            assert_eq!(fault(json).0, path, "{json}");
        }
    }

    #[test]
    fn errors_say_what_would_be_right() {
        assert_eq!(fault(r#"{"out":1}"#).1, "unknown key, known here are in, rules, which");
        assert!(fault(r#"{"in":{"word":"c"}}"#).1.starts_with("invalid value: string \"c\", expected one of a, b"));
    }
}
