//! Domains whose mailboxes anybody can have, and services that take mail in.

/// Free mail, sorted.
const FREE: &[&str] = &[
    "126.com",
    "139.com",
    "163.com",
    "aim.com",
    "aol.com",
    "biglobe.ne.jp",
    "excite.co.jp",
    "fastmail.com",
    "fastmail.fm",
    "foxmail.com",
    "free.fr",
    "freenet.de",
    "gmail.com",
    "googlemail.com",
    "hanmail.net",
    "hushmail.com",
    "icloud.com",
    "inbox.lv",
    "laposte.net",
    "mac.com",
    "mail.com",
    "mail.de",
    "mail.ee",
    "mail.ru",
    "me.com",
    "msn.com",
    "naver.com",
    "nifty.com",
    "orange.fr",
    "outlook.com",
    "outlook.de",
    "outlook.fr",
    "outlook.jp",
    "pm.me",
    "posteo.de",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "rambler.ru",
    "rediffmail.com",
    "rocketmail.com",
    "sfr.fr",
    "sina.cn",
    "sina.com",
    "so-net.ne.jp",
    "sohu.com",
    "t-online.de",
    "tuta.com",
    "tuta.io",
    "tutanota.com",
    "wanadoo.fr",
    "web.de",
    "yeah.net",
    "ymail.com",
    "zoho.com",
    "zohomail.com",
];

/// Free mail with one national ending or another: the label before it, sorted.
const FREE_ANYWHERE: &[&str] = &["gmx", "hotmail", "live", "yahoo", "yandex"];

/// Mail of telephone carriers, and gateways from mail to text messages, sorted.
const CARRIER: &[&str] = &[
    "au.com",
    "docomo.ne.jp",
    "ezweb.ne.jp",
    "i.softbank.jp",
    "mms.att.net",
    "rakumail.jp",
    "sms.orange.fr",
    "softbank.ne.jp",
    "tmomail.net",
    "txt.att.net",
    "uqmobile.jp",
    "vodafone-sms.de",
    "vtext.com",
    "vzwpix.com",
    "ymobile.ne.jp",
];

/// Relay addresses that hide a mailbox, sorted.
const RELAY: &[&str] = &[
    "addy.io",
    "anonaddy.com",
    "anonaddy.me",
    "duck.com",
    "mozmail.com",
    "passmail.net",
    "privaterelay.appleid.com",
    "simplelogin.com",
    "simplelogin.io",
    "slmail.me",
];

/// Mailboxes to throw away, sorted.
const DISPOSABLE: &[&str] = &[
    "10minutemail.com",
    "dispostable.com",
    "getnada.com",
    "grr.la",
    "guerrillamail.com",
    "maildrop.cc",
    "mailinator.com",
    "mailnesia.com",
    "moakt.com",
    "sharklasers.com",
    "temp-mail.org",
    "tempmail.com",
    "throwawaymail.com",
    "trashmail.com",
    "yopmail.com",
];

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
    if anywhere || listed(FREE, domain) {
        return Some("free");
    }
    [(CARRIER, "carrier"), (RELAY, "relay"), (DISPOSABLE, "disposable")]
        .into_iter()
        .find(|(list, _)| listed(list, domain))
        .map(|(_, sort)| sort)
}

/// The service that takes mail in at this domain or one below it.
#[must_use]
pub fn saas_intake(domain: &str) -> Option<&'static str> {
    SAAS.iter().find(|(known, _)| is_or_below(domain, known)).map(|(_, service)| *service)
}

/// Well-known domains a slip of the finger could have meant.
pub fn well_known() -> impl Iterator<Item = &'static str> {
    FREE.iter().copied().chain(CARRIER.iter().copied()).chain([
        "yahoo.com",
        "yahoo.co.jp",
        "yahoo.fr",
        "yahoo.de",
        "yahoo.co.uk",
        "hotmail.com",
        "hotmail.co.jp",
        "hotmail.fr",
        "hotmail.de",
        "live.com",
        "live.jp",
        "gmx.de",
        "gmx.net",
        "gmx.com",
        "yandex.ru",
        "yandex.com",
    ])
}

/// Is it this domain or a sub-domain of it?
#[must_use]
pub fn is_or_below(domain: &str, of: &str) -> bool {
    domain == of || domain.strip_suffix(of).is_some_and(|rest| rest.ends_with('.'))
}

fn listed(list: &[&str], domain: &str) -> bool {
    list.binary_search(&domain).is_ok()
        || domain.split_once('.').is_some_and(|(_, parent)| list.binary_search(&parent).is_ok())
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
        for list in [FREE, FREE_ANYWHERE, CARRIER, RELAY, DISPOSABLE] {
            assert!(list.is_sorted(), "{list:?}");
        }
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
