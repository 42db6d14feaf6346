//! Persons worth imitating, from a file: one a line, `佐倉 遥; Sakura Haruka <haruka@hoshimaru.co.jp>`, or JSON as in a
//! policy.

use serde_json::{Value, json};

/// The persons of a file, as the policy key `sender.vips` has them.
pub fn read(text: &str) -> serde_json::Result<Vec<Value>> {
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text);
    }
    let lines = text.lines().map(|line| line.trim_start_matches('\u{feff}').trim());
    Ok(lines.filter(|line| !line.is_empty() && !line.starts_with('#')).filter_map(person).collect())
}

fn person(line: &str) -> Option<Value> {
    let is_edge = |c: char| matches!(c, '<' | '>' | ',' | ';' | '"' | '|');
    let (addresses, words): (Vec<&str>, Vec<&str>) =
        line.split([' ', '\t', ';', ',', '<', '>']).partition(|word| word.contains('@'));
    let addresses: Vec<&str> = addresses.into_iter().map(|a| a.trim_matches(is_edge)).collect();
    if words.iter().all(|w| w.trim().is_empty()) {
        return None;
    }
    let mut rest = line.to_owned();
    for address in &addresses {
        rest = rest.replace(address, "");
    }
    let names: Vec<&str> = rest
        .split([';', '\t', '|', '<', '>'])
        .flat_map(spellings)
        .map(|name| name.trim_matches(|c: char| is_edge(c) || c.is_whitespace()))
        .filter(|name| !name.is_empty())
        .collect();
    (!names.is_empty()).then(|| json!({ "names": names, "addresses": addresses }))
}

/// `佐倉 遥, Sakura Haruka` are two names; `Sakura, Haruka` is one.
fn spellings(text: &str) -> Vec<&str> {
    let parts: Vec<&str> = text.split([',', '、']).map(str::trim).filter(|p| !p.is_empty()).collect();
    let full = parts.iter().all(|p| p.contains([' ', '\u{3000}']));
    let scripts = parts.iter().any(|p| p.is_ascii()) && parts.iter().any(|p| !p.is_ascii());
    if full || scripts { parts } else { vec![text] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_a_line() {
        for (line, names, addresses) in [
            (
                "佐倉 遥; Sakura Haruka <haruka@hoshimaru.co.jp>",
                json!(["佐倉 遥", "Sakura Haruka"]),
                json!(["haruka@hoshimaru.co.jp"]),
            ),
            ("佐倉 遥,haruka@hoshimaru.co.jp", json!(["佐倉 遥"]), json!(["haruka@hoshimaru.co.jp"])),
            ("佐倉遥, Haruka Sakura", json!(["佐倉遥", "Haruka Sakura"]), json!([])),
            (
                "\"SAKURA, Haruka\" <a@b.example>, c@d.example",
                json!(["SAKURA, Haruka"]),
                json!(["a@b.example", "c@d.example"]),
            ),
        ] {
            assert_eq!(read(line).unwrap(), [json!({ "names": names, "addresses": addresses })], "{line}");
        }
        assert_eq!(read("# nobody\n\n").unwrap().len(), 0);
        assert_eq!(read(r#"[{"names":["A B"]}]"#).unwrap(), [json!({ "names": ["A B"] })]);
    }
}
