//! Documents operators write (policies, contexts, test cases): TOML for people, JSON for machines. The plugin reads JSON,
//! and names what is wrong by its key; people want file and line.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::types::PolicyError;

mod locate;

/// A file and what it says.
#[derive(Clone, Debug)]
pub struct Document {
    path: PathBuf,
    text: String,
    syntax: Syntax,
    json: Value,
}

#[derive(Clone, Copy, Debug)]
enum Syntax {
    Json,
    Toml,
}

/// What is wrong with a document, and where. Reads `file:line: key: message`, as compilers and editors know it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct DocumentError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1, as far as known.
    pub line: Option<usize>,
    /// The dotted path of the key; empty for the document as a whole.
    pub key: String,
    /// What is wrong, one line.
    pub message: String,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, key, message } = self;
        write!(f, "{}", path.display())?;
        if let Some(line) = line {
            write!(f, ":{line}")?;
        }
        if !key.is_empty() {
            write!(f, ": {key}")?;
        }
        write!(f, ": {message}")
    }
}

impl Document {
    /// Reads a file whose name ends in `.toml` or `.json`.
    ///
    /// # Errors
    /// When it cannot be read, or is not what its name says.
    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        let failed = |message: String| DocumentError { path: path.to_owned(), line: None, key: String::new(), message };
        // Before reading: whatever else the file is, it is no document.
        Syntax::of(path).ok_or_else(|| failed(NEITHER.to_owned()))?;
        let bytes = std::fs::read(path).map_err(|error| failed(format!("cannot be read: {error}")))?;
        let text = String::from_utf8(bytes).map_err(|_| failed("not UTF-8".to_owned()))?;
        Self::parse(path, text)
    }

    /// The same for a text that was read already; `path` tells the syntax and stands in errors.
    ///
    /// # Errors
    /// When the text is not what the name says.
    pub fn parse(path: &Path, text: String) -> Result<Self, DocumentError> {
        let failed = |line, message: &str| DocumentError {
            path: path.to_owned(),
            line,
            key: String::new(),
            message: one_line(message),
        };
        let syntax = Syntax::of(path).ok_or_else(|| failed(None, NEITHER))?;
        let json = match syntax {
            Syntax::Json => serde_json::from_str(&text).map_err(|e| failed(Some(e.line()), &without_place(&e)))?,
            Syntax::Toml => toml::from_str(&text).map(toml_to_json).map_err(|e| {
                let line = e.span().map(|span| locate::line(&text, span.start));
                failed(line, e.message())
            })?,
        };
        Ok(Self { path: path.to_owned(), text, syntax, json })
    }

    /// Where it came from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says, as JSON.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// What it says, as a record of its own.
    ///
    /// # Errors
    /// When a key is unknown, missing or of another kind.
    pub fn to<T: DeserializeOwned>(&self) -> Result<T, DocumentError> {
        let failed = |line, message: &str| DocumentError {
            path: self.path.clone(),
            line,
            key: String::new(),
            message: one_line(message),
        };
        match self.syntax {
            Syntax::Json => {
                serde_json::from_str(&self.text).map_err(|e| failed(Some(e.line().max(1)), &without_place(&e)))
            }
            Syntax::Toml => toml::from_str(&self.text).map_err(|e| {
                let line = e.span().map(|span| locate::line(&self.text, span.start));
                failed(line, e.message())
            }),
        }
    }

    /// An error at a key of the document.
    #[must_use]
    pub fn error(&self, key: &str, message: &str) -> DocumentError {
        let offset = match self.syntax {
            Syntax::Json => locate::in_json(&self.text, key),
            Syntax::Toml => locate::in_toml(&self.text, key),
        };
        let line = offset.map(|at| locate::line(&self.text, at));
        DocumentError { path: self.path.clone(), line, key: key.to_owned(), message: one_line(message) }
    }

    /// What the plugin says of this policy, with its place in the file.
    #[must_use]
    pub fn policy_error(&self, PolicyError { path, message }: &PolicyError) -> DocumentError {
        self.error(path, message)
    }
}

const NEITHER: &str = "neither a .toml nor a .json file";

impl Syntax {
    fn of(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        if ending.eq_ignore_ascii_case("json") {
            Some(Self::Json)
        } else {
            ending.eq_ignore_ascii_case("toml").then_some(Self::Toml)
        }
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The message of a JSON error without the place, which stands before it.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(message, _)| message.to_owned())
}

/// The same document as JSON. TOML's dates and times (offset or local) become text as RFC 3339 spells them; everything else
/// has its like.
#[must_use]
pub fn toml_to_json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(yes) => Value::Bool(yes),
        toml::Value::Datetime(date) => Value::String(date.to_string()),
        toml::Value::Array(values) => values.into_iter().map(toml_to_json).collect(),
        toml::Value::Table(table) => table.into_iter().map(|(key, value)| (key, toml_to_json(value))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bare_date_is_the_text_a_policy_wants() {
        let toml = toml::from_str("until = 2027-03-31\nat = 2027-03-31T09:00:00+09:00\nlist = [1, true]\n").unwrap();
        let json = super::toml_to_json(toml).to_string();
        assert_eq!(json, r#"{"at":"2027-03-31T09:00:00+09:00","list":[1,true],"until":"2027-03-31"}"#);
    }

    #[test]
    fn errors_have_file_line_and_key() {
        let parse = |name: &str, text: &str| Document::parse(Path::new(name), text.to_owned());
        let good = parse("p.toml", "# first\n[rules.zip]\nactoin = 'tag'\n").unwrap();
        let wrong = PolicyError { path: "rules.zip.actoin".to_owned(), message: "unknown\n key".to_owned() };
        assert_eq!(good.policy_error(&wrong).to_string(), "p.toml:3: rules.zip.actoin: unknown key");
        assert_eq!(good.error("", "odd").to_string(), "p.toml: odd");
        assert!(parse("p.toml", "a = 1\nb = \n").unwrap_err().to_string().starts_with("p.toml:2: "));
        assert!(parse("p.json", "{\n\"a\" 1}").unwrap_err().to_string().starts_with("p.json:2: "));
        assert_eq!(parse("p.yaml", "").unwrap_err().to_string(), "p.yaml: neither a .toml nor a .json file");

        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Case {
            #[serde(rename = "mail")]
            _mail: String,
        }
        let case = parse("c.toml", "mail = 'a.eml'\nmial = 'b'\n").unwrap().to::<Case>().unwrap_err();
        assert!(case.to_string().starts_with("c.toml:2: unknown field `mial`"), "{case}");
    }
}
