//! The fields that name the sender can be read in several ways, so that one reader sees another sender than the next.

use crate::report::Severity;
use crate::rules::{Hits, Scene};
use crate::sender::mailbox::Oddity;
use crate::sender::{Role, Sender, scores};

declare_rule! { MULTIPLE, id: "from-multiple", family: "sender", severity: High, kind: Deception, check: multiple }
declare_rule! { ODD, id: "from-odd", family: "sender", severity: High, kind: Deception, check: odd }
declare_rule! { MISSING, id: "from-missing", family: "sender", severity: Low, kind: Note, check: missing }
declare_rule! { DUPLICATE, id: "header-duplicate", family: "sender", severity: Low, kind: Deception, check: duplicate }

/// All From addresses, as evidence.
fn authors(sender: &Sender) -> Vec<(&'static str, String)> {
    let readings = [Role::From, Role::OtherReading];
    let all = sender.identities.iter().filter(|i| readings.contains(&i.role));
    all.take(8).map(|i| (i.role.as_str(), i.address.clone())).collect()
}

fn multiple(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    if sender.from_fields > 1 {
        hits.push("from".to_owned(), "There are several From fields; readers show different ones.", authors(sender));
    } else if sender.has_several_owners() {
        let message = "The From field names authors of several domains, so nobody can prove who sent it.";
        hits.push_as(Severity::Medium, "from".to_owned(), message, authors(sender));
    }
}

fn odd(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    if sender.odd_fields > 0 {
        let message = "The From field is spelled so that some readers do not see it.";
        hits.push("from".to_owned(), message, authors(sender));
    }
    for (role, oddity) in &sender.oddities {
        let milder = match scores::odd(*oddity) {
            s if *role == Role::From && s >= 600 => None,
            s if s >= 500 => Some(Severity::Medium),
            s if s >= 300 => Some(Severity::Low),
            _ => Some(Severity::Info),
        };
        let message = said(*oddity);
        let mut evidence = vec![("reason", oddity.as_str().to_owned())];
        evidence.extend(authors(sender));
        let place = role.as_str().to_owned();
        match milder {
            None => hits.push(place, message, evidence),
            Some(severity) => hits.push_as(severity, place, message, evidence),
        }
    }
}

const fn said(oddity: Oddity) -> &'static str {
    match oddity {
        Oddity::Disagreement => "Readers of this field come to different domains.",
        Oddity::Route => "The address holds a route that nobody uses any more and some readers take for the address.",
        Oddity::Group => "The field names a group instead of a person.",
        Oddity::TextAfter => "Text stands behind the address, where some readers look for it.",
        Oddity::SeveralAt => "The address holds several routes to several domains.",
        Oddity::EncodedSyntax => "The encoded display name decodes to an address.",
        Oddity::CommentAddress => "A comment in the field holds an address.",
        Oddity::Control => "The field holds control characters, where some readers stop.",
        Oddity::BadUtf8 => "The field holds bytes that are no text.",
        Oddity::Unbalanced => "A quote, a comment or a bracket in the field does not end.",
        Oddity::Cut => "The field is longer than is looked at.",
        Oddity::NoAddress => "The field holds no address.",
    }
}

fn missing(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    if sender.from_fields > 0 {
        return;
    }
    let stand_in = sender.identities.iter().find(|i| matches!(i.role, Role::Sender | Role::ResentFrom));
    match stand_in {
        Some(i) => {
            let evidence = [("shown-instead", i.address.as_str())];
            hits.push_as(
                Severity::Medium,
                "from".to_owned(),
                "There is no From field, and another field takes its place.",
                evidence,
            );
        }
        None => hits.push("from".to_owned(), "There is no From field.", Vec::<(&str, &str)>::new()),
    }
}

fn duplicate(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    for role in &sender.duplicates {
        let addresses = sender.of(*role).take(8).map(|i| (role.as_str(), i.address.clone()));
        let message = "A field that may stand once stands there more often; readers take different ones.";
        hits.push(role.as_str().to_owned(), message, addresses);
    }
}
