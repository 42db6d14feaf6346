//! What the mail server asks at a stage. Properties nobody needs are not read; more than these may come.

use serde::Deserialize;

use super::format::{Few, Raw};
use super::sender::SenderAuth;
use crate::mail::{Mail, Transaction};

/// Recipients that are kept.
const RECIPIENTS: usize = 100_000;

/// A call.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Hook {
    stage: String,
    /// What becomes of the mail when nobody changes it.
    #[serde(default)]
    action: Option<String>,
    #[serde(default)]
    envelope: Option<Envelope>,
    #[serde(default)]
    client: Option<Client>,
    #[serde(default)]
    queue: Option<Queue>,
    #[serde(default)]
    auth: Option<Auth>,
    #[serde(default)]
    tls: Option<Tls>,
    #[serde(default)]
    sender_auth: Option<SenderAuth>,
    #[serde(default)]
    raw_message: Option<Raw>,
}

#[derive(Debug, Deserialize)]
struct Envelope {
    #[serde(default)]
    from: Option<Address>,
    #[serde(default)]
    to: Option<Few<Address, RECIPIENTS>>,
}

/// A path without angle brackets; the null path has no address.
#[derive(Debug, Default, Deserialize)]
struct Address {
    #[serde(default)]
    address: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Client {
    ip: Option<String>,
    ehlo: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Queue {
    id: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Auth {
    login: Option<String>,
    method: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Tls {
    version: Option<String>,
}

/// What a call is about.
#[derive(Debug, PartialEq, Eq)]
pub enum Asked {
    /// A mail, and what becomes of it when nobody changes that.
    Mail(Box<Mail>, String),
    /// A stage before the message, where nothing is decided.
    Early,
}

/// Why nothing can be said to a call. The mail must not pass for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unclear {
    /// A stage that nobody registered for.
    #[error("a stage that this door does not know")]
    Stage,
    /// The message is missing.
    #[error("the stage `data` without a rawMessage")]
    NoMessage,
}

impl Hook {
    /// What it is about.
    ///
    /// # Errors
    /// [`Unclear`]
    pub fn asked(self) -> Result<Asked, Unclear> {
        match self.stage.as_str() {
            "data" => {}
            "connect" | "ehlo" | "auth" | "mail" | "rcpt" => return Ok(Asked::Early),
            _ => return Err(Unclear::Stage),
        }
        let Raw(bytes) = self.raw_message.ok_or(Unclear::NoMessage)?;
        let envelope = self.envelope.unwrap_or(Envelope { from: None, to: None });
        let client = self.client.unwrap_or_default();
        let auth = self.auth.unwrap_or_default();
        let mut transaction = Transaction {
            client_ip: client.ip.unwrap_or_default(),
            helo: client.ehlo.unwrap_or_default(),
            tls: self.tls.and_then(|tls| tls.version).unwrap_or_default(),
            login: auth.login.unwrap_or_default(),
            login_method: auth.method.unwrap_or_default(),
            mail_from: path(envelope.from.unwrap_or_default()),
            recipients: envelope.to.unwrap_or_default().0.into_iter().map(path).collect(),
            queue_id: self.queue.and_then(|queue| queue.id).unwrap_or_default(),
            known: Vec::new(),
        };
        if let Some(told) = self.sender_auth {
            transaction.known = told.facts(&transaction);
        }
        let mail = Mail { size: bytes.len(), bytes, refused: None, damaged: false, transaction };
        Ok(Asked::Mail(Box::new(mail), self.action.unwrap_or_default()))
    }
}

/// Some mail servers leave the angle brackets on.
fn path(address: Address) -> String {
    let path = address.address.unwrap_or_default();
    match path.strip_prefix('<').and_then(|path| path.strip_suffix('>')) {
        Some(inner) => inner.to_owned(),
        None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::super::format::Format;
    use super::*;
    use crate::mail::Known;
    use serde_json::json;

    fn call() -> serde_json::Value {
        json!({"stage": "data", "action": "accept", "timestamp": "2026-11-24T12:00:00.000Z", "response": null,
            "protocol": {"version": "1.0"}, "queue": {"id": "4c005a3e"},
            "envelope": {"from": {"address": null, "parameters": {"SIZE": "9"}},
                "to": [{"address": "b@b.test", "parameters": {}}, {"address": "<c@c.test>"}]},
            "client": {"ip": "192.0.2.9", "port": 40112, "ptr": null, "ehlo": "mx.a.test", "activeConnections": 1},
            "auth": {"login": "bob@b.test", "method": "PLAIN"}, "tls": {"version": "TLSv1.3", "cipherBits": 256},
            "senderAuth": {"dmarc": {"result": "pass", "domain": "a.test"}, "spf-mail": null},
            "rawMessage": "U3ViamVjdDogk/oNCg0KgqAuDQo="})
    }

    #[test]
    fn a_call_becomes_a_mail() {
        let Ok(Asked::Mail(mail, action)) = serde_json::from_value::<Hook>(call()).unwrap().asked() else { panic!() };
        assert_eq!(
            (mail.bytes.as_slice(), action.as_str()),
            (b"Subject: \x93\xfa\r\n\r\n\x82\xa0.\r\n".as_slice(), "accept")
        );
        let known = |kind, value: &str| Known { kind, key: "a.test".into(), value: value.into() };
        assert_eq!(
            mail.transaction,
            Transaction {
                client_ip: "192.0.2.9".into(),
                helo: "mx.a.test".into(),
                tls: "TLSv1.3".into(),
                login: "bob@b.test".into(),
                login_method: "PLAIN".into(),
                mail_from: String::new(),
                recipients: vec!["b@b.test".into(), "c@c.test".into()],
                queue_id: "4c005a3e".into(),
                known: vec![known("dmarc", "pass"), known("authenticated-domain", "dmarc")],
            }
        );
    }

    #[test]
    fn in_cbor_it_is_the_same_mail() {
        let mut call = call();
        let raw = call["rawMessage"].take();
        let bytes = base64_simd::STANDARD.decode_to_vec(raw.as_str().unwrap()).unwrap();
        let mut cbor = ciborium::Value::serialized(&call).unwrap();
        for (key, value) in cbor.as_map_mut().unwrap() {
            if key.as_text() == Some("rawMessage") {
                *value = ciborium::Value::Bytes(bytes.clone());
            }
        }
        let document = Format::Cbor.write(&cbor).unwrap();
        call["rawMessage"] = raw;
        let of_json = Format::Json.read::<Hook>(call.to_string().as_bytes()).unwrap().asked();
        assert_eq!(Format::Cbor.read::<Hook>(&document).unwrap().asked(), of_json);
    }

    #[test]
    fn only_a_message_is_judged() {
        for (json, wanted) in [
            (r#"{"stage":"rcpt","envelope":null}"#, Ok(Asked::Early)),
            (r#"{"stage":"data"}"#, Err(Unclear::NoMessage)),
            (r#"{"stage":"data","rawMessage":null}"#, Err(Unclear::NoMessage)),
            (r#"{"stage":"delivery","rawMessage":""}"#, Err(Unclear::Stage)),
        ] {
            assert_eq!(serde_json::from_str::<Hook>(json).unwrap().asked(), wanted, "{json}");
        }
        let version_1 = r#"{"context":{"stage":"data"},"message":{"headers":[],"contents":""}}"#;
        assert!(serde_json::from_str::<Hook>(version_1).is_err());
    }

    #[test]
    fn recipients_without_end_are_not_kept() {
        // `{"stage": "data", "rawMessage": h'', "envelope": {"to": [{}, {}, …]}}`
        let mut cbor = b"\xa3\x65stage\x64data\x6arawMessage\x40\x68envelope\xa1\x62to\x9f".to_vec();
        cbor.extend(std::iter::repeat_n(0xa0, 500_000));
        cbor.push(0xff);
        let Ok(Asked::Mail(mail, _)) = Format::Cbor.read::<Hook>(&cbor).unwrap().asked() else { panic!() };
        assert_eq!(mail.transaction.recipients.len(), RECIPIENTS);
    }
}
