//! What the host found out about the sender, and what it could not find out.

use crate::report::{Direction, Severity};
use crate::rules::{Hits, Scene};
use crate::sender::Role;

declare_rule! { NO_MAIL, id: "sender-domain-no-mail", family: "sender", severity: Medium, kind: Deception, check: no_mail }
declare_rule! { UNAVAILABLE, id: "facts-unavailable", family: "sender", severity: Info, kind: Note, check: unavailable }

fn no_mail(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    if scene.context.direction == Direction::Outbound || sender.authentication.is_proved() {
        return;
    }
    for author in sender.of(Role::From).filter(|i| !i.domain.is_empty()) {
        let Some(answer) = scene.context.fact("domain-mail", Some(&author.domain)) else { continue };
        let (severity, message) = match answer {
            "nxdomain" => (Severity::Medium, "The domain in From does not exist."),
            "null-mx" => (Severity::Low, "The domain in From says that it takes no mail."),
            "none" => (Severity::Low, "The domain in From takes no mail: it has neither an MX record nor an address."),
            _ => continue,
        };
        hits.push_as(severity, "from".to_owned(), message, [("domain", author.domain.as_str()), ("answer", answer)]);
    }
}

fn unavailable(scene: &Scene<'_>, hits: &mut Hits) {
    let missing: Vec<_> = scene.context.facts.iter().filter(|f| f.kind == "unavailable").take(16).collect();
    if !missing.is_empty() {
        let evidence = missing.into_iter().map(|f| (f.key.as_str(), f.value.as_str()));
        hits.push(String::new(), "Facts that would have made this verdict better could not be had.", evidence);
    }
}
