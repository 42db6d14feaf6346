//! Scripts the server will not take.

use crate::rules::{Hits, Scene};

declare_rule! {
    id: "sieve-not-on-server",
    family: "forwarding",
    severity: Info,
    kind: Note,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    let mut offered: Vec<&str> = survey.known.policy.sieve_capabilities.iter().map(String::as_str).collect();
    offered.extend(survey.known.all("sieve-capability").map(|(key, _)| key));
    if offered.is_empty() {
        return;
    }
    for (name, span) in &survey.set.requires {
        let built_in = name == "encoded-character" || name.starts_with("comparator-");
        if !built_in && !offered.iter().any(|o| o == name) {
            let message = "The server does not have a capability the script asks for, so the script will not run.";
            hits.push(survey.place(*span), message, [("capability", name)]);
        }
    }
}
