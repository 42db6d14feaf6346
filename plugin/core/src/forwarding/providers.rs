//! Domains whose mailboxes anybody can have, and services that take mail in.

use crate::sender::free_mail;
use crate::text::domain::Domain;

/// Free mail with one national ending or another: the label before it, sorted.
const FREE_ANYWHERE: &[&str] = &["gmx", "hotmail", "live", "yahoo", "yandex"];

/// Services that turn mail into tickets, cards, messages or events, sorted.
const SAAS: &[(&str, &str)] = &[
    ("app.asana.com", "asana"),
    ("asana.com", "asana"),
    ("boards.trello.com", "trello"),
    ("cloudmailin.net", "cloudmailin"),
    ("ifttt.com", "ifttt"),
    ("incoming.gitlab.com", "gitlab"),
    ("make.com", "make"),
    ("hook.eu1.make.com", "make"),
    ("m.evernote.com", "evernote"),
    ("mail.todoist.net", "todoist"),
    ("mailhook.co", "mailhook"),
    ("msteams.com", "teams"),
    ("parser.zapier.com", "zapier"),
    ("pipedream.net", "pipedream"),
    ("powerautomate.com", "power automate"),
    ("reply.github.com", "github"),
    ("robot.zapier.com", "zapier"),
    ("slack.com", "slack"),
    ("teams.ms", "teams"),
    ("todoist.net", "todoist"),
    ("zapiermail.com", "zapier"),
];

/// Which sort of mailbox anybody can have this domain offers: `free`, `carrier`, `relay` or `disposable`.
#[must_use]
pub fn open_to_all(domain: &str) -> Option<&'static str> {
    let anywhere = domain.split('.').next().is_some_and(|label| FREE_ANYWHERE.binary_search(&label).is_ok())
        && national_ending(domain);
    if anywhere { Some("free") } else { free_mail::sort_of(&Domain::parse(domain)) }
}

/// The service that takes mail in at this domain or one below it.
#[must_use]
pub fn saas_intake(domain: &str) -> Option<&'static str> {
    SAAS.iter().find(|(known, _)| is_or_below(domain, known)).map(|(_, service)| *service)
}

/// Well-known domains a slip of the finger could have meant.
pub const WELL_KNOWN: &[&str] = &[
    "gmail.com",
    "googlemail.com",
    "yahoo.com",
    "yahoo.co.jp",
    "yahoo.fr",
    "yahoo.de",
    "yahoo.co.uk",
    "ymail.com",
    "rocketmail.com",
    "hotmail.com",
    "hotmail.co.jp",
    "hotmail.fr",
    "hotmail.de",
    "hotmail.co.uk",
    "outlook.com",
    "outlook.jp",
    "outlook.de",
    "outlook.fr",
    "live.com",
    "live.jp",
    "icloud.com",
    "protonmail.com",
    "proton.me",
    "tutanota.com",
    "fastmail.com",
    "zohomail.com",
    "gmx.de",
    "gmx.net",
    "gmx.com",
    "web.de",
    "t-online.de",
    "freenet.de",
    "posteo.de",
    "orange.fr",
    "wanadoo.fr",
    "laposte.net",
    "free.fr",
    "mail.ru",
    "rambler.ru",
    "yandex.ru",
    "yandex.com",
    "naver.com",
    "hanmail.net",
    "foxmail.com",
    "sina.com",
    "rediffmail.com",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "softbank.ne.jp",
    "i.softbank.jp",
    "ymobile.ne.jp",
    "uqmobile.jp",
    "nifty.com",
    "biglobe.ne.jp",
    "so-net.ne.jp",
    "excite.co.jp",
];

/// Is it this domain or a sub-domain of it?
#[must_use]
pub fn is_or_below(domain: &str, of: &str) -> bool {
    domain == of || domain.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'))
}

/// `.com`, `.jp`, `.co.jp`, `.com.br`: what stands after the first label is an ending and nothing more.
fn national_ending(domain: &str) -> bool {
    let mut labels = domain.split('.').skip(1);
    match (labels.next(), labels.next(), labels.next()) {
        (Some(top), None, None) => !top.is_empty(),
        (Some("co" | "com" | "ne" | "net"), Some(top), None) => top.len() == 2,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        assert!(FREE_ANYWHERE.is_sorted());
    }

    #[test]
    fn mailboxes_anybody_can_have() {
        assert_eq!(open_to_all("gmail.com"), Some("free"));
        assert_eq!(open_to_all("yahoo.co.jp"), Some("free"));
        assert_eq!(open_to_all("hotmail.fr"), Some("free"));
        assert_eq!(open_to_all("docomo.ne.jp"), Some("carrier"));
        assert_eq!(open_to_all("u7.mozmail.com"), Some("relay"));
        assert_eq!(open_to_all("yopmail.com"), Some("disposable"));
        assert_eq!(open_to_all("yahoo.corp.example"), None);
        assert_eq!(open_to_all("corp.example"), None);
        assert_eq!(saas_intake("acme.slack.com"), Some("slack"));
        assert_eq!(saas_intake("notslack.com"), None);
    }
}
