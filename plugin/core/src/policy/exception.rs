//! Exceptions: who may send or receive what is otherwise stopped (救済措置).

use super::Judged;
use super::document::{self, Section};
use crate::report::{Action, Context, Direction, Kind, PolicyError};
use crate::time;

/// One exception, ready to be asked.
#[derive(Clone, Debug)]
pub struct Exception {
    /// The exception as it is written.
    pub terms: document::Exception,
    /// Its dotted path.
    pub line: String,
    /// What happens instead.
    pub action: Action,
    /// The last second it applies.
    last: Option<i64>,
}

/// Whom a message is from and to, as far as the gateway vouches for it.
#[derive(Debug)]
pub struct Parties<'c> {
    senders: Vec<&'c str>,
    recipients: &'c [String],
    now: Option<i64>,
}

/// Why an exception that was made for these parties and this rule does not apply after all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A program, a script or a shortcut inside something encrypted.
    Sealed,
    /// Its last day has passed.
    Expired,
    /// It expires, and nobody told the time.
    NoTime,
}

impl Refusal {
    /// What the report says of it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sealed => "never covers a program, script or shortcut inside something encrypted",
            Self::Expired => "has expired",
            Self::NoTime => "expires, and the fact `time` was not given",
        }
    }
}

impl<'c> Parties<'c> {
    /// The domains for which the gateway vouches, and all recipients.
    #[must_use]
    pub fn of(context: &'c Context) -> Self {
        let mut senders: Vec<&str> =
            context.facts.iter().filter(|f| f.kind == "authenticated-domain").map(|f| f.key.as_str()).collect();
        if context.direction == Direction::Outbound
            && let Some((_, domain)) = context.login.rsplit_once('@')
        {
            senders.push(domain);
        }
        Self { senders, recipients: &context.recipients, now: context.fact("time", None).and_then(time::moment) }
    }
}

impl Exception {
    /// The exception at this index of a section.
    #[must_use]
    pub fn new(terms: document::Exception, prefix: &str, index: usize) -> Self {
        Self {
            line: format!("{prefix}exceptions.{index}"),
            action: terms.action.unwrap_or(Action::Deliver),
            last: terms.expires.as_deref().and_then(time::last_moment),
            terms,
        }
    }

    /// Was it made for this rule, this sender and all these recipients? `Some(Err)` when it was and does not apply.
    #[must_use]
    pub fn covers(&self, judged: &Judged, parties: &Parties<'_>) -> Option<Result<(), Refusal>> {
        let terms = &self.terms;
        let rule = terms.rules.iter().any(|r| *r == judged.finding.rule || r == judged.family);
        let sender = terms.senders.is_empty()
            || terms.senders.iter().any(|d| parties.senders.iter().any(|s| domain_matches(d, s)));
        let recipients = terms.recipients.is_empty()
            || (!parties.recipients.is_empty()
                && parties.recipients.iter().all(|r| terms.recipients.iter().any(|m| mailbox_matches(m, r))));
        (rule && sender && recipients).then(|| self.refusal(judged, parties).map_or(Ok(()), Err))
    }

    fn refusal(&self, judged: &Judged, parties: &Parties<'_>) -> Option<Refusal> {
        if judged.sealed && judged.kind == Kind::Danger {
            return Some(Refusal::Sealed);
        }
        match (self.last, parties.now) {
            (None, _) => None,
            (Some(_), None) => Some(Refusal::NoTime),
            (Some(last), Some(now)) => (now > last).then_some(Refusal::Expired),
        }
    }
}

/// `partner.example` is that domain only, `*.partner.example` everything below it.
fn domain_matches(pattern: &str, domain: &str) -> bool {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    match pattern.strip_prefix('*') {
        Some(tail) => {
            let start = domain.len().saturating_sub(tail.len());
            start > 0 && domain.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(tail))
        }
        None => domain.eq_ignore_ascii_case(pattern),
    }
}

/// An address matches itself; a domain matches all addresses in it. Local parts are compared without case, as mail
/// systems do.
fn mailbox_matches(pattern: &str, address: &str) -> bool {
    match pattern.rsplit_once('@') {
        Some(_) => address.to_lowercase() == pattern.to_lowercase(),
        None => address.rsplit_once('@').is_some_and(|(_, domain)| domain_matches(pattern, domain)),
    }
}

/// What the table of keys cannot say: an exception is for somebody, covers something, and has an id of its own.
///
/// # Errors
/// The dotted path of the key, and what is wrong with it.
pub fn check(document: &Section) -> Result<(), PolicyError> {
    let mut ids: Vec<&str> = Vec::new();
    let sections =
        [("", Some(document)), ("inbound.", document.inbound.as_deref()), ("outbound.", document.outbound.as_deref())];
    for (prefix, section) in sections {
        for (index, terms) in section.map_or(&[][..], |s| &s.exceptions).iter().enumerate() {
            let wrong = |key: &str, message: &str| PolicyError {
                path: format!("{prefix}exceptions.{index}{key}"),
                message: message.to_owned(),
            };
            if ids.contains(&terms.id.as_str()) {
                return Err(wrong(".id", "another exception has this id"));
            }
            ids.push(&terms.id);
            if terms.rules.is_empty() {
                return Err(wrong(".rules", "the exception covers no rule"));
            }
            if terms.senders.is_empty() && terms.recipients.is_empty() {
                return Err(wrong("", "the exception needs `senders` or `recipients`"));
            }
        }
    }
    Ok(())
}
