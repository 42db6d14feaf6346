//! What the core answers: plain data, the same in every face. The fields are those of `wit/types.wit`, where each is
//! explained for hosts; faces destructure these types without `..`, so that a new field does not compile until each
//! face maps it.

use serde::{Deserialize, Serialize};

/// How bad a finding is. Ordered: `Info < Low < Medium < High < Critical`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A fact worth knowing; never a reason to act.
    Info,
    /// Unusual, and harmless on its own.
    Low,
    /// Worth a look, or something could not be looked at.
    Medium,
    /// Rare in honest mail.
    High,
    /// Only ever built to deceive or to do harm.
    Critical,
}

impl Severity {
    /// The word that stands for it in reports and policies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }
}

/// How far something could be looked into. Ordered from best to worst; the worst state of a child is the state of its
/// parent ([`Inspection::worst`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inspection {
    /// All bytes were read, in every reading.
    Inspected,
    /// Opened with an empty, a well-known or a given password, then read.
    InspectedAfterDecrypt,
    /// The contents are encrypted, the names readable.
    NamesOnly,
    /// Neither names nor contents are readable.
    OpaqueEncrypted,
    /// The format or the compression method is not implemented.
    OpaqueUnsupported,
    /// The budget stopped us.
    OpaqueLimit,
    /// Several readings are possible and they disagree on what is inside.
    Ambiguous,
    /// No reading is complete.
    Broken,
}

impl Inspection {
    /// The word that stands for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inspected => "inspected",
            Self::InspectedAfterDecrypt => "inspected-after-decrypt",
            Self::NamesOnly => "names-only",
            Self::OpaqueEncrypted => "opaque-encrypted",
            Self::OpaqueUnsupported => "opaque-unsupported",
            Self::OpaqueLimit => "opaque-limit",
            Self::Ambiguous => "ambiguous",
            Self::Broken => "broken",
        }
    }

    /// The worse of the two.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        self.max(other)
    }
}

/// What sort of fact a rule states; the policy's profiles decide by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Something needs a secret to be read. Profiles act on it whatever its severity.
    Encryption,
    /// Something could not be looked at for another reason: unsupported, damaged, a limit, one volume of several.
    /// Profiles act on it whatever its severity.
    Opaque,
    /// Something is built or named to deceive. Profiles act on it from severity high on.
    Deception,
    /// A name says that it runs when it is opened: a program, a script, a shortcut. Profiles act on it from severity high
    /// on, and no exception covers it inside something encrypted.
    Danger,
    /// A fact worth knowing. Profiles act on it from severity high on.
    Note,
}

/// What the host shall do. Ordered from mildest to strictest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Let it pass untouched.
    Deliver,
    /// Let it pass with header fields (and a note, if the policy wants one) that say what was seen.
    Tag,
    /// Let it pass without the parts that caused the verdict, a note in their place.
    Strip,
    /// Keep it until somebody decides.
    Hold,
    /// Keep it away from the recipient.
    Quarantine,
    /// Answer a temporary failure.
    Defer,
    /// Answer a permanent failure while the client is still connected.
    Reject,
}

impl Action {
    /// The word that stands for it in reports and policies.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Tag => "tag",
            Self::Strip => "strip",
            Self::Hold => "hold",
            Self::Quarantine => "quarantine",
            Self::Defer => "defer",
            Self::Reject => "reject",
        }
    }
}

/// Names and values a finding rests on. Values may hold text an attacker chose; [`crate::text::visible`] has made it
/// harmless to show.
pub type Evidence = Vec<(String, String)>;

/// One thing a rule saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The id of the rule.
    pub rule: String,
    /// How bad it is, after the policy had its say.
    pub severity: Severity,
    /// One sentence for a person, free of text an attacker could choose.
    pub message: String,
    /// Where it is; empty for the message as a whole.
    pub place: String,
    /// What it rests on.
    pub evidence: Evidence,
}

/// One object that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Part {
    /// Where it is, for example `2/invoice.zip!/run.exe`.
    pub place: String,
    /// The name it bears, decoded.
    pub name: String,
    /// The declared media type, lower case; empty when none was declared.
    pub media_type: String,
    /// What the bytes say it is.
    pub format: String,
    /// Its length in bytes after decoding, as far as known.
    pub size: u64,
    /// How far it could be looked into.
    pub inspection: Inspection,
}

/// One change that [`crate::rewrite`] carries out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edit {
    /// The MIME part it changes, for example `2`; empty for the message as a whole.
    pub place: String,
    /// `remove-part`, `replace-part`, `add-header`, `prepend-text` or `prepend-subject`.
    pub kind: String,
    /// The text that comes in.
    #[serde(default)]
    pub value: String,
}

/// An answer ready for the SMTP client: ASCII, one line, nothing an attacker chose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Reply {
    /// The reply code (RFC 5321 section 4.2).
    pub code: u16,
    /// The enhanced status code (RFC 3463).
    pub enhanced: String,
    /// The text after both codes, at most 400 bytes.
    pub text: String,
}

/// One thing only the host can know, handed in with a message or handed out to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What sort of fact, for example `time`.
    pub kind: String,
    /// What it is about.
    #[serde(default)]
    pub key: String,
    /// What is known.
    pub value: String,
}

/// One thing the core would like to know; whoever knows hands in a [`Fact`] of the same kind and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// What sort of fact.
    pub kind: String,
    /// What it is about; empty where there is one alone.
    pub key: String,
}

/// The verdict on one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// What the host shall do.
    pub action: Action,
    /// How bad is what was seen, 0 to 100. What could not be seen is `inspection`.
    pub risk: u8,
    /// The worst inspection state of all parts.
    pub inspection: Inspection,
    /// All findings, heaviest first.
    pub findings: Vec<Finding>,
    /// All parts in the order of the message.
    pub parts: Vec<Part>,
    /// The changes that carry out `tag` and `strip`.
    pub edits: Vec<Edit>,
    /// The reply for `reject` and `defer`.
    pub reply: Option<Reply>,
    /// Facts the host may keep and hand in with a later message.
    pub remember: Vec<Fact>,
}

/// Which way the mail goes, seen from the operator.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From outside to one of our mailboxes.
    #[default]
    Inbound,
    /// From one of our users to the outside.
    Outbound,
}

/// What the gateway knows about the SMTP transaction. Empty means "not known".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Context {
    /// Which way the mail goes.
    pub direction: Direction,
    /// The reverse-path without angle brackets.
    pub mail_from: String,
    /// The forward-paths without angle brackets. They never stand in a report.
    pub recipients: Vec<String>,
    /// The address of the SMTP client.
    pub client_ip: String,
    /// The argument of `HELO` or `EHLO`.
    pub helo: String,
    /// The TLS version of the session; empty without TLS.
    pub tls: String,
    /// The authenticated login.
    pub login: String,
    /// How the login was proved.
    pub login_method: String,
    /// Everything else the host knows.
    pub facts: Vec<Fact>,
}

impl Context {
    /// The value of the first fact of this kind (and key, when one is given).
    #[must_use]
    pub fn fact(&self, kind: &str, key: Option<&str>) -> Option<&str> {
        self.facts
            .iter()
            .find(|f| f.kind == kind && key.is_none_or(|k| f.key.eq_ignore_ascii_case(k)))
            .map(|f| f.value.as_str())
    }
}

/// Why a policy document was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize)]
#[error("{path}: {message}")]
pub struct PolicyError {
    /// The dotted path of the key; empty for the document as a whole.
    pub path: String,
    /// What is wrong with it, one line.
    pub message: String,
}

/// One rule, and how to live with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct RuleInfo {
    /// Its id.
    pub id: String,
    /// The family it belongs to.
    pub family: String,
    /// Its severity when the policy says nothing.
    pub severity: Severity,
    /// What it sees, one line.
    pub summary: String,
    /// What a sender can do, in Japanese (救済措置).
    pub rescue_ja: String,
    /// What a sender can do, in English.
    pub rescue_en: String,
    /// The page, Markdown, without the cases that test it.
    pub page: String,
}
