//! Conditions: putting them together, and telling how much mail they let through. Many of them look like a condition and
//! are none: `:contains ""`, `size :over 0`, `in:anywhere`.

use std::fmt::Write as _;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::model::{AddressPart, Field, Guard, Op, Test};

/// How much of the mail a condition lets through, widest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strength {
    /// All of it.
    All,
    /// All but a little.
    Most,
    /// Not known; taken for much.
    Unknown,
    /// All from inside, or all from outside, or all above a size.
    #[serde(rename = "one-side")]
    Side,
    /// What is about a topic.
    Topic,
    /// What comes from one sender or one list.
    #[serde(rename = "one-sender")]
    Sender,
    /// Next to nothing.
    Rare,
    /// Nothing.
    None,
}

impl Strength {
    /// The word that stands for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Most => "most",
            Self::Unknown => "unknown",
            Self::Side => "one-side",
            Self::Topic => "topic",
            Self::Sender => "one-sender",
            Self::Rare => "rare",
            Self::None => "none",
        }
    }
}

impl Guard {
    /// All of these hold.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Arc<Guard>>) -> Self {
        let mut kept: Vec<Arc<Guard>> = Vec::new();
        for part in parts {
            match &*part {
                Self::Always => {}
                Self::Never => return Self::Never,
                Self::All(inner) if inner.len() <= 8 => kept.extend(inner.iter().cloned()),
                _ => kept.push(part),
            }
        }
        match kept.len() {
            0 => Self::Always,
            1 => kept.pop().map_or(Self::Always, unshare),
            _ => Self::All(kept),
        }
    }

    /// One of these holds.
    #[must_use]
    pub fn any(parts: impl IntoIterator<Item = Arc<Guard>>) -> Self {
        let mut kept: Vec<Arc<Guard>> = Vec::new();
        for part in parts {
            match &*part {
                Self::Never => {}
                Self::Always => return Self::Always,
                _ => kept.push(part),
            }
        }
        match kept.len() {
            0 => Self::Never,
            1 => kept.pop().map_or(Self::Never, unshare),
            _ => Self::Any(kept),
        }
    }

    /// This does not hold.
    #[must_use]
    pub fn negated(part: Arc<Guard>) -> Self {
        match &*part {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Not(inner) => (**inner).clone(),
            _ => Self::Not(part),
        }
    }

    /// A test.
    #[must_use]
    pub fn test(test: Test) -> Self {
        Self::Test(Arc::new(test))
    }

    /// How much mail it lets through.
    #[must_use]
    pub fn strength(&self) -> Strength {
        match self {
            Self::Always => Strength::All,
            Self::Never => Strength::None,
            Self::Test(test) => test.strength(),
            Self::All(parts) => parts.iter().map(|p| p.strength()).max().unwrap_or(Strength::All),
            Self::Any(parts) if is_union(parts) => Strength::All,
            Self::Any(parts) => parts.iter().map(|p| p.strength()).min().unwrap_or(Strength::None),
            Self::Not(part) => match part.strength() {
                Strength::All => Strength::None,
                Strength::Most => Strength::Rare,
                Strength::Unknown => Strength::Unknown,
                Strength::Side => Strength::Side,
                Strength::Topic | Strength::Sender => Strength::Most,
                Strength::Rare | Strength::None => Strength::All,
            },
            Self::Otherwise => Strength::Most,
            Self::Opaque(..) => Strength::Unknown,
        }
    }

    /// Calls `look` for every test that has to hold for the guard to hold or may help it to; negated ones are left out.
    pub fn each_test(&self, look: &mut dyn FnMut(&Test)) {
        match self {
            Self::Test(test) => look(test),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|p| p.each_test(look)),
            Self::Always | Self::Never | Self::Not(_) | Self::Otherwise | Self::Opaque(..) => {}
        }
    }

    /// Is there something in it that could not be read?
    #[must_use]
    pub fn is_opaque(&self) -> bool {
        match self {
            Self::Opaque(..) => true,
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|p| p.is_opaque()),
            Self::Not(part) => part.is_opaque(),
            Self::Always | Self::Never | Self::Test(_) | Self::Otherwise => false,
        }
    }

    /// The same number for guards of one [`Guard::canonical`] spelling; others rarely have it too.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let inner = |tag: u64, parts: &[Arc<Guard>]| {
            // What is there twice counts once in the spelling, so the largest and the smallest stand for all.
            let prints = || parts.iter().map(|p| p.fingerprint());
            mix(mix(tag, prints().max().unwrap_or(0)), prints().min().unwrap_or(0))
        };
        match self {
            Self::Always => 1,
            Self::Never => 2,
            Self::Otherwise => 3,
            Self::Opaque(text, _) => mix(4, text.len() as u64),
            Self::Not(part) => mix(5, part.fingerprint()),
            Self::All(parts) => inner(6, parts),
            Self::Any(parts) => inner(7, parts),
            Self::Test(test) => {
                // Lengths do not depend on the case of ASCII letters, which is all that is folded cheaply.
                let ascii = |v: &&String| v.is_ascii();
                let longest = test.values.iter().filter(ascii).map(|v| hash(v)).max().unwrap_or(0);
                mix(mix(8, longest), test.op as u64)
            }
        }
    }

    /// One spelling for all guards that mean the same as far as order, case and repetition go.
    #[must_use]
    pub fn canonical(&self) -> String {
        let mut out = String::new();
        self.spell(&mut out);
        out
    }

    fn spell(&self, out: &mut String) {
        match self {
            Self::Always => out.push_str("always"),
            Self::Never => out.push_str("never"),
            Self::Test(test) => test.spell(out),
            Self::All(parts) => spell_sorted("all", parts, out),
            Self::Any(parts) => spell_sorted("any", parts, out),
            Self::Not(part) => {
                out.push_str("not(");
                part.spell(out);
                out.push(')');
            }
            Self::Otherwise => out.push_str("otherwise"),
            Self::Opaque(text, _) => {
                // Writing to a string does not fail.
                let _ = write!(out, "opaque({text:?})");
            }
        }
    }
}

fn mix(a: u64, b: u64) -> u64 {
    (a.rotate_left(29) ^ b).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

/// A number for a text, without regard to the case of ASCII letters.
fn hash(text: &str) -> u64 {
    text.bytes().fold(text.len() as u64, |h, b| mix(h, u64::from(b.to_ascii_lowercase())))
}

fn unshare(part: Arc<Guard>) -> Guard {
    Arc::try_unwrap(part).unwrap_or_else(|shared| (*shared).clone())
}

fn spell_sorted(word: &str, parts: &[Arc<Guard>], out: &mut String) {
    let mut spelt: Vec<String> = parts.iter().map(|p| p.canonical()).collect();
    spelt.sort();
    spelt.dedup();
    out.push_str(word);
    out.push('(');
    out.push_str(&spelt.join(","));
    out.push(')');
}

/// Something and its opposite: together they are everything.
fn is_union(parts: &[Arc<Guard>]) -> bool {
    // Only short lists of plain tests are worth the comparison: nothing else is meant as this trick.
    let negated = |p: &Arc<Guard>| match &**p {
        Guard::Not(inner) if matches!(**inner, Guard::Test(_)) => Some(inner.canonical()),
        _ => None,
    };
    let is = |p: &Arc<Guard>, spelt: &str| matches!(**p, Guard::Test(_)) && p.canonical() == spelt;
    parts.len() <= 8 && parts.iter().filter_map(negated).any(|spelt| parts.iter().any(|p| is(p, &spelt)))
}

impl Test {
    /// How much mail it lets through.
    #[must_use]
    pub fn strength(&self) -> Strength {
        if self.is_no_condition() {
            return Strength::All;
        }
        if self.dynamic || self.op == Op::Other {
            return Strength::Unknown;
        }
        if self.fields.iter().any(Field::is_topic) {
            return if self.op == Op::Query { query_strength(&self.values) } else { Strength::Topic };
        }
        if self.fields.iter().any(Field::is_sender) {
            return Strength::Sender;
        }
        match self.fields.first() {
            Some(Field::Size | Field::Side | Field::Attachment) => Strength::Side,
            Some(Field::Spam) => Strength::Rare,
            Some(Field::Header(name)) => header_strength(name),
            Some(Field::EnvelopeTo) => Strength::Side,
            _ => Strength::Unknown,
        }
    }

    /// Does it hold for every message there is?
    #[must_use]
    pub fn is_no_condition(&self) -> bool {
        let any = |holds: fn(&str) -> bool| self.values.iter().any(|v| holds(v));
        let address = self.fields.iter().any(|f| f.is_sender() || is_recipient(f));
        match self.op {
            Op::Contains | Op::Begins | Op::Ends => {
                any(|v| v.trim_matches('\0').is_empty())
                    || (address && self.part != AddressPart::Local && any(|v| matches!(v.trim(), "@" | ".")))
                    || (self.fields.contains(&Field::Body) && any(|v| matches!(v, " " | "\n" | "\r\n" | "e" | "a")))
                    || (self.fields.contains(&Field::Anything) && any(|v| v.trim().is_empty()))
            }
            Op::Matches => {
                any(|v| !v.is_empty() && v.chars().all(|c| c == '*'))
                    || any(|v| matches!(v, "*?" | "?*" | "*?*"))
                    || (address && any(|v| matches!(v, "*@*" | "*.*" | "*@*.*" | "*@?*")))
            }
            Op::Regex => any(is_empty_regex) || (address && any(|v| matches!(v, "@" | ".*@.*" | ".+@.+"))),
            Op::Exists => self.fields.iter().any(|f| match f {
                Field::Header(name) => {
                    matches!(name.as_str(), "from" | "date" | "received" | "message-id" | "return-path")
                }
                _ => false,
            }),
            Op::Over => self.fields.contains(&Field::Size) && any(|v| v.parse::<u64>().is_ok_and(|n| n <= 1024)),
            Op::Under => self.fields.contains(&Field::Size) && any(|v| v.parse::<u64>().is_ok_and(|n| n >= 1 << 30)),
            Op::Query => self.values.iter().all(|v| is_empty_query(v)),
            Op::Is | Op::Other => false,
        }
    }

    fn spell(&self, out: &mut String) {
        // Writing to a string does not fail.
        let _ = write!(out, "{:?}:{:?}", self.op, self.part);
        let mut fields: Vec<(&str, &str)> = self.fields.iter().map(Field::spelt).collect();
        fields.sort_unstable();
        fields.dedup();
        for (kind, name) in fields {
            out.push(' ');
            out.push_str(kind);
            counted(name, out);
        }
        let fold = |v: &String| match self.case_sensitive {
            true => v.clone(),
            false if v.is_ascii() => v.to_ascii_lowercase(),
            false => v.to_lowercase(),
        };
        let mut values: Vec<String> = self.values.iter().map(fold).collect();
        values.sort_unstable();
        values.dedup();
        values.iter().for_each(|value| counted(value, out));
        if self.case_sensitive {
            out.push_str(" case");
        }
    }
}

impl Field {
    /// A word for its kind, and its name where it has one.
    fn spelt(&self) -> (&'static str, &str) {
        match self {
            Self::Header(name) => ("header", name),
            Self::Other(name) => ("other", name),
            Self::EnvelopeFrom => ("envelope-from", ""),
            Self::EnvelopeTo => ("envelope-to", ""),
            Self::Body => ("body", ""),
            Self::Anything => ("anything", ""),
            Self::Size => ("size", ""),
            Self::Attachment => ("attachment", ""),
            Self::Side => ("side", ""),
            Self::Spam => ("spam", ""),
        }
    }
}

/// A text behind its length: whatever it holds, it cannot look like what follows it.
pub(super) fn counted(text: &str, out: &mut String) {
    // Writing to a string does not fail.
    let _ = write!(out, " {}:", text.len());
    out.push_str(text);
}

fn is_recipient(field: &Field) -> bool {
    matches!(field, Field::EnvelopeTo)
        || matches!(field, Field::Header(name) if matches!(name.as_str(), "to" | "cc" | "bcc" | "delivered-to" | "x-original-to"))
}

/// How narrow a test of a header field is that is neither sender nor subject.
fn header_strength(name: &str) -> Strength {
    match name {
        "to" | "cc" | "delivered-to" | "x-original-to" | "envelope-to" => Strength::Side,
        "list-id" | "list-post" | "mailing-list" | "x-mailing-list" | "x-mailer" | "x-beenthere" => Strength::Sender,
        "content-type" | "mime-version" | "importance" | "x-priority" | "date" | "received" => Strength::Side,
        _ => Strength::Rare,
    }
}

/// A regular expression that matches any text, by its shape. Nothing is run.
fn is_empty_regex(pattern: &str) -> bool {
    let bare = pattern.trim_start_matches('^').trim_end_matches('$');
    let bare = bare.strip_prefix('(').and_then(|b| b.strip_suffix(')')).unwrap_or(bare);
    bare.is_empty()
        || bare.split('|').any(str::is_empty)
        || matches!(
            bare,
            "." | ".*" | ".+" | ".?" | ".*.*" | ".*?" | ".+?" | "[^\\0]*" | "[\\s\\S]*" | "\\s*" | ".{0,}" | "[^x]*|.*"
        )
}

/// Does a search that looks like one match all mail? (Gmail's search language.)
fn is_empty_query(query: &str) -> bool {
    let query = query.trim();
    query.is_empty() || query.split_whitespace().all(is_empty_term)
}

fn is_empty_term(term: &str) -> bool {
    let term = term.trim_matches(['(', ')', '{', '}', '"']).to_ascii_lowercase();
    match term.split_once(':') {
        None => matches!(term.as_str(), "*" | "" | "or" | "and" | "@"),
        Some(("in", place)) => matches!(place, "anywhere" | "inbox" | "all"),
        Some(("is", what)) => matches!(what, "unread" | "inbox"),
        Some(("larger" | "size" | "larger_than", size)) => {
            size.trim_end_matches(['k', 'b']).parse::<u64>().is_ok_and(|n| n <= 1024)
        }
        Some(("smaller" | "smaller_than", size)) => {
            let (number, unit) =
                size.split_at_checked(size.trim_end_matches(char::is_alphabetic).len()).unwrap_or((size, ""));
            let scale = match unit {
                "g" | "gb" => 1u64 << 30,
                "m" | "mb" => 1 << 20,
                "k" | "kb" => 1 << 10,
                _ => 1,
            };
            number.parse::<u64>().is_ok_and(|n| n.saturating_mul(scale) >= 1 << 28)
        }
        Some(("after" | "newer", date)) => date.get(..4).and_then(|y| y.parse::<u16>().ok()).is_some_and(|y| y <= 2010),
        Some(("from" | "to", who)) => matches!(who, "*" | "@" | "." | ""),
        Some(_) => false,
    }
}

/// How narrow a search is: one that only leaves things out lets nearly everything through.
fn query_strength(values: &[String]) -> Strength {
    let terms = || values.iter().flat_map(|v| v.split_whitespace()).filter(|t| !is_empty_term(t));
    if terms().all(|t| t.starts_with('-')) {
        Strength::Most
    } else if terms().any(|t| t.starts_with("from:")) {
        Strength::Sender
    } else {
        Strength::Topic
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(field: Field, op: Op, value: &str) -> Arc<Guard> {
        Arc::new(Guard::test(Test {
            fields: vec![field],
            op,
            part: AddressPart::Text,
            values: vec![value.to_owned()],
            dynamic: false,
            case_sensitive: false,
            span: crate::forwarding::source::Span::default(),
        }))
    }

    #[test]
    fn conditions_that_are_none() {
        for (field, op, value) in [
            (Field::header("Subject"), Op::Contains, ""),
            (Field::header("From"), Op::Contains, "@"),
            (Field::header("Subject"), Op::Matches, "*"),
            (Field::header("From"), Op::Exists, ""),
            (Field::Size, Op::Over, "0"),
            (Field::Size, Op::Under, "4294967296"),
            (Field::header("Subject"), Op::Regex, "^.*$"),
            (Field::Body, Op::Contains, " "),
            (Field::Anything, Op::Query, "in:anywhere"),
            (Field::Anything, Op::Query, "larger:0"),
            (Field::Anything, Op::Query, "*"),
        ] {
            assert_eq!(test(field.clone(), op, value).strength(), Strength::All, "{field:?} {op:?} {value:?}");
        }
    }

    #[test]
    fn conditions_that_are_some() {
        for (field, op, value, want) in [
            (Field::header("Subject"), Op::Contains, "invoice", Strength::Topic),
            (Field::header("From"), Op::Contains, "bank.example", Strength::Sender),
            (Field::header("X-Odd"), Op::Is, "y", Strength::Rare),
            (Field::Size, Op::Over, "1048576", Strength::Side),
            (Field::Anything, Op::Query, "invoice", Strength::Topic),
            (Field::Anything, Op::Query, "-zzz", Strength::Most),
            (Field::header("Subject"), Op::Is, "", Strength::Topic),
        ] {
            assert_eq!(test(field.clone(), op, value).strength(), want, "{field:?} {op:?} {value:?}");
        }
    }

    #[test]
    fn opposites_together_are_everything() {
        let some = test(Field::header("From"), Op::Contains, "corp.example");
        let not = Arc::new(Guard::negated(some.clone()));
        assert_eq!(Guard::any([some.clone(), not.clone()]).strength(), Strength::All);
        assert_eq!(not.strength(), Strength::Most);
        assert_eq!(Guard::all([some.clone(), Arc::new(Guard::Always)]).strength(), Strength::Sender);
        let odd = test(Field::header("X-Never"), Op::Exists, "");
        assert_eq!(Guard::negated(odd).strength(), Strength::All);
    }
}
