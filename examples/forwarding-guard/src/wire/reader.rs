//! A connection read line by line: nothing is kept longer than its bounds allow, and what could be read in two ways ends
//! the connection.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::{Arg, Command, Response, Stream, WireError, literal, quoted, status_of};

/// A line without literals may be so long; tickets of Kerberos and tokens of OAuth fit in.
const LINE: usize = 64 << 10;
/// Strings and words of one command.
const ARGUMENTS: usize = 16;
/// The other side may take so long to take what is sent.
const SEND: Duration = Duration::from_secs(60);
/// A string so many times too long is still read, and forgotten, so that it can be answered.
const PATIENCE: u64 = 16;

/// A connection read line by line.
pub struct Wire {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    at: usize,
    /// The longest string that is taken.
    pub limit: usize,
}

impl Wire {
    /// Wraps a connection.
    #[must_use]
    pub fn new(stream: Box<dyn Stream>, limit: usize) -> Self {
        Self { stream, buffer: Vec::new(), at: 0, limit }
    }

    /// The connection itself, for TLS. What was read ahead is dropped: before TLS nobody may have said it.
    #[must_use]
    pub fn into_stream(self) -> Box<dyn Stream> {
        self.stream
    }

    /// Has the other side sent more than was asked for?
    #[must_use]
    pub fn has_more(&self) -> bool {
        self.at < self.buffer.len()
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// When the connection breaks, or the other side does not take them in time.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), WireError> {
        let sent = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        Ok(timeout(SEND, sent).await.map_err(|_| WireError::late())??)
    }

    /// Hangs up.
    pub async fn close(&mut self) {
        // The other side may have gone already.
        let _ = timeout(SEND, self.stream.shutdown()).await;
    }

    /// Waits until the other side says something; `false` when it hung up. Giving up waiting loses nothing.
    ///
    /// # Errors
    /// When the connection breaks.
    pub async fn ready(&mut self) -> Result<bool, WireError> {
        if self.has_more() { Ok(true) } else { self.fill().await }
    }

    async fn fill(&mut self) -> Result<bool, WireError> {
        if self.at > 0 {
            self.buffer.drain(..self.at);
            self.at = 0;
        }
        let mut chunk = [0u8; 8192];
        let got = match self.stream.read(&mut chunk).await {
            // Many hang up without saying so in TLS. Where a command ends is known all the same.
            Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => 0,
            got => got?,
        };
        self.buffer.extend_from_slice(chunk.get(..got).unwrap_or(&[]));
        Ok(got > 0)
    }

    /// A line with its end; `None` when the other side hung up between two lines.
    async fn line(&mut self) -> Result<Option<Vec<u8>>, WireError> {
        let mut seen = 0usize;
        loop {
            let held = self.buffer.get(self.at..).unwrap_or(&[]);
            if let Some(end) = held.iter().skip(seen).position(|b| *b == b'\n').map(|n| n.saturating_add(seen)) {
                let line = held.get(..=end).unwrap_or(held).to_vec();
                self.at = self.at.saturating_add(line.len());
                return Ok(Some(line));
            }
            seen = held.len();
            if seen > LINE {
                return Err(WireError::Syntax("the line is too long"));
            }
            if !self.fill().await? {
                return if seen == 0 { Ok(None) } else { Err(WireError::gone()) };
            }
        }
    }

    /// Reads so many bytes and forgets them.
    async fn skip(&mut self, mut size: u64) -> Result<(), WireError> {
        while size > 0 {
            let held = self.buffer.len().saturating_sub(self.at);
            let step = held.min(usize::try_from(size).unwrap_or(usize::MAX));
            self.at = self.at.saturating_add(step);
            size = size.saturating_sub(step as u64);
            if size > 0 && !self.fill().await? {
                return Err(WireError::gone());
            }
        }
        Ok(())
    }

    /// Exactly so many bytes.
    async fn exact(&mut self, size: u64) -> Result<Vec<u8>, WireError> {
        let fits = usize::try_from(size).ok().filter(|s| *s <= self.limit);
        let Some(size) = fits else {
            if size > (self.limit as u64).saturating_mul(PATIENCE) {
                return Err(WireError::Syntax("a string is far too long"));
            }
            self.skip(size).await?;
            return Err(WireError::TooLong { size, limit: self.limit });
        };
        while self.buffer.len().saturating_sub(self.at) < size {
            if !self.fill().await? {
                return Err(WireError::gone());
            }
        }
        let end = self.at.saturating_add(size);
        let bytes = self.buffer.get(self.at..end).unwrap_or(&[]).to_vec();
        self.at = end;
        Ok(bytes)
    }

    /// The next command of a client; `None` when it hung up. An empty line is no command (section 1.2 of the RFC has
    /// none), and is passed over.
    ///
    /// # Errors
    /// What cannot be taken apart without doubt ends the connection.
    pub async fn command(&mut self) -> Result<Option<Command>, WireError> {
        loop {
            let Some(args) = self.arguments().await? else { return Ok(None) };
            let mut args = args.into_iter();
            match args.next() {
                None => {}
                Some(Arg::Word(name))
                    if name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_')) =>
                {
                    return Ok(Some(Command { name: name.to_ascii_uppercase(), args: args.collect() }));
                }
                Some(_) => return Err(WireError::Syntax("a command begins with its name")),
            }
        }
    }

    /// The answer of a client to a challenge (section 2.1): one string.
    ///
    /// # Errors
    /// As [`Wire::command`].
    pub async fn answer(&mut self) -> Result<Option<Vec<u8>>, WireError> {
        match self.arguments().await? {
            None => Ok(None),
            Some(args) => match args.as_slice() {
                [Arg::Text(text)] => Ok(Some(text.clone())),
                _ => Err(WireError::Syntax("one string answers a challenge")),
            },
        }
    }

    /// The arguments of one logical line of a client.
    async fn arguments(&mut self) -> Result<Option<Vec<Arg>>, WireError> {
        let mut out = Vec::new();
        let mut too_long = None;
        let Some(mut line) = self.line().await? else { return Ok(None) };
        loop {
            let mut rest = line.as_slice();
            let mut goes_on = false;
            while let Some((first, tail)) = rest.split_first() {
                if out.len() > ARGUMENTS {
                    return Err(WireError::Syntax("the command has too many arguments"));
                }
                match first {
                    b' ' => rest = tail,
                    b'\r' | b'\n' => break,
                    b'"' => {
                        let (text, used) = quoted(rest).ok_or(WireError::Syntax("a quoted string is not closed"))?;
                        out.push(Arg::Text(text));
                        rest = rest.get(used..).unwrap_or(&[]);
                    }
                    b'{' => {
                        let size = literal(rest).ok_or(WireError::Syntax("a literal has no length"))?;
                        match self.exact(size).await {
                            Ok(text) => out.push(Arg::Text(text)),
                            Err(error @ WireError::TooLong { .. }) => too_long = Some(error),
                            Err(error) => return Err(error),
                        }
                        goes_on = true;
                        break;
                    }
                    _ => {
                        let length = rest
                            .iter()
                            .position(|b| !b.is_ascii_graphic() || matches!(b, b'"' | b'{'))
                            .unwrap_or(rest.len());
                        let word = rest
                            .get(..length)
                            .filter(|w| !w.is_empty())
                            .ok_or(WireError::Syntax("a character has no meaning"))?;
                        out.push(Arg::Word(String::from_utf8_lossy(word).into_owned()));
                        rest = rest.get(length..).unwrap_or(&[]);
                    }
                }
            }
            if !goes_on {
                return too_long.map_or(Ok(Some(out)), Err);
            }
            line = self.line().await?.ok_or_else(WireError::gone)?;
        }
    }

    /// A logical line of a server, as it came: literals and what follows them included.
    ///
    /// # Errors
    /// When the connection breaks or a literal is too long.
    pub async fn server_line(&mut self) -> Result<Option<Vec<u8>>, WireError> {
        let Some(mut out) = self.line().await? else { return Ok(None) };
        loop {
            let from = out.iter().rposition(|b| *b == b'{').unwrap_or(out.len());
            let Some(size) = out.get(from..).and_then(literal) else { return Ok(Some(out)) };
            out.extend(self.exact(size).await?);
            let more = self.line().await?.ok_or_else(WireError::gone)?;
            let ends = more.first().is_none_or(|b| matches!(b, b'\r' | b'\n'));
            out.extend(more);
            if ends {
                return Ok(Some(out));
            }
        }
    }

    /// A whole response of a server; `None` when it hung up.
    ///
    /// # Errors
    /// As [`Wire::server_line`].
    pub async fn response(&mut self) -> Result<Option<Response>, WireError> {
        let mut data = Vec::new();
        loop {
            let Some(line) = self.server_line().await? else { return Ok(None) };
            if let Some(status) = status_of(&line) {
                return Ok(Some(Response { status, data, last: line }));
            }
            data.extend(line);
            if data.len() > self.limit.saturating_mul(4) {
                return Err(WireError::Syntax("the response is too long"));
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::wire::Status;

    async fn commands(text: &[u8]) -> Vec<Result<Option<Command>, String>> {
        let mut wire = Wire::new(Box::new(std::io::Cursor::new(text.to_vec())), 1000);
        let mut out = Vec::new();
        loop {
            let one = wire.command().await.map_err(|e| e.to_string());
            let ended = !matches!(one, Ok(Some(_)));
            out.push(one);
            if ended {
                return out;
            }
        }
    }

    #[tokio::test]
    async fn quoted_and_literal_strings_are_one() {
        let seen =
            commands(b"putscript \"a \\\"b\" {7+}\r\nkeep;\r\n\r\n\r\nNOOP\r\nPUTSCRIPT {1}\r\nx \"keep;\"\r\n").await;
        let put = |name: &[u8], text: &[u8]| Ok(Some(Command::new("PUTSCRIPT", &[name, text])));
        assert_eq!(
            seen,
            [put(b"a \"b", b"keep;\r\n"), Ok(Some(Command::new("NOOP", &[]))), put(b"x", b"keep;"), Ok(None)]
        );
    }

    #[tokio::test]
    async fn what_could_be_read_in_two_ways_ends_the_connection() {
        for text in [
            &b"PUTSCRIPT \"a{3+}\r\nb\" \"c\"\r\n"[..],
            b"PUTSCRIPT \"a\" {3 +}\r\nabc\r\n",
            b"\"PUTSCRIPT\" \"a\"\r\n",
            b"PUTSCRIPT \"a\0\" \"b\"\r\n",
            b"PUTSCRIPT \"a\" {20000+}\r\n",
        ] {
            assert!(commands(text).await.last().unwrap().is_err(), "{}", String::from_utf8_lossy(text));
        }
    }

    #[tokio::test]
    async fn a_string_too_long_is_read_to_its_end() {
        let text = [b"PUTSCRIPT \"a\" {2000+}\r\n".as_slice(), &[b'x'; 2000], b"\r\nNOOP\r\n"].concat();
        let mut wire = Wire::new(Box::new(std::io::Cursor::new(text)), 1000);
        assert!(matches!(wire.command().await, Err(WireError::TooLong { size: 2000, .. })));
        assert_eq!(wire.command().await.unwrap().unwrap().name, "NOOP");
    }

    #[tokio::test]
    async fn a_response_ends_with_its_status() {
        let text = b"\"a\" ACTIVE\r\n{4}\r\nOK\r\n\r\nNO (QUOTA) {3}\r\nbad\r\nOK\r\n";
        let mut wire = Wire::new(Box::new(std::io::Cursor::new(text.to_vec())), 1000);
        let response = wire.response().await.unwrap().unwrap();
        assert_eq!(response.status, Status::No);
        assert_eq!(response.reason(), "bad");
        assert_eq!(response.lines().len(), 2);
        assert_eq!(wire.response().await.unwrap().unwrap().status, Status::Ok);
        assert!(wire.response().await.unwrap().is_none());
    }
}
