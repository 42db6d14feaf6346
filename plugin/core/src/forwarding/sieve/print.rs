//! A script written anew from what the parser understood: comments and spacing gone, strings quoted one way. Two scripts
//! that print alike are the same to the parser.

use super::parse::{Arg, Node, Value, script};

/// Prints a script anew.
#[must_use]
pub fn reprint(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    commands(&script(text, 0, text.len()).commands, 0, &mut out);
    out
}

fn commands(nodes: &[Node<'_>], depth: usize, out: &mut String) {
    for node in nodes.iter().filter(|n| !n.name.is_empty()) {
        out.extend(std::iter::repeat_n("  ", depth));
        head(node, out);
        match &node.block {
            Some(block) => {
                out.push_str(" {\n");
                commands(block, depth.saturating_add(1), out);
                out.extend(std::iter::repeat_n("  ", depth));
                out.push_str("}\n");
            }
            None => out.push_str(";\n"),
        }
    }
}

fn head(node: &Node<'_>, out: &mut String) {
    out.push_str(&node.name.to_ascii_lowercase());
    for arg in &node.args {
        out.push(' ');
        argument(arg, out);
    }
    let readable: Vec<&Node<'_>> = node.tests.iter().filter(|t| !t.name.is_empty()).collect();
    let many = readable.len() > 1 || node.is("allof") || node.is("anyof");
    if readable.is_empty() {
        return;
    }
    out.push_str(if many { " (" } else { " " });
    for (n, test) in readable.into_iter().enumerate() {
        if n > 0 {
            out.push_str(", ");
        }
        head(test, out);
    }
    if many {
        out.push(')');
    }
}

fn argument(arg: &Arg<'_>, out: &mut String) {
    match &arg.value {
        Value::Tag(tag) => {
            out.push(':');
            out.push_str(&tag.to_ascii_lowercase());
        }
        Value::Number(number) => out.push_str(&number.to_string()),
        Value::Text(text) => quoted(text, out),
        Value::List(list) => {
            out.push('[');
            for (n, text) in list.iter().enumerate() {
                if n > 0 {
                    out.push_str(", ");
                }
                quoted(text, out);
            }
            out.push(']');
        }
    }
}

fn quoted(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out.push('"');
}
