//! What a host may keep of a message, so that a later one is judged better: with whom our users write, and who wrote
//! before. Both come back as facts of the same kind and key.

use crate::report::{Action, Context, Direction, Fact};
use crate::sender::authentication::Outcome;
use crate::sender::header::{Header, Name};
use crate::sender::mailbox::Addresses;
use crate::sender::{Role, Sender};

/// The most addresses of one message.
const MOST: usize = 100;

/// The longest address (RFC 5321 section 4.5.3.1: 64 + 1 + 255).
const ADDRESS: usize = 320;

/// What to keep of a message that meets this action.
pub fn remember(message: &[u8], context: &Context, sender: &Sender, action: Action) -> Vec<Fact> {
    match context.direction {
        Direction::Outbound if action <= Action::Strip => correspondents(message, context),
        Direction::Inbound if action == Action::Deliver => author(context, sender).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// Whom one of our users writes to. Only who stands in To or Cc *and* is a recipient: the envelope alone would tell of blind
/// copies, the header alone may say anything. An automatic answer makes nobody an acquaintance.
fn correspondents(message: &[u8], context: &Context) -> Vec<Fact> {
    let header = Header::read(message);
    let by_hand = |value: &[u8]| value.trim_ascii().get(..2).is_some_and(|v| v.eq_ignore_ascii_case(b"no"));
    if context.mail_from.is_empty() || !header.all(Name::AutoSubmitted).all(|f| by_hand(f.value)) {
        return Vec::new();
    }
    let mut out: Vec<Fact> = Vec::new();
    for field in header.all(Name::To).chain(header.all(Name::Cc)).take(MOST) {
        for mailbox in Addresses::read(field.value).mailboxes {
            let recipient = context.recipients.iter().any(|r| r.eq_ignore_ascii_case(&mailbox.address));
            let fact = known("known-correspondent", &mailbox.address, "yes");
            if recipient && mailbox.address.len() <= ADDRESS && out.len() < MOST && !out.contains(&fact) {
                out.push(fact);
            }
        }
    }
    out
}

/// Who wrote. One whose name was borrowed is still a stranger.
fn author(context: &Context, sender: &Sender) -> Option<Fact> {
    let origin = &sender.authentication;
    let doubtful = origin.dmarc == Outcome::Fail || origin.contradicts || !origin.forged.is_empty();
    let mut authors = sender.of(Role::From).filter(|i| i.address.contains('@') && i.address.len() <= ADDRESS);
    let (author, other) = (authors.next()?, authors.next());
    let fine = !doubtful && other.is_none() && context.login.is_empty() && sender.scores.total < sender.warn;
    fine.then(|| known("first-contact", &author.address, "no"))
}

fn known(kind: &str, address: &str, value: &str) -> Fact {
    Fact { kind: kind.to_owned(), key: address.to_ascii_lowercase(), value: value.to_owned() }
}
