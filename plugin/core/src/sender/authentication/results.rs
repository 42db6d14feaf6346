//! The syntax of `Authentication-Results` (RFC 8601 section 2.2): `id [version]; method[/v]=result [ptype.property=value]…`.
//! Comments nest and may stand anywhere, values may be quoted. Unbalanced input voids the field.

/// The most methods of one field.
const MOST: usize = 32;
/// The most bytes of one field.
const MOST_BYTES: usize = 16 * 1024;

/// One method and its result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Method {
    /// `spf`, `dkim`, `dmarc`, …, lower case.
    pub name: String,
    /// `pass`, `fail`, …, lower case.
    pub result: String,
    /// `header.d` and its value, and so on.
    pub properties: Vec<(String, String)>,
    /// The text of its comments.
    comments: String,
}

impl Method {
    /// The value of a property.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }

    /// The published DMARC policy: `policy.dmarc` (RFC 9989), or a comment as some providers write it.
    #[must_use]
    pub fn policy(&self) -> String {
        let words = ["reject", "quarantine", "none"];
        let stated = self.property("policy.dmarc").or_else(|| self.property("policy.published-domain-policy"));
        let commented = || {
            let text = self.comments.to_ascii_lowercase();
            let word = text.split_once("p=").map(|(_, rest)| rest.to_owned())?;
            words.iter().find(|w| word.starts_with(**w)).map(|w| (*w).to_owned())
        };
        stated
            .map(str::to_ascii_lowercase)
            .filter(|p| words.contains(&p.as_str()))
            .or_else(commented)
            .unwrap_or_default()
    }
}

/// One field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// The authserv-id as it stood; empty where a provider writes none.
    pub id: String,
    /// What was checked.
    pub methods: Vec<Method>,
}

/// A word, or one of `;` and `=`.
enum Token {
    Word(Vec<u8>),
    Mark(u8),
}

impl Results {
    /// Reads a value; none if comments or quotes do not end, or it is too long.
    #[must_use]
    pub fn read(value: &[u8]) -> Option<Self> {
        if value.len() > MOST_BYTES {
            return None;
        }
        let parts = split(value)?;
        let mut parts = parts.into_iter();
        let mut out = Self::default();
        let first = parts.next()?;
        // A provider that writes no id begins with a method.
        let without_id = first.0.iter().any(|t| matches!(t, Token::Mark(b'=')));
        if without_id {
            out.methods.extend(method(&first));
        } else if let Some(Token::Word(id)) = first.0.first() {
            out.id = String::from_utf8_lossy(id).into_owned();
        }
        out.methods.extend(parts.take(MOST).filter_map(|p| method(&p)));
        Some(out)
    }
}

/// `method = result` and then `name = value` pairs.
fn method((tokens, comments): &(Vec<Token>, String)) -> Option<Method> {
    let mut words: Vec<(String, String)> = Vec::new();
    let mut key: Option<String> = None;
    let mut equals = false;
    for token in tokens {
        match token {
            Token::Mark(_) => equals = true,
            Token::Word(word) => {
                let word = String::from_utf8_lossy(word).into_owned();
                match key.take().filter(|_| equals) {
                    Some(key) => words.push((key.to_ascii_lowercase(), word)),
                    None => key = Some(word),
                }
                equals = false;
            }
        }
    }
    let mut words = words.into_iter();
    let (name, result) = words.next()?;
    let name = name.split('/').next().unwrap_or_default().trim().to_owned();
    Some(Method { name, result: result.to_ascii_lowercase(), properties: words.collect(), comments: comments.clone() })
}

/// Splits at `;` into tokens and the text of comments.
fn split(value: &[u8]) -> Option<Vec<(Vec<Token>, String)>> {
    let mut parts = vec![(Vec::new(), String::new())];
    let mut word = Vec::new();
    let mut rest = value;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let (tokens, comments) = parts.last_mut()?;
        if matches!(byte, b'(' | b';' | b'=') || byte.is_ascii_whitespace() {
            // `=` within a word of a value (base64) stays; only the first one of a pair separates.
            if byte == b'=' && matches!(tokens.last(), Some(Token::Mark(b'='))) && !word.is_empty() {
                word.push(byte);
                continue;
            }
            if !word.is_empty() {
                tokens.push(Token::Word(core::mem::take(&mut word)));
            }
        }
        match byte {
            b'(' => {
                let (text, after) = comment(rest)?;
                comments.push_str(&String::from_utf8_lossy(text));
                comments.push(' ');
                rest = after;
            }
            b';' => parts.push((Vec::new(), String::new())),
            b'=' => tokens.push(Token::Mark(b'=')),
            b'"' => rest = quoted(rest, &mut word)?,
            b')' => return None,
            b if b.is_ascii_whitespace() => {}
            b if b.is_ascii_control() => return None,
            b => word.push(b),
        }
    }
    if !word.is_empty() {
        parts.last_mut()?.0.push(Token::Word(word));
    }
    Some(parts)
}

/// The text of a comment whose parenthesis is open, and what follows it.
fn comment(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut depth = 1usize;
    let mut escaped = false;
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'(' => depth = depth.saturating_add(1),
            b')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some((bytes.get(..at)?, bytes.get(at.checked_add(1)?..)?));
        }
    }
    None
}

/// Adds a quoted string whose quote is open to a word, and gives what follows it.
fn quoted<'a>(bytes: &'a [u8], word: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut rest = bytes;
    loop {
        let (&byte, after) = rest.split_first()?;
        rest = after;
        match byte {
            b'"' => return Some(rest),
            b'\\' => {
                let (&next, after) = rest.split_first()?;
                word.push(next);
                rest = after;
            }
            other => word.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_read_token_by_token() {
        let read = Results::read(
            b" mx.corp.example 1 (a; (b)); spf=pass (sender ; x) smtp.mailfrom=\"a;b\"@x.example;\r\n dkim/1=fail reason=\"no; key\" header.b=a+b== header.d=x.example; dmarc=pass (p=REJECT sp=NONE) header.from=x.example",
        )
        .unwrap();
        assert_eq!(read.id, "mx.corp.example");
        let names: Vec<_> = read.methods.iter().map(|m| (m.name.as_str(), m.result.as_str())).collect();
        assert_eq!(names, [("spf", "pass"), ("dkim", "fail"), ("dmarc", "pass")]);
        assert_eq!(read.methods[0].property("smtp.mailfrom"), Some("a;b@x.example"));
        assert_eq!(read.methods[1].property("header.d"), Some("x.example"));
        assert_eq!(read.methods[1].property("header.b"), Some("a+b=="));
        assert_eq!(read.methods[2].policy(), "reject");
        assert_eq!(Results::read(b"x.example; none").unwrap().methods, []);
        assert_eq!(Results::read(b"spf=pass smtp.mailfrom=a.example; dmarc=none").unwrap().methods.len(), 2);
    }

    #[test]
    fn unbalanced_fields_say_nothing() {
        for bad in
            [&b"x; dmarc=pass (header.from=a"[..], b"x; dmarc=pass reason=\"a", b"x); dmarc=pass", b"x; dm\0arc=pass"]
        {
            assert_eq!(Results::read(bad), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Results::read(&bytes);
        }
    }
}
