//! One mail, and what a door knows of how it came.

/// A mail that waits for its verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// The whole message as it came over the wire; empty when it was `refused`.
    pub bytes: Vec<u8>,
    /// How many bytes it has, kept or not.
    pub size: usize,
    /// Why the bytes were not kept.
    pub refused: Option<Refused>,
    /// Some bytes were lost on the way to the door: what was judged is not quite what would be delivered.
    pub damaged: bool,
    /// How it came.
    pub transaction: Transaction,
}

/// Why a door did not keep a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is larger than the limit of the gate.
    TooLarge,
    /// Too many messages were under way at once.
    Overload,
}

/// An SMTP transaction, as far as a door can see it. Empty means "not known".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transaction {
    /// The address of the SMTP client.
    pub client_ip: String,
    /// The argument of HELO or EHLO.
    pub helo: String,
    /// The TLS version of the session.
    pub tls: String,
    /// Who logged in.
    pub login: String,
    /// How the login was proved.
    pub login_method: String,
    /// The reverse-path without angle brackets.
    pub mail_from: String,
    /// The forward-paths without angle brackets.
    pub recipients: Vec<String>,
    /// The id of the message in the queue of the mail server.
    pub queue_id: String,
    /// What the mail server found out about the sender by itself.
    pub known: Vec<Known>,
}

/// Something the mail server found out: a fact for the plugin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// The kind of fact: `spf`, `dkim`, `dmarc`, `dmarc-policy`.
    pub kind: &'static str,
    /// The domain it speaks of.
    pub key: String,
    /// The result.
    pub value: String,
}
