//! What a family looks at. Where that is not there its rules could see nothing, so they are not asked: in a fresh sandbox
//! the first call of every rule costs more than most of them do.

use super::Scene;
use crate::container::sniff::Class;
use crate::container::tree::Facts;
use crate::container::{Item, Origin};

/// What the rules of a family look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subject {
    /// The objects of a mail, whatever they are.
    Objects,
    /// Objects that are archives, or may be part of one.
    Archives,
    /// Objects that readers of mail may take differently.
    Departures,
    /// Objects with a name, or that should have another type.
    Names,
    /// Objects inside other objects.
    Nesting,
    /// Objects at which a bound of the scan was reached.
    Bounds,
    /// Who the mail says it is from.
    Sender,
    /// Forwarding rules.
    Forwarding,
    /// Nothing: the policy itself makes the findings.
    Decision,
}

impl Subject {
    /// Is there anything of it?
    #[must_use]
    pub fn is_in(self, scene: &Scene<'_>) -> bool {
        let any = |looked_at: fn(&Item) -> bool| scene.mail.items.iter().any(looked_at);
        match self {
            Self::Objects => !scene.mail.items.is_empty(),
            Self::Archives => any(may_be_archive),
            Self::Departures => any(departs),
            Self::Names => any(bears_name),
            Self::Nesting => scene.mail.items.len() > 1,
            Self::Bounds => any(|item| !item.limits.is_empty()),
            Self::Sender => scene.sender.is_some(),
            Self::Forwarding => scene.forwarding.is_some(),
            Self::Decision => false,
        }
    }
}

/// One part of a split archive has no form of its own.
fn may_be_archive(item: &Item) -> bool {
    let told = |facts: &Facts| matches!(facts, Facts::Zip(_) | Facts::Archive(_));
    item.damaged || matches!(item.format.class, Class::Archive | Class::Data) || item.facts.iter().any(told)
}

fn departs(item: &Item) -> bool {
    let told = |facts: &Facts| match facts {
        Facts::Message(message) => !message.quirks.is_empty(),
        Facts::Encoded(_) => true,
        Facts::Zip(_) | Facts::Archive(_) => false,
    };
    let elsewhere = item.origin != Origin::Root && item.media_type.starts_with("message/");
    item.origin == Origin::Hidden || elsewhere || !item.decoding.is_empty() || item.facts.iter().any(told)
}

/// An object without a name claims by its media type what it is.
fn bears_name(item: &Item) -> bool {
    let contradicts = matches!(
        item.format.class,
        Class::Archive | Class::Compressor | Class::DiskImage | Class::Sealed | Class::Executable | Class::Shortcut
    );
    contradicts || !item.names.is_empty()
}
