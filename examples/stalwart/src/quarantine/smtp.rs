//! A small client of SMTP (RFC 5321) and LMTP (RFC 2033): one mail, one connection, no TLS; its server is on this machine or
//! beside it.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a command may take.
const COMMAND: Duration = Duration::from_secs(60);

/// How long the message may take to be taken (RFC 5321 section 4.5.3.2.6).
const DATA: Duration = Duration::from_secs(600);

/// The longest line of a reply, and the most lines of one.
const REPLY_LINE: u64 = 4096;
const REPLY_LINES: usize = 100;

/// Where released mail goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its address.
    pub address: SocketAddr,
    /// It speaks LMTP: one answer a recipient.
    pub lmtp: bool,
}

/// What is to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// The reverse-path, without angle brackets.
    pub from: &'a str,
    /// The forward-paths.
    pub to: &'a [String],
    /// The message.
    pub message: &'a [u8],
}

/// Why it was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server does not answer; nothing was sent.
    #[error("{0}")]
    Unreachable(String),
    /// The server said no.
    #[error("{0}")]
    Refused(String),
    /// The message was sent and no answer came.
    #[error("no answer after the message was sent: {0}")]
    Unknown(String),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Unreachable(error.to_string())
    }
}

/// Recipients the server took, and those it did not, with its words.
#[derive(Debug, Default)]
pub struct Ready {
    taken: Vec<String>,
    refused: Vec<(String, String)>,
}

/// A connection.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<TcpStream>,
    lmtp: bool,
    extensions: Vec<String>,
}

impl Client {
    /// Connects and greets.
    ///
    /// # Errors
    /// [`Failure::Unreachable`] or [`Failure::Refused`].
    pub fn open(server: &Server) -> Result<Self, Failure> {
        let stream = TcpStream::connect_timeout(&server.address, COMMAND)?;
        stream.set_read_timeout(Some(COMMAND))?;
        stream.set_write_timeout(Some(COMMAND))?;
        let mut client = Self { stream: BufReader::new(stream), lmtp: server.lmtp, extensions: Vec::new() };
        client.expect(2)?;
        let hello = if server.lmtp { "LHLO" } else { "EHLO" };
        let lines = client.ask(&format!("{hello} localhost"), 2)?;
        client.extensions = lines.iter().skip(1).map(|l| l.to_ascii_uppercase()).collect();
        Ok(client)
    }

    fn offers(&self, extension: &str) -> bool {
        self.extensions.iter().any(|e| e.split(' ').next() == Some(extension))
    }

    /// Says from whom and for whom. Fails when the server takes none of the recipients.
    ///
    /// # Errors
    /// [`Failure`]: nothing was sent.
    pub fn envelope(&mut self, letter: Letter<'_>) -> Result<Ready, Failure> {
        let addresses = || std::iter::once(letter.from).chain(letter.to.iter().map(String::as_str));
        if addresses().any(|a| a.contains(|c: char| c.is_control() || matches!(c, '<' | '>'))) {
            return Err(Failure::Refused("an address with a character that would break the command".to_owned()));
        }
        let mut parameters = String::new();
        if !letter.message.is_ascii() && self.offers("8BITMIME") {
            parameters.push_str(" BODY=8BITMIME");
        }
        if addresses().any(|a| !a.is_ascii()) {
            if !self.offers("SMTPUTF8") {
                return Err(Failure::Refused("the mail server takes no internationalised address".to_owned()));
            }
            parameters.push_str(" SMTPUTF8");
        }
        self.ask(&format!("MAIL FROM:<{}>{parameters}", letter.from), 2)?;
        let mut ready = Ready::default();
        for recipient in letter.to {
            match self.ask(&format!("RCPT TO:<{recipient}>"), 2) {
                Ok(_) => ready.taken.push(recipient.clone()),
                Err(Failure::Refused(said)) => ready.refused.push((recipient.clone(), said)),
                Err(other) => return Err(other),
            }
        }
        if ready.taken.is_empty() {
            let said = ready.refused.pop().map_or("no recipient".to_owned(), |(_, said)| said);
            return Err(Failure::Refused(said));
        }
        Ok(ready)
    }

    /// Sends the message; the recipients it was not taken for, with the server's words.
    ///
    /// # Errors
    /// [`Failure::Refused`]: it was taken for nobody; [`Failure::Unknown`]: who knows.
    pub fn data(&mut self, message: &[u8], ready: Ready) -> Result<Vec<(String, String)>, Failure> {
        self.ask("DATA", 3)?;
        let stream = self.stream.get_mut();
        stream.set_read_timeout(Some(DATA))?;
        stream.set_write_timeout(Some(DATA))?;
        // Until the final dot is out, a server that hears no more has nothing.
        let stuffed = stuffed(message);
        stream.write_all(&stuffed).map_err(|e| Failure::Unreachable(e.to_string()))?;
        let lost = |error: io::Error| Failure::Unknown(error.to_string());
        stream.write_all(b".\r\n").and_then(|()| stream.flush()).map_err(lost)?;
        let mut refused = ready.refused;
        if self.lmtp {
            let mut taken = 0_usize;
            for recipient in ready.taken {
                match self.final_answer()? {
                    Ok(()) => taken = taken.saturating_add(1),
                    Err(said) => refused.push((recipient, said)),
                }
            }
            if taken == 0 {
                return Err(Failure::Refused(refused.pop().map(|(_, said)| said).unwrap_or_default()));
            }
        } else if let Err(said) = self.final_answer()? {
            return Err(Failure::Refused(said));
        }
        let _ = self.stream.get_mut().write_all(b"QUIT\r\n");
        Ok(refused)
    }

    fn final_answer(&mut self) -> Result<Result<(), String>, Failure> {
        match self.expect(2) {
            Ok(_) => Ok(Ok(())),
            Err(Failure::Refused(said)) => Ok(Err(said)),
            Err(other) => Err(Failure::Unknown(other.to_string())),
        }
    }

    fn ask(&mut self, command: &str, class: u8) -> Result<Vec<String>, Failure> {
        self.stream.get_mut().write_all(format!("{command}\r\n").as_bytes())?;
        self.expect(class)
    }

    /// Reads a reply; one of another class is a refusal.
    fn expect(&mut self, class: u8) -> Result<Vec<String>, Failure> {
        let mut lines = Vec::new();
        for _ in 0..REPLY_LINES {
            let mut line = Vec::new();
            self.stream.by_ref().take(REPLY_LINE).read_until(b'\n', &mut line)?;
            if !line.ends_with(b"\n") {
                return Err(Failure::Unreachable("the connection ended within a reply".to_owned()));
            }
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let (code, more) = (line.get(..3).unwrap_or(""), line.as_bytes().get(3) == Some(&b'-'));
            let first = code.as_bytes().first().map(|d| d.wrapping_sub(b'0'));
            if !code.bytes().all(|b| b.is_ascii_digit()) || code.is_empty() {
                return Err(Failure::Unreachable("the server does not speak SMTP".to_owned()));
            }
            if first != Some(class) && !more {
                let visible: String = line.chars().map(|c| if c.is_control() { '?' } else { c }).take(300).collect();
                return Err(Failure::Refused(visible));
            }
            lines.push(line.get(4..).unwrap_or("").to_owned());
            if !more {
                return Ok(lines);
            }
        }
        Err(Failure::Unreachable("a reply without an end".to_owned()))
    }
}

/// The message with line ends of SMTP and its leading dots doubled (RFC 5321 section 4.5.2), without the final dot.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len().saturating_add(message.len() / 32));
    let mut start = true;
    let mut before = 0_u8;
    for byte in message {
        if *byte == b'\n' && before != b'\r' {
            out.push(b'\r');
        }
        if before == b'\r' && *byte != b'\n' {
            // A bare CR is no line end anywhere, and a danger everywhere.
            out.push(b'\n');
            start = true;
        }
        if start && *byte == b'.' {
            out.push(b'.');
        }
        out.push(*byte);
        start = *byte == b'\n';
        before = *byte;
    }
    if before == b'\r' {
        out.push(b'\n');
    } else if before != b'\n' {
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_those_of_smtp() {
        for (message, wanted) in [
            (&b"a\r\n.b\r\n..\r\n"[..], &b"a\r\n..b\r\n...\r\n"[..]),
            (b".\n.\nx", b"..\r\n..\r\nx\r\n"),
            (b"a\r.\r\n", b"a\r\n..\r\n"),
            (b"a\r", b"a\r\n"),
            (b"", b"\r\n"),
        ] {
            assert_eq!(stuffed(message), wanted, "{message:?}");
        }
    }
}
