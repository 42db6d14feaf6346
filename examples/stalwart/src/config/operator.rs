//! `[[operator]]`: who may look into the quarantine and act on it, and the checks of what belongs to the status page.

use std::net::SocketAddr;

use serde::Deserialize;

use super::Tls;
use crate::password::Hashed;

/// `[[operator]]`
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Operator {
    /// The name at the login and in the log.
    pub name: OperatorName,
    /// What is kept of the password.
    pub password: Hashed,
}

/// The name of an operator: it stands in the log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct OperatorName(String);

impl OperatorName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for OperatorName {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = !text.chars().any(char::is_control) && text.trim() == text && (1..=64).contains(&text.len());
        if fits { Ok(Self(text)) } else { Err("1 to 64 bytes, no control characters, no space around them") }
    }
}

/// Where help pages are, as senders are told. Ends in `/`; ASCII, for it stands in SMTP replies.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct HelpUrl(String);

/// The longest one, bytes: the reply has room for little more.
const LONGEST: usize = 120;

impl HelpUrl {
    /// The address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for HelpUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let fits = (text.starts_with("https://") || text.starts_with("http://"))
            && text.ends_with('/')
            && text.len() <= LONGEST
            && text.bytes().all(|b| b.is_ascii_graphic());
        if fits {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is no http(s) URL of at most {LONGEST} ASCII bytes that ends in /"))
        }
    }
}

/// Do status page, its TLS and the operators fit together?
pub(super) fn check(status: Option<SocketAddr>, tls: Option<&Tls>, operators: &[Operator]) -> Result<(), String> {
    for (number, operator) in (1_usize..).zip(operators) {
        if operators.iter().skip(number).any(|other| other.name == operator.name) {
            return Err(format!("operator: two are called `{}`", operator.name.as_str()));
        }
    }
    let Some(address) = status else {
        return match (tls, operators) {
            (None, []) => Ok(()),
            _ => Err("gate: `status-tls` and [[operator]] are of no use without `status`".to_owned()),
        };
    };
    if !operators.is_empty() && tls.is_none() && !address.ip().is_loopback() {
        return Err("gate: beyond loopback a login needs `status-tls`".to_owned());
    }
    Ok(())
}
