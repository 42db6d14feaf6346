//! One connection of a mail server: many SMTP sessions' worth of mails, one after the other. No input, no output: frames
//! in, answers out.

use super::assembly::{Assembled, Assembly};
use super::command::{Command, CommandError, Offer, Pairs};
use super::flags::{
    SILENT_BODY, SILENT_CONNECT, SILENT_DATA, SILENT_END_OF_HEADER, SILENT_HEADER, SILENT_HELO, SILENT_MAIL,
    SILENT_RCPT, SILENT_UNKNOWN, WANTED_ACTIONS, WANTED_PROTOCOL,
};
use super::frame::{Frame, put};
use super::reply::Manner;
use crate::mail::{Mail, Refused, Transaction};
use crate::verdict::{Verdict, WithoutHold};

/// The most bytes the recipients of one mail may have, each with some for its place in memory. Mail servers allow a
/// thousand recipients or so.
const RECIPIENTS: usize = 8 << 20;

/// What a frame leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Step {
    /// On with the next frame.
    Next,
    /// A whole mail is there: judge it, then [`Session::answer`].
    Judge(Box<Mail>),
    /// The mail server said goodbye.
    Close,
}

/// Why a connection is of no use any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// A frame that is no command.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// It must come first.
    #[error("the peer does not negotiate: not a mail server speaking milter")]
    NotNegotiated,
    /// Version 2 is what sendmail 8.12 spoke.
    #[error("milter version {0}, older than 2")]
    Version(u32),
}

/// The state of a connection.
#[derive(Debug)]
pub struct Session {
    limit: usize,
    without_hold: WithoutHold,
    agreed: Option<Offer>,
    /// What is known of the SMTP client; outlives a mail.
    client: Client,
    /// What is known of the mail under way.
    transaction: Transaction,
    message: Assembly,
    /// Bytes of its recipients.
    recipients: usize,
    /// Between MAIL and verdict.
    busy: bool,
}

#[derive(Debug, Default)]
struct Client {
    ip: String,
    helo: String,
    tls: String,
    stalwart: bool,
}

impl Session {
    /// A new connection. Of messages longer than `limit` bytes only the length is kept.
    #[must_use]
    pub fn new(limit: usize, without_hold: WithoutHold) -> Self {
        Self {
            limit,
            without_hold,
            agreed: None,
            client: Client::default(),
            transaction: Transaction::default(),
            message: Assembly::default(),
            recipients: 0,
            busy: false,
        }
    }

    /// Is a mail under way?
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.busy
    }

    /// Does the peer end a conversation by going away? Stalwart does, after a refusal.
    #[must_use]
    pub fn may_go(&self) -> bool {
        self.client.stalwart
    }

    /// Bytes of the message kept so far.
    #[must_use]
    pub fn kept(&self) -> usize {
        self.message.kept()
    }

    /// Bytes of a message there is room for without growing.
    #[must_use]
    pub fn room(&self) -> usize {
        self.message.room()
    }

    /// Goes on with the message under way in `buffer`, an empty one with more room.
    pub fn move_into(&mut self, buffer: Vec<u8>) {
        self.message.move_into(buffer);
    }

    /// Keeps nothing of the message under way; its verdict will be "not now".
    pub fn overload(&mut self) {
        self.message.refuse(Refused::Overload);
    }

    /// Takes one frame; appends what is to be answered at once.
    ///
    /// # Errors
    /// [`SessionError`]: close the connection.
    pub fn take(&mut self, frame: Frame<'_>, out: &mut Vec<u8>) -> Result<Step, SessionError> {
        let command = Command::read(frame)?;
        let Some(agreed) = self.agreed else {
            return match command {
                Command::Negotiate(offer) => self.negotiate(offer, out),
                Command::Quit => Ok(Step::Close),
                _ => Err(SessionError::NotNegotiated),
            };
        };
        let silent = match command {
            Command::Negotiate(offer) => return self.negotiate(offer, out),
            Command::Quit => return Ok(Step::Close),
            Command::Abort => {
                self.forget_mail();
                return Ok(Step::Next);
            }
            Command::QuitNewConnection => {
                self.forget_mail();
                self.client = Client::default();
                return Ok(Step::Next);
            }
            Command::Macros { command, pairs } => {
                self.macros(command, pairs);
                return Ok(Step::Next);
            }
            Command::EndOfMessage(bytes) => {
                self.message.body(bytes, self.limit);
                return Ok(Step::Judge(Box::new(self.take_mail())));
            }
            Command::Connect { address, .. } => {
                self.client.ip = address.map(|ip| ip.to_canonical().to_string()).unwrap_or_default();
                SILENT_CONNECT
            }
            Command::Helo(name) => {
                self.client.helo = text(name);
                SILENT_HELO
            }
            Command::Mail(address) => {
                self.busy = true;
                self.transaction.mail_from = path(address);
                SILENT_MAIL
            }
            Command::Rcpt(address) => {
                self.recipient(address);
                SILENT_RCPT
            }
            Command::Data => SILENT_DATA,
            Command::Header { name, value } => {
                let leading_space = agreed.protocol & super::flags::LEADING_SPACE != 0;
                self.message.header(name, value, leading_space, self.limit);
                SILENT_HEADER
            }
            Command::EndOfHeader => {
                self.message.end_of_header(self.limit);
                SILENT_END_OF_HEADER
            }
            Command::Body(bytes) => {
                self.message.body(bytes, self.limit);
                SILENT_BODY
            }
            Command::Unknown => SILENT_UNKNOWN,
        };
        if agreed.protocol & silent == 0 {
            put(out, b'c', &[]);
        }
        Ok(Step::Next)
    }

    /// Appends the answer to the mail that [`Step::Judge`] handed out.
    pub fn answer(&self, verdict: &Verdict, out: &mut Vec<u8>) {
        let agreed = self.agreed.unwrap_or_default();
        Manner { agreed, stalwart: self.client.stalwart, without_hold: self.without_hold }.answer(verdict, out);
    }

    fn negotiate(&mut self, offer: Offer, out: &mut Vec<u8>) -> Result<Step, SessionError> {
        if offer.version < 2 {
            return Err(SessionError::Version(offer.version));
        }
        let agreed = Offer {
            version: offer.version.min(6),
            actions: offer.actions & WANTED_ACTIONS,
            protocol: offer.protocol & WANTED_PROTOCOL,
        };
        self.agreed = Some(agreed);
        let numbers = [agreed.version, agreed.actions, agreed.protocol].map(u32::to_be_bytes);
        put(out, b'O', &[numbers.as_flattened()]);
        Ok(Step::Next)
    }

    /// A mail with more recipients than can be told apart is not judged by some of them.
    fn recipient(&mut self, address: &[u8]) {
        self.recipients = self.recipients.saturating_add(address.len()).saturating_add(64);
        if self.recipients > RECIPIENTS {
            self.transaction.recipients = Vec::new();
            self.overload();
        } else {
            self.transaction.recipients.push(path(address));
        }
    }

    fn macros(&mut self, command: u8, pairs: Pairs<'_>) {
        if command == b'H' {
            // HELO comes again behind STARTTLS; without TLS there is no pair.
            self.client.tls.clear();
        }
        for (name, value) in pairs {
            let name = name.strip_prefix(b"{").and_then(|n| n.strip_suffix(b"}")).unwrap_or(name);
            match name {
                b"daemon_name" => self.client.stalwart = value.starts_with(b"Stalwart"),
                b"client_addr" => self.client.ip = text(value),
                b"tls_version" => self.client.tls = text(value),
                b"auth_authen" => self.transaction.login = text(value),
                b"auth_type" => self.transaction.login_method = text(value),
                b"i" => self.transaction.queue_id = text(value),
                _ => {}
            }
        }
    }

    fn take_mail(&mut self) -> Mail {
        let mut transaction = std::mem::take(&mut self.transaction);
        transaction.client_ip.clone_from(&self.client.ip);
        transaction.helo.clone_from(&self.client.helo);
        transaction.tls.clone_from(&self.client.tls);
        let message = std::mem::take(&mut self.message).finish(self.client.stalwart, self.limit);
        self.forget_mail();
        let Assembled { bytes, size, refused, doubtful } = message;
        Mail { bytes, size, refused, damaged: doubtful, transaction }
    }

    fn forget_mail(&mut self) {
        self.transaction = Transaction::default();
        self.message = Assembly::default();
        self.recipients = 0;
        self.busy = false;
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A path without its angle brackets.
fn path(bytes: &[u8]) -> String {
    let inner = bytes.strip_prefix(b"<").and_then(|b| b.strip_suffix(b">"));
    text(inner.unwrap_or(bytes))
}

#[cfg(test)]
mod tests;
