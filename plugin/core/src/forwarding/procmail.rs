//! `.procmailrc` (procmailrc(5)): recipes of flags, conditions and one action.

use std::sync::Arc;

use super::Dialect;
use super::model::{AddressPart, DEPTH, Does, Field, Guard, Op, ProblemKind, Rule, Test, Via};
use super::reading::Reading;
use super::shell::{Variables, command, mailbox, regex_test, target};
use super::source::{Source, Span};

/// The dialect.
pub const DIALECT: Dialect =
    Dialect { name: "procmail", files: &[".procmailrc", "procmailrc", "*.rc", "*.procmail"], claims, read };

fn claims(text: &str) -> bool {
    text.lines().map(str::trim_start).any(|l| {
        l.strip_prefix(":0").is_some_and(|rest| {
            uncommented(rest).bytes().all(|b| {
                b.is_ascii_alphabetic()
                    || matches!(b, b' ' | b'\t' | b':' | b'\r' | b'.' | b'$' | b'/' | b'_' | b'{' | b'}')
            })
        })
    })
}

/// A line without the comment behind it. Conditions cannot carry one.
fn uncommented(line: &str) -> &str {
    let comment = [" #", "\t#"].iter().filter_map(|mark| line.find(mark)).min();
    comment.and_then(|at| line.get(..at)).unwrap_or(line).trim_end()
}

/// A logical line: continuation lines joined.
struct Line {
    text: String,
    span: Span,
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("user-script");
    let mut walk = Walk { variables: Variables::default(), depth: 0, reading };
    let lines = logical(&source.text);
    let mut at = 0usize;
    while at < lines.len() {
        walk.recipes(&lines, &mut at, &Frame { path: Guard::Always, cloned: false, nested: 0 });
        if let Some(stray) = lines.get(at) {
            walk.reading.unreadable(stray.span, "a brace closes nothing", "");
            at = at.saturating_add(1);
        }
    }
}

/// Lines with a backslash at their end go on; comments and empty lines are dropped.
fn logical(text: &str) -> Vec<Line> {
    let mut out: Vec<Line> = Vec::new();
    let mut open = false;
    for (start, line) in super::source::lines(text) {
        let end = start.saturating_add(line.len());
        let (body, goes_on) = line.strip_suffix('\\').map_or((line, false), |l| (l, true));
        if open {
            if let Some(last) = out.last_mut() {
                last.text.push_str(body.trim_start());
                last.span = last.span.to(Span::new(start, end));
            }
        } else if !body.trim().is_empty() && !body.trim_start().starts_with('#') {
            let text = body.trim();
            // A shell reads what follows a pipe, comments included.
            let bare = text.starts_with(['*', '|']) || text.contains(['"', '\'', '`']);
            let text = if bare { text } else { uncommented(text) };
            let span = Span::new(start, end);
            // `{ :0`: the first recipe of a block may stand behind its brace.
            let recipe = text.strip_prefix('{').map(str::trim).filter(|t| t.starts_with(":0"));
            let brace = recipe.map(|_| "{");
            out.extend(brace.into_iter().chain([recipe.unwrap_or(text)]).map(|t| Line { text: t.to_owned(), span }));
        } else {
            continue;
        }
        open = goes_on;
    }
    out
}

struct Walk<'r, 'a> {
    variables: Variables,
    depth: usize,
    reading: &'r mut Reading<'a>,
}

struct Frame {
    path: Guard,
    /// Inside a block that works on a copy of the message.
    cloned: bool,
    nested: usize,
}

impl Walk<'_, '_> {
    /// Recipes up to the brace that closes the block, or the end.
    fn recipes(&mut self, lines: &[Line], at: &mut usize, frame: &Frame) {
        // What the flags A, a, E and e refer to: the conditions of the recipe before.
        let mut before = Arc::new(Guard::Always);
        while let Some(line) = lines.get(*at) {
            *at = at.saturating_add(1);
            if line.text == "}" {
                if frame.nested > 0 {
                    return;
                }
                *at = at.saturating_sub(1);
                return;
            }
            if let Some(flags) = line.text.strip_prefix(":0") {
                self.recipe(flags, line.span, lines, at, frame, &mut before);
            } else if !self.assignment(&line.text, line.span, frame) {
                self.reading.unreadable(line.span, "a line is neither a recipe nor an assignment", &line.text);
            }
        }
    }

    fn recipe(
        &mut self,
        flags: &str,
        span: Span,
        lines: &[Line],
        at: &mut usize,
        frame: &Frame,
        before: &mut Arc<Guard>,
    ) {
        let flags = flags.split(':').next().unwrap_or("");
        let has = |flag: char| flags.contains(flag);
        let body = has('B') && !has('H');
        let mut parts = Vec::new();
        let mut weighted = false;
        let mut guard_span = Span::default();
        let mut runs = Vec::new();
        while let Some(line) = lines.get(*at).filter(|l| l.text.starts_with('*')) {
            *at = at.saturating_add(1);
            let text = line.text.get(1..).unwrap_or("").trim();
            guard_span = if guard_span == Span::default() { line.span } else { guard_span.to(line.span) };
            parts.push(Arc::new(self.condition(text, body, line.span, &mut weighted, &mut runs)));
        }
        let own = Arc::new(if weighted { Guard::any(parts) } else { Guard::all(parts) });
        let mut chain = vec![Arc::new(frame.path.clone())];
        if has('A') || has('a') {
            chain.push(before.clone());
        } else if has('E') {
            chain.push(Arc::new(Guard::negated(before.clone())));
        } else if has('e') {
            chain.push(Arc::new(Guard::Opaque(Arc::from("the recipe before failed"), span)));
        }
        if !has('A') && !has('a') && !has('E') && !has('e') {
            *before = own.clone();
        }
        chain.push(own);
        let guard = Guard::all(chain);
        let Some(action) = lines.get(*at) else {
            self.reading.unreadable(span, "the recipe has no action", "");
            return;
        };
        *at = at.saturating_add(1);
        let mut rule = Rule { guard, guard_span, ..Rule::at(span.to(action.span)) };
        for (program, place) in runs {
            rule.act(Does::Run { program, copy: true }, place);
        }
        let copy = has('c') || frame.cloned;
        if action.text.starts_with('{') {
            self.block(rule, &action.text, lines, at, frame, copy);
            return;
        }
        let delivers = self.action(action, copy, has('f'), &mut rule);
        rule.stop = delivers && !has('c');
        if frame.cloned {
            rule.stop = false; // only the copy ends here
        }
        self.reading.rule(rule);
    }

    fn block(&mut self, rule: Rule, brace: &str, lines: &[Line], at: &mut usize, frame: &Frame, copy: bool) {
        let inner = Frame { path: rule.guard.clone(), cloned: copy, nested: frame.nested.saturating_add(1) };
        let span = rule.span;
        if !rule.actions.is_empty() {
            self.reading.rule(rule);
        }
        let inside = brace.trim_start_matches('{').trim();
        if let Some(one) = inside.strip_suffix('}') {
            let one = one.trim();
            if !one.is_empty() {
                self.assignment(one, span, &inner);
            }
            return;
        }
        if inner.nested > DEPTH {
            self.reading.limit(span);
            *at = lines.len();
            return;
        }
        self.recipes(lines, at, &inner);
    }

    /// Says whether the action delivers.
    fn action(&mut self, line: &Line, copy: bool, filters: bool, rule: &mut Rule) -> bool {
        let text = line.text.as_str();
        if let Some(list) = text.strip_prefix('!') {
            for word in list.split([' ', '\t', ',']).filter(|w| !w.is_empty() && !w.starts_with('-')) {
                rule.act(Does::send(target(word, &self.variables), Via::Redirect, copy), line.span);
            }
            return true;
        }
        if text.starts_with('|') {
            let mut acts = Vec::new();
            command(text, &self.variables, copy || filters, &mut acts);
            acts.into_iter().for_each(|does| rule.act(does, line.span));
            return !filters;
        }
        if let Some((name, program)) =
            text.split_once("=|").filter(|(n, _)| n.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        {
            self.variables.set(name, None);
            rule.act(Does::Run { program: program.trim().to_owned(), copy: true }, line.span);
            return false;
        }
        let (path, _) = self.variables.expand(text.split_whitespace().next().unwrap_or(""));
        let inbox = text.contains("$DEFAULT") || text.contains("$ORGMAIL");
        rule.act(if inbox { Does::Keep } else { mailbox(&path, copy) }, line.span);
        true
    }

    fn condition(
        &mut self,
        text: &str,
        body: bool,
        span: Span,
        weighted: &mut bool,
        runs: &mut Vec<(String, Span)>,
    ) -> Guard {
        let mut text = text;
        let mut negated = false;
        let expanded;
        loop {
            if let Some(rest) = text.strip_prefix('!') {
                negated = !negated;
                text = rest.trim_start();
            } else if let Some(rest) = text.strip_prefix('$').filter(|r| r.starts_with([' ', '\t', '!', '^'])) {
                expanded = self.variables.expand(rest.trim_start()).0;
                let inner = self.test(&expanded, body, span, runs);
                return if negated { Guard::negated(Arc::new(inner)) } else { inner };
            } else if let Some(rest) = weight(text) {
                *weighted = true;
                text = rest.trim_start();
            } else {
                break;
            }
        }
        let inner = self.test(text, body, span, runs);
        if negated { Guard::negated(Arc::new(inner)) } else { inner }
    }

    fn test(&mut self, text: &str, body: bool, span: Span, runs: &mut Vec<(String, Span)>) -> Guard {
        if let Some(program) = text.strip_prefix('?') {
            runs.push((program.trim().to_owned(), span));
            return Guard::Opaque(Arc::from("the outcome of a program"), span);
        }
        for (mark, op) in [('>', Op::Over), ('<', Op::Under)] {
            if let Some(number) =
                text.strip_prefix(mark).map(str::trim).filter(|n| n.bytes().all(|b| b.is_ascii_digit()))
            {
                return Guard::test(Test {
                    fields: vec![Field::Size],
                    op,
                    part: AddressPart::Text,
                    values: vec![number.to_owned()],
                    dynamic: false,
                    case_sensitive: false,
                    span,
                });
            }
        }
        if let Some((name, pattern)) = text.split_once("??") {
            let area = name.trim();
            return match area {
                "B" | "HB" | "BH" => Guard::test(regex_test(pattern, true, span)),
                "H" => Guard::test(regex_test(pattern, false, span)),
                _ => Guard::Opaque(Arc::from(area.get(..area.len().min(40)).unwrap_or("")), span),
            };
        }
        Guard::test(regex_test(text, body, span))
    }

    /// `NAME=value`. Programs in it get the whole message.
    fn assignment(&mut self, text: &str, span: Span, frame: &Frame) -> bool {
        let Some((name, value)) = text.split_once('=') else {
            return text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        };
        let name = name.trim();
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            return false;
        }
        let value = value.trim().trim_matches(['"', '\'']);
        let runs = value.split_once('`').and_then(|(_, rest)| rest.split_once('`')).map(|(program, _)| program);
        let program = match name {
            "TRAP" => Some(value),
            "SENDMAIL" if !matches!(value.rsplit('/').next(), Some("sendmail" | "exim" | "msmtp")) => Some(value),
            _ => runs,
        };
        if let Some(program) = program.filter(|p| !p.is_empty()) {
            let mut rule = Rule { guard: frame.path.clone(), ..Rule::at(span) };
            let mut acts = Vec::new();
            command(program, &self.variables, true, &mut acts);
            acts.into_iter().for_each(|does| rule.act(does, span));
            self.reading.rule(rule);
        }
        let (expanded, dynamic) = self.variables.expand(value);
        match name {
            "INCLUDERC" | "SWITCHRC" => self.include(&expanded, span, frame, name == "SWITCHRC"),
            _ => self.variables.set(name, (!dynamic).then_some(expanded)),
        }
        true
    }

    fn include(&mut self, name: &str, span: Span, frame: &Frame, switches: bool) {
        let found = self.reading.library.get(name).filter(|_| self.depth < 10);
        let Some(bytes) = found else {
            if !name.is_empty() {
                self.reading.set.problem(ProblemKind::IncludeUnknown, span, "an included file is not at hand", name);
            }
            return;
        };
        let source = Source::decode(name, bytes);
        if self.reading.work(bytes.len(), span).is_err() {
            return;
        }
        let index = self.reading.reserve();
        let lines: Vec<Line> =
            logical(&source.text).into_iter().map(|l| Line { span: l.span.moved(index, 0), ..l }).collect();
        self.depth = self.depth.saturating_add(1);
        let mut at = 0usize;
        self.recipes(&lines, &mut at, &Frame { path: frame.path.clone(), cloned: frame.cloned, nested: 0 });
        self.depth = self.depth.saturating_sub(1);
        self.reading.keep(index, source);
        if switches {
            let mut rule = Rule { guard: frame.path.clone(), stop: true, ..Rule::at(span) };
            rule.act(Does::Stop, span);
            self.reading.rule(rule);
        }
    }
}

/// `1^0 condition`: the text behind the weight.
fn weight(text: &str) -> Option<&str> {
    let length = text.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'^')).count();
    let (head, rest) = text.split_at_checked(length)?;
    (head.contains('^') && head.starts_with(|c: char| c.is_ascii_digit() || c == '-') && rest.starts_with([' ', '\t']))
        .then_some(rest)
}
