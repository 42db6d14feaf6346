//! What goes in and what comes out, spelled like `wit/types.wit`, where every field is explained. As JSON the names are
//! those of WIT (kebab-case).

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

/// One thing the plugin would like to know; whoever knows hands in a [`Fact`] of the same kind and key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    /// What sort of fact.
    pub kind: String,
    /// What it is about; empty where there is one alone.
    pub key: String,
}

/// One thing a rule saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The id of the rule.
    pub rule: String,
    /// How bad it is, after the policy had its say.
    pub severity: Severity,
    /// One sentence for a person, free of text an attacker could choose.
    pub message: String,
    /// Where it is; empty for the message as a whole.
    pub place: String,
    /// What it rests on: names and values. May hold text an attacker chose, made harmless to show.
    pub evidence: Vec<(String, String)>,
}

/// One object that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub inspection: String,
}

/// One change that [`Host::rewrite`](crate::Host::rewrite) carries out.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The reply code (RFC 5321 section 4.2).
    pub code: u16,
    /// The enhanced status code (RFC 3463).
    pub enhanced: String,
    /// The text after both codes, at most 400 bytes.
    pub text: String,
}

/// The verdict on one message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What the host shall do: `deliver`, `tag`, `strip`, `hold`, `quarantine`, `defer` or `reject`.
    pub action: String,
    /// How bad is what was seen, 0 to 100. What could not be seen is `inspection`.
    pub risk: u8,
    /// The worst inspection state of all parts.
    pub inspection: String,
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

/// Why a policy document was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{}{}{message}", path, if path.is_empty() { "" } else { ": " })]
pub struct PolicyError {
    /// The dotted path of the key; empty for the document as a whole.
    pub path: String,
    /// What is wrong with it, one line.
    pub message: String,
}

/// One rule, and how to live with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The whole page, Markdown.
    pub page: String,
}
