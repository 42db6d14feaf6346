//! Who the mail says it is from, and whether that is so: every reading of the sender fields, every domain compared with
//! those worth imitating, every display name judged as if the address could not be seen, and what is known of the origin.
//!
//! [`mod@read`] describes; the rules of the family `sender` judge. Scores are thousandths.

pub mod authentication;
pub mod brand_names;
pub mod brands;
pub mod free_mail;
pub mod header;
pub mod idn;
mod kana;
pub mod lookalike;
pub mod mailbox;
pub mod names;
pub mod policy;
mod read;
mod roles;
pub mod scores;

use crate::text::domain::Flaw;
use authentication::Authentication;
use idn::Unsafe;
use lookalike::Found;
use mailbox::Oddity;
use names::Trick;

pub use read::{read, read_value};
pub use scores::Scores;

/// In what part an address plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The author.
    From,
    /// The author, as some readers read the field.
    OtherReading,
    /// Who sent it for the author.
    Sender,
    /// Where answers go.
    ReplyTo,
    /// Where bounces go.
    Envelope,
    /// Who sent it again.
    ResentFrom,
}

impl Role {
    /// The word that stands for it in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::OtherReading => "from-other-reading",
            Self::Sender => "sender",
            Self::ReplyTo => "reply-to",
            Self::Envelope => "envelope",
            Self::ResentFrom => "resent-from",
        }
    }
}

/// One address of the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its part.
    pub role: Role,
    /// The display name, decoded.
    pub name: String,
    /// The address as it stood.
    pub address: String,
    /// Its domain in A-labels.
    pub domain: String,
    /// The registrable part of it.
    pub registrable: String,
    /// Anybody gets an address there.
    pub free_mail: bool,
}

/// A letter beyond ASCII in a domain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The character.
    pub character: char,
    /// Its script (ISO 15924).
    pub script: &'static str,
    /// What the eye reads; empty if nothing in ASCII.
    pub reads: &'static str,
}

/// One domain of the sender.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainView {
    /// Where it stands.
    pub role: Role,
    /// As it stood.
    pub shown: String,
    /// In A-labels.
    pub ascii: String,
    /// In U-labels.
    pub unicode: String,
    /// The registrable part in A-labels.
    pub registrable: String,
    /// What is wrong with it.
    pub flaw: Option<Flaw>,
    /// A label that deceives whatever it imitates, and whether its language fits the top-level domain.
    pub unsafe_label: Option<(String, Unsafe, bool)>,
    /// Its letters beyond ASCII.
    pub letters: Vec<Letter>,
    /// What it resembles, most likely imitation first.
    pub found: Vec<Found>,
}

/// Who the mail says it is from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// Every address in every part.
    pub identities: Vec<Identity>,
    /// Every domain once for each part.
    pub domains: Vec<DomainView>,
    /// How many From fields there are.
    pub from_fields: usize,
    /// From fields in a spelling some readers do not see.
    pub odd_fields: usize,
    /// Fields that may stand once and stand more often.
    pub duplicates: Vec<Role>,
    /// What readers may take differently, by part.
    pub oddities: Vec<(Role, Oddity)>,
    /// What the display names do.
    pub tricks: Vec<(Role, Trick)>,
    /// Answers go to another owner.
    pub reply_elsewhere: bool,
    /// Bounces go to another owner.
    pub envelope_elsewhere: bool,
    /// It comes from a mailing list that says so.
    pub list: bool,
    /// The From domain is protected, or a brand.
    pub known: Option<&'static str>,
    /// What is known of the origin.
    pub authentication: Authentication,
    /// How suspicious, by group and together.
    pub scores: Scores,
    /// From this score on a sender is suspicious.
    pub warn: u16,
    /// From this score on he is held to be false.
    pub quarantine: u16,
}

impl Sender {
    /// The addresses of one part.
    pub fn of(&self, role: Role) -> impl Iterator<Item = &Identity> {
        self.identities.iter().filter(move |i| i.role == role)
    }

    /// Are there authors at several registrable domains?
    #[must_use]
    pub fn has_several_owners(&self) -> bool {
        let mut owners = self.of(Role::From).map(|i| i.registrable.as_str()).filter(|r| !r.is_empty());
        owners.next().is_some_and(|first| owners.any(|other| other != first))
    }
}
