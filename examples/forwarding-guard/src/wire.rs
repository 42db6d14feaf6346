//! The letters of ManageSieve (RFC 5804 section 4): commands of clients, responses of servers. Commands are taken apart
//! and written anew, so that client, proxy and server can never disagree on where one ends.

mod reader;

use tokio::io::{AsyncRead, AsyncWrite};

pub use reader::Wire;

/// Both directions of a connection, with TLS or without.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A quoted string is sent up to this length; longer ones are literals.
const QUOTED: usize = 1000;

/// Why a connection cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The other side went away, or the network did.
    #[error("the connection broke: {0}")]
    Io(#[from] std::io::Error),
    /// What came is no ManageSieve; nobody knows where the next command begins.
    #[error("{0}")]
    Syntax(&'static str),
    /// Longer than is allowed. The command was read to its end, so the connection can go on.
    #[error("a string of {size} bytes is longer than {limit}")]
    TooLong {
        /// How long it would be.
        size: u64,
        /// How long it may be.
        limit: usize,
    },
}

impl WireError {
    /// The other side hung up in the middle.
    #[must_use]
    pub fn gone() -> Self {
        Self::Io(std::io::ErrorKind::UnexpectedEof.into())
    }

    /// The other side took too long.
    #[must_use]
    pub fn late() -> Self {
        Self::Io(std::io::ErrorKind::TimedOut.into())
    }
}

/// One argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arg {
    /// A string, quoted or literal.
    Text(Vec<u8>),
    /// A bare word or a number.
    Word(String),
}

impl Arg {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text,
            Self::Word(word) => word.as_bytes(),
        }
    }
}

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its name, upper case.
    pub name: String,
    /// Its arguments.
    pub args: Vec<Arg>,
}

impl Command {
    /// A command with strings.
    #[must_use]
    pub fn new(name: &str, args: &[&[u8]]) -> Self {
        Self { name: name.to_owned(), args: args.iter().map(|a| Arg::Text(a.to_vec())).collect() }
    }

    /// The text of an argument.
    #[must_use]
    pub fn text(&self, n: usize) -> Option<&[u8]> {
        match self.args.get(n)? {
            Arg::Text(text) => Some(text),
            Arg::Word(_) => None,
        }
    }

    /// The command as it goes to a server.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.name.clone().into_bytes();
        for arg in &self.args {
            if !out.is_empty() {
                out.push(b' ');
            }
            match arg {
                Arg::Word(word) => out.extend_from_slice(word.as_bytes()),
                Arg::Text(text) => string(text, true, &mut out),
            }
        }
        out.extend_from_slice(b"\r\n");
        out
    }
}

/// A string: quoted where it can be, else a literal; `plus` for one that goes to a server.
pub fn string(text: &[u8], plus: bool, out: &mut Vec<u8>) {
    let plain =
        text.len() <= QUOTED && text.iter().all(|b| *b >= b' ' && *b != 0x7F) && std::str::from_utf8(text).is_ok();
    if plain {
        out.push(b'"');
        for b in text {
            if matches!(b, b'"' | b'\\') {
                out.push(b'\\');
            }
            out.push(*b);
        }
        out.push(b'"');
        return;
    }
    let mark = if plus { "+" } else { "" };
    out.extend_from_slice(format!("{{{}{mark}}}\r\n", text.len()).as_bytes());
    out.extend_from_slice(text);
}

/// How a response ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Ok,
    /// Not done.
    No,
    /// Not done, and the server hangs up.
    Bye,
}

/// A whole response: lines of data, and the line that ends it, as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// How it ends.
    pub status: Status,
    /// The data before the last line.
    pub data: Vec<u8>,
    /// The last line, literals included.
    pub last: Vec<u8>,
}

impl Response {
    /// The response as it came.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        [self.data.as_slice(), self.last.as_slice()].concat()
    }

    /// The lines of data, each taken apart.
    #[must_use]
    pub fn lines(&self) -> Vec<Vec<Arg>> {
        let mut out = Vec::new();
        let mut rest = self.data.as_slice();
        while !rest.is_empty() {
            let (args, used) = arguments(rest);
            out.push(args);
            rest = rest.get(used.max(1)..).unwrap_or(&[]);
        }
        out
    }

    /// The text of the last line: why it is not done.
    #[must_use]
    pub fn reason(&self) -> String {
        let (args, _) = arguments(&self.last);
        args.iter()
            .rev()
            .find_map(|a| if let Arg::Text(t) = a { Some(String::from_utf8_lossy(t).into_owned()) } else { None })
            .unwrap_or_default()
    }
}

/// The arguments of one line of complete bytes, and how many bytes they take with the line's end.
fn arguments(bytes: &[u8]) -> (Vec<Arg>, usize) {
    let mut out = Vec::new();
    let mut at = 0usize;
    loop {
        match bytes.get(at) {
            None => return (out, at),
            Some(b' ' | b'\r') => at = at.saturating_add(1),
            Some(b'\n') => return (out, at.saturating_add(1)),
            Some(b'"') => match quoted(bytes.get(at..).unwrap_or(&[])) {
                Some((text, used)) => {
                    out.push(Arg::Text(text));
                    at = at.saturating_add(used);
                }
                None => return (out, bytes.len()),
            },
            Some(b'{') => {
                let rest = bytes.get(at..).unwrap_or(&[]);
                let head = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n.saturating_add(1));
                let size = literal(rest.get(..head).unwrap_or(rest)).and_then(|s| usize::try_from(s).ok()).unwrap_or(0);
                let end = head.saturating_add(size);
                out.push(Arg::Text(rest.get(head..end).unwrap_or(&[]).to_vec()));
                at = at.saturating_add(end);
            }
            Some(_) => {
                let rest = bytes.get(at..).unwrap_or(&[]);
                let length =
                    rest.iter().position(|b| matches!(b, b' ' | b'\r' | b'\n' | b'"')).unwrap_or(rest.len()).max(1);
                out.push(Arg::Word(String::from_utf8_lossy(rest.get(..length).unwrap_or(rest)).into_owned()));
                at = at.saturating_add(length);
            }
        }
    }
}

/// A quoted string at the beginning of the bytes, and its length with quotes.
fn quoted(bytes: &[u8]) -> Option<(Vec<u8>, usize)> {
    let mut text = Vec::new();
    let mut rest = bytes.iter().enumerate().skip(1);
    while let Some((at, b)) = rest.next() {
        match b {
            b'"' => return Some((text, at.saturating_add(1))),
            b'\\' => text.push(*rest.next()?.1),
            b'\r' | b'\n' | 0 => return None,
            b => text.push(*b),
        }
    }
    None
}

/// `{12}` or `{12+}` with the line end: the length.
fn literal(text: &[u8]) -> Option<u64> {
    let inside = text.strip_prefix(b"{")?;
    let inside = inside.strip_suffix(b"\n")?;
    let inside = inside.strip_suffix(b"\r").unwrap_or(inside).strip_suffix(b"}")?;
    let digits = inside.strip_suffix(b"+").unwrap_or(inside);
    (!digits.is_empty() && digits.len() <= 15 && digits.iter().all(u8::is_ascii_digit))
        .then(|| std::str::from_utf8(digits).ok()?.parse().ok())
        .flatten()
}

/// Does this line end a response?
#[must_use]
pub fn status_of(line: &[u8]) -> Option<Status> {
    let length = line.iter().position(|b| !b.is_ascii_alphabetic()).unwrap_or(line.len());
    let word = line.get(..length)?.to_ascii_uppercase();
    match word.as_slice() {
        b"OK" => Some(Status::Ok),
        b"NO" => Some(Status::No),
        b"BYE" => Some(Status::Bye),
        _ => None,
    }
}

/// A line that ends a response: `NO "why"`, `OK (WARNINGS) "what"`.
#[must_use]
pub fn last_line(word: &str, code: &str, text: &str) -> Vec<u8> {
    let mut out = word.as_bytes().to_vec();
    if !code.is_empty() {
        out.extend_from_slice(format!(" ({code})").as_bytes());
    }
    if !text.is_empty() {
        out.push(b' ');
        string(text.as_bytes(), false, &mut out);
    }
    out.extend_from_slice(b"\r\n");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_literals() {
        assert_eq!(last_line("NO", "", "a\nb"), b"NO {3}\r\na\nb\r\n");
        assert_eq!(last_line("OK", "WARNINGS", "w"), b"OK (WARNINGS) \"w\"\r\n");
    }
}
