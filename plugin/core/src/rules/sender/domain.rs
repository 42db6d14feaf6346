//! A domain of the sender deceives, or cannot exist, whatever it may imitate.

use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! { UNSAFE, id: "sender-idn-unsafe", family: "sender", severity: Medium, kind: Deception, check: unsafe_label }
declare_rule! { INVALID, id: "sender-domain-invalid", family: "sender", severity: Medium, kind: Deception, check: invalid }

fn unsafe_label(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    for domain in &sender.domains {
        let Some((label, why, fits)) = &domain.unsafe_label else { continue };
        let letters: Vec<String> =
            domain.letters.iter().map(|l| format!("U+{:04X} {}", u32::from(l.character), l.script)).collect();
        let evidence = [
            ("domain", domain.unicode.clone()),
            ("ascii", domain.ascii.clone()),
            ("label", label.clone()),
            ("reason", why.as_str().to_owned()),
            ("letters", letters.join(", ")),
        ];
        let place = domain.role.as_str().to_owned();
        let message = "The domain is written in letters that are there to be taken for others.";
        if *fits {
            hits.push_as(Severity::Info, place, message, evidence);
        } else {
            hits.push(place, message, evidence);
        }
    }
}

fn invalid(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    use crate::text::domain::Flaw;
    for domain in &sender.domains {
        let Some(flaw) = domain.flaw else { continue };
        let evidence = [("domain", domain.shown.as_str()), ("reason", flaw.as_str())];
        let place = domain.role.as_str().to_owned();
        let message = "The domain is not a name that can exist.";
        match flaw {
            Flaw::Idna | Flaw::Character => hits.push(place, message, evidence),
            _ => hits.push_as(Severity::Low, place, message, evidence),
        }
    }
}
