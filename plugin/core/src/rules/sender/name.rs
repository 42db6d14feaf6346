//! Display names: one rule for each thing a name can do. What weighs less from a company than from where anybody gets an
//! address is milder there.

use crate::report::Severity;
use crate::rules::{Hits, Scene};
use crate::sender::names::Trick;
use crate::sender::{Role, scores};
use crate::text::kana::Likeness;

declare_rule! { ADDRESS, id: "sender-name-address", family: "sender", severity: High, kind: Deception, check: address }
declare_rule! { BRAND, id: "sender-name-brand", family: "sender", severity: Medium, kind: Deception, check: brand }
declare_rule! { VIP, id: "sender-name-vip", family: "sender", severity: High, kind: Deception, check: vip }
declare_rule! { ORGANISATION, id: "sender-name-organisation", family: "sender", severity: Medium, kind: Deception, check: organisation }
declare_rule! { ROLE, id: "sender-name-role", family: "sender", severity: Low, kind: Deception, check: role }
declare_rule! { HIDDEN, id: "sender-name-hidden", family: "sender", severity: Medium, kind: Deception, check: hidden }

fn address(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, |trick| match trick {
        Trick::Address(..) => Some("The display name shows an address of somebody else."),
        Trick::Local(_) => Some("The part before the @ is a domain of somebody else."),
        _ => None,
    });
}

fn brand(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, |trick| match trick {
        Trick::Brand(..) => Some("The display name is that of a brand, the address is not."),
        Trick::Office(..) => Some("The display name is that of an office of a brand, the address is not."),
        _ => None,
    });
}

fn vip(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, |trick| match trick {
        Trick::Vip(..) => Some("The display name is that of a person whose address this is not."),
        _ => None,
    });
}

fn organisation(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, |trick| match trick {
        Trick::Organisation(..) => Some("The display name is that of this organisation, the mail is from outside."),
        _ => None,
    });
}

fn role(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, |trick| match trick {
        Trick::Role(_) => Some("The display name is nothing but a department, and the mail is from outside."),
        _ => None,
    });
}

fn hidden(scene: &Scene<'_>, hits: &mut Hits) {
    look(scene, hits, |trick| match trick {
        Trick::Bidi => Some("The display name reorders its letters."),
        Trick::Invisible => Some("The display name holds characters that cannot be seen."),
        Trick::Mixed(_) => Some("A word of the display name mixes alphabets that nobody mixes."),
        Trick::Padded => Some("The display name is padded so that the address is pushed out of sight."),
        Trick::Styled => Some("The display name is written in letters made to look different."),
        _ => None,
    });
}

/// Reports every trick that has a message, as severe as its score.
fn look(scene: &Scene<'_>, hits: &mut Hits, message: impl Fn(&Trick) -> Option<&'static str>) {
    let Some(sender) = scene.sender else { return };
    let free = sender.of(Role::From).any(|i| i.free_mail);
    for (role, trick) in &sender.tricks {
        let Some(message) = message(trick) else { continue };
        let identity = sender.of(*role).next();
        let mut evidence = vec![("trick", trick.as_str().to_owned())];
        evidence.extend(identity.map(|i| ("name", i.name.clone())));
        evidence.extend(identity.map(|i| ("address", i.address.clone())));
        match trick {
            Trick::Address(other, _) | Trick::Local(other) => evidence.push(("target", other.clone())),
            Trick::Brand(other, likeness)
            | Trick::Office(other, likeness)
            | Trick::Vip(other, likeness)
            | Trick::Organisation(other, likeness) => {
                evidence.push(("target", other.clone()));
                if *likeness >= Likeness::Weak {
                    evidence.push(("disguised", "yes".to_owned()));
                }
            }
            Trick::Role(word) | Trick::Mixed(word) => evidence.push(("word", word.clone())),
            _ => {}
        }
        let severity = match scores::of_trick(trick, free) {
            s if s >= sender.quarantine => Severity::High,
            s if s >= sender.warn => Severity::Medium,
            _ => Severity::Low,
        };
        hits.push_as(severity, role.as_str().to_owned(), message, evidence);
    }
}
