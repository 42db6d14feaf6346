//! Exim filter files ("Exim's interfaces to mail filtering"): words separated by white space, conditions up to `then`.

use std::sync::Arc;

use super::Dialect;
use super::address::Target;
use super::model::{AddressPart, DEPTH, Does, Field, Guard, Op, Rule, Test, Via};
use super::reading::Reading;
use super::shell::mailbox;
use super::source::{Source, Span};

/// The dialect.
pub const DIALECT: Dialect = Dialect { name: "exim", files: &["filter", "*.exim", "system.filter"], claims, read };

fn claims(text: &str) -> bool {
    let first: String = text.lines().next().unwrap_or("").to_lowercase().split_whitespace().collect();
    first.starts_with("#eximfilter")
}

fn read(source: &Source, reading: &mut Reading<'_>) {
    reading.set.covers("user-script");
    filter(&source.text, 0, source.text.len(), reading);
}

/// One word: bare or quoted.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    quoted: bool,
    span: Span,
}

/// Reads a stretch of a text as an Exim filter.
pub fn filter(text: &str, start: usize, end: usize, reading: &mut Reading<'_>) {
    let words = words(text, start, end, reading);
    let mut walk = Walk { words: &words, at: 0, reading };
    while walk.at < walk.words.len() {
        walk.commands(&Place::default(), 0);
        walk.at = walk.at.saturating_add(1); // a word that closes nothing
    }
}

fn words(text: &str, start: usize, end: usize, reading: &mut Reading<'_>) -> Vec<Word> {
    let mut out = Vec::new();
    let body = text.get(start..end).unwrap_or("");
    let mut rest = body;
    loop {
        rest = rest.trim_start();
        let from = start.saturating_add(body.len().saturating_sub(rest.len()));
        let Some(first) = rest.chars().next() else { return out };
        let at_line_start =
            text.get(..from).unwrap_or("").trim_end_matches([' ', '\t']).ends_with('\n') || from == start;
        let length = match first {
            '#' if at_line_start || out.is_empty() => {
                rest = rest.split_once('\n').map_or("", |(_, tail)| tail);
                continue;
            }
            '"' => quoted_length(rest),
            '(' | ')' => Some(1),
            _ => rest.find(|c: char| c.is_whitespace() || c == ')' && !rest.starts_with('$')).or(Some(rest.len())),
        };
        let Some(length) = length else {
            reading.unreadable(Span::new(from, end), "the string is not closed", "");
            return out;
        };
        let raw = rest.get(..length).unwrap_or("");
        let span = Span::new(from, from.saturating_add(length));
        let quoted = first == '"';
        out.push(Word { text: if quoted { unescaped(raw) } else { raw.to_owned() }, quoted, span });
        rest = rest.get(length..).unwrap_or("");
    }
}

fn quoted_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at.saturating_add(1)),
            _ => {}
        }
    }
    None
}

fn unescaped(raw: &str) -> String {
    let inside = raw.get(1..raw.len().saturating_sub(1)).unwrap_or("");
    let mut out = String::with_capacity(inside.len());
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some(next)) => out.push(next),
            (c, _) => out.push(c),
        }
    }
    out
}

/// What has to hold at a place, and where that stands.
#[derive(Default)]
struct Place {
    guard: Guard,
    span: Span,
}

struct Walk<'w, 'r, 'a> {
    words: &'w [Word],
    at: usize,
    reading: &'r mut Reading<'a>,
}

impl<'w> Walk<'w, '_, '_> {
    fn peek(&self) -> Option<&'w Word> {
        self.words.get(self.at)
    }

    fn next(&mut self) -> Option<&'w Word> {
        let word = self.words.get(self.at);
        self.at = self.at.saturating_add(1);
        word
    }

    /// Takes the next word if it is this one.
    fn eat(&mut self, text: &str) -> bool {
        let is = self.peek().is_some_and(|w| !w.quoted && w.text.eq_ignore_ascii_case(text));
        if is {
            self.at = self.at.saturating_add(1);
        }
        is
    }

    /// Commands up to `elif`, `else`, `endif` or the end.
    fn commands(&mut self, path: &Place, depth: usize) {
        let mut unseen: Option<bool> = None;
        while let Some(word) = self.peek() {
            let lower = word.text.to_ascii_lowercase();
            if !word.quoted && matches!(lower.as_str(), "elif" | "else" | "endif") {
                return;
            }
            self.at = self.at.saturating_add(1);
            match lower.as_str() {
                "unseen" => unseen = Some(true),
                "seen" => unseen = Some(false),
                "noerror" => {}
                "if" => self.branches(path, depth, word.span),
                _ => {
                    self.command(&lower, word.span, path, unseen);
                    unseen = None;
                }
            }
        }
    }

    fn branches(&mut self, path: &Place, depth: usize, span: Span) {
        if depth >= DEPTH {
            self.reading.limit(span);
            self.at = self.words.len();
            return;
        }
        let mut prior: Vec<Arc<Guard>> = Vec::new();
        let (mut own, mut place) = self.condition();
        loop {
            if !self.eat("then") && !prior.is_empty() && *own != Guard::Always {
                self.reading.unreadable(span, "a condition is not followed by then", "");
            }
            let not_before = prior.iter().take(8).map(|p| Arc::new(Guard::negated(p.clone()))).collect::<Vec<_>>();
            let guard = Guard::all([Arc::new(path.guard.clone())].into_iter().chain(not_before).chain([own.clone()]));
            self.commands(&Place { guard, span: place }, depth.saturating_add(1));
            prior.push(own);
            if self.eat("elif") {
                (own, place) = self.condition();
            } else if self.eat("else") {
                own = Arc::new(Guard::Always);
            } else {
                break;
            }
        }
        if !self.eat("endif") {
            self.reading.unreadable(span, "an if is not closed by endif", "");
        }
    }

    /// A condition and where it stands.
    fn condition(&mut self) -> (Arc<Guard>, Span) {
        let from = self.peek().map(|w| w.span).unwrap_or_default();
        let guard = Arc::new(self.either(0));
        let last = self.at.checked_sub(1).and_then(|at| self.words.get(at)).map_or(from, |w| w.span);
        (guard, from.to(last))
    }

    fn either(&mut self, depth: usize) -> Guard {
        let mut parts = vec![Arc::new(self.both(depth))];
        while self.eat("or") {
            parts.push(Arc::new(self.both(depth)));
        }
        Guard::any(parts)
    }

    fn both(&mut self, depth: usize) -> Guard {
        let mut parts = vec![Arc::new(self.one(depth))];
        while self.eat("and") {
            parts.push(Arc::new(self.one(depth)));
        }
        Guard::all(parts)
    }

    fn one(&mut self, depth: usize) -> Guard {
        let Some(first) = self.next() else { return Guard::Opaque(Arc::from(""), Span::default()) };
        let span = first.span;
        if depth >= DEPTH {
            self.reading.limit(span);
            return Guard::Opaque(Arc::from("nested too deep"), span);
        }
        let below = depth.saturating_add(1);
        match first.text.to_ascii_lowercase().as_str() {
            "not" if !first.quoted => return Guard::negated(Arc::new(self.one(below))),
            "(" if !first.quoted => {
                let inner = self.either(below);
                self.eat(")");
                return inner;
            }
            "error_message" | "delivered" | "manually_thawed" | "first_delivery" | "personal" => {
                while first.text.eq_ignore_ascii_case("personal") && self.eat("alias") {
                    self.next();
                }
                return Guard::Opaque(Arc::from(first.text.as_str()), span);
            }
            "foranyaddress" => {
                self.next();
                self.eat("(");
                let inner = self.either(below);
                self.eat(")");
                return inner;
            }
            _ => {}
        }
        let negated =
            self.eat("not") || self.peek().is_some_and(|w| w.text.eq_ignore_ascii_case("does")) && self.does_not();
        let Some(verb) = self.next() else { return Guard::Opaque(Arc::from(""), span) };
        let negated = negated || (verb.text.eq_ignore_ascii_case("is") && self.eat("not"));
        // `is above` and `is below` are one verb of two words.
        let two_words = verb.text.eq_ignore_ascii_case("is")
            && self.peek().is_some_and(|w| ["above", "below"].iter().any(|v| w.text.eq_ignore_ascii_case(v)));
        let verb = if two_words { self.next().unwrap_or(verb) } else { verb };
        let Some(value) = self.next() else { return Guard::Opaque(Arc::from(""), span) };
        self.expansions(&first.text, span, &Place::default());
        let guard = comparison(first, verb, value);
        if negated { Guard::negated(Arc::new(guard)) } else { guard }
    }

    /// `does not contain`.
    fn does_not(&mut self) -> bool {
        self.at = self.at.saturating_add(1);
        self.eat("not")
    }

    fn command(&mut self, name: &str, span: Span, path: &Place, unseen: Option<bool>) {
        let mut rule = Rule { guard: path.guard.clone(), guard_span: path.span, ..Rule::at(span) };
        // deliver, save and pipe replace the normal delivery unless `unseen` stands before them.
        let copy = unseen == Some(true);
        match name {
            "deliver" => {
                if let Some(word) = self.next() {
                    rule.span = span.to(word.span);
                    rule.act(Does::send(target(&word.text), Via::Redirect, copy), word.span);
                    self.expansions(&word.text, word.span, path);
                }
                if self.eat("errors_to") {
                    self.next();
                }
            }
            "save" => {
                if let Some(word) = self.next() {
                    rule.act(mailbox(&word.text, copy), word.span);
                    self.expansions(&word.text, word.span, path);
                }
                if self.peek().is_some_and(|w| w.text.bytes().all(|b| b.is_ascii_digit())) {
                    self.at = self.at.saturating_add(1);
                }
            }
            "pipe" => {
                if let Some(word) = self.next() {
                    rule.act(Does::Run { program: word.text.clone(), copy }, word.span);
                }
            }
            "mail" | "vacation" => self.mail(name == "vacation", &mut rule),
            "finish" => {
                rule.stop = true;
                if unseen == Some(false) {
                    rule.act(Does::Discard, span);
                }
                rule.act(Does::Stop, span);
            }
            "fail" | "freeze" => {
                self.optional_text();
                rule.act(Does::Reply { from: None, carries: String::new(), refuses: true }, span);
            }
            "logfile" | "logwrite" if self.peek().is_some_and(|w| !w.quoted && !is_command(&w.text)) => {
                self.next();
            }
            "logwrite" | "logfile" | "testprint" | "add" | "debug" => {
                while self.peek().is_some_and(|w| w.quoted)
                    || (name == "add" && self.peek().is_some_and(|w| !is_command(&w.text)))
                {
                    if let Some(word) = self.next() {
                        self.expansions(&word.text, word.span, path);
                    }
                }
            }
            "headers" => {
                let op = self.next().map(|w| w.text.to_ascii_lowercase()).unwrap_or_default();
                if let Some(word) = self.next() {
                    let field = word.text.split(':').next().unwrap_or("").trim().to_ascii_lowercase();
                    rule.act(Does::EditHeader { name: field, delete: op == "remove" }, word.span);
                }
            }
            other => {
                self.reading.unreadable(span, "a command is not known", other);
                rule.act(Does::Opaque(other.to_owned()), span);
            }
        }
        if !rule.actions.is_empty() {
            self.reading.rule(rule);
        }
    }

    fn optional_text(&mut self) {
        self.eat("text");
        if self.peek().is_some_and(|w| w.quoted) {
            self.at = self.at.saturating_add(1);
        }
    }

    /// `mail to … cc … bcc … subject … text … return message`: a new message beside the normal delivery.
    fn mail(&mut self, vacation: bool, rule: &mut Rule) {
        let mut targets = Vec::new();
        let mut carries = String::new();
        let mut from = None;
        while let Some(word) = self.peek() {
            let key = word.text.to_ascii_lowercase();
            if word.quoted || is_command(&key) {
                break;
            }
            self.at = self.at.saturating_add(1);
            match key.as_str() {
                "return" => {
                    self.eat("message");
                    carries = "the message".to_owned();
                }
                "expand" => {}
                "to" | "cc" | "bcc" | "from" | "reply_to" | "subject" | "text" | "extra_headers" | "file" | "log"
                | "once" | "once_repeat" => {
                    if key == "file" {
                        self.eat("expand");
                    }
                    let Some(value) = self.next() else { break };
                    rule.span = rule.span.to(value.span);
                    match key.as_str() {
                        "to" | "cc" | "bcc" => {
                            let list = super::address::split_list(&value.text);
                            targets.extend(list.iter().map(|(_, t)| (target(t), value.span)));
                        }
                        "from" => from = Some(target(&value.text)),
                        "text" | "subject" if value.text.contains("$message") || value.text.contains("$h") => {
                            carries.clone_from(&value.text);
                        }
                        _ => {}
                    }
                }
                _ => break,
            }
        }
        // A message to whoever wrote is an answer, whatever it is called.
        let answers = targets.iter().all(|(to, _)| matches!(to, Target::Template { raw, .. } if is_author(raw)));
        if vacation || answers {
            rule.act(Does::Reply { from, carries, refuses: false }, rule.span);
            return;
        }
        for (to, span) in targets {
            rule.act(Does::Send { to, via: Via::Notify, copy: true, carries: carries.clone() }, span);
        }
    }

    /// Programs and files in a string that is expanded.
    fn expansions(&mut self, text: &str, span: Span, path: &Place) {
        let found = ["${run", "${readfile", "${readsocket", "${perl", "${dlfunc"].iter().find(|w| text.contains(**w));
        if let Some(word) = found {
            let mut rule = Rule { guard: path.guard.clone(), guard_span: path.span, ..Rule::at(span) };
            let does = if word.starts_with("${readfile") {
                Does::Write { path: text.to_owned(), copy: true }
            } else {
                Does::Run { program: text.to_owned(), copy: true }
            };
            rule.act(does, span);
            self.reading.rule(rule);
        }
    }
}

/// What the sender of the message is called in a filter.
fn is_author(text: &str) -> bool {
    let name = text.trim().trim_matches(['$', '{', '}', ':']).to_ascii_lowercase();
    matches!(
        name.as_str(),
        "reply_address"
            | "sender_address"
            | "return_path"
            | "h_reply-to"
            | "h_from"
            | "header_from"
            | "header_reply-to"
    )
}

fn is_command(word: &str) -> bool {
    matches!(
        word,
        "deliver"
            | "save"
            | "pipe"
            | "mail"
            | "vacation"
            | "finish"
            | "logwrite"
            | "logfile"
            | "if"
            | "elif"
            | "else"
            | "endif"
            | "seen"
            | "unseen"
            | "noerror"
            | "fail"
            | "freeze"
            | "headers"
            | "testprint"
            | "add"
    )
}

/// A target; strings are expanded when the message comes.
fn target(text: &str) -> Target {
    if text.contains('$') {
        let constant =
            text.split('$').skip(1).filter_map(|p| p.split_once('@')).map(|(_, d)| format!("@{d}")).collect();
        Target::Template { raw: text.to_owned(), constant }
    } else {
        Target::parse(text)
    }
}

fn comparison(left: &Word, verb: &Word, right: &Word) -> Guard {
    let span = left.span.to(right.span);
    let field = field(&left.text);
    let op = match verb.text.to_ascii_lowercase().as_str() {
        "is" => Op::Is,
        "contains" | "contain" => Op::Contains,
        "begins" | "begin" => Op::Begins,
        "ends" | "end" => Op::Ends,
        "matches" | "match" => Op::Regex,
        "above" => Op::Over,
        "below" => Op::Under,
        _ => return Guard::Opaque(Arc::from(verb.text.as_str()), span),
    };
    let number = |text: &str| {
        let (digits, scale) = match text.to_ascii_lowercase().strip_suffix('k') {
            Some(d) => (d.to_owned(), 1u64 << 10),
            None => {
                text.to_ascii_lowercase().strip_suffix('m').map_or((text.to_owned(), 1), |d| (d.to_owned(), 1 << 20))
            }
        };
        digits.parse::<u64>().map(|n| n.saturating_mul(scale).to_string()).unwrap_or(digits)
    };
    let value = if field == Field::Size { number(&right.text) } else { right.text.clone() };
    let with_case = verb.text.bytes().all(|b| b.is_ascii_uppercase());
    Guard::test(Test {
        fields: vec![field],
        op,
        part: AddressPart::Text,
        values: vec![value],
        dynamic: right.text.contains('$'),
        case_sensitive: with_case,
        span,
    })
}

/// `$header_subject:`, `$h_from:`, `$message_body`, `$sender_address`.
fn field(text: &str) -> Field {
    let name = text.trim_start_matches('$').trim_matches(['{', '}']);
    let header = ["header_", "h_", "rheader_", "rh_", "bheader_", "bh_"].iter().find_map(|p| name.strip_prefix(p));
    match (header, name) {
        (Some(header), _) => Field::header(header),
        (None, "message_body" | "message_body_end") => Field::Body,
        (None, "message_size" | "message_body_size") => Field::Size,
        (None, "sender_address" | "return_path" | "sender_address_domain") => Field::EnvelopeFrom,
        (None, "local_part" | "domain" | "recipients") => Field::EnvelopeTo,
        (None, "message_headers") => Field::header("*"),
        (None, other) => Field::Other(other.get(..other.len().min(40)).unwrap_or("").to_owned()),
    }
}
