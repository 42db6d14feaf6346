//! `sekisho explain`: the page of a rule.

use std::io::Write;

use anyhow::bail;

use crate::Exit;
use crate::args::ExplainArgs;
use crate::engine::Engine;
use crate::output::terminal::{bold, clean_lines};

pub fn run(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let rules = Engine::new(&args.engine, 1)?.rules()?;
    let Some(rule) = rules.iter().find(|rule| rule.id == args.rule) else {
        let near = nearest(&args.rule, rules.iter().map(|rule| rule.id.as_str()));
        let hint = near.map_or_else(String::new, |id| format!("; did you mean `{id}`?"));
        bail!("there is no rule `{}`{hint} (`sekisho rules` lists all)", args.rule);
    };
    let mut out = anstream::stdout().lock();
    for line in clean_lines(&rule.page) {
        if line.starts_with('#') {
            writeln!(out, "{}", bold(&line))?;
        } else {
            writeln!(out, "{line}")?;
        }
    }
    Ok(Exit::Delivered)
}

/// The id most like a word, if one is like it.
pub fn nearest<'a>(word: &str, ids: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = word.len().div_ceil(3);
    ids.map(|id| (if id.contains(word) { 0 } else { distance(word, id) }, id))
        .min()
        .filter(|(distance, _)| *distance <= allowed)
        .map(|(_, id)| id)
}

/// How many letters must be put in, taken out or changed (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut left = i.saturating_add(1);
        let mut next = vec![left];
        for (y, pair) in b.bytes().zip(row.windows(2)) {
            let [diagonal, above] = pair else { continue };
            let change = diagonal.saturating_add(usize::from(x != y));
            left = change.min(above.saturating_add(1)).min(left.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_pen_finds_its_rule() {
        let ids = ["zip-encrypted", "zip-overlap", "name-bidi"];
        assert_eq!(nearest("zip-encryptd", ids.into_iter()), Some("zip-encrypted"));
        assert_eq!(nearest("overlap", ids.into_iter()), Some("zip-overlap"));
        assert_eq!(nearest("something-else", ids.into_iter()), None);
    }

    #[test]
    fn distances_are_levenshtein_s() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
