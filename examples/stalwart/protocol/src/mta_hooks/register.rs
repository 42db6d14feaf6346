//! Discovery and registration: what the gate offers, and what both agree on.

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::VERSION;
use super::format::{Few, Format};

/// The stage that is judged.
pub const STAGE: &str = "data";

/// Properties that are read: those without which no mail can be judged come first.
const PROPERTIES: [&str; 11] = [
    "/stage",
    "/rawMessage",
    "/envelope",
    "/action",
    "/timestamp",
    "/protocol",
    "/queue",
    "/client",
    "/auth",
    "/tls",
    "/senderAuth",
];

/// How many of them must be there.
const NEEDED: usize = 3;

/// What answers may change.
const UPDATES: [&str; 5] = ["/action", "/response", "/message/headers", "/rawMessage", "/envelope/to"];

/// What answers may say.
const ACTIONS: [&str; 4] = ["accept", "reject", "discard", "quarantine"];

/// The longest name of a mail server, bytes.
const NAME: usize = 255;

/// Where the gate is asked, and its bounds.
#[derive(Clone, Debug)]
pub struct Offer<'a> {
    /// The path below which everything but discovery is.
    pub path: &'a str,
    /// The largest message, bytes.
    pub message: usize,
    /// The most registrations.
    pub registrations: usize,
    /// How long a verdict takes at most, milliseconds.
    pub timeout_ms: u64,
}

impl Offer<'_> {
    /// The document at `/.well-known/mta-hooks`.
    #[must_use]
    pub fn discovery(&self) -> Value {
        let path = self.path;
        json!({
            "version": VERSION,
            "endpoints": {
                "registration": format!("{path}/register"),
                "deregistration": format!("{path}/register/{{registrationId}}"),
            },
            "serialization": [Format::Json.name(), Format::Cbor.name()],
            "capabilities": {
                "inbound": {
                    "stages": [STAGE],
                    "actions": ACTIONS,
                    "fetchProperties": PROPERTIES,
                    "updateProperties": UPDATES,
                },
                "outbound": null,
            },
            "limits": {
                "maxMessageSize": self.message,
                "maxRegistrations": self.registrations,
                "timeoutMs": self.timeout_ms,
            },
        })
    }
}

/// What a mail server would like.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Register {
    name: String,
    #[serde(default)]
    timeout_ms: Option<u64>,
    #[serde(default)]
    expires_at: Option<String>,
    #[serde(default)]
    serialization: Option<Few<String, 8>>,
    #[serde(default)]
    inbound: Option<Inbound>,
    #[serde(default)]
    filter: Option<IgnoredAny>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Inbound {
    #[serde(default)]
    stages: Option<Few<String, 16>>,
    #[serde(default)]
    properties: Option<Few<String, 64>>,
    #[serde(default)]
    update_properties: Option<Few<String, 64>>,
    #[serde(default)]
    actions: Option<Few<String, 16>>,
}

/// What both agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The name of the mail server.
    pub name: String,
    /// How long it waits for an answer, milliseconds, when it said so.
    pub timeout_ms: Option<u64>,
    /// Until when it would like to be registered, as it said it (RFC 3339).
    pub expires_at: Option<String>,
    /// How calls and answers are written.
    pub format: Format,
    /// The properties a call has.
    properties: Vec<String>,
    /// What answers may change: JSON pointers (RFC 6901).
    updates: Vec<String>,
    /// Did the mail server say itself what may be changed?
    updates_told: bool,
    /// What answers may say; everything when the mail server left it open.
    actions: Option<Vec<String>>,
}

/// Why there can be no registration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Unfit {
    /// The status of the answer: 400 or 422.
    pub status: u16,
    /// The code in it.
    pub code: &'static str,
    /// Who can mend it, and how.
    pub message: &'static str,
}

fn unfit(status: u16, code: &'static str, message: &'static str) -> Unfit {
    Unfit { status, code, message }
}

impl Register {
    /// What the gate agrees to. `updates` is what may be changed in mail of a mail server that does not say so itself: the
    /// draft has no place for it in a registration.
    ///
    /// # Errors
    /// [`Unfit`]: no mail could be judged, or none refused.
    pub fn negotiate(self, updates: &[String]) -> Result<Terms, Unfit> {
        let invalid = |message| Err(unfit(400, "INVALID_REQUEST", message));
        let unsupported = |code, message| Err(unfit(422, code, message));
        if self.name.is_empty() || self.name.len() > NAME || self.name.chars().any(char::is_control) {
            return invalid("`name` has 1 to 255 bytes, no control characters");
        }
        if self.filter.is_some() {
            return unsupported("UNSUPPORTED_FILTER", "this gate is asked about every mail, or about none");
        }
        let wanted = self.serialization.map_or_else(|| vec![Format::Json.name().to_owned()], |few| few.0);
        let Some(format) = wanted.iter().find_map(|word| Format::named(word)) else {
            return unsupported("UNSUPPORTED_SERIALIZATION", "`serialization` is json or cbor");
        };
        let Some(inbound) = self.inbound else {
            return unsupported("UNSUPPORTED_STAGE", "this gate judges mail that comes in: `inbound` is missing");
        };
        if inbound.stages.is_some_and(|stages| !stages.0.iter().any(|stage| stage == STAGE)) {
            return unsupported("UNSUPPORTED_STAGE", "this gate judges at the stage `data` alone");
        }
        let properties = match inbound.properties {
            None => PROPERTIES.map(str::to_owned).to_vec(),
            Some(asked) => asked.0.into_iter().filter(|p| PROPERTIES.iter().any(|ours| is_within(p, ours))).collect(),
        };
        let has = |needed: &&&str| properties.iter().any(|p| is_within(p, needed));
        if PROPERTIES.iter().take(NEEDED).filter(has).count() < NEEDED {
            return unsupported("UNSUPPORTED_PROPERTIES", "this gate needs /stage, /rawMessage and /envelope");
        }
        let updates_told = inbound.update_properties.is_some();
        let updates = inbound.update_properties.map_or_else(|| updates.to_vec(), |few| few.0);
        let terms = Terms {
            name: self.name,
            timeout_ms: self.timeout_ms,
            expires_at: self.expires_at,
            format,
            properties,
            updates,
            updates_told,
            actions: inbound.actions.map(|few| few.0),
        };
        let refuses = terms.may("/action") && terms.may("/response") && terms.offers("reject");
        if !refuses || !(terms.may("/message/headers") || terms.may("/rawMessage")) {
            let message = "this gate must be able to refuse (/action, /response) and to mark (/message/headers)";
            return unsupported("UNSUPPORTED_PROPERTIES", message);
        }
        Ok(terms)
    }
}

impl Terms {
    /// May an answer change what this JSON pointer names?
    #[must_use]
    pub fn may(&self, pointer: &str) -> bool {
        self.updates.iter().any(|granted| is_within(pointer, granted))
    }

    /// May an answer say so?
    #[must_use]
    pub fn offers(&self, action: &str) -> bool {
        self.actions.as_ref().is_none_or(|actions| actions.iter().any(|known| known == action))
    }

    /// The answer to a registration, or to a question for its status.
    #[must_use]
    pub fn registration(&self, path: &str, id: &str, status: Status, created: &str, expires: &str) -> Value {
        let mut inbound = json!({ "stages": [STAGE], "properties": self.properties });
        if let Some(map) = inbound.as_object_mut().filter(|_| self.updates_told) {
            map.insert("updateProperties".to_owned(), json!(self.updates));
        }
        json!({
            "registrationId": id,
            "status": status,
            "createdAt": created,
            "expiresAt": expires,
            "hookEndpoint": format!("{path}/hook"),
            "negotiated": { "serialization": self.format.name(), "inbound": inbound, "outbound": null },
            "endpoints": {
                "deregistration": format!("{path}/register/{id}"),
                "status": format!("{path}/register/{id}/status"),
            },
        })
    }
}

/// How a registration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Calls are answered.
    Active,
    /// The mail server ended it.
    Deregistered,
}

/// An error in the words of the draft.
#[must_use]
pub fn error(code: &str, message: &str) -> Value {
    json!({ "error": { "code": code, "message": message } })
}

/// Is a JSON pointer another one, or below it?
fn is_within(pointer: &str, of: &str) -> bool {
    pointer.strip_prefix(of).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn updates() -> Vec<String> {
        ["/action", "/response", "/message/headers"].map(str::to_owned).to_vec()
    }

    fn negotiate(request: Value) -> Result<Terms, Unfit> {
        serde_json::from_value::<Register>(request).unwrap().negotiate(&updates())
    }

    #[test]
    fn everything_left_open_is_everything_we_read() {
        let terms = negotiate(json!({"name": "mx", "inbound": {"stages": ["data"], "properties": null}})).unwrap();
        assert_eq!((terms.format, terms.properties.len()), (Format::Json, PROPERTIES.len()));
        assert!(terms.may("/message/headers/3/value") && terms.may("/action") && terms.offers("quarantine"));
        assert!(!terms.may("/rawMessage") && !terms.may("/message") && !terms.may("/actions"));
        let said = terms.registration("/m", "T43FJ-HRM00", Status::Active, "a", "b");
        assert_eq!(said["hookEndpoint"], "/m/hook");
        assert_eq!(said["negotiated"]["inbound"].get("updateProperties"), None);
    }

    #[test]
    fn no_property_is_confirmed_that_was_not_asked_for() {
        let asked = ["/stage", "/action", "/timestamp", "/protocol", "/rawMessage", "/envelope", "/queue", "/client"];
        let terms = negotiate(json!({"name": "bridge", "version": "1", "timeoutMs": 5000, "serialization": "json",
            "inbound": {"stages": ["data"], "properties": asked}, "outbound": null}))
        .unwrap();
        assert_eq!((terms.properties.as_slice(), terms.timeout_ms), (asked.map(str::to_owned).as_slice(), Some(5000)));
        let odd = json!({"name": "x", "serialization": ["xml", "cbor", "json"], "inbound": {"stages": ["mail", "data"],
            "properties": ["/stage", "/rawMessage", "/envelope/from", "/message", "/tlsx", "/tls/version"]}});
        let terms = negotiate(odd).unwrap();
        assert_eq!((terms.format, terms.properties.len()), (Format::Cbor, 4));
    }

    #[test]
    fn what_the_mail_server_says_may_be_changed_counts() {
        let told = json!(["/action", "/response", "/rawMessage", "/message"]);
        let terms =
            negotiate(json!({"name": "x", "inbound": {"updateProperties": told, "actions": ["reject"]}})).unwrap();
        assert!(terms.may("/rawMessage") && terms.may("/message/headers") && !terms.may("/envelope/to"));
        assert!(!terms.offers("quarantine"));
        let said = terms.registration("/m", "1", Status::Active, "a", "b");
        assert_eq!(said["negotiated"]["inbound"]["updateProperties"], told);
    }

    #[test]
    fn without_what_a_verdict_needs_there_is_no_registration() {
        let all = || json!({"stages": ["data"]});
        for (request, wanted) in [
            (json!({"name": "", "inbound": all()}), "INVALID_REQUEST"),
            (json!({"name": "x".repeat(256), "inbound": all()}), "INVALID_REQUEST"),
            (json!({"name": "x\n", "inbound": all()}), "INVALID_REQUEST"),
            (json!({"name": "x", "inbound": all(), "filter": {"size": 1}}), "UNSUPPORTED_FILTER"),
            (json!({"name": "x", "inbound": all(), "serialization": "xml"}), "UNSUPPORTED_SERIALIZATION"),
            (json!({"name": "x"}), "UNSUPPORTED_STAGE"),
            (json!({"name": "x", "inbound": {"stages": ["mail", "rcpt"]}}), "UNSUPPORTED_STAGE"),
            (json!({"name": "x", "inbound": {"properties": ["/stage", "/envelope"]}}), "UNSUPPORTED_PROPERTIES"),
            (json!({"name": "x", "inbound": {"updateProperties": ["/message"]}}), "UNSUPPORTED_PROPERTIES"),
            (json!({"name": "x", "inbound": {"updateProperties": ["/action", "/response"]}}), "UNSUPPORTED_PROPERTIES"),
            (json!({"name": "x", "inbound": {"actions": ["quarantine"]}}), "UNSUPPORTED_PROPERTIES"),
        ] {
            assert_eq!(negotiate(request.clone()).unwrap_err().code, wanted, "{request}");
        }
    }
}
