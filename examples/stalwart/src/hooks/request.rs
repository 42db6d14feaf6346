//! What the mail server asks. Fields nobody needs are not read; more than these may come.

use serde::Deserialize;

use crate::mail::{Mail, Transaction};

/// A call.
#[derive(Debug, Deserialize)]
pub struct Request {
    /// When and from whom.
    pub context: Context,
    /// From MAIL on.
    #[serde(default)]
    pub envelope: Option<Envelope>,
    /// At DATA.
    #[serde(default)]
    pub message: Option<Message>,
}

/// When and from whom.
#[derive(Debug, Deserialize)]
pub struct Context {
    /// `connect`, `ehlo`, `mail`, `rcpt` or `data`.
    pub stage: String,
    /// The SMTP client.
    #[serde(default)]
    pub client: Option<Client>,
    /// Who logged in.
    #[serde(default)]
    pub sasl: Option<Sasl>,
    /// How the session is encrypted.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// Where the message is kept.
    #[serde(default)]
    pub queue: Option<Queue>,
}

/// The SMTP client.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Client {
    ip: String,
    helo: Option<String>,
}

/// Who logged in.
#[derive(Debug, Deserialize)]
pub struct Sasl {
    login: String,
    /// Never filled in so far.
    #[serde(default)]
    method: Option<String>,
}

/// How the session is encrypted.
#[derive(Debug, Deserialize)]
pub struct Tls {
    version: String,
}

/// Where the message is kept.
#[derive(Debug, Deserialize)]
pub struct Queue {
    id: String,
}

/// From whom to whom.
#[derive(Debug, Deserialize)]
pub struct Envelope {
    from: Address,
    #[serde(default)]
    to: Vec<Address>,
}

/// A path without angle brackets; the null path is empty.
#[derive(Debug, Deserialize)]
pub struct Address {
    address: String,
}

/// The message, in strings.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// Names, and values as they came: with leading space, folds and line end.
    headers: Vec<(String, String)>,
    /// What follows the empty line.
    contents: String,
}

impl Request {
    /// The mail to judge; `None` before DATA, where nothing is decided.
    #[must_use]
    pub fn into_mail(self) -> Option<Mail> {
        let message = self.message.filter(|_| self.context.stage == "data")?;
        let (bytes, damaged) = message.bytes();
        let client = self.context.client.unwrap_or_default();
        let (login, login_method) =
            self.context.sasl.map(|sasl| (sasl.login, sasl.method.unwrap_or_default())).unwrap_or_default();
        let (mail_from, recipients) = self
            .envelope
            .map(|e| (e.from.address, e.to.into_iter().map(|to| to.address).collect()))
            .unwrap_or_default();
        let transaction = Transaction {
            client_ip: client.ip,
            helo: client.helo.unwrap_or_default(),
            tls: self.context.tls.map(|tls| tls.version).unwrap_or_default(),
            login,
            login_method,
            mail_from,
            recipients,
            queue_id: self.context.queue.map(|queue| queue.id).unwrap_or_default(),
            known: Vec::new(),
        };
        Some(Mail { size: bytes.len(), bytes, refused: None, damaged, transaction })
    }
}

impl Message {
    /// The message put together again, and whether it was damaged: bytes that are not UTF-8 came as U+FFFD.
    fn bytes(self) -> (Vec<u8>, bool) {
        let size =
            self.headers.iter().map(|(name, value)| name.len().saturating_add(value.len()).saturating_add(3)).sum();
        let mut head = String::with_capacity(size);
        for (name, value) in &self.headers {
            head.push_str(name);
            head.push(':');
            head.push_str(value);
            if !value.ends_with('\n') {
                head.push_str("\r\n");
            }
        }
        head.push_str("\r\n");
        let damaged = head.contains(char::REPLACEMENT_CHARACTER) || self.contents.contains(char::REPLACEMENT_CHARACTER);
        let mut bytes = self.contents.into_bytes();
        bytes.splice(0..0, head.into_bytes());
        (bytes, damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_of_stalwart_becomes_a_mail() {
        let json = r#"{"context":{"stage":"data","client":{"ip":"192.0.2.9","port":40112,"ptr":null,"helo":"mx.a.test",
            "activeConnections":1},"sasl":{"login":"bob@b.test"},"tls":{"version":"TLSv1.3","cipher":"x"},
            "server":{"name":"Stalwart v0.16.19","port":25,"ip":"192.0.2.1"},"queue":{"id":"4c005a3e2800200"},
            "protocol":{"version":1}},"envelope":{"from":{"address":""},"to":[{"address":"b@b.test"}]},
            "message":{"headers":[["Subject"," a\r\n b\r\n"],["To","c"]],"contents":"body\r\n","size":30}}"#;
        let mail = serde_json::from_str::<Request>(json).unwrap().into_mail().unwrap();
        assert_eq!(mail.bytes, b"Subject: a\r\n b\r\nTo:c\r\n\r\nbody\r\n");
        assert!(!mail.damaged);
        assert_eq!(
            mail.transaction,
            Transaction {
                client_ip: "192.0.2.9".into(),
                helo: "mx.a.test".into(),
                tls: "TLSv1.3".into(),
                login: "bob@b.test".into(),
                recipients: vec!["b@b.test".into()],
                queue_id: "4c005a3e2800200".into(),
                ..Transaction::default()
            }
        );
    }

    #[test]
    fn before_data_there_is_nothing_to_judge() {
        let json = r#"{"context":{"stage":"mail","client":{"ip":"192.0.2.9","helo":null}},"envelope":{"from":{"address":"a@a"}}}"#;
        assert!(serde_json::from_str::<Request>(json).unwrap().into_mail().is_none());
    }

    #[test]
    fn lost_bytes_are_noticed() {
        let json = r#"{"context":{"stage":"data"},"message":{"headers":[["Subject"," \ufffd\r\n"]],"contents":""}}"#;
        assert!(serde_json::from_str::<Request>(json).unwrap().into_mail().unwrap().damaged);
    }
}
