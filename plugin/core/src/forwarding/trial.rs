//! A rule set tried on one message: who gets it. Nothing is run; conditions that cannot be told from the message alone
//! are said to be unknown. This is what an engine's own test tool can be held against.

use super::address::{Target, split_list};
use super::model::{AddressPart, Does, Field, Guard, Op, RuleSet, Test, Via};

/// A message, as far as rules look at it.
#[derive(Clone, Debug, Default)]
pub struct Letter {
    /// Header fields: name, value without folds.
    pub headers: Vec<(String, String)>,
    /// The text.
    pub body: String,
    /// Its size in bytes.
    pub size: u64,
    /// The envelope sender.
    pub from: String,
    /// The envelope recipient.
    pub to: String,
}

/// What becomes of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Who gets it, in the order they were found, each once: domains alike without case, local parts with.
    pub recipients: Vec<String>,
    /// The folders it is put into; `INBOX` for the inbox.
    pub folders: Vec<String>,
    /// Something could not be told, and what is said may be too little.
    pub unsure: bool,
}

impl Letter {
    /// Reads a message in ASCII as an oracle would write it: header, empty line, text.
    #[must_use]
    pub fn read(message: &str, from: &str, to: &str) -> Self {
        let split = |mark: &str| message.split_once(mark);
        let (head, body) = split("\r\n\r\n").or_else(|| split("\n\n")).unwrap_or((message, ""));
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in head.lines() {
            match line.split_once(':') {
                Some((name, value)) if !line.starts_with([' ', '\t']) => {
                    headers.push((name.to_lowercase(), value.trim().to_owned()))
                }
                _ => {
                    if let Some((_, value)) = headers.last_mut() {
                        value.push_str(line);
                    }
                }
            }
        }
        Self { headers, body: body.to_owned(), size: message.len() as u64, from: from.to_owned(), to: to.to_owned() }
    }

    fn values<'l>(&'l self, field: &'l Field) -> Option<Vec<&'l str>> {
        Some(match field {
            Field::Header(name) => self.headers.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect(),
            Field::EnvelopeFrom => vec![self.from.as_str()],
            Field::EnvelopeTo => vec![self.to.as_str()],
            _ => return None,
        })
    }
}

/// What becomes of a message under a Sieve script, whose implicit keep stands for the inbox (RFC 5228 section 2.10.2).
#[must_use]
pub fn trial(set: &RuleSet, letter: &Letter) -> Outcome {
    let mut outcome = Outcome::default();
    let mut keep = true;
    for rule in set.rules.iter().filter(|r| r.runs()) {
        match holds(&rule.guard, letter) {
            Some(true) => {}
            Some(false) => continue,
            None => {
                outcome.unsure = true;
                continue;
            }
        }
        for action in &rule.actions {
            act(&action.does, &mut keep, &mut outcome);
        }
        if rule.stop {
            break;
        }
    }
    if keep {
        folder("INBOX", &mut outcome);
    }
    outcome
}

fn folder(name: &str, outcome: &mut Outcome) {
    if !outcome.folders.iter().any(|f| f == name) {
        outcome.folders.push(name.to_owned());
    }
}

fn act(does: &Does, keep: &mut bool, outcome: &mut Outcome) {
    match does {
        Does::Send { to, via: Via::Redirect, copy, .. } => match to {
            Target::Address(address) => {
                // Identical redirects are one, and the first decides about the copy.
                let shown = address.shown();
                if !outcome.recipients.contains(&shown) {
                    *keep &= *copy;
                    outcome.recipients.push(shown);
                }
            }
            _ => {
                *keep &= *copy;
                outcome.unsure = true;
            }
        },
        Does::File { folder: into, copy } if !outcome.folders.contains(&into.name) => {
            *keep &= *copy;
            outcome.folders.push(into.name.clone());
        }
        Does::Keep => folder("INBOX", outcome),
        Does::Discard | Does::Reply { refuses: true, .. } => *keep = false,
        Does::Run { .. } | Does::Opaque(_) | Does::Rewrite(_) => outcome.unsure = true,
        _ => {}
    }
}

/// Does a guard hold for a message? `None` when it cannot be told.
#[must_use]
pub fn holds(guard: &Guard, letter: &Letter) -> Option<bool> {
    match guard {
        Guard::Always => Some(true),
        Guard::Never => Some(false),
        Guard::Test(test) => passes(test, letter),
        Guard::All(parts) => three_valued(parts.iter().map(|p| holds(p, letter)), false),
        Guard::Any(parts) => three_valued(parts.iter().map(|p| holds(p, letter)), true),
        Guard::Not(part) => holds(part, letter).map(|h| !h),
        Guard::Otherwise | Guard::Opaque(..) => None,
    }
}

/// "Any" when `decides` is true, "all" when it is false.
fn three_valued(parts: impl Iterator<Item = Option<bool>>, decides: bool) -> Option<bool> {
    let mut unknown = false;
    for part in parts {
        match part {
            Some(value) if value == decides => return Some(decides),
            Some(_) => {}
            None => unknown = true,
        }
    }
    (!unknown).then_some(!decides)
}

fn passes(test: &Test, letter: &Letter) -> Option<bool> {
    if test.dynamic {
        return None;
    }
    if test.fields == [Field::Size] {
        let limit: u64 = test.values.first()?.parse().ok()?;
        return match test.op {
            Op::Over => Some(letter.size > limit),
            Op::Under => Some(letter.size < limit),
            _ => None,
        };
    }
    for field in &test.fields {
        for value in letter.values(field)? {
            if test.op == Op::Exists {
                return Some(true);
            }
            for part in parts(value, test.part)? {
                for key in &test.values {
                    if compare(&part, key, test.op, test.case_sensitive)? {
                        return Some(true);
                    }
                }
            }
        }
    }
    Some(false)
}

/// What of a field is compared.
fn parts(value: &str, part: AddressPart) -> Option<Vec<String>> {
    if part == AddressPart::Text {
        return Some(vec![value.to_owned()]);
    }
    let addresses = split_list(value).into_iter().filter_map(|(_, one)| match Target::parse(one) {
        Target::Address(address) => Some(address),
        _ => None,
    });
    addresses
        .map(|a| match part {
            AddressPart::Local => Some(a.local),
            AddressPart::Domain => Some(a.domain),
            AddressPart::All => Some(a.shown()),
            AddressPart::Sub | AddressPart::Text => None,
        })
        .collect()
}

fn compare(value: &str, key: &str, op: Op, case_sensitive: bool) -> Option<bool> {
    let fold = |text: &str| if case_sensitive { text.to_owned() } else { text.to_ascii_lowercase() };
    let (value, key) = (fold(value), fold(key));
    match op {
        Op::Is => Some(value == key),
        Op::Contains => Some(value.contains(&key)),
        Op::Begins => Some(value.starts_with(&key)),
        Op::Ends => Some(value.ends_with(&key)),
        Op::Matches => Some(glob(&value, &key)),
        _ => None,
    }
}

/// `*` is any text, `?` any character, `\` makes the next one literal (RFC 5228 section 2.7.1).
fn glob(text: &str, pattern: &str) -> bool {
    enum Piece {
        Literal(char),
        One,
        Many,
    }
    let mut pieces = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => Piece::Many,
            '?' => Piece::One,
            '\\' => Piece::Literal(chars.next().unwrap_or('\\')),
            c => Piece::Literal(c),
        });
    }
    let text: Vec<char> = text.chars().collect();
    // The last star is the only one worth going back to, so this is at worst text times pattern.
    let (mut t, mut p) = (0usize, 0usize);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        match (pieces.get(p), text.get(t)) {
            (Some(Piece::Many), _) => {
                back = Some((p, t));
                p = p.saturating_add(1);
            }
            (Some(Piece::One), Some(_)) => (t, p) = (t.saturating_add(1), p.saturating_add(1)),
            (Some(Piece::Literal(want)), Some(have)) if want == have => {
                (t, p) = (t.saturating_add(1), p.saturating_add(1))
            }
            _ => match back {
                Some((star, from)) => {
                    t = from.saturating_add(1);
                    p = star.saturating_add(1);
                    back = Some((star, t));
                }
                None => return false,
            },
        }
    }
    pieces.iter().skip(p).all(|piece| matches!(piece, Piece::Many))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (text, pattern, want) in [
            ("invoice 7", "invoice*", true),
            ("a@b", "*@?", true),
            ("abc", "a?d", false),
            ("a*c", "a\\*c", true),
            ("abc", "a\\*c", false),
            ("", "*", true),
            ("aaab", "*a*b", true),
        ] {
            assert_eq!(glob(text, pattern), want, "{text} {pattern}");
        }
    }
}
