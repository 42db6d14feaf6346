//! What a mail server says, one frame each.

use std::net::IpAddr;

use super::frame::Frame;

/// One command of a mail server. Strings are bytes as they came, without the closing NUL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// `O`: what it can do.
    Negotiate(Offer),
    /// `D`: names and values for the command that follows.
    Macros {
        /// The byte of the command that follows.
        command: u8,
        /// Names (`i`, `{auth_type}`) and values.
        pairs: Pairs<'a>,
    },
    /// `C`: an SMTP client connected.
    Connect {
        /// Its host name as the mail server believes it, or `[address]`.
        host: &'a [u8],
        /// Its address, when it has one.
        address: Option<IpAddr>,
    },
    /// `H`: HELO or EHLO.
    Helo(&'a [u8]),
    /// `M`: MAIL FROM, with angle brackets. ESMTP parameters are not kept.
    Mail(&'a [u8]),
    /// `R`: RCPT TO, with angle brackets. ESMTP parameters are not kept.
    Rcpt(&'a [u8]),
    /// `T`: DATA.
    Data,
    /// `L`: one header field.
    Header {
        /// Its name.
        name: &'a [u8],
        /// Its value. Lines of a folded one may end in a bare LF.
        value: &'a [u8],
    },
    /// `N`: the header ends.
    EndOfHeader,
    /// `B`: some of the body.
    Body(&'a [u8]),
    /// `E`: the message ends, after this last piece of its body.
    EndOfMessage(&'a [u8]),
    /// `A`: forget this message.
    Abort,
    /// `Q`: goodbye.
    Quit,
    /// `K`: goodbye, but another SMTP client follows on this connection.
    QuitNewConnection,
    /// `U`: an SMTP command the mail server does not know.
    Unknown,
}

/// Names and values of macros, one pair after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pairs<'a>(&'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a [u8], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let mut data = Data(self.0);
        let pair = (data.string()?, data.string()?);
        self.0 = data.0;
        Some(pair)
    }
}

/// Version and abilities, offered or agreed upon.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// The protocol version, 2 to 6.
    pub version: u32,
    /// What a filter may change (`SMFIF_…`).
    pub actions: u32,
    /// Which steps are left out, which get no reply (`SMFIP_…`).
    pub protocol: u32,
}

/// A frame that is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// A command byte outside the protocol.
    #[error("an unknown command {0:#04x}")]
    Unknown(u8),
    /// The data does not have the form the command wants.
    #[error("malformed data of command `{}`", char::from(*.0))]
    Malformed(u8),
}

impl<'a> Command<'a> {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`CommandError`]; what follows cannot be trusted then.
    pub fn read(frame: Frame<'a>) -> Result<Self, CommandError> {
        let malformed = CommandError::Malformed(frame.command);
        let mut data = Data(frame.data);
        Ok(match frame.command {
            b'O' => Self::Negotiate(data.offer().ok_or(malformed)?),
            b'D' => {
                let command = data.byte().ok_or(malformed)?;
                Self::Macros { command, pairs: data.pairs().ok_or(malformed)? }
            }
            b'C' => {
                let host = data.string().ok_or(malformed)?;
                Self::Connect { host, address: data.peer().ok_or(malformed)? }
            }
            b'H' => Self::Helo(data.string().ok_or(malformed)?),
            b'M' => Self::Mail(data.string().ok_or(malformed)?),
            b'R' => Self::Rcpt(data.string().ok_or(malformed)?),
            b'T' => Self::Data,
            b'L' => {
                let name = data.string().filter(|name| is_field_name(name)).ok_or(malformed)?;
                Self::Header { name, value: data.string().ok_or(malformed)? }
            }
            b'N' => Self::EndOfHeader,
            b'B' => Self::Body(frame.data),
            b'E' => Self::EndOfMessage(frame.data),
            b'A' => Self::Abort,
            b'Q' => Self::Quit,
            b'K' => Self::QuitNewConnection,
            b'U' => Self::Unknown,
            other => return Err(CommandError::Unknown(other)),
        })
    }
}

/// A field name that cannot end the field or the line it stands in. Mail servers pass on more than RFC 5322 allows.
fn is_field_name(name: &[u8]) -> bool {
    !name.is_empty() && !name.iter().any(|b| matches!(b, b':' | b'\r' | b'\n'))
}

/// What is left of the data of a frame.
struct Data<'a>(&'a [u8]);

impl<'a> Data<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u32> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*bytes))
    }

    fn offer(&mut self) -> Option<Offer> {
        Some(Offer { version: self.number()?, actions: self.number()?, protocol: self.number()? })
    }

    /// Up to the next NUL.
    fn string(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|b| *b == 0)?;
        let (string, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.get(1..)?;
        Some(string)
    }

    fn pairs(&mut self) -> Option<Pairs<'a>> {
        let strings = self.0.iter().filter(|b| **b == 0).count();
        let whole = self.0.last().is_none_or(|last| *last == 0);
        (whole && strings.is_multiple_of(2)).then_some(Pairs(self.0))
    }

    /// Family, port, address; the outer `None` is malformed.
    fn peer(&mut self) -> Option<Option<IpAddr>> {
        match self.byte()? {
            b'4' | b'6' => {
                let (_port, rest) = self.0.split_first_chunk::<2>()?;
                self.0 = rest;
                let address = std::str::from_utf8(self.string()?).ok()?;
                let address = address.strip_prefix("IPv6:").unwrap_or(address);
                // Linux appends the interface to link-local addresses.
                Some(address.split('%').next().and_then(|address| address.parse().ok()))
            }
            b'L' | b'U' => Some(None),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(command: u8, data: &[u8]) -> Result<Command<'_>, CommandError> {
        Command::read(Frame { command, data })
    }

    #[test]
    fn frames_of_real_mail_servers_are_read() {
        let postfix = b"\0\0\0\x06\0\0\x01\xff\0\x1f\xff\xff";
        let offer = Offer { version: 6, actions: 0x1ff, protocol: 0x1f_ffff };
        assert_eq!(read(b'O', postfix), Ok(Command::Negotiate(offer)));
        let address = Some(IpAddr::from([127, 0, 0, 1]));
        assert_eq!(
            read(b'C', b"localhost\x004\xd4\xfc127.0.0.1\0"),
            Ok(Command::Connect { host: b"localhost", address })
        );
        let address = "2001:db8::9".parse().ok();
        assert_eq!(read(b'C', b"mx\x006\0\x19IPv6:2001:db8::9\0"), Ok(Command::Connect { host: b"mx", address }));
        assert_eq!(read(b'C', b"localhost\0L\0\0/run/x\0"), Ok(Command::Connect { host: b"localhost", address: None }));
        assert_eq!(read(b'C', b"unknown\0U"), Ok(Command::Connect { host: b"unknown", address: None }));
        let pairs = Pairs(b"i\0DD0F7A6E0A2\0");
        assert_eq!(read(b'D', b"Ti\0DD0F7A6E0A2\0"), Ok(Command::Macros { command: b'T', pairs }));
        assert_eq!(read(b'D', b"H"), Ok(Command::Macros { command: b'H', pairs: Pairs(b"") }));
        let two = Pairs(b"i\0DD0F7A6E0A2\0{auth_type}\0\0");
        let wanted: [(&[u8], &[u8]); 2] = [(b"i", b"DD0F7A6E0A2"), (b"{auth_type}", b"")];
        assert!(two.eq(wanted));
        assert_eq!(read(b'M', b"<a@a.test>\0SIZE=5\0BODY=8BITMIME\0"), Ok(Command::Mail(b"<a@a.test>")));
        assert_eq!(read(b'L', b"Subject\0 a\n b\0"), Ok(Command::Header { name: b"Subject", value: b" a\n b" }));
    }

    #[test]
    fn broken_frames_are_refused() {
        for (command, data) in [
            (b'O', b"\0\0\0\x06".as_slice()),
            (b'D', b""),
            (b'D', b"Ti\0open"),
            (b'D', b"Ti\0"),
            (b'C', b"host\0"),
            (b'C', b"host\x004\0"),
            (b'C', b"host\0X"),
            (b'H', b"open"),
            (b'L', b"Subject\0"),
            (b'L', b"\0value\0"),
            (b'L', b"Two\r\nBcc\0value\0"),
        ] {
            assert_eq!(read(command, data), Err(CommandError::Malformed(command)), "{}", char::from(command));
        }
        assert_eq!(read(b'?', b""), Err(CommandError::Unknown(b'?')));
    }

    proptest! {
        #[test]
        fn any_frame_is_survived(command in any::<u8>(), data in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = read(command, &data);
        }
    }
}
