//! Sieve (RFC 5228) and its extensions, from letters to the model. `lex` and `parse` know the grammar, `table` the words,
//! `check` holds one against the other; `tests`, `actions` and `vars` know what the words mean, `comments` what web mail
//! writes beside them. This file walks the script.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::model::{DEPTH, Does, Guard, Origin, Problem, ProblemKind, Rule, State, Visible};
use super::reading::Reading;
use super::source::{Source, Span};
use check::{Capabilities, Checker};
use comments::Comments;
use parse::{Node, Script, Value};
use vars::Variables;

mod actions;
mod check;
mod comments;
mod lex;
mod parse;
mod print;
mod table;
mod tests;
mod values;
mod vars;

pub use print::reprint;

/// How deep scripts may include one another.
const INCLUDES: usize = 10;
/// Branches of an `elsif` chain whose opposites are kept word for word.
const BRANCHES: usize = 8;

/// Reads a stretch of a text as a Sieve script.
pub fn read(source: &Source, start: usize, end: usize, origin: Origin, zimbra: bool, reading: &mut Reading<'_>) {
    let zimbra = zimbra || is_zimbra(source.text.get(start..end).unwrap_or(""));
    let mut walk = Walk {
        text: &source.text,
        source: 0,
        capabilities: Capabilities::new(zimbra),
        variables: Variables::default(),
        comments: Comments::default(),
        included: BTreeSet::new(),
        depth: 0,
        origin,
        characters: false,
        tests: 0,
        reading,
    };
    // Proton's own part of a script asks for nothing, but looks at what only Proton has.
    walk.capabilities.proton = walk.text.contains("vnd.proton.");
    walk.script(start, end, zimbra);
    walk.finish();
}

/// Zimbra asks for capabilities no extension has, and switches rules off with a word of its own.
fn is_zimbra(text: &str) -> bool {
    ["disabled_if", "\"tag\"", "\"flag\""].iter().any(|w| memchr::memmem::find(text.as_bytes(), w.as_bytes()).is_some())
        && {
            let script = parse::script(text, 0, text.len());
            script.commands.iter().any(|n| {
                n.is("disabled_if")
                    || n.is("require")
                        && n.args.iter().flat_map(|a| a.value.texts()).any(|t| matches!(&**t, "tag" | "flag"))
            })
        }
}

/// Does this look like a Sieve script?
#[must_use]
pub fn claims(text: &str) -> bool {
    let from = behind_comments(text);
    if from >= text.len() {
        return from > 0 && !text.trim().is_empty(); // who only comments says nothing
    }
    let script = parse::script(text, from, text.len().min(from.saturating_add(4096)));
    let known = |n: &Node<'_>| {
        // `if (…)` is how maildrop and many programming languages begin.
        let tested = || n.tests.first().is_some_and(|t| table::test(t.name).is_some());
        !n.name.is_empty()
            && table::command(n.name).is_some()
            && (!(n.is("if") || n.is("elsif")) || tested())
            && (n.block.is_some() || n.args.iter().any(|a| !matches!(a.value, Value::Number(_))) || n.args.is_empty())
    };
    // Who asks for capabilities speaks Sieve, however many words of a vendor follow.
    if script.commands.first().is_some_and(|n| n.is("require") && known(n)) {
        return true;
    }
    let read = script.commands.iter().filter(|n| known(n)).count();
    let cut = usize::from(text.len() > from.saturating_add(4096));
    read > 0 && script.commands.len().saturating_sub(read).saturating_sub(cut) <= read.wrapping_div(2)
}

/// Where the first word stands: heads of scripts are often long comments.
fn behind_comments(text: &str) -> usize {
    let mut at = 0usize;
    loop {
        let rest = text.get(at..).unwrap_or("");
        let bare = rest.trim_start();
        let length = match bare {
            _ if bare.starts_with('#') => bare.find('\n'),
            _ if bare.starts_with("/*") => bare.find("*/").map(|end| end.saturating_add(2)),
            _ => Some(0),
        };
        at = at.saturating_add(rest.len().saturating_sub(bare.len()));
        match length {
            Some(0) => return at,
            Some(length) => at = at.saturating_add(length),
            None => return text.len(),
        }
    }
}

/// A walk over a script, in the order it runs.
struct Walk<'r, 'a, 't> {
    text: &'t str,
    /// Which of the sources `text` is.
    source: u16,
    capabilities: Capabilities,
    variables: Variables,
    comments: Comments,
    /// What was included already.
    included: BTreeSet<String>,
    depth: usize,
    origin: Origin,
    /// `encoded-character` was asked for.
    characters: bool,
    /// Tests seen so far.
    tests: usize,
    reading: &'r mut Reading<'a>,
}

/// Where in a script the walk is.
#[derive(Clone, Default)]
struct Frame {
    /// What has to hold to get here.
    path: Guard,
    /// Where the last condition of it stands.
    guard_span: Span,
    /// The name in a comment above.
    name: Option<String>,
    state: State,
    visible: Visible,
    /// What makes it unreachable.
    shadow: Option<Span>,
    depth: usize,
    /// Inside a loop.
    looped: bool,
}

impl<'t> Walk<'_, '_, 't> {
    fn script(&mut self, start: usize, end: usize, zimbra: bool) {
        let whole = self.at(Span::new(start, end));
        if self.reading.work(end.saturating_sub(start), whole).is_err() {
            return;
        }
        let Script { commands, comments, faults } = parse::script(self.text, start, end);
        for fault in faults {
            let kind = if fault.limit { ProblemKind::Limit } else { ProblemKind::Unreadable };
            let word = self.text.get(fault.span.start as usize..fault.span.end as usize).unwrap_or("");
            let span = self.at(fault.span);
            self.reading.set.problem(kind, span, fault.what, short(word));
        }
        self.comments = Comments::new(self.text, comments, zimbra);
        self.control_characters(start, end);
        let managed = self.comments.editor();
        let visible = if managed.is_some() { Visible::Yes } else { Visible::Unknown };
        self.block(&commands, Frame { visible, ..Frame::default() }, start);
        if self.depth == 0 {
            comments::compare_with_code(self.text, &self.comments, self.source, &mut self.reading.set);
        }
    }

    /// What is only known at the end.
    fn finish(self) {
        let unused: Vec<_> = self.capabilities.unused().map(|(n, s)| (n.to_owned(), s)).collect();
        let set = &mut self.reading.set;
        for (name, span) in unused {
            // What works without a word of its own is never "unused".
            let silent = name.starts_with("comparator-") || name.starts_with("vnd.") || !table::is_capability(&name);
            if !silent && !matches!(name.as_str(), "encoded-character" | "imapsieve" | "ihave" | "mime" | "variables") {
                set.problem(ProblemKind::RequireUnused, span, "a capability is asked for and not used", name);
            }
        }
        if self.tests > TESTS_COSTLY {
            set.problem(ProblemKind::Cost, Span::default(), "the script has very many tests", self.tests.to_string());
        }
    }

    fn at(&self, span: Span) -> Span {
        span.moved(self.source, 0)
    }

    fn note(&mut self, kind: ProblemKind, span: Span, what: &str, word: &str) {
        let span = self.at(span);
        self.reading.set.problem(kind, span, what, short(word));
    }

    /// NUL, and characters that reorder others, anywhere in the script.
    fn control_characters(&mut self, start: usize, end: usize) {
        let text = self.text.get(start..end).unwrap_or("");
        let mut found = 0usize;
        // Bytes that begin one of them: C0 but white space, DEL, C1 in UTF-8, the block of the reordering characters.
        let begins = |(_, b): &(usize, u8)| matches!(b, 0..=8 | 0xB | 0xE..=0x1F | 0x7F | 0xC2 | 0xE2);
        for (at, _) in text.bytes().enumerate().filter(begins) {
            let Some(c) = text.get(at..).and_then(|rest| rest.chars().next()) else { continue };
            let bad = match c {
                '\0' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => true,
                c => c.is_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{c}'),
            };
            if bad && found < 16 {
                found = found.saturating_add(1);
                let from = start.saturating_add(at);
                let span = Span::new(from, from.saturating_add(c.len_utf8()));
                self.note(
                    ProblemKind::Control,
                    span,
                    "a control or reordering character stands in the script",
                    c.encode_utf8(&mut [0; 4]),
                );
            }
        }
    }

    /// Commands one after the other. Says whether processing surely ends in them.
    fn block(&mut self, nodes: &[Node<'t>], mut frame: Frame, start: usize) -> bool {
        let block = self.reading.next_block();
        let mut open: Option<Rule> = None;
        let mut ended = false;
        let mut before = start;
        let mut chain: Option<Vec<Arc<Guard>>> = None;
        let mut only_requires = true;
        let top = frame.depth == 0 && self.depth == 0;
        let inherited = frame.name.clone();
        for node in nodes {
            if top {
                let name = self.comments.name_between(self.text, before, node.span.start as usize);
                if name.is_some() || node.block.is_some() {
                    self.flush(&mut open);
                }
                frame.name = name.or(inherited.clone());
            }
            before = node.span.end as usize;
            let is_branch = node.is("elsif") || node.is("else");
            if node.is("if") || is_branch || node.is("while") || node.is("foreverypart") || node.is("disabled_if") {
                self.flush(&mut open);
                let mut prior = if is_branch { chain.take() } else { None };
                if is_branch && prior.is_none() {
                    self.note(ProblemKind::Arity, node.span, "a branch does not follow an if", node.name);
                    prior = Some(Vec::new());
                }
                let stops = self.branch(node, &frame, prior.get_or_insert_default());
                let goes_on = ["if", "elsif", "disabled_if"].iter().any(|w| node.is(w));
                chain = goes_on.then_some(prior).flatten();
                if stops && frame.shadow.is_none() {
                    frame.shadow = Some(self.at(node.span));
                    ended = true;
                }
            } else {
                chain = None;
                if node.is("require") && !(only_requires && frame.depth == 0) {
                    self.note(ProblemKind::Require, node.span, "require does not stand at the beginning", "require");
                }
                let made = self.action(node, &frame, block, &mut open);
                if let Some(body) = node.block.as_ref().filter(|_| frame.depth < DEPTH) {
                    self.flush(&mut open);
                    self.foreign_block(node, body, &frame);
                }
                if made.stops && frame.shadow.is_none() {
                    self.flush(&mut open);
                    frame.shadow = Some(self.at(node.span));
                    ended = true;
                }
                if made.returns {
                    break;
                }
            }
            only_requires &= node.is("require");
        }
        self.flush(&mut open);
        ended
    }

    /// The block of a command that is not known, or takes none: what stands in it may run, nobody can tell when.
    fn foreign_block(&mut self, node: &Node<'t>, body: &[Node<'t>], frame: &Frame) {
        let span = self.at(node.span);
        let own = Arc::new(Guard::Opaque(Arc::from(short(node.name)), span));
        let path = Guard::all([Arc::new(frame.path.clone()), own]);
        let depth = frame.depth.saturating_add(1);
        let inner = Frame { path, guard_span: span, depth, looped: true, ..frame.clone() };
        let before = self.variables.clone();
        let start = body.first().map_or(node.span.end, |n| n.span.start) as usize;
        self.block(body, inner, start);
        self.variables.merge(&before);
    }

    fn flush(&mut self, open: &mut Option<Rule>) {
        if let Some(mut rule) = open.take() {
            rule.stop = rule.actions.iter().any(|a| a.does == Does::Stop);
            rule.origin = self.origin;
            self.reading.piece(rule);
        }
    }

    /// An `if`, `elsif`, `else`, or a loop. Says whether processing surely ends in it and the branches before.
    fn branch(&mut self, node: &Node<'t>, frame: &Frame, prior: &mut Vec<Arc<Guard>>) -> bool {
        let Some(word) = table::command(node.name) else { return false };
        let Walk { capabilities, reading, .. } = self;
        let from = reading.set.problems.len();
        Checker { capabilities, problems: &mut reading.set.problems }.call(node, word);
        self.move_problems(from);
        let before = self.variables.clone();
        let test = match node.tests.first() {
            Some(test) => self.test(test, 0),
            None if node.is("else") || node.is("foreverypart") => Guard::Always,
            None => Guard::Opaque(Arc::from(""), self.at(node.span)),
        };
        let test =
            Arc::new(if node.is("while") { Guard::Opaque(Arc::from("while"), self.at(node.span)) } else { test });
        let not_before = prior.iter().map(|p| Arc::new(Guard::negated(p.clone())));
        let more = (prior.len() >= BRANCHES).then(|| Arc::new(Guard::Otherwise));
        let path = Guard::all(
            [Arc::new(frame.path.clone())]
                .into_iter()
                .chain(not_before.take(BRANCHES))
                .chain(more)
                .chain([test.clone()]),
        );
        let mut inner = Frame { path, depth: frame.depth.saturating_add(1), ..frame.clone() };
        inner.looped |= node.is("foreverypart") || node.is("while");
        inner.guard_span = node.tests.first().map_or(self.at(node.span), |t| self.at(t.span));
        self.disabled(node, &mut inner);
        if inner.visible == Visible::Yes && (frame.depth > 0 || !node.is("if") && !node.is("disabled_if")) {
            inner.visible = Visible::No("code that the editor of the web mail does not show");
        }
        let stops = match &node.block {
            Some(body) if frame.depth < DEPTH => {
                let start = body.first().map_or(node.span.end, |n| n.span.start) as usize;
                self.block(body, inner, start)
            }
            _ => false,
        };
        if *test == Guard::Never {
            self.variables = before;
        } else {
            self.variables.merge(&before);
        }
        prior.push(test.clone());
        // Only an unconditional branch is sure to be taken; chains in which every branch stops are rare and harmless.
        stops && *test == Guard::Always && prior.len() == 1
    }

    /// `if false # anyof (…)`: the tests stand behind the `#`, and one click arms them. Zimbra says `disabled_if`.
    fn disabled(&mut self, node: &Node<'t>, inner: &mut Frame) {
        if node.is("disabled_if") {
            inner.state = State::Off("disabled_if");
            return;
        }
        let Some(test) = node.tests.first().filter(|t| t.is("false")) else { return };
        let Some(comment) = self.comments.directly_behind(test.span.end as usize, node.span.end as usize) else {
            return;
        };
        if let Some(hidden) = parse::test(self.text, comment.start, comment.end) {
            inner.path = self.test(&hidden, 0);
            inner.guard_span = self.at(hidden.span);
            inner.state = State::Off("comment");
            // Newlines in quoted strings end the comment early; what was read is the rule as the editor shows it.
        }
    }

    /// Spans of problems that were found in this text.
    fn move_problems(&mut self, from: usize) {
        let source = self.source;
        for Problem { span, .. } in self.reading.set.problems.iter_mut().skip(from) {
            *span = span.moved(source, 0);
        }
    }
}

/// So many tests cost a server time with every message.
const TESTS_COSTLY: usize = 5000;

/// The beginning of a text, for evidence.
fn short(text: &str) -> &str {
    let end = text.char_indices().nth(80).map_or(text.len(), |(at, _)| at);
    text.get(..end).unwrap_or("")
}
