//! The keys of a policy document, in one table: what each means and which values it takes.

use super::shape::{Form, Key, Shape};
use crate::time;

/// The document as a whole.
pub static DOCUMENT: &[Key] = &[
    PROFILE,
    RULES,
    EXCEPTIONS,
    LIMITS,
    RESCUE,
    TAG,
    SENDER,
    FORWARDING,
    Key::new("inbound", Shape::Object(SECTION), "What is different for mail from outside. Here before there."),
    Key::new("outbound", Shape::Object(SECTION), "What is different for mail to the outside. Here before there."),
];

/// `inbound` and `outbound`: the same keys, for one direction. A key that stands here wins over the same key at the top;
/// exceptions of both places count.
static SECTION: &[Key] = &[PROFILE, RULES, EXCEPTIONS, LIMITS, RESCUE, TAG];

/// The words of `profile`.
pub const PROFILES: &[&str] = &["observe", "tag", "strip", "hold", "reject"];
/// The words of `action`.
pub const ACTIONS: &[&str] = &["deliver", "tag", "strip", "hold", "quarantine", "defer", "reject"];
/// The words of `severity`.
pub const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];

const PROFILE: Key = Key::new(
    "profile",
    Shape::Word(PROFILES),
    "What happens to mail that holds something encrypted, something that could not be looked at, or something built to \
     deceive or harm (from severity high on; medium is tagged). The default is reject; observe only reports.",
);

const RULES: Key = Key::new(
    "rules",
    Shape::Rules(&Shape::Object(RULE)),
    "Settings of single rules or of whole families. The id of a rule wins over its family.",
);

const RULE: &[Key] = &[
    Key::new(
        "severity",
        Shape::Word(SEVERITIES),
        "Takes the place of the rule's own severity. Findings that the rule itself calls milder or worse keep theirs.",
    ),
    Key::new(
        "action",
        Shape::Word(ACTIONS),
        "What happens when the rule sees something, whatever the profile says. Info findings never act.",
    ),
];

const EXCEPTIONS: Key = Key::new(
    "exceptions",
    Shape::List(&Shape::Object(EXCEPTION)),
    "Who may send or receive what is otherwise stopped. The first that applies counts. None covers a program, a script or \
     a shortcut inside something encrypted.",
);

const EXCEPTION: &[Key] = &[
    Key::new("id", Shape::Text(&ID), "A short name for reports; no two exceptions share one.").required(),
    Key::new("rules", Shape::List(&Shape::Rule), "The rules it covers, by id or family.").required(),
    Key::new(
        "senders",
        Shape::List(&Shape::Text(&DOMAINS)),
        "Domains of authenticated senders: inbound a DMARC pass for the domain in From, told by a host in \
         `sender.trusted-authserv` or as a fact `authenticated-domain`; outbound the domain of the login. What the mail \
         says of itself never counts. `*.` covers all subdomains.",
    ),
    Key::new(
        "recipients",
        Shape::List(&Shape::Text(&MAILBOXES)),
        "Addresses or domains. It applies when all recipients of the transaction are among them.",
    ),
    Key::new(
        "expires",
        Shape::Text(&TIME),
        "The last day (UTC), or the moment with an offset, RFC 3339. Needs the fact `time`; without it the exception does \
         not apply.",
    ),
    Key::new("ticket", Shape::Text(&NOTE), "Where it was asked for and granted."),
    Key::new("reason", Shape::Text(&NOTE), "Why it was granted."),
    Key::new(
        "action",
        Shape::Word(ACTIONS),
        "What happens instead; the default is deliver. Never stricter than without the exception.",
    ),
];

const LIMITS: Key = Key::new("limits", Shape::Object(LIMIT), "The bounds of one scan. Reaching one is a finding.");

/// No nesting deeper than this can be asked for: reading is recursive, and the stack of a sandbox is small.
pub const DEEPEST: u64 = 64;

const LIMIT: &[Key] = &[
    Key::new("bytes", COUNT, "Bytes that decoding and unpacking may produce, beyond four times the message."),
    Key::new("memory", COUNT, "Bytes of produced content held at once, beyond four times the message."),
    Key::new("ratio", COUNT, "How many times larger than packed a member may become once it exceeds 1 MiB."),
    Key::new("entries", COUNT, "MIME parts, members of archives and other objects."),
    Key::new("depth", Shape::Number { least: 1, most: DEEPEST }, "How deep objects may be nested."),
    Key::new("work", COUNT, "Units of reading work, about one per byte looked at, beyond 64 times the message."),
];

/// Up to 2^53, beyond which JSON numbers are not whole everywhere.
const COUNT: Shape = Shape::Number { least: 1, most: 1 << 53 };

const RESCUE: Key = Key::new("rescue", Shape::Object(WAY_OUT), "The way out that replies and notes offer (救済措置).");

const WAY_OUT: &[Key] = &[
    Key::new("url", Shape::Text(&URL), "Where a sender can hand the file in another way, or read how."),
    Key::new("contact", Shape::Text(&CONTACT), "Whom a sender can ask: an address, a telephone number."),
];

const TAG: Key = Key::new("tag", Shape::Object(MARK), "How tagged mail is marked, beyond its header fields.");

const MARK: &[Key] = &[
    Key::new("subject", Shape::Text(&SUBJECT), "Text put before the subject."),
    Key::new("banner", Shape::Text(&BANNER), "Text put before the body."),
];

const SENDER: Key =
    Key::new("sender", Shape::Object(SENDERS), "Whom mail is forged in the name of, and whose word counts.");

const SENDERS: &[Key] = &[
    Key::new("protected", Shape::List(&Shape::Text(&NAMES)), "Domains worth imitating: your own, those of partners."),
    Key::new("organisation", Shape::List(&Shape::Text(&NOTE)), "Names of your organisation, as people write them."),
    Key::new("vips", Shape::List(&Shape::Object(VIP)), "Persons whom others obey: management, finance."),
    Key::new(
        "same-owner",
        Shape::List(&Shape::List(&Shape::Text(&NAMES))),
        "Groups of domains of one owner each; none of a group imitates another.",
    ),
    Key::new(
        "trusted-authserv",
        Shape::List(&Shape::Text(&NAMES)),
        "authserv-ids (RFC 8601) of your own border, whose Authentication-Results are believed.",
    ),
    Key::new("trusted-sealers", Shape::List(&Shape::Text(&NAMES)), "Domains whose ARC seals (RFC 8617) are believed."),
    Key::new("free-mail", Shape::List(&Shape::Text(&NAMES)), "More domains where anybody gets an address."),
    Key::new(
        "may-speak",
        Shape::List(&Shape::Text(&NAMES)),
        "Domains that may bear other names: invoicing, signing, ticketing for others. Persons excepted.",
    ),
    Key::new("warn", SCORE, "From this score on a sender is suspicious, in thousandths. The default is 500."),
    Key::new("quarantine", SCORE, "From this score on a sender is held to be false. The default is 850."),
    Key::new("brands", Shape::Word(&["on", "off"]), "Compare with the built-in brands too. The default is on."),
    Key::new(
        "indexes",
        Shape::List(&Shape::Text(&ID)),
        "Names of larger lists to compare with, packed by `sekisho index build`; the host hands them in as facts of kind `sender-index`.",
    ),
];

/// Thousandths; no score reaches 1001, so that switches a threshold off.
const SCORE: Shape = Shape::Number { least: 1, most: 1001 };

const VIP: &[Key] = &[
    Key::new("names", Shape::List(&Shape::Text(&NOTE)), "Every spelling of the name. The order of the words is free.")
        .required(),
    Key::new("addresses", Shape::List(&Shape::Text(&MAILBOXES)), "The person's addresses, private ones too."),
];

const NAMES: Form = Form {
    what: "a domain",
    most: 253,
    holds: |t| !t.is_empty() && !t.contains(char::is_whitespace) && is_line(t) && !t.contains('@'),
};
const FORWARDING: Key = Key::new(
    "forwarding",
    Shape::Object(FORWARD),
    "What the lint of forwarding rules is told, whatever the direction.",
);

const FORWARD: &[Key] = &[
    Key::new(
        "internal-domains",
        Shape::List(&Shape::Text(&DOMAINS)),
        "Domains of the organisation, sub-domains included. Without any, the domain of the owner's address counts.",
    ),
    Key::new(
        "partner-domains",
        Shape::List(&Shape::Text(&DOMAINS)),
        "Domains mail may be sent on to, sub-domains included.",
    ),
    Key::new("allowed", Shape::List(&Shape::Object(ALLOWED)), "Single forwards that somebody approved."),
    Key::new(
        "freemail-domains",
        Shape::List(&Shape::Text(&DOMAINS)),
        "Domains of free, carrier or disposable mail besides the built-in ones.",
    ),
    Key::new(
        "saas-domains",
        Shape::List(&Shape::Text(&DOMAINS)),
        "Mail-in domains of online services besides the built-in ones.",
    ),
    Key::new("stealth-folders", Shape::List(&Shape::Text(&NOTE)), "Folders nobody reads besides the built-in ones."),
    Key::new("sieve-capabilities", Shape::List(&Shape::Text(&NOTE)), "What the Sieve server can do."),
    Key::new(
        "max-targets",
        Shape::Number { least: 1, most: 1000 },
        "How many distinct targets one owner may send to before `forward-many` speaks.",
    ),
];

const ALLOWED: &[Key] = &[
    Key::new("owner", Shape::Text(&NOTE), "Whose mailbox; every one when left out."),
    Key::new("target", Shape::Text(&NOTE), "The address it may go to; `@domain` for all of a domain.").required(),
    Key::new(
        "until",
        Shape::Text(&TIME),
        "The last day (UTC), or the moment with an offset, RFC 3339. Needs the fact `time`.",
    ),
    Key::new("reason", Shape::Text(&NOTE), "Why it was approved."),
    Key::new("model", Shape::Text(&NOTE), "The hash of the rules it was approved for; changed rules void it."),
];

const ID: Form = Form {
    what: "letters, digits, `-`, `_` and `.`",
    most: 64,
    holds: |t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')),
};
const NOTE: Form = Form { what: "one line of text", most: 300, holds: is_line };
const SUBJECT: Form = Form { what: "one line of text", most: 60, holds: |t| !t.is_empty() && is_line(t) };
const BANNER: Form = Form {
    what: "text without control characters",
    most: 2000,
    holds: |t| !t.is_empty() && t.chars().all(|c| c == '\n' || !c.is_control()),
};
const TIME: Form = Form {
    what: "a date or a date and time of RFC 3339, as 2026-12-31 or 2026-12-31T18:00:00+09:00,",
    most: 40,
    holds: |t| time::last_moment(t).is_some(),
};
const DOMAINS: Form = Form {
    what: "a domain (the xn-- form for international ones, `*.` in front for all subdomains)",
    most: 255,
    holds: |t| is_domain(t.strip_prefix("*.").unwrap_or(t)),
};
const MAILBOXES: Form = Form {
    what: "an address or a domain (the xn-- form for international ones, `*.` in front for all subdomains)",
    most: 320,
    holds: |t| match t.rsplit_once('@') {
        Some((local, domain)) => !local.is_empty() && is_line(local) && is_domain(domain),
        None => (DOMAINS.holds)(t),
    },
};
const URL: Form = Form {
    what: "an ASCII URL that begins with https://, http:// or mailto:",
    most: 140,
    holds: |t| {
        t.bytes().all(|b| b.is_ascii_graphic())
            && ["https://", "http://", "mailto:"].iter().any(|s| t.strip_prefix(s).is_some_and(|rest| !rest.is_empty()))
    },
};
const CONTACT: Form = Form {
    what: "ASCII text",
    most: 80,
    holds: |t| !t.trim().is_empty() && t.bytes().all(|b| b.is_ascii_graphic() || b == b' '),
};

fn is_line(text: &str) -> bool {
    !text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'))
}

/// Labels of letters, digits, `-` and `_` (RFC 1035 section 2.3.4 for the lengths).
fn is_domain(text: &str) -> bool {
    !text.is_empty()
        && text.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        })
}
