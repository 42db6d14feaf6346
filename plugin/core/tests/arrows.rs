//! Who may import whom (ARCHITECTURE.md): the arrows between the modules of the core, held by reading its sources.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "tests stop at the first surprise, and read files"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The rows of the map, lowest first. A module may import lower rows, and of its own row only what [`SIDEWAYS`] allows.
const ROWS: &[&[&str]] = &[
    &["budget", "bytes", "report", "text", "time"],
    &["container", "draft", "forwarding", "message", "policy", "sender"],
    &["rules"],
    &["scan"],
    &["lib", "wire"],
];

/// What may be imported within a row: (who, whom).
const SIDEWAYS: &[(&str, &str)] = &[
    ("container", "message"),
    ("sender", "message"),
    ("draft", "message"),
    ("forwarding", "sender"),
    ("policy", "sender"),
    ("draft", "sender"),
    ("policy", "forwarding"),
    ("wire", "lib"),
    ("lib", "wire"),
];

/// In `container/`, what every format may use; everything else there is a format, and no format imports another.
const CONTAINER_COMMONS: &[&str] = &["tree", "sniff", "inflate", "open"];

/// Foreign parser crates, and the one file or folder that may name each.
const FOREIGN: &[(&str, &str)] = &[
    ("mail_parser", "message/"),
    ("flate2", "container/inflate.rs"),
    ("base64_simd", "message/decode"),
    ("idna", "text/"),
    ("quick_xml", "forwarding/"),
    ("csv", "forwarding/"),
];

/// All sources but the tests, which may use what they like.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, out: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                out.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    walk(&root, &mut files);
    files.sort();
    files
        .into_iter()
        .map(|f| {
            (
                f.strip_prefix(&root).unwrap().to_owned(),
                without_tests_and_comments(&std::fs::read_to_string(f).unwrap()),
            )
        })
        .collect()
}

/// Drops comments, and everything from `#[cfg(test)]` on: tests may use what they like.
fn without_tests_and_comments(source: &str) -> String {
    let code = source.split("#[cfg(test)]").next().unwrap_or(source);
    code.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

/// The first path segment below `src`: the module a file belongs to.
fn module(path: &Path) -> String {
    let first = path.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

fn row(module: &str) -> Option<usize> {
    ROWS.iter().position(|row| row.contains(&module))
}

/// Every `crate::a`, `crate::a::b` and `use crate::{a, b}` in a source.
fn imports(code: &str) -> BTreeSet<Vec<String>> {
    let mut out = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            for item in group.split('}').next().unwrap().split(',') {
                out.insert(segments(item.trim()));
            }
        } else {
            out.insert(segments(rest));
        }
    }
    out.retain(|s| !s.is_empty());
    out
}

fn segments(path: &str) -> Vec<String> {
    let end = path.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':')).unwrap_or(path.len());
    path[..end].split("::").filter(|s| !s.is_empty()).take(2).map(str::to_owned).collect()
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let from = module(&path);
        let Some(from_row) = row(&from) else {
            wrong.push(format!("{}: `{from}` has no row in ARCHITECTURE.md", path.display()));
            continue;
        };
        for import in imports(&code) {
            let Some(to_row) = row(&import[0]) else { continue };
            let sideways = import[0] == from || SIDEWAYS.contains(&(from.as_str(), import[0].as_str()));
            if to_row > from_row || (to_row == from_row && from_row > 0 && !sideways) {
                wrong.push(format!("{}: {from} may not import {}", path.display(), import[0]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_format_imports_another() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let Ok(below) = path.strip_prefix("container") else { continue };
        let own = module(below);
        if CONTAINER_COMMONS.contains(&own.as_str()) {
            continue; // the commons tie the formats together: READERS and Facts name them
        }
        for import in imports(&code) {
            if let [first, second] = import.as_slice()
                && first == "container"
                && second.starts_with(|c: char| c.is_ascii_lowercase())
                && *second != own
                && !CONTAINER_COMMONS.contains(&second.as_str())
            {
                wrong.push(format!("{}: format {own} imports format {second}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_rule_imports_a_sibling() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let is_rule = path.starts_with("rules") && path.components().count() == 3;
        if is_rule && code.contains("declare_rule!") {
            for import in imports(&code) {
                if import[0] == "rules" && import.get(1).is_some_and(|s| sources_has_family(s)) {
                    wrong.push(format!("{}: imports the family {}", path.display(), import[1]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Is this a family folder? Its helpers may be used by its own rules through `super::`, by others not at all.
fn sources_has_family(segment: &str) -> bool {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules").join(segment).is_dir()
}

#[test]
fn a_foreign_parser_is_named_in_one_place() {
    let mut wrong = Vec::new();
    for (path, code) in sources() {
        let shown = path.to_str().unwrap().replace('\\', "/");
        for (krate, home) in FOREIGN {
            let named = code.match_indices(krate).any(|(at, _)| {
                code[at + krate.len()..].starts_with("::")
                    && !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
            });
            if named && !shown.starts_with(home) {
                wrong.push(format!("{shown}: {krate} belongs to {home}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
