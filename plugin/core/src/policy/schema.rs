//! The JSON Schema of a table of keys.

use serde_json::{Map, Value, json};

use super::shape::{Key, Shape};

/// The schema (draft 2020-12) of documents with these keys, where ids and families of rules are `rules`.
#[must_use]
pub fn of(keys: &[Key], rules: &[&str]) -> String {
    let mut root = Map::new();
    root.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    root.insert("title".to_owned(), json!("Sekisho policy"));
    root.insert("description".to_owned(), json!("Every knob of the mail checkpoint. All keys may be left out."));
    root.insert("$defs".to_owned(), json!({ "rule": { "enum": rules } }));
    if let Value::Object(object) = object(keys) {
        root.extend(object);
    }
    let mut text = serde_json::to_string_pretty(&Value::Object(root)).unwrap_or_default();
    text.push('\n');
    text
}

fn object(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut value = value(&key.shape);
            if let Value::Object(map) = &mut value {
                map.insert("description".to_owned(), json!(key.about));
            }
            (key.name.to_owned(), value)
        })
        .collect();
    let required: Vec<&str> = keys.iter().filter(|k| k.required).map(|k| k.name).collect();
    let mut out = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if let (Value::Object(map), false) = (&mut out, required.is_empty()) {
        map.insert("required".to_owned(), json!(required));
    }
    out
}

fn value(shape: &Shape) -> Value {
    match shape {
        Shape::Word(words) => json!({ "enum": words }),
        Shape::Number { least, most } => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Text(form) => json!({ "type": "string", "maxLength": form.most, "$comment": form.what }),
        Shape::List(shape) => json!({ "type": "array", "items": value(shape) }),
        Shape::Object(keys) => object(keys),
        Shape::Rules(shape) => json!({
            "type": "object",
            "propertyNames": { "$ref": "#/$defs/rule" },
            "additionalProperties": value(shape),
        }),
        Shape::Rule => json!({ "$ref": "#/$defs/rule" }),
    }
}
