//! Header fields that tell where a message came from and who vouched for it.

use super::at_rule;
use crate::forwarding::model::Does;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    id: "sieve-header-tamper",
    family: "forwarding",
    severity: High,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (_, rule) in survey.running() {
        for action in &rule.actions {
            let Does::EditHeader { name, delete } = &action.does else { continue };
            let trace = matches!(
                name.as_str(),
                "received"
                    | "authentication-results"
                    | "dkim-signature"
                    | "received-spf"
                    | "auto-submitted"
                    | "return-path"
            ) || name.starts_with("arc-")
                || name.starts_with("x-spam");
            let sender = matches!(name.as_str(), "from" | "sender" | "reply-to");
            if (*delete && trace) || sender || (!delete && name == "authentication-results") {
                let more = vec![("field", name.clone()), ("how", if *delete { "deleted" } else { "added" }.to_owned())];
                let message = "A rule changes header fields that tell where a message came from.";
                at_rule(survey, hits, Severity::High, rule, message, more);
            }
        }
    }
}
