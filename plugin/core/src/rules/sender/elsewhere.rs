//! Answers or bounces go to another owner than the author.

use crate::report::Severity;
use crate::rules::{Hits, Scene};
use crate::sender::{Role, Sender};

declare_rule! { REPLY_TO, id: "reply-to-differs", family: "sender", severity: Low, kind: Note, check: reply_to }
declare_rule! { ENVELOPE, id: "envelope-differs", family: "sender", severity: Info, kind: Note, check: envelope }

fn addresses(sender: &Sender, other: Role) -> Vec<(&'static str, String)> {
    let both = [Role::From, other];
    let all = both.iter().flat_map(|role| sender.of(*role).take(4).map(|i| (role.as_str(), i.address.clone())));
    all.collect()
}

fn reply_to(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    if !sender.reply_elsewhere || sender.scores.reply == 0 {
        return;
    }
    let evidence = addresses(sender, Role::ReplyTo);
    let place = Role::ReplyTo.as_str().to_owned();
    if sender.scores.reply >= sender.warn {
        hits.push_as(
            Severity::Medium,
            place,
            "Answers go to an address that anybody can get, not to the author.",
            evidence,
        );
    } else if sender.scores.reply >= 300 {
        hits.push(place, "Answers go to an address that anybody can get, not to the author.", evidence);
    } else {
        hits.push_as(Severity::Info, place, "Answers go to another owner than the author.", evidence);
    }
}

fn envelope(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(sender) = scene.sender else { return };
    if sender.envelope_elsewhere {
        let evidence = addresses(sender, Role::Envelope);
        hits.push(Role::Envelope.as_str().to_owned(), "Bounces go to another owner than the author.", evidence);
    }
}
