//! The words of Sieve: what each takes and which capability it needs. RFC 5228 and its extensions, and what Dovecot and
//! Stalwart add. Everything the checker knows stands here.

/// What an argument must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// A string.
    Text,
    /// A string or a list of strings.
    Texts,
    /// A number.
    Number,
}

/// A tag of a word.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    /// Its name, lower case.
    pub name: &'static str,
    /// The capability it needs; empty for none.
    pub needs: &'static str,
    /// The argument behind it.
    pub takes: Option<Takes>,
    /// Of the tags of one group at most one may stand; 0 is no group.
    pub group: u8,
}

/// How many tests a word takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tests {
    /// None.
    None,
    /// Exactly one.
    One,
    /// One or more.
    Many,
}

/// A command or a test.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// Its name, lower case.
    pub name: &'static str,
    /// One of these capabilities must be asked for; empty for none.
    pub needs: &'static [&'static str],
    /// Its positional arguments.
    pub args: &'static [Takes],
    /// How many of them may be left out; from the front if the last one must stand, see [`Word::front`].
    pub optional: usize,
    /// What may be left out stands in front.
    pub front: bool,
    /// Its tags.
    pub tags: &'static [&'static [Tag]],
    /// Its tests.
    pub tests: Tests,
    /// It has a block.
    pub block: bool,
}

const fn tag(name: &'static str, needs: &'static str) -> Tag {
    Tag { name, needs, takes: None, group: 0 }
}

const fn with(name: &'static str, needs: &'static str, takes: Takes) -> Tag {
    Tag { name, needs, takes: Some(takes), group: 0 }
}

const fn of(tag: Tag, group: u8) -> Tag {
    Tag { group, ..tag }
}

use Takes::{Number, Text, Texts};

const MATCH: &[Tag] = &[
    of(tag("is", ""), 1),
    of(tag("contains", ""), 1),
    of(tag("matches", ""), 1),
    of(tag("regex", "regex"), 1),
    of(with("value", "relational", Text), 1),
    of(with("count", "relational", Text), 1),
    of(tag("list", "extlists"), 1),
    of(with("comparator", "", Text), 2),
];
const PART: &[Tag] = &[
    of(tag("all", ""), 3),
    of(tag("localpart", ""), 3),
    of(tag("domain", ""), 3),
    of(tag("user", "subaddress"), 3),
    of(tag("detail", "subaddress"), 3),
];
const INDEX: &[Tag] = &[of(with("index", "index", Number), 4), of(tag("last", "index"), 5)];
const MIME: &[Tag] = &[
    of(tag("mime", "mime"), 6),
    of(tag("anychild", "mime"), 7),
    of(tag("type", "mime"), 8),
    of(tag("subtype", "mime"), 8),
    of(tag("contenttype", "mime"), 8),
    of(with("param", "mime", Texts), 8),
];
const COPY: &[Tag] = &[tag("copy", "copy")];
const FLAGS: &[Tag] = &[with("flags", "imap4flags", Texts)];
const FCC: &[Tag] = &[
    with("fcc", "fcc", Text),
    tag("create", "mailbox"),
    with("flags", "imap4flags", Texts),
    with("specialuse", "special-use", Text),
    with("mailboxid", "mailboxid", Text),
];
const MODIFIERS: &[Tag] = &[
    of(tag("lower", ""), 1),
    of(tag("upper", ""), 1),
    of(tag("lowerfirst", ""), 2),
    of(tag("upperfirst", ""), 2),
    of(tag("quotewildcard", ""), 3),
    of(tag("quoteregex", "regex"), 3),
    of(tag("length", ""), 4),
    of(tag("encodeurl", "enotify"), 5),
];
const REDIRECT: &[Tag] = &[
    tag("list", "extlists"),
    with("notify", "redirect-dsn", Text),
    with("ret", "redirect-dsn", Text),
    of(with("bytimerelative", "redirect-deliverby", Number), 1),
    of(with("bytimeabsolute", "redirect-deliverby", Text), 1),
    with("bymode", "redirect-deliverby", Text),
    tag("bytrace", "redirect-deliverby"),
];

/// Zimbra's tests of dates and people.
const TIMES: &[&[Tag]] = &[&[of(tag("before", ""), 1), of(tag("after", ""), 1), of(tag("is", ""), 1)]];
const WHERE: &[&[Tag]] = &[&[tag("in", "")]];

const fn word(name: &'static str, needs: &'static [&'static str], args: &'static [Takes]) -> Word {
    Word { name, needs, args, optional: 0, front: false, tags: &[], tests: Tests::None, block: false }
}

const fn tagged(word: Word, tags: &'static [&'static [Tag]]) -> Word {
    Word { tags, ..word }
}

const fn optional(word: Word, optional: usize, front: bool) -> Word {
    Word { optional, front, ..word }
}

const fn control(name: &'static str, needs: &'static [&'static str], tests: Tests) -> Word {
    Word { tests, block: true, ..word(name, needs, &[]) }
}

/// All commands.
pub const COMMANDS: &[Word] = &[
    word("require", &[], &[Texts]),
    control("if", &[], Tests::One),
    control("elsif", &[], Tests::One),
    control("else", &[], Tests::None),
    word("stop", &[], &[]),
    tagged(word("keep", &[], &[]), &[FLAGS]),
    word("discard", &[], &[]),
    tagged(word("redirect", &[], &[Text]), &[COPY, REDIRECT]),
    tagged(
        word("fileinto", &["fileinto"], &[Text]),
        &[
            COPY,
            FLAGS,
            &[tag("create", "mailbox"), with("specialuse", "special-use", Text), with("mailboxid", "mailboxid", Text)],
        ],
    ),
    word("reject", &["reject"], &[Text]),
    word("ereject", &["ereject"], &[Text]),
    tagged(
        word("vacation", &["vacation"], &[Text]),
        &[
            &[
                of(with("days", "", Number), 1),
                of(with("seconds", "vacation-seconds", Number), 1),
                with("subject", "", Text),
                with("from", "", Text),
                with("addresses", "", Texts),
                tag("mime", ""),
                with("handle", "", Text),
            ],
            FCC,
        ],
    ),
    tagged(
        optional(word("notify", &["enotify", "notify"], &[Text]), 1, false),
        &[
            &[
                with("from", "enotify", Text),
                with("importance", "enotify", Text),
                with("options", "", Texts),
                with("message", "", Text),
                with("method", "notify", Text),
                with("id", "notify", Text),
                of(tag("low", "notify"), 1),
                of(tag("normal", "notify"), 1),
                of(tag("high", "notify"), 1),
            ],
            FCC,
        ],
    ),
    optional(word("denotify", &["notify"], &[]), 0, false),
    optional(word("setflag", &["imap4flags", "imapflags"], &[Text, Texts]), 1, true),
    optional(word("addflag", &["imap4flags", "imapflags"], &[Text, Texts]), 1, true),
    optional(word("removeflag", &["imap4flags", "imapflags"], &[Text, Texts]), 1, true),
    word("mark", &["imapflags"], &[]),
    word("unmark", &["imapflags"], &[]),
    tagged(word("set", &["variables"], &[Text, Text]), &[MODIFIERS]),
    tagged(word("addheader", &["editheader"], &[Text, Text]), &[&[tag("last", "")]]),
    tagged(
        optional(word("deleteheader", &["editheader"], &[Text, Texts]), 1, false),
        &[MATCH, &[with("index", "", Number), tag("last", "")]],
    ),
    tagged(
        word("include", &["include"], &[Text]),
        &[&[of(tag("personal", ""), 1), of(tag("global", ""), 1), tag("once", ""), tag("optional", "")]],
    ),
    word("return", &["include"], &[]),
    word("global", &["include"], &[Texts]),
    word("import", &["include"], &[Texts]),
    word("export", &["include"], &[Texts]),
    Word { tags: &[&[with("name", "", Text)]], ..control("foreverypart", &["foreverypart"], Tests::None) },
    tagged(word("break", &["foreverypart", "vnd.stalwart.while"], &[]), &[&[with("name", "", Text)]]),
    tagged(
        word("replace", &["replace"], &[Text]),
        &[&[tag("mime", ""), with("subject", "", Text), with("from", "", Text)]],
    ),
    tagged(word("enclose", &["enclose"], &[Text]), &[&[with("subject", "", Text), with("headers", "", Texts)]]),
    tagged(word("extracttext", &["extracttext"], &[Text]), &[&[with("first", "", Number)], MODIFIERS]),
    word("convert", &["convert"], &[Text, Text, Texts]),
    tagged(optional(word("pipe", &["vnd.dovecot.pipe"], &[Text, Texts]), 1, false), &[COPY, &[tag("try", "")]]),
    optional(word("filter", &["vnd.dovecot.filter"], &[Text, Texts]), 1, false),
    tagged(
        optional(word("execute", &["vnd.dovecot.execute"], &[Text, Texts]), 1, false),
        &[&[of(with("input", "", Text), 1), of(tag("pipe", ""), 1), with("output", "variables", Text)]],
    ),
    tagged(word("report", &["vnd.dovecot.report"], &[Text, Text, Text]), &[&[tag("headers_only", "")]]),
    word("debug_log", &["vnd.dovecot.debug"], &[Text]),
    word("error", &["ihave"], &[Text]),
    word("log", &["vnd.cyrus.log"], &[Text]),
    tagged(
        word("snooze", &["vnd.cyrus.snooze", "snooze"], &[Texts]),
        &[&[
            of(with("mailbox", "", Text), 1),
            of(with("mailboxid", "mailboxid", Text), 1),
            with("specialuse", "special-use", Text),
            tag("create", "mailbox"),
            with("addflags", "", Texts),
            with("removeflags", "", Texts),
            with("weekdays", "", Texts),
            with("tzid", "", Text),
        ]],
    ),
    tagged(
        word("implicit_keep_target", &["vnd.cyrus.implicit_keep_target"], &[Text]),
        &[&[with("specialuse", "special-use", Text), with("mailboxid", "mailboxid", Text)]],
    ),
    tagged(
        word("processimip", &["vnd.cyrus.imip"], &[]),
        &[&[
            tag("updatesonly", ""),
            tag("invitesonly", ""),
            tag("deletecanceled", ""),
            tag("deletecancelled", ""),
            with("calendarid", "", Text),
            with("outcome", "variables", Text),
            with("errstr", "variables", Text),
        ]],
    ),
    // Proton
    word("expire", &["vnd.proton.expire"], &[Text, Text]),
    word("unexpire", &["vnd.proton.expire"], &[]),
    tagged(
        word("processcalendar", &["processcalendar"], &[]),
        &[&[
            tag("allowpublic", ""),
            with("addresses", "", Texts),
            tag("updatesonly", ""),
            tag("invitesonly", ""),
            with("calendarid", "", Text),
            tag("deletecanceled", ""),
            tag("deletecancelled", ""),
            with("organizers", "extlists", Text),
            with("outcome", "variables", Text),
            with("reason", "variables", Text),
        ]],
    ),
    // Zimbra (it asks for no capability of its own)
    control("disabled_if", &["zimbra"], Tests::One),
    word("tag", &["zimbra"], &[Text]),
    word("flag", &["zimbra"], &[Text]),
    word("reply", &["zimbra"], &[Text]),
    // Stalwart
    word("let", &["vnd.stalwart.expressions"], &[Text, Text]),
    word("eval", &["vnd.stalwart.expressions"], &[Text]),
    optional(Word { block: true, ..word("while", &["vnd.stalwart.while"], &[Text]) }, 1, false),
    word("continue", &["vnd.stalwart.while", "foreverypart"], &[]),
];

/// All tests.
pub const TESTS: &[Word] = &[
    word("true", &[], &[]),
    word("false", &[], &[]),
    Word { tests: Tests::One, ..word("not", &[], &[]) },
    Word { tests: Tests::Many, ..word("allof", &[], &[]) },
    Word { tests: Tests::Many, ..word("anyof", &[], &[]) },
    tagged(word("address", &[], &[Texts, Texts]), &[MATCH, PART, INDEX, MIME]),
    tagged(word("header", &[], &[Texts, Texts]), &[MATCH, INDEX, MIME]),
    tagged(word("exists", &[], &[Texts]), &[MIME]),
    tagged(word("size", &[], &[Number]), &[&[of(tag("over", ""), 1), of(tag("under", ""), 1)]]),
    tagged(
        word("envelope", &["envelope"], &[Texts, Texts]),
        &[MATCH, PART, &[with("zone", "envelope-deliverby", Text), tag("originalzone", "envelope-deliverby")]],
    ),
    tagged(
        word("body", &["body"], &[Texts]),
        &[MATCH, &[of(tag("raw", ""), 9), of(tag("text", ""), 9), of(with("content", "", Texts), 9)]],
    ),
    tagged(word("string", &["variables"], &[Texts, Texts]), &[MATCH]),
    tagged(optional(word("hasflag", &["imap4flags", "imapflags"], &[Texts, Texts]), 1, true), &[MATCH]),
    tagged(
        word("date", &["date"], &[Text, Text, Texts]),
        &[MATCH, INDEX, &[of(with("zone", "", Text), 9), of(tag("originalzone", ""), 9)]],
    ),
    tagged(word("currentdate", &["date"], &[Text, Texts]), &[MATCH, &[with("zone", "", Text)]]),
    tagged(word("environment", &["environment"], &[Text, Texts]), &[MATCH]),
    word("ihave", &["ihave"], &[Texts]),
    word("mailboxexists", &["mailbox"], &[Texts]),
    tagged(word("metadata", &["mboxmetadata"], &[Text, Text, Texts]), &[MATCH]),
    word("metadataexists", &["mboxmetadata"], &[Text, Texts]),
    tagged(word("servermetadata", &["servermetadata"], &[Text, Texts]), &[MATCH]),
    word("servermetadataexists", &["servermetadata"], &[Texts]),
    optional(word("specialuse_exists", &["special-use"], &[Text, Texts]), 1, true),
    word("convert", &["convert"], &[Text, Text, Texts]),
    word("jmapquery", &["vnd.cyrus.jmapquery", "x-cyrus-jmapquery"], &[Text]),
    // Proton
    word("hasexpiration", &["vnd.proton.expire"], &[]),
    tagged(word("expiration", &["vnd.proton.expire"], &[Text, Texts]), &[MATCH]),
    // Zimbra
    word("attachment", &["zimbra"], &[]),
    tagged(word("mime_header", &["zimbra"], &[Texts, Texts]), &[MATCH]),
    tagged(optional(word("addressbook", &["zimbra"], &[Texts, Text]), 1, false), WHERE),
    tagged(optional(word("contact_ranking", &["zimbra"], &[Texts, Text]), 1, false), WHERE),
    tagged(word("me", &["zimbra"], &[Texts]), WHERE),
    tagged(word("conversation", &["zimbra"], &[Text]), &[&[tag("where", "")]]),
    tagged(word("invite", &["zimbra"], &[]), &[&[with("method", "", Texts)]]),
    tagged(word("current_time", &["zimbra"], &[Text]), TIMES),
    tagged(word("current_day_of_week", &["zimbra"], &[Texts]), TIMES),
    word("list", &["zimbra"], &[]),
    word("bulk", &["zimbra"], &[]),
    word("facebook", &["zimbra"], &[]),
    word("linkedin", &["zimbra"], &[]),
    word("socialcast", &["zimbra"], &[]),
    word("twitter", &["zimbra"], &[]),
    optional(word("community_requests", &["zimbra"], &[]), 0, false),
    word("community_content", &["zimbra"], &[]),
    word("community_connections", &["zimbra"], &[]),
    word("importance", &["zimbra"], &[Text]),
    word("flagged", &["zimbra"], &[Text]),
    word("mailboxidexists", &["mailboxid"], &[Texts]),
    tagged(
        word("duplicate", &["duplicate"], &[]),
        &[&[
            with("handle", "", Text),
            of(with("header", "", Text), 1),
            of(with("uniqueid", "", Text), 1),
            with("seconds", "", Number),
            tag("last", ""),
        ]],
    ),
    tagged(word("spamtest", &["spamtest", "spamtestplus"], &[Text]), &[MATCH, &[tag("percent", "spamtestplus")]]),
    tagged(word("virustest", &["virustest"], &[Text]), &[MATCH]),
    word("valid_notify_method", &["enotify"], &[Texts]),
    tagged(word("notify_method_capability", &["enotify"], &[Text, Text, Texts]), &[MATCH]),
    word("valid_ext_list", &["extlists"], &[Texts]),
    tagged(
        optional(word("execute", &["vnd.dovecot.execute"], &[Text, Texts]), 1, false),
        &[&[of(with("input", "", Text), 1), of(tag("pipe", ""), 1), with("output", "variables", Text)]],
    ),
    optional(word("pipe", &["vnd.dovecot.pipe"], &[Text, Texts]), 1, false),
    optional(word("filter", &["vnd.dovecot.filter"], &[Text, Texts]), 1, false),
    word("eval", &["vnd.stalwart.expressions"], &[Text]),
];

/// Every capability of a registered extension, lower case. `comparator-…` and `vnd.…` are recognised by their beginning.
pub const CAPABILITIES: &[&str] = &[
    "body",
    "convert",
    "copy",
    "date",
    "duplicate",
    "editheader",
    "enclose",
    "encoded-character",
    "enotify",
    "envelope",
    "envelope-deliverby",
    "envelope-dsn",
    "environment",
    "ereject",
    "extlists",
    "extracttext",
    "fcc",
    "fileinto",
    "foreverypart",
    "ihave",
    "imap4flags",
    "imapflags",
    "imapsieve",
    "include",
    "index",
    "mailbox",
    "mailboxid",
    "mboxmetadata",
    "mime",
    "notify",
    "processcalendar",
    "redirect-deliverby",
    "redirect-dsn",
    "regex",
    "reject",
    "relational",
    "replace",
    "servermetadata",
    "spamtest",
    "spamtestplus",
    "special-use",
    "subaddress",
    "vacation",
    "vacation-seconds",
    "variables",
    "virustest",
];

/// The command of this name.
#[must_use]
pub fn command(name: &str) -> Option<&'static Word> {
    COMMANDS.iter().find(|w| w.name.eq_ignore_ascii_case(name))
}

/// The test of this name.
#[must_use]
pub fn test(name: &str) -> Option<&'static Word> {
    TESTS.iter().find(|w| w.name.eq_ignore_ascii_case(name))
}

/// A capability that some extension registered, or that a vendor's name marks as its own.
#[must_use]
pub fn is_capability(name: &str) -> bool {
    CAPABILITIES.contains(&name)
        || name.starts_with("comparator-")
        || name.starts_with("vnd.")
        || name.starts_with("x-")
}
