//! Rules that run programs or touch files.

use crate::forwarding::model::Does;
use crate::report::Severity;
use crate::rules::{Hits, Scene};

declare_rule! {
    RUN,
    id: "run-program",
    family: "forwarding",
    severity: Critical,
    kind: Deception,
    check: run,
}

declare_rule! {
    WRITE,
    id: "write-file",
    family: "forwarding",
    severity: Medium,
    kind: Note,
    check: write,
}

/// Programs that filter or deliver mail, and are run from rules by custom.
const USUAL: &[&str] = &[
    "spamc",
    "spamassassin",
    "sa-learn",
    "bogofilter",
    "bmf",
    "rspamc",
    "crm114",
    "qsf",
    "dspam",
    "clamdscan",
    "clamassassin",
    "formail",
    "reformail",
    "vacation",
    "lockfile",
    "maildrop",
    "procmail",
    "dovecot-lda",
    "deliver",
    "rcvstore",
    "dmail",
    "autorespond",
    "vdelivermail",
    "vdeliver",
    "preline",
    "condredirect",
    "bouncesaying",
    "mailman",
    "gzip",
    "test",
    "date",
    "grep",
    "egrep",
    "fgrep",
    "head",
    "tail",
    "cut",
    "tr",
    "wc",
];

fn run(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (_, rule) in survey.running() {
        for action in &rule.actions {
            let Does::Run { program, .. } = &action.does else { continue };
            let usual = is_usual(program);
            let severity = if usual { Severity::Low } else { Severity::Critical };
            let message = if usual {
                "A rule runs a program that is usual for mail."
            } else {
                "A rule runs a program, which may do anything with the message."
            };
            let evidence = survey.named(rule).into_iter().chain([("program", program.clone())]);
            hits.push_as(severity, survey.place(action.span), message, evidence);
        }
    }
}

/// One usual program, and nothing a shell would make more of.
fn is_usual(command: &str) -> bool {
    // `"|IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #user"`, the line procmail's own manual asks for.
    let command = command.trim();
    let command =
        command.strip_prefix("IFS=' '").map_or(command, |c| c.trim_start().trim_start_matches("&&").trim_start());
    let command = command.split("|| exit 75").next().unwrap_or(command);
    let command = command.strip_prefix("exec ").unwrap_or(command).trim();
    let plain = !command.contains([';', '&', '|', '>', '`', '<', '\n']) && !command.contains("$(");
    let first = command.split_whitespace().next().unwrap_or("");
    let name = first.rsplit(['/', '}']).next().unwrap_or(first);
    plain && USUAL.contains(&name)
}

fn write(scene: &Scene<'_>, hits: &mut Hits) {
    let Some(survey) = scene.forwarding else { return };
    for (_, rule) in survey.running() {
        for action in &rule.actions {
            if let Does::Write { path, .. } = &action.does {
                let message = "A rule writes the message to a file, or reads addresses from one.";
                hits.push(survey.place(action.span), message, [("path", path.clone())]);
            }
        }
    }
}
