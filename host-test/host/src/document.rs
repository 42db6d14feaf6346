//! Policies are TOML for people and JSON for machines; the plugin reads JSON.

use serde_json::Value;

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
    #[test]
    fn a_bare_date_is_the_text_a_policy_wants() {
        let toml = toml::from_str("until = 2027-03-31\nat = 2027-03-31T09:00:00+09:00\nlist = [1, true]\n").unwrap();
        let json = super::toml_to_json(toml).to_string();
        assert_eq!(json, r#"{"at":"2027-03-31T09:00:00+09:00","list":[1,true],"until":"2027-03-31"}"#);
    }
}
