//! The one model that all dialects are read into, and that all rules judge. It says what a rule document does with mail,
//! not how it is written.

use std::sync::Arc;

use super::address::Target;
use super::source::{Position, Source, Span};

/// A whole rule document.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// The dialect it was read as, for example `sieve`.
    pub dialect: &'static str,
    /// Whose mail it handles, as the document says; empty when it does not say.
    pub owner: String,
    /// The rules in the order they run. Mailbox-wide forwards, alias lines and routing rules are rules too.
    pub rules: Vec<Rule>,
    /// What could not be read, or is not as its specification wants it.
    pub problems: Vec<Problem>,
    /// Capabilities a Sieve script asks for.
    pub requires: Vec<(String, Span)>,
    /// What an audit log says was done.
    pub events: Vec<Event>,
    /// The kinds of place this document covers, for example `user-script`: no finding says nothing of the others.
    pub coverage: Vec<&'static str>,
    /// The document and the scripts it includes.
    pub sources: Vec<Source>,
}

impl RuleSet {
    /// Where a stretch begins.
    #[must_use]
    pub fn position(&self, span: Span) -> Position {
        self.sources.get(span.source as usize).map_or(Position { line: 1, column: 1 }, |s| s.position(span.start))
    }

    /// Where a stretch begins, as it stands in reports: `12:3`, or `name:12:3` in an included script.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        let Position { line, column } = self.position(span);
        match self.sources.get(span.source as usize).map(|s| s.name.as_str()) {
            Some(name) if !name.is_empty() => format!("{}:{line}:{column}", crate::text::visible(name)),
            _ => format!("{line}:{column}"),
        }
    }

    /// The text of a stretch.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.sources.get(span.source as usize).map_or("", |s| s.slice(span))
    }

    /// The condition of a rule as the document spells it, cut.
    #[must_use]
    pub fn condition(&self, rule: &Rule) -> String {
        if rule.guard_span == Span::default() {
            return String::new();
        }
        let text = self.text(rule.guard_span);
        let end = text.char_indices().nth(120).map_or(text.len(), |(at, _)| at);
        text.get(..end).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Whose mail a rule handles: its own owner, or the one of the document.
    #[must_use]
    pub fn owner_of<'a>(&'a self, rule: &'a Rule) -> &'a str {
        if rule.owner.is_empty() { &self.owner } else { &rule.owner }
    }

    /// Notes a problem.
    pub fn problem(&mut self, kind: ProblemKind, span: Span, what: impl Into<String>, word: impl Into<String>) {
        self.problems.push(Problem { kind, span, what: what.into(), word: word.into() });
    }

    /// Notes which kind of place the document covers.
    pub fn covers(&mut self, place: &'static str) {
        if !self.coverage.contains(&place) {
            self.coverage.push(place);
        }
    }
}

/// One rule: if the guard holds, the actions happen.
#[derive(Clone, Debug, Default)]
pub struct Rule {
    /// The name its owner sees; `None` where the dialect has no names.
    pub name: Option<String>,
    /// Whose mail it handles, when the document holds rules of several mailboxes.
    pub owner: String,
    /// Is it at work?
    pub state: State,
    /// When it applies.
    pub guard: Guard,
    /// Where that stands; empty when nothing is written for it.
    pub guard_span: Span,
    /// What it does, in order.
    pub actions: Vec<Action>,
    /// Once it applied, no later rule of this owner sees the message.
    pub stop: bool,
    /// Rules with the same number are pieces of one block, split where a nested condition stands between them.
    pub block: u32,
    /// Where it stands.
    pub span: Span,
    /// Can its owner see it in the tool meant for it?
    pub visible: Visible,
    /// Who it comes from.
    pub origin: Origin,
    /// Whose mail it takes.
    pub reach: Reach,
    /// What makes it unreachable, when something earlier always ends processing.
    pub shadowed_by: Option<Span>,
    /// The audit event that made it, an index into [`RuleSet::events`].
    pub event: Option<usize>,
}

impl Rule {
    /// A rule that always applies, at a place.
    #[must_use]
    pub fn at(span: Span) -> Self {
        Self { span, ..Self::default() }
    }

    /// Does it run at all, as far as can be told?
    #[must_use]
    pub fn runs(&self) -> bool {
        self.state == State::On && self.shadowed_by.is_none() && self.guard != Guard::Never
    }

    /// Adds an action.
    pub fn act(&mut self, does: Does, span: Span) {
        self.actions.push(Action { does, span });
    }
}

/// Is a rule at work?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// It is.
    #[default]
    On,
    /// It is switched off; the text says by what, for example `comment`.
    Off(&'static str),
}

/// Can the owner of a mailbox see a rule?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Visible {
    /// In the tool meant for it.
    Yes,
    /// Not there; the text says where it lives.
    No(&'static str),
    /// Not known.
    #[default]
    Unknown,
}

/// Who a rule comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    /// A script or setting of the owner.
    #[default]
    User,
    /// A setting only an administrator can make.
    Admin,
    /// A table of the mail server.
    Table,
    /// Routing of a whole tenant.
    Tenant,
    /// A client that has to run for the rule to work.
    Client,
    /// A log says that it was made; it may be gone by now.
    Log,
}

/// Whose mail a rule takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// That of one mailbox.
    #[default]
    Owner,
    /// That of a whole domain or tenant; the pattern, when there is one.
    Wide(String),
    /// Meeting mail only.
    Calendar,
}

/// A condition. Nested at most [`DEPTH`] deep; shared, because branches repeat the conditions of their parents.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Guard {
    /// Every message.
    #[default]
    Always,
    /// No message.
    Never,
    /// Those for which a test holds.
    Test(Arc<Test>),
    /// All of these hold.
    All(Vec<Arc<Guard>>),
    /// One of these holds.
    Any(Vec<Arc<Guard>>),
    /// This does not hold.
    Not(Arc<Guard>),
    /// None of many earlier alternatives held (the tail of a long `elsif` chain).
    Otherwise,
    /// A condition that could not be read; never taken as harmless.
    Opaque(Arc<str>, Span),
}

/// How deep conditions and blocks may be nested.
pub const DEPTH: usize = 64;

/// One test of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// What is looked at; several are alternatives.
    pub fields: Vec<Field>,
    /// How it is compared.
    pub op: Op,
    /// Which part of an address.
    pub part: AddressPart,
    /// What it is compared with; one of them suffices.
    pub values: Vec<String>,
    /// The values hold something only known when a message comes.
    pub dynamic: bool,
    /// Upper and lower case differ.
    pub case_sensitive: bool,
    /// Where it stands.
    pub span: Span,
}

/// What a test looks at.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// A header field, name in lower case.
    Header(String),
    /// The envelope sender.
    EnvelopeFrom,
    /// The envelope recipient.
    EnvelopeTo,
    /// The text of the message.
    Body,
    /// Subject or body or any header: full-text search.
    Anything,
    /// The size in bytes.
    Size,
    /// Whether something is attached.
    Attachment,
    /// The sender or a recipient is (not) of our own organisation.
    Side,
    /// A verdict of a spam filter.
    Spam,
    /// Something else, by its word in the dialect.
    Other(String),
}

impl Field {
    /// A header field.
    #[must_use]
    pub fn header(name: &str) -> Self {
        Self::Header(name.trim().trim_end_matches(':').to_ascii_lowercase())
    }

    /// Does it hold who sent the message?
    #[must_use]
    pub fn is_sender(&self) -> bool {
        matches!(self, Self::EnvelopeFrom)
            || matches!(self, Self::Header(name) if matches!(name.as_str(), "from" | "sender" | "reply-to" | "return-path" | "resent-from"))
    }

    /// Does it hold what the message is about?
    #[must_use]
    pub fn is_topic(&self) -> bool {
        matches!(self, Self::Body | Self::Anything)
            || matches!(self, Self::Header(name) if matches!(name.as_str(), "subject" | "thread-topic" | "comments" | "keywords" | "*"))
    }
}

/// How a test compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    /// Equal.
    Is,
    /// Contains.
    Contains,
    /// Matches a pattern of `*` and `?`.
    Matches,
    /// Matches a regular expression, judged by its shape, never run.
    Regex,
    /// Begins with.
    Begins,
    /// Ends with.
    Ends,
    /// Is there.
    Exists,
    /// More than (bytes, for a size).
    Over,
    /// Less than.
    Under,
    /// A search in a query language.
    Query,
    /// Something else.
    Other,
}

/// Which part of an address a test looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum AddressPart {
    /// The whole field as text.
    #[default]
    Text,
    /// The whole address.
    All,
    /// What stands before the `@`.
    Local,
    /// What stands after it.
    Domain,
    /// What stands before or after the separator of a sub-address (RFC 5233).
    Sub,
}

/// One thing a rule does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// What.
    pub does: Does,
    /// Where it stands.
    pub span: Span,
}

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// Sends the message, or word of it, somewhere.
    Send {
        /// To whom.
        to: Target,
        /// How.
        via: Via,
        /// The owner's own delivery goes on.
        copy: bool,
        /// Text out of the message that goes along where only a notice should; empty when none does.
        carries: String,
    },
    /// Puts it into a folder instead of the inbox.
    File {
        /// Which.
        folder: Folder,
        /// Delivery to the inbox goes on.
        copy: bool,
    },
    /// Keeps it in the inbox, whatever else happens.
    Keep,
    /// Cancels delivery to the inbox; what was kept or filed on purpose stays (Sieve `discard`).
    Discard,
    /// Deletes it.
    Delete {
        /// Past recovery by the owner.
        permanent: bool,
    },
    /// Takes it out of the inbox into the archive.
    Archive,
    /// Marks it as read.
    MarkRead,
    /// Sets another mark.
    Mark(String),
    /// Keeps it from the junk filter.
    NeverJunk,
    /// Answers the sender.
    Reply {
        /// As whom, when not as the owner.
        from: Option<Target>,
        /// Text out of the message that goes along; empty when none does.
        carries: String,
        /// The message itself is refused.
        refuses: bool,
    },
    /// Runs a program.
    Run {
        /// Which.
        program: String,
        /// The owner's own delivery goes on.
        copy: bool,
    },
    /// Writes to a file, or reads addresses from one.
    Write {
        /// Which.
        path: String,
        /// The owner's own delivery goes on.
        copy: bool,
    },
    /// Changes a header field.
    EditHeader {
        /// Its name.
        name: String,
        /// It is taken out rather than put in.
        delete: bool,
    },
    /// Changes the text of the message.
    Rewrite(String),
    /// Ends processing.
    Stop,
    /// Something that could not be read, or that is not known; never taken as harmless.
    Opaque(String),
}

impl Does {
    /// A plain forward.
    #[must_use]
    pub fn send(to: Target, via: Via, copy: bool) -> Self {
        Self::Send { to, via, copy, carries: String::new() }
    }
}

/// How something is sent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// As it is, the original sender stays in the header.
    Redirect,
    /// In a new message of the owner.
    Forward,
    /// As an attachment of a new message.
    Attachment,
    /// As a further, invisible recipient.
    Bcc,
    /// Word of it: a notice, a text message.
    Notify,
    /// Access to the mailbox rather than a copy: a delegate.
    Delegate,
}

impl Via {
    /// The word that stands for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Forward => "forward",
            Self::Attachment => "attachment",
            Self::Bcc => "bcc",
            Self::Notify => "notify",
            Self::Delegate => "delegate",
        }
    }
}

/// A folder as a rule names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Folder {
    /// Its name or path, decoded; an opaque id when nothing else is known.
    pub name: String,
    /// Its special use (RFC 6154) or well-known name, when the rule gives one.
    pub special_use: String,
    /// The rule makes the folder when it is missing.
    pub create: bool,
}

impl Folder {
    /// A folder by its name.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }
}

/// What is wrong with a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What sort.
    pub kind: ProblemKind,
    /// Where.
    pub span: Span,
    /// One sentence, free of text from the document.
    pub what: String,
    /// The text it is about.
    pub word: String,
}

/// What sort of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProblemKind {
    /// Something could not be read, and was skipped.
    Unreadable,
    /// A capability is missing, unknown or used without being asked for; the script does not compile.
    Require,
    /// A capability is asked for and not used.
    RequireUnused,
    /// A word has the wrong arguments; the script does not compile.
    Arity,
    /// A control or reordering character stands where it deceives or breaks something.
    Control,
    /// An included script is not at hand.
    IncludeUnknown,
    /// The script is costly to run.
    Cost,
    /// An export lost values.
    Lossy,
    /// A comment and the code beside it disagree.
    CommentMismatch,
    /// A bound was reached; the rest was not looked at.
    Limit,
}

/// One entry of an audit log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// What was done, for example `New-InboxRule`.
    pub operation: String,
    /// By whom.
    pub actor: String,
    /// To whose mailbox; empty when the log does not say.
    pub owner: String,
    /// From which address, without port and brackets.
    pub ip: String,
    /// With which program.
    pub app: String,
    /// When, as the log spells it.
    pub time: String,
    /// The parameters, as far as they are text.
    pub parameters: Vec<(String, String)>,
    /// Where it stands.
    pub span: Span,
}

impl Event {
    /// A parameter, name without regard to case.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}
