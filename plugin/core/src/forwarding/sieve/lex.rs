//! Letters to tokens (RFC 5228 section 2).

use std::borrow::Cow;

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A name.
    Identifier(&'a str),
    /// A name after a colon, without it.
    Tag(&'a str),
    /// A number with its quantifier applied.
    Number(u64),
    /// A number of more than 64 bits.
    Huge,
    /// A quoted or multi-line string, unescaped.
    Text(Cow<'a, str>),
    /// One of `( ) [ ] { } , ;`.
    Mark(u8),
    /// Something that is no token; says what is wrong.
    Bad(&'static str),
    /// The end of the script.
    End,
}

/// A token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lexeme<'a> {
    /// The token.
    pub token: Token<'a>,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// A comment: the bytes between `#` and the line end, or between `/*` and `*/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comment {
    /// The first byte of the text.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
}

/// Takes a script apart.
#[derive(Debug)]
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    /// The comments passed so far, in order.
    pub comments: Vec<Comment>,
}

impl<'a> Lexer<'a> {
    /// Begins at a byte of a text, ends at another.
    #[must_use]
    pub fn new(text: &'a str, at: usize, end: usize) -> Self {
        // Inside of a character there is nothing that could be read, and no end either.
        Self { text, at: text.floor_char_boundary(at), end: text.floor_char_boundary(end), comments: Vec::new() }
    }

    /// The next token; [`Token::End`] for ever at the end.
    pub fn next(&mut self) -> Lexeme<'a> {
        let unclosed = self.skip_space();
        let start = self.at;
        let token = match self.peek(0) {
            _ if unclosed => Token::Bad("the comment is not closed"),
            None => Token::End,
            Some(b'"') => self.quoted(),
            Some(b':') => self.tag(),
            Some(b'0'..=b'9') => self.number(),
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => self.identifier(),
            Some(mark @ (b'(' | b')' | b'[' | b']' | b'{' | b'}' | b',' | b';')) => {
                self.forward(1);
                Token::Mark(mark)
            }
            Some(_) => {
                let width = self.rest().chars().next().map_or(1, char::len_utf8);
                self.forward(width);
                Token::Bad("the character has no meaning here")
            }
        };
        Lexeme { token, start, end: self.at }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        let at = self.at.saturating_add(ahead);
        if at < self.end { self.text.as_bytes().get(at).copied() } else { None }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..self.end).unwrap_or("")
    }

    fn forward(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.end);
    }

    /// Skips white space and comments. Says whether a comment was left open.
    fn skip_space(&mut self) -> bool {
        loop {
            match self.peek(0) {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.forward(1),
                Some(b'#') => {
                    let start = self.at.saturating_add(1);
                    let length = memchr::memchr(b'\n', self.rest().as_bytes()).unwrap_or(self.rest().len());
                    self.forward(length);
                    self.comments.push(Comment { start, end: self.at });
                }
                Some(b'/') if self.peek(1) == Some(b'*') => {
                    let start = self.at.saturating_add(2);
                    let body = self.text.get(start..self.end).unwrap_or("");
                    match memchr::memmem::find(body.as_bytes(), b"*/") {
                        Some(length) => {
                            self.comments.push(Comment { start, end: start.saturating_add(length) });
                            self.at = start.saturating_add(length).saturating_add(2);
                        }
                        None => {
                            self.comments.push(Comment { start, end: self.end });
                            self.at = self.end;
                            return true;
                        }
                    }
                }
                _ => return false,
            }
        }
    }

    /// A quoted string: `\` makes the next character literal.
    fn quoted(&mut self) -> Token<'a> {
        self.forward(1);
        let mut owned: Option<String> = None;
        loop {
            let rest = self.rest();
            let Some(length) = memchr::memchr2(b'"', b'\\', rest.as_bytes()) else {
                self.at = self.end;
                return Token::Bad("the string is not closed");
            };
            let plain = rest.get(..length).unwrap_or("");
            self.forward(length);
            if self.peek(0) == Some(b'"') {
                self.forward(1);
                return Token::Text(match owned {
                    None => Cow::Borrowed(plain),
                    Some(mut text) => {
                        text.push_str(plain);
                        Cow::Owned(text)
                    }
                });
            }
            let text = owned.get_or_insert_with(String::new);
            text.push_str(plain);
            self.forward(1);
            if let Some(next) = self.rest().chars().next() {
                text.push(next);
                self.forward(next.len_utf8());
            }
        }
    }

    fn tag(&mut self) -> Token<'a> {
        self.forward(1);
        let name = self.word();
        if name.is_empty() { Token::Bad("a colon needs a name after it") } else { Token::Tag(name) }
    }

    /// Letters, digits and underscores.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        self.forward(length);
        rest.get(..length).unwrap_or("")
    }

    /// Digits and a quantifier: K, M, G are 2^10, 2^20, 2^30 (section 2.4.1).
    fn number(&mut self) -> Token<'a> {
        let mut value = Some(0u64);
        while let Some(digit @ b'0'..=b'9') = self.peek(0) {
            value = value.and_then(|v| v.checked_mul(10)?.checked_add(u64::from(digit.wrapping_sub(b'0'))));
            self.forward(1);
        }
        let unit = match self.peek(0) {
            Some(b'k' | b'K') => 1u64 << 10,
            Some(b'm' | b'M') => 1 << 20,
            Some(b'g' | b'G') => 1 << 30,
            _ => return value.map_or(Token::Huge, Token::Number),
        };
        self.forward(1);
        value.and_then(|v| v.checked_mul(unit)).map_or(Token::Huge, Token::Number)
    }

    fn identifier(&mut self) -> Token<'a> {
        let start = self.at;
        let name = self.word();
        if name.eq_ignore_ascii_case("text")
            && self.peek(0) == Some(b':')
            && let Some(text) = self.multi_line()
        {
            return text;
        }
        self.at = start.saturating_add(name.len());
        Token::Identifier(name)
    }

    /// `text:`, then perhaps a comment, then lines up to one with a single dot; a doubled dot at a line's start is one.
    fn multi_line(&mut self) -> Option<Token<'a>> {
        self.forward(1);
        let head_end = memchr::memchr(b'\n', self.rest().as_bytes())?;
        let head = self.rest().get(..head_end)?.trim();
        if !head.is_empty() && !head.starts_with('#') {
            return None;
        }
        self.forward(head_end.saturating_add(1));
        let body = self.rest();
        let mut length = 0usize;
        let mut stuffed = false;
        for line in body.split_inclusive('\n') {
            let bare = line.trim_end_matches(['\n', '\r']);
            if bare == "." {
                let text = body.get(..length).unwrap_or("");
                self.forward(length.saturating_add(line.len()));
                return Some(Token::Text(if stuffed { Cow::Owned(unstuff(text)) } else { Cow::Borrowed(text) }));
            }
            stuffed |= line.starts_with("..");
            length = length.saturating_add(line.len());
        }
        self.at = self.end;
        Some(Token::Bad("the text block is not closed by a line with a dot"))
    }
}

fn unstuff(text: &str) -> String {
    text.split_inclusive('\n')
        .map(|line| if line.starts_with("..") { line.get(1..).unwrap_or("") } else { line })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token<'_>> {
        let mut lexer = Lexer::new(text, 0, text.len());
        std::iter::from_fn(|| Some(lexer.next().token).filter(|t| *t != Token::End)).collect()
    }

    #[test]
    fn an_end_inside_a_character_is_an_end() {
        let text = "a é";
        let mut lexer = Lexer::new(text, 0, text.len() - 1);
        assert_eq!(lexer.next().token, Token::Identifier("a"));
        assert_eq!(lexer.next().token, Token::End);
    }

    #[test]
    fn strings_numbers_tags_and_marks() {
        assert_eq!(
            tokens("if size :over 10K { # c\n/* d */ keep; }"),
            [
                Token::Identifier("if"),
                Token::Identifier("size"),
                Token::Tag("over"),
                Token::Number(10240),
                Token::Mark(b'{'),
                Token::Identifier("keep"),
                Token::Mark(b';'),
                Token::Mark(b'}'),
            ]
        );
        assert_eq!(tokens(r#""a\"b\n\\c""#), [Token::Text(Cow::Owned("a\"bn\\c".into()))]);
        assert_eq!(
            tokens("text: # why\r\nline\r\n..dot\r\n.\r\n;"),
            [Token::Text(Cow::Owned("line\r\n.dot\r\n".into())), Token::Mark(b';')]
        );
    }

    #[test]
    fn what_is_left_open_is_said() {
        assert!(matches!(tokens("\"a").as_slice(), [Token::Bad(_)]));
        assert!(matches!(tokens("/* a").as_slice(), [Token::Bad(_)]));
        assert!(matches!(tokens("text:\na\n").as_slice(), [Token::Bad(_)]));
    }
}
