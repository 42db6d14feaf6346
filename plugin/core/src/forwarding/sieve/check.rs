//! A command held against the table: are its arguments right, and was everything it uses asked for? The outcome is a
//! [`Call`], arguments sorted by meaning, however wrong the command was.

use std::collections::BTreeMap;

use super::parse::{Arg, Node, Value};
use super::table::{Tag, Takes, Tests, Word};
use crate::forwarding::model::{Problem, ProblemKind};
use crate::forwarding::source::Span;

/// The capabilities a script asks for, and which of them it used.
#[derive(Debug, Default)]
pub struct Capabilities {
    /// Name, where it was asked for, used.
    asked: BTreeMap<String, (Span, bool)>,
    /// Names that stand in a true `ihave`: they need no `require`.
    have: Vec<String>,
    /// Zimbra asks for nothing.
    pub lenient: bool,
    /// Proton takes `i;unicode-casemap` without being asked.
    pub proton: bool,
}

/// Capabilities that others bring along (RFC 5235 section 2.1, RFC 6131 section 2).
const BRINGS: &[(&str, &str)] = &[("spamtestplus", "spamtest"), ("vacation-seconds", "vacation")];

impl Capabilities {
    /// Nothing asked for yet; `lenient` where nothing needs to be.
    #[must_use]
    pub fn new(lenient: bool) -> Self {
        Self { lenient, ..Self::default() }
    }

    /// Notes what a `require` asks for.
    pub fn ask(&mut self, name: &str, span: Span) {
        self.asked.entry(name.to_owned()).or_insert((span, false));
    }

    /// Notes what an `ihave` found.
    pub fn has(&mut self, names: impl Iterator<Item = String>) {
        self.have.extend(names.take(64));
    }

    /// Was it asked for? Marks it as used.
    pub fn uses(&mut self, name: &str) -> bool {
        if let Some((_, used)) = self.asked.get_mut(name) {
            *used = true;
            return true;
        }
        for (bigger, smaller) in BRINGS {
            if *smaller == name
                && let Some((_, used)) = self.asked.get_mut(*bigger)
            {
                *used = true;
                return true;
            }
        }
        self.lenient || self.have.iter().any(|h| h == name)
    }

    /// Was it asked for?
    #[must_use]
    pub fn asked(&self, name: &str) -> bool {
        self.asked.contains_key(name)
    }

    /// Does an `ihave` ask for something nobody knows? Behind it stands what only other servers understand.
    #[must_use]
    pub fn hopes(&self) -> bool {
        self.have.iter().any(|name| !super::table::is_capability(name))
    }

    /// Was something of a vendor, or something unknown, asked for? Then unknown words may be its own.
    #[must_use]
    pub fn foreign(&self) -> bool {
        self.asked.keys().any(|name| name.starts_with("vnd.") || !super::table::is_capability(name))
    }

    /// What was asked for and never used.
    pub fn unused(&self) -> impl Iterator<Item = (&str, Span)> {
        self.asked.iter().filter(|(_, (_, used))| !used).map(|(name, (span, _))| (name.as_str(), *span))
    }
}

/// A command or test, arguments sorted by meaning.
#[derive(Debug, Default)]
pub struct Call<'n, 'a> {
    /// The word that is called.
    pub word: &'static str,
    /// The positional arguments. Where the front one may be left out and was, it is missing here too.
    pub args: Vec<&'n Arg<'a>>,
    tags: Vec<(&'static str, Option<&'n Arg<'a>>)>,
}

impl<'n, 'a> Call<'n, 'a> {
    /// Does this tag stand?
    #[must_use]
    pub fn has(&self, tag: &str) -> bool {
        self.tags.iter().any(|(name, _)| *name == tag)
    }

    /// The argument of a tag.
    #[must_use]
    pub fn of(&self, tag: &str) -> Option<&'n Arg<'a>> {
        self.tags.iter().find(|(name, _)| *name == tag).and_then(|(_, arg)| *arg)
    }

    /// A positional argument, counted from the end.
    #[must_use]
    pub fn last(&self, n: usize) -> Option<&'n Arg<'a>> {
        self.args.len().checked_sub(n.saturating_add(1)).and_then(|at| self.args.get(at)).copied()
    }
}

/// Where problems go.
pub struct Checker<'p> {
    /// The capabilities of the script.
    pub capabilities: &'p mut Capabilities,
    /// What was found.
    pub problems: &'p mut Vec<Problem>,
}

impl Checker<'_> {
    pub(super) fn note(&mut self, kind: ProblemKind, span: Span, what: &str, word: &str) {
        self.problems.push(Problem { kind, span, what: what.to_owned(), word: word.to_owned() });
    }

    /// Holds a command or test against its word.
    pub fn call<'n, 'a>(&mut self, node: &'n Node<'a>, word: &'static Word) -> Call<'n, 'a> {
        if !word.needs.is_empty() && !word.needs.iter().any(|n| self.capabilities.uses(n)) {
            self.note(ProblemKind::Require, node.span, "a word is used without its capability", word.name);
        }
        let from = self.problems.len();
        let call = self.sort(node, word);
        self.positional(node, word, &call);
        self.tests_and_block(node, word);
        self.values(node, word.name, &call);
        if self.capabilities.lenient && matches!(word.name, "date" | "notify") {
            self.problems.truncate(from); // Zimbra has words of its own behind these two names
        }
        call
    }

    /// Tells tags from positional arguments.
    fn sort<'n, 'a>(&mut self, node: &'n Node<'a>, word: &'static Word) -> Call<'n, 'a> {
        let mut call = Call { word: word.name, ..Call::default() };
        let mut groups = 0u32;
        let mut args = node.args.iter().peekable();
        while let Some(arg) = args.next() {
            let Value::Tag(name) = arg.value else {
                call.args.push(arg);
                continue;
            };
            let Some(tag) = word.tags.iter().copied().flatten().find(|t| t.name.eq_ignore_ascii_case(name)) else {
                self.note(ProblemKind::Arity, arg.span, "the word does not take this tag", name);
                continue;
            };
            if !call.args.is_empty() {
                self.note(ProblemKind::Arity, arg.span, "a tag stands behind a positional argument", name);
            }
            let bit = if tag.group == 0 { 0 } else { 1u32 << u32::from(tag.group.min(31)) };
            if groups & bit != 0 || call.has(tag.name) {
                self.note(ProblemKind::Arity, arg.span, "a tag excludes or repeats an earlier one", name);
            }
            groups |= bit;
            if !tag.needs.is_empty() && !self.capabilities.uses(tag.needs) {
                self.note(ProblemKind::Require, arg.span, "a tag is used without its capability", tag.name);
            }
            let value = tag.takes.and_then(|takes| args.next_if(|next| fits(&next.value, takes)));
            if tag.takes.is_some() && value.is_none() {
                self.note(ProblemKind::Arity, arg.span, "the tag lacks its argument", name);
            }
            self.tag_value(tag, value);
            call.tags.push((tag.name, value));
        }
        call
    }

    /// What a few tags want of their argument.
    fn tag_value(&mut self, tag: &Tag, value: Option<&Arg<'_>>) {
        let Some(arg) = value else { return };
        let Some(text) = arg.value.texts().first() else { return };
        let text = text.to_ascii_lowercase();
        match tag.name {
            "comparator" if !self.comparator(&text) => {
                self.note(ProblemKind::Require, arg.span, "a comparator is used without its capability", &text);
            }
            "value" | "count" if !matches!(text.as_str(), "gt" | "ge" | "lt" | "le" | "eq" | "ne") => {
                self.note(ProblemKind::Arity, arg.span, "the relation is not one of gt, ge, lt, le, eq, ne", &text);
            }
            "importance" if !matches!(text.as_str(), "1" | "2" | "3") => {
                self.note(ProblemKind::Arity, arg.span, "the importance is not 1, 2 or 3", &text);
            }
            _ => {}
        }
    }

    /// May this comparator be used?
    fn comparator(&mut self, name: &str) -> bool {
        match name {
            "i;octet" | "i;ascii-casemap" => true,
            "i;unicode-casemap" if self.capabilities.proton => true,
            _ => self.capabilities.uses(&format!("comparator-{name}")),
        }
    }

    fn positional(&mut self, node: &Node<'_>, word: &'static Word, call: &Call<'_, '_>) {
        let given = call.args.len();
        let most = word.args.len();
        let least = most.saturating_sub(word.optional);
        // The old draft of `notify` puts everything into tags; enotify wants the method URI.
        let least =
            if word.name == "notify" && !call.has("method") && self.capabilities.asked("enotify") { 1 } else { least };
        if given < least || given > most {
            self.note(ProblemKind::Arity, node.span, "the word has the wrong number of arguments", word.name);
        }
        let skip = if word.front { most.saturating_sub(given) } else { 0 };
        for (arg, takes) in call.args.iter().zip(word.args.iter().skip(skip)) {
            if !fits(&arg.value, *takes) {
                self.note(ProblemKind::Arity, arg.span, "an argument is of the wrong type", word.name);
            }
        }
        if word.name == "size" && !call.has("over") && !call.has("under") {
            self.note(ProblemKind::Arity, node.span, "size needs one of :over and :under", word.name);
        }
        if call.has("last") && !call.has("index") && matches!(word.name, "header" | "address" | "date" | "deleteheader")
        {
            self.note(ProblemKind::Arity, node.span, ":last needs :index", word.name);
        }
        if ["value", "count"].iter().any(|t| call.has(t)) && word.name == "deleteheader" && given < 2 {
            self.note(ProblemKind::Arity, node.span, "a match type needs patterns", word.name);
        }
    }

    fn tests_and_block(&mut self, node: &Node<'_>, word: &'static Word) {
        let right = match word.tests {
            Tests::None => node.tests.is_empty(),
            Tests::One => node.tests.len() == 1 && !node.listed,
            Tests::Many => !node.tests.is_empty() && node.listed,
        };
        if !right {
            self.note(ProblemKind::Arity, node.span, "the word has the wrong number of tests", word.name);
        }
        if node.block.is_some() != word.block {
            let what = if word.block { "the word lacks its block" } else { "the word takes no block" };
            self.note(ProblemKind::Arity, node.span, what, word.name);
        }
    }
}

fn fits(value: &Value<'_>, takes: Takes) -> bool {
    matches!(
        (value, takes),
        (Value::Text(_), Takes::Text | Takes::Texts)
            | (Value::List(_), Takes::Texts)
            | (Value::Number(_), Takes::Number)
    )
}
