//! maildrop's `.mailfilter` (maildropfilter(7)).

use std::sync::Arc;

use super::Dialect;
use super::model::{DEPTH, Does, Guard, ProblemKind, Rule, Via};
use super::reading::Reading;
use super::shell::{Variables, command, mailbox, regex_test, target};
use super::source::{Source, Span, lines};

/// The dialect.
pub const DIALECT: Dialect =
    Dialect { name: "maildrop", files: &[".mailfilter", "maildroprc", "*.mailfilter"], claims, read };

fn claims(text: &str) -> bool {
    let mut marks = 0usize;
    for line in text.lines().map(str::trim).take(400) {
        let word = line.split([' ', '\t', '(']).next().unwrap_or("");
        let rest = line.get(word.len()..).unwrap_or("").trim_start();
        let mark = match word {
            "if" | "elsif" => rest.starts_with('(') && rest.contains('/'),
            "to" | "cc" => rest.starts_with(['"', '$', '|', '!', '\'']),
            "xfilter" | "exception" | "logfile" => true,
            _ => false,
        };
        if mark {
            marks = marks.saturating_add(1);
        } else if line.ends_with(';') && !line.starts_with('#') {
            return false; // Sieve and C-like languages end their statements so
        }
    }
    marks > 0
}

/// One statement: a line, split where braces and semicolons stand outside quotes and patterns.
struct Piece {
    text: String,
    span: Span,
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("user-script");
    let pieces = pieces(&source.text);
    let mut walk = Walk { variables: Variables::default(), reading };
    let mut at = 0usize;
    while at < pieces.len() {
        walk.block(&pieces, &mut at, &Place::default(), 0);
        at = at.saturating_add(1); // a brace that closes nothing
    }
}

/// Lines without comments; a backslash at the end takes the next one along. With each, where it begins and ends.
fn logical(text: &str) -> Vec<(String, usize, usize)> {
    let mut out: Vec<(String, usize, usize)> = Vec::new();
    let mut open = false;
    for (start, line) in lines(text) {
        let code = uncommented(line);
        let (body, goes_on) = code.trim_end().strip_suffix('\\').map_or((code, false), |l| (l, true));
        let end = start.saturating_add(line.len());
        match out.last_mut() {
            Some((joined, _, last)) if open => {
                joined.push_str(body);
                *last = end;
            }
            _ => out.push((body.to_owned(), start, end)),
        }
        open = goes_on;
    }
    out
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    for (code, start, end) in logical(text) {
        let mut from = 0usize;
        let mut quote: Option<char> = None;
        let mut cut = |from: usize, to: usize| {
            let piece = code.get(from..to).unwrap_or("");
            if !piece.trim().is_empty() {
                let at = start.saturating_add(from).min(end);
                out.push(Piece {
                    text: piece.trim().to_owned(),
                    span: Span::new(at, at.saturating_add(piece.len()).min(end)),
                });
            }
        };
        for (at, c) in code.char_indices() {
            match (quote, c) {
                (Some(q), c) if c == q => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'' | '`') => quote = Some(c),
                (None, '{' | '}' | ';') => {
                    cut(from, at);
                    if c != ';' {
                        cut(at, at.saturating_add(1));
                    }
                    from = at.saturating_add(1);
                }
                _ => {}
            }
        }
        cut(from, code.len());
    }
    out
}

/// The line without a comment: `#` at its start or behind white space, outside quotes and patterns.
fn uncommented(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    let mut quote: Option<char> = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"' | '\'' | '`' | '/') => quote = Some(c),
            (None, '#') if before.is_whitespace() => return line.get(..at).unwrap_or(line),
            _ => {}
        }
        before = c;
    }
    line
}

/// What has to hold at a place, and where that stands.
#[derive(Default)]
struct Place {
    guard: Guard,
    span: Span,
}

struct Walk<'r, 'a> {
    variables: Variables,
    reading: &'r mut Reading<'a>,
}

impl Walk<'_, '_> {
    /// Statements up to the brace that closes the block.
    fn block(&mut self, pieces: &[Piece], at: &mut usize, path: &Place, depth: usize) {
        let mut prior: Vec<Arc<Guard>> = Vec::new();
        while let Some(piece) = pieces.get(*at) {
            if piece.text == "}" {
                return;
            }
            *at = at.saturating_add(1);
            let word = piece.text.split([' ', '\t', '(', '"']).next().unwrap_or("");
            match word {
                "if" | "elsif" | "else" | "exception" | "foreach" | "while" | "{" => {
                    let own = Arc::new(self.head(word, piece, pieces, at));
                    if word != "elsif" && word != "else" {
                        prior.clear();
                    }
                    let not_before =
                        prior.iter().take(8).map(|p| Arc::new(Guard::negated(p.clone()))).collect::<Vec<_>>();
                    let guard =
                        Guard::all([Arc::new(path.guard.clone())].into_iter().chain(not_before).chain([own.clone()]));
                    let span = if word == "else" || word == "exception" { path.span } else { piece.span };
                    self.body(pieces, at, &Place { guard, span }, depth, piece.span);
                    prior.push(own);
                }
                _ => self.statement(word, piece, path),
            }
        }
    }

    fn head(&mut self, word: &str, piece: &Piece, pieces: &[Piece], at: &mut usize) -> Guard {
        let mut text = piece.text.get(word.len()..).unwrap_or("").trim().to_owned();
        // A condition may run over several lines, until its parentheses are closed.
        while text.matches('(').count() > text.matches(')').count() {
            match pieces.get(*at).filter(|p| p.text != "{" && p.text != "}") {
                Some(next) => {
                    text.push(' ');
                    text.push_str(&next.text);
                    *at = at.saturating_add(1);
                }
                None => break,
            }
            if text.len() > 65536 {
                break;
            }
        }
        match word {
            "if" | "elsif" => Expression { rest: &text, span: piece.span, depth: 0 }.read(),
            "while" | "foreach" => Guard::Opaque(Arc::from(word), piece.span),
            _ => Guard::Always,
        }
    }

    fn body(&mut self, pieces: &[Piece], at: &mut usize, guard: &Place, depth: usize, span: Span) {
        if pieces.get(*at).is_some_and(|p| p.text == "{") {
            *at = at.saturating_add(1);
            if depth >= DEPTH {
                self.reading.limit(span);
                *at = pieces.len();
                return;
            }
            self.block(pieces, at, guard, depth.saturating_add(1));
            if pieces.get(*at).is_some_and(|p| p.text == "}") {
                *at = at.saturating_add(1);
            }
        } else if let Some(next) = pieces.get(*at) {
            *at = at.saturating_add(1);
            let word = next.text.split([' ', '\t', '(', '"']).next().unwrap_or("");
            self.statement(word, next, guard);
        }
    }

    fn statement(&mut self, word: &str, piece: &Piece, path: &Place) {
        let span = piece.span;
        let argument = piece.text.get(word.len()..).unwrap_or("").trim();
        let mut rule = Rule { guard: path.guard.clone(), guard_span: path.span, ..Rule::at(span) };
        match word {
            "to" | "cc" => self.deliver(argument, word == "cc", &mut rule),
            "xfilter" | "system" => {
                let mut acts = Vec::new();
                command(unquoted(argument), &self.variables, true, &mut acts);
                acts.into_iter().for_each(|does| rule.act(does, span));
            }
            "include" => {
                let name = unquoted(argument);
                self.reading.set.problem(ProblemKind::IncludeUnknown, span, "an included file is not at hand", name);
                rule.act(Does::Opaque("include".to_owned()), span);
            }
            "exit" => {
                rule.stop = true;
                rule.act(Does::Stop, span);
            }
            "logfile" | "log" | "echo" | "dotlock" | "flock" | "import" | "unset" | "gdbmopen" | "gdbmclose" => {}
            // An expression alone sets MATCH; it does nothing to the message.
            _ if piece.text.starts_with(['/', '!', '(', '$']) || is_call(&piece.text) => {}
            _ => match piece.text.split_once('=') {
                Some((name, value)) => self.assign(name.trim(), value.trim(), span, &mut rule),
                None if piece.text.starts_with('`') => {
                    rule.act(Does::Run { program: piece.text.trim_matches('`').to_owned(), copy: true }, span)
                }
                None => {
                    self.reading.unreadable(span, "a statement is not known", word);
                    rule.act(Does::Opaque(word.to_owned()), span);
                }
            },
        }
        if !rule.actions.is_empty() {
            self.reading.rule(rule);
        }
    }

    fn deliver(&mut self, argument: &str, copy: bool, rule: &mut Rule) {
        let span = rule.span;
        rule.stop = !copy;
        let text = unquoted(argument);
        if let Some(list) = text.strip_prefix('!') {
            for word in list.split([' ', '\t', ',']).filter(|w| !w.is_empty()) {
                rule.act(Does::send(target(word, &self.variables), Via::Redirect, copy), span);
            }
        } else if text.starts_with('|') {
            let mut acts = Vec::new();
            command(text, &self.variables, copy, &mut acts);
            acts.into_iter().for_each(|does| rule.act(does, span));
        } else if text.contains("$DEFAULT") {
            rule.act(Does::Keep, span);
        } else {
            rule.act(mailbox(&self.variables.expand(text).0, copy), span);
        }
    }

    fn assign(&mut self, name: &str, value: &str, span: Span, rule: &mut Rule) {
        if let Some((program, _)) = value.split_once('`').and_then(|(_, rest)| rest.split_once('`')) {
            rule.act(Does::Run { program: program.to_owned(), copy: true }, span);
        }
        let (expanded, dynamic) = self.variables.expand(unquoted(value));
        self.variables.set(name, (!dynamic && !value.starts_with('(')).then_some(expanded));
    }
}

/// `gdbmstore(…)`, `getaddr($MATCH) =~ /…/`.
fn is_call(text: &str) -> bool {
    text.split_once('(')
        .is_some_and(|(name, _)| !name.is_empty() && name.trim().bytes().all(|b| b.is_ascii_lowercase()))
}

fn unquoted(text: &str) -> &str {
    let text = text.trim();
    ['"', '\''].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q)).unwrap_or(text)
}

/// `/^Subject:.*x/:h && !( … ) || …`
struct Expression<'t> {
    rest: &'t str,
    span: Span,
    depth: usize,
}

impl<'t> Expression<'t> {
    fn read(&mut self) -> Guard {
        let guard = self.either();
        if self.rest.trim().is_empty() { guard } else { self.opaque() }
    }

    fn opaque(&self) -> Guard {
        let end = self.rest.char_indices().nth(60).map_or(self.rest.len(), |(at, _)| at);
        Guard::Opaque(Arc::from(self.rest.get(..end).unwrap_or("")), self.span)
    }

    fn eat(&mut self, mark: &str) -> bool {
        match self.rest.trim_start().strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn either(&mut self) -> Guard {
        let mut parts = vec![Arc::new(self.both())];
        while self.eat("||") {
            parts.push(Arc::new(self.both()));
        }
        Guard::any(parts)
    }

    fn both(&mut self) -> Guard {
        let mut parts = vec![Arc::new(self.one())];
        while self.eat("&&") {
            parts.push(Arc::new(self.one()));
        }
        Guard::all(parts)
    }

    fn one(&mut self) -> Guard {
        self.depth = self.depth.saturating_add(1);
        if self.depth > DEPTH {
            return self.take_all();
        }
        let guard = if self.eat("!") {
            Guard::negated(Arc::new(self.one()))
        } else if self.eat("(") {
            let inner = self.either();
            if !self.eat(")") {
                return self.take_all();
            }
            inner
        } else if self.eat("/") {
            self.pattern()
        } else {
            self.take_all()
        };
        self.depth = self.depth.saturating_sub(1);
        guard
    }

    /// Something that is no pattern: a variable, a function. The rest is given up.
    fn take_all(&mut self) -> Guard {
        let guard = self.opaque();
        self.rest = "";
        guard
    }

    fn pattern(&mut self) -> Guard {
        let mut escaped = false;
        let end = self.rest.char_indices().find(|(_, c)| {
            let closes = *c == '/' && !escaped;
            escaped = *c == '\\' && !escaped;
            closes
        });
        let Some((end, _)) = end else { return self.take_all() };
        let pattern = self.rest.get(..end).unwrap_or("");
        self.rest = self.rest.get(end.saturating_add(1)..).unwrap_or("");
        let mut options = "";
        if let Some(rest) = self.rest.strip_prefix(':') {
            let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
            options = rest.get(..length).unwrap_or("");
            self.rest = rest.get(length..).unwrap_or("");
        }
        Guard::test(regex_test(pattern, options.contains('b'), self.span))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_read() {
        let read = |text: &str| Expression { rest: text, span: Span::default(), depth: 0 }.read();
        assert!(matches!(read("(/^Subject:.*x/ && !/^From:.*y/)"), Guard::All(_)));
        assert!(matches!(read("(/a/ || /b/:b)"), Guard::Any(_)));
        assert!(matches!(read("($SIZE > 100)"), Guard::Opaque(..)));
        assert!(read(&format!("({}", "!(".repeat(5000))).is_opaque());
    }
}
