//! Where a key stands in a file: from a dotted path such as `inbound.exceptions.0.expires` to a byte offset. When the
//! key itself is missing, the offset is that of the last part of the path that is there.

use std::collections::BTreeMap;

use serde_json::value::RawValue;
use toml::de::{DeTable, DeValue};

/// The line of an offset, counted from 1.
pub fn line(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().iter().take(offset);
    before.filter(|byte| **byte == b'\n').count().saturating_add(1)
}

/// Where the key stands in a TOML document.
pub fn in_toml(text: &str, path: &str) -> Option<usize> {
    let document = DeTable::parse(text).ok()?;
    let mut found = None;
    let mut steps = path.split('.').filter(|step| !step.is_empty());
    let first = steps.next()?;
    let (key, value) = document.get_ref().iter().find(|(key, _)| key.get_ref() == first)?;
    found = found.or(Some(key.span().start));
    let mut value = value;
    for step in steps {
        let next = match value.get_ref() {
            DeValue::Table(table) => {
                table.iter().find(|(key, _)| key.get_ref() == step).map(|(key, value)| (key.span().start, value))
            }
            DeValue::Array(values) => {
                step.parse::<usize>().ok().and_then(|n| values.get(n)).map(|value| (value.span().start, value))
            }
            _ => None,
        };
        let Some((at, below)) = next else { break };
        found = Some(at);
        value = below;
    }
    found
}

/// Where the value of the key stands in a JSON document.
pub fn in_json(text: &str, path: &str) -> Option<usize> {
    let mut value: &RawValue = serde_json::from_str(text).ok()?;
    for step in path.split('.').filter(|step| !step.is_empty()) {
        let next = if value.get().starts_with('[') {
            let values: Vec<&RawValue> = serde_json::from_str(value.get()).ok()?;
            step.parse::<usize>().ok().and_then(|n| values.get(n).copied())
        } else {
            let table = serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get());
            table.ok().and_then(|table| table.get(step).copied())
        };
        let Some(below) = next else { break };
        value = below;
    }
    // A raw value is a slice of the text.
    value.get().as_ptr().addr().checked_sub(text.as_ptr().addr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_toml_have_lines() {
        let text = "# comment\nprofile = 'hold'\n\n[rules.zip]\naction = 'tag'\n\n[[exceptions]]\nid = 'a'\n\n\
                    [[exceptions]]\nid = 'b'\nrules = [\n  'zip',\n  'rar',\n]\n";
        let at = |path| in_toml(text, path).map(|at| line(text, at));
        assert_eq!(at("profile"), Some(2));
        assert_eq!(at("rules.zip"), Some(4));
        assert_eq!(at("rules.zip.action"), Some(5));
        assert_eq!(at("exceptions.1.id"), Some(11));
        assert_eq!(at("exceptions.1.rules.1"), Some(14));
        assert_eq!(at("exceptions.0.expires"), Some(7), "a missing key is placed at what should hold it");
        assert_eq!(at("nothing"), None);
    }

    #[test]
    fn keys_of_json_have_lines() {
        let text =
            "{\n  \"profile\": \"hold\",\n  \"exceptions\": [\n    {\"id\": \"a\"},\n    {\"id\":\n      7}\n  ]\n}\n";
        let at = |path| in_json(text, path).map(|at| line(text, at));
        assert_eq!(at("profile"), Some(2));
        assert_eq!(at("exceptions.0"), Some(4));
        assert_eq!(at("exceptions.1.id"), Some(6));
        assert_eq!(at("exceptions.0.expires"), Some(4));
        assert_eq!(at(""), Some(1));
    }
}
