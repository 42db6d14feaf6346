//! Tokens to commands (RFC 5228 section 8.2), with recovery: what cannot be read is noted and left out, the rest is read
//! on. The parser knows only which commands take tests; everything else is the table's business.

use std::borrow::Cow;

use super::lex::{Comment, Lexeme, Lexer, Token};
use crate::forwarding::model::DEPTH;
use crate::forwarding::source::Span;

/// A command or a test.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node<'a> {
    /// Its name as written; empty for something that could not be read.
    pub name: &'a str,
    /// From its name to its end.
    pub span: Span,
    /// Its arguments in order, tags among them.
    pub args: Vec<Arg<'a>>,
    /// Its tests.
    pub tests: Vec<Node<'a>>,
    /// The tests stand in parentheses.
    pub listed: bool,
    /// Its block.
    pub block: Option<Vec<Node<'a>>>,
}

impl Node<'_> {
    /// Is it this word? Names are compared without case.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg<'a> {
    /// What it is.
    pub value: Value<'a>,
    /// Where it stands.
    pub span: Span,
}

/// What an argument is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A tag, without its colon.
    Tag(&'a str),
    /// A number.
    Number(u64),
    /// A string.
    Text(Cow<'a, str>),
    /// A list of strings.
    List(Vec<Cow<'a, str>>),
}

impl<'a> Value<'a> {
    /// Its strings: one, all of the list, or none.
    #[must_use]
    pub fn texts(&self) -> &[Cow<'a, str>] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::List(list) => list,
            Self::Tag(_) | Self::Number(_) => &[],
        }
    }
}

/// Something that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub what: &'static str,
    /// Where.
    pub span: Span,
    /// It is a bound of ours, not a mistake of the script.
    pub limit: bool,
}

/// A script taken apart.
#[derive(Debug, Default)]
pub struct Script<'a> {
    /// Its commands.
    pub commands: Vec<Node<'a>>,
    /// Its comments, in order.
    pub comments: Vec<Comment>,
    /// What could not be read.
    pub faults: Vec<Fault>,
}

/// Takes a stretch of a text apart.
#[must_use]
pub fn script(text: &str, start: usize, end: usize) -> Script<'_> {
    let mut parser = Parser::new(text, start, end);
    let commands = parser.commands(0);
    Script { commands, comments: parser.lexer.comments, faults: parser.faults }
}

/// Reads a single test, for example one that stands in a comment; `None` unless it is readable to its end.
#[must_use]
pub fn test(text: &str, start: usize, end: usize) -> Option<Node<'_>> {
    let mut parser = Parser::new(text, start, end);
    let node = parser.test(0)?;
    (parser.faults.is_empty() && parser.ahead.token == Token::End).then_some(node)
}

struct Parser<'a> {
    lexer: Lexer<'a>,
    ahead: Lexeme<'a>,
    /// The end of the last token taken.
    last: usize,
    faults: Vec<Fault>,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str, start: usize, end: usize) -> Self {
        let mut lexer = Lexer::new(text, start, end);
        let ahead = lexer.next();
        Self { lexer, ahead, last: start, faults: Vec::new() }
    }

    fn take(&mut self) -> Lexeme<'a> {
        let next = self.lexer.next();
        self.last = self.ahead.end;
        core::mem::replace(&mut self.ahead, next)
    }

    fn is_mark(&self, mark: u8) -> bool {
        self.ahead.token == Token::Mark(mark)
    }

    fn fault(&mut self, what: &'static str, limit: bool) {
        // One fault a place: whoever comes later only stumbles over the same stone.
        let span = Span::new(self.ahead.start, self.ahead.end);
        if self.faults.last().is_none_or(|f| f.span != span) {
            self.faults.push(Fault { what, span, limit });
        }
    }

    /// Commands up to `}` or the end.
    fn commands(&mut self, depth: usize) -> Vec<Node<'a>> {
        let mut out = Vec::new();
        loop {
            match &self.ahead.token {
                Token::End => return out,
                Token::Mark(b'}') if depth > 0 => return out,
                Token::Identifier(_) => {
                    let node = self.command(depth);
                    out.push(node);
                }
                Token::Bad(what) => {
                    let what = *what;
                    out.push(self.unreadable(what));
                }
                _ => out.push(self.unreadable("a command must begin here")),
            }
        }
    }

    /// Skips to behind the next `;` or a balanced block, and stands for what was skipped.
    fn unreadable(&mut self, what: &'static str) -> Node<'a> {
        self.fault(what, false);
        let start = self.ahead.start;
        self.skip();
        Node { span: Span::new(start, self.last), ..Node::default() }
    }

    fn skip(&mut self) {
        let mut nested = 0usize;
        loop {
            match self.ahead.token {
                Token::End => return,
                Token::Mark(b'{') => nested = nested.saturating_add(1),
                Token::Mark(b'}') if nested <= 1 => {
                    self.take();
                    return;
                }
                Token::Mark(b'}') => nested = nested.saturating_sub(1),
                Token::Mark(b';') if nested == 0 => {
                    self.take();
                    return;
                }
                _ => {}
            }
            self.take();
        }
    }

    fn command(&mut self, depth: usize) -> Node<'a> {
        let mut node = self.head();
        let start = node.span.start as usize;
        if takes_tests(node.name) {
            self.tests_of(&mut node, depth);
        }
        match self.ahead.token {
            Token::Mark(b';') => {
                self.take();
            }
            Token::Mark(b'{') => node.block = Some(self.block(depth)),
            Token::Identifier(_) | Token::Mark(b'}') | Token::End => {
                self.fault("a semicolon or a block is missing before this", false);
            }
            _ => {
                self.fault("this does not belong here", false);
                self.skip();
                return Node { span: Span::new(start, self.last), ..Node::default() };
            }
        }
        node.span = Span::new(start, self.last);
        node
    }

    fn block(&mut self, depth: usize) -> Vec<Node<'a>> {
        if depth >= DEPTH {
            self.fault("blocks are nested too deep", true);
            self.skip();
            return Vec::new();
        }
        self.take();
        let commands = self.commands(depth.saturating_add(1));
        if self.is_mark(b'}') {
            self.take();
        } else {
            self.fault("the block is not closed", false);
        }
        commands
    }

    /// A name and its arguments.
    fn head(&mut self) -> Node<'a> {
        let first = self.take();
        let name = match first.token {
            Token::Identifier(name) => name,
            _ => "",
        };
        let mut node = Node { name, span: Span::new(first.start, first.end), ..Node::default() };
        loop {
            let start = self.ahead.start;
            let value = match &mut self.ahead.token {
                Token::Tag(tag) => Value::Tag(tag),
                Token::Number(number) => Value::Number(*number),
                Token::Huge => Value::Number(u64::MAX),
                Token::Text(text) => Value::Text(core::mem::take(text)),
                Token::Mark(b'[') => {
                    let list = self.list();
                    node.args.push(Arg { value: list, span: Span::new(start, self.last) });
                    continue;
                }
                _ => break,
            };
            if self.ahead.token == Token::Huge {
                self.fault("the number is too large", false);
            }
            self.take();
            node.args.push(Arg { value, span: Span::new(start, self.last) });
        }
        node.span = Span::new(first.start, self.last);
        node
    }

    fn list(&mut self) -> Value<'a> {
        self.take();
        let mut items = Vec::new();
        loop {
            match &mut self.ahead.token {
                Token::Text(text) => {
                    items.push(core::mem::take(text));
                    self.take();
                    match self.ahead.token {
                        Token::Mark(b',') => {
                            self.take();
                            if !matches!(self.ahead.token, Token::Text(_)) {
                                self.fault("a string must follow the comma", false);
                            }
                        }
                        Token::Mark(b']') => {}
                        _ => self.fault("a comma or the end of the list is missing before this", false),
                    }
                }
                Token::Mark(b']') => {
                    if items.is_empty() {
                        self.fault("the list is empty", false);
                    }
                    self.take();
                    return Value::List(items);
                }
                _ => {
                    self.fault("the list is not closed", false);
                    return Value::List(items);
                }
            }
        }
    }

    /// One test, or several in parentheses.
    fn tests_of(&mut self, node: &mut Node<'a>, depth: usize) {
        if !self.is_mark(b'(') {
            if matches!(self.ahead.token, Token::Identifier(_)) {
                node.tests.extend(self.test(depth));
            }
            return;
        }
        self.take();
        node.listed = true;
        while let Some(test) = self.test(depth) {
            node.tests.push(test);
            match self.ahead.token {
                Token::Mark(b',') => {
                    self.take();
                }
                Token::Mark(b')') => {
                    self.take();
                    return;
                }
                _ => break,
            }
        }
        self.fault("the list of tests is not closed", false);
        while !matches!(self.ahead.token, Token::End | Token::Mark(b'{' | b'}' | b';' | b')')) {
            self.take();
        }
        if self.is_mark(b')') {
            self.take();
        }
        node.tests.push(Node { span: Span::new(node.span.start as usize, self.last), ..Node::default() });
    }

    fn test(&mut self, depth: usize) -> Option<Node<'a>> {
        if !matches!(self.ahead.token, Token::Identifier(_)) {
            self.fault("a test must stand here", false);
            return None;
        }
        if depth >= DEPTH {
            self.fault("tests are nested too deep", true);
            return None;
        }
        let mut node = self.head();
        if takes_tests(node.name) {
            self.tests_of(&mut node, depth.saturating_add(1));
        }
        node.span = Span::new(node.span.start as usize, self.last);
        Some(node)
    }
}

/// Commands and tests that have tests as arguments. After any other word, a name means that a semicolon is missing.
fn takes_tests(name: &str) -> bool {
    ["if", "elsif", "not", "allof", "anyof", "disabled_if"].iter().any(|w| name.eq_ignore_ascii_case(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_does_not_hide_what_follows() {
        for text in [
            "keep\nredirect \"a@x.example\";",
            "foo ] ; redirect \"a@x.example\";",
            "if header :is \"a\" } keep; redirect \"a@x.example\";",
            "if anyof (true, } redirect \"a@x.example\";",
            "@; redirect \"a@x.example\";",
            "} redirect \"a@x.example\";",
            "fileinto [\"a\" \"b\"]; redirect \"a@x.example\";",
        ] {
            let script = script(text, 0, text.len());
            assert!(!script.faults.is_empty(), "{text}");
            let found = |nodes: &[Node]| nodes.iter().any(|n| n.is("redirect"));
            assert!(
                found(&script.commands) || script.commands.iter().any(|n| n.block.as_deref().is_some_and(found)),
                "{text}: {script:#?}"
            );
        }
    }

    #[test]
    fn deep_nesting_ends() {
        let text = "if true {".repeat(100_000);
        assert!(script(&text, 0, text.len()).faults.iter().any(|f| f.limit));
        let text = format!("if {}true {{}}", "not ".repeat(100_000));
        assert!(script(&text, 0, text.len()).faults.iter().any(|f| f.limit));
    }
}
