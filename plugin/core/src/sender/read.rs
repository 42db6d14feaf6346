//! From a header to a description of the sender.

use crate::report::{Context, Direction};
use crate::text::domain::Domain;
use crate::text::fold::{fold, letters};
use crate::text::script::script_name;
use crate::text::skeleton::{letters as set, skeleton};

use super::authentication::{self, Trust};
use super::header::{Field, Header, Name};
use super::idn::{self, Unsafe};
use super::lookalike::{Found, Index, IndexBuilder, Source, edits, flat, search};
use super::mailbox::{Addresses, Oddity};
use super::names::{self, Place};
use super::policy::Prepared;
use super::{DomainView, Identity, Letter, Role, Scores, Sender};

/// The most addresses that are judged.
const MOST: usize = 32;

/// Reads the sender of a message or a header section.
#[must_use]
pub fn read(head: &[u8], prepared: &Prepared, context: &Context) -> Sender {
    Reader::new(prepared, context).header(&Header::read(head))
}

/// Reads one value of a From field, or a bare domain.
#[must_use]
pub fn read_value(value: &str, prepared: &Prepared, context: &Context) -> Sender {
    let value = value.trim();
    let bare = !value.contains(['@', '<', ' ', '＠']);
    let address = if bare { format!("@{value}") } else { value.to_owned() };
    let field = Field { name: Name::From, value: address.as_bytes(), odd: false };
    Reader::new(prepared, context).header(&Header { fields: vec![field], cut: false })
}

struct Reader<'a> {
    prepared: &'a Prepared,
    context: &'a Context,
    sender: Sender,
}

impl<'a> Reader<'a> {
    fn new(prepared: &'a Prepared, context: &'a Context) -> Self {
        let (warn, quarantine) = (prepared.policy.warn, prepared.policy.quarantine);
        Self { prepared, context, sender: Sender { warn, quarantine, ..Sender::default() } }
    }

    fn header(mut self, header: &Header<'_>) -> Sender {
        self.sender.from_fields = header.all(Name::From).count();
        self.sender.odd_fields = header.all(Name::From).filter(|f| f.odd).count();
        self.sender.list = header.all(Name::ListId).next().is_some();
        for (name, role) in [
            (Name::From, Role::From),
            (Name::Sender, Role::Sender),
            (Name::ReplyTo, Role::ReplyTo),
            (Name::ResentFrom, Role::ResentFrom),
            (Name::ReturnPath, Role::Envelope),
        ] {
            self.fields(header, name, role);
        }
        if !self.context.mail_from.is_empty() {
            self.identity(Role::Envelope, "", &self.context.mail_from.clone());
        }
        if header.cut {
            self.odd(Role::From, Oddity::Cut);
        }
        self.authenticate(header);
        self.compare(header);
        self.names();
        self.elsewhere();
        self.sender.scores = Scores::of(&self.sender, self.context);
        self.sender
    }

    fn fields(&mut self, header: &Header<'_>, name: Name, role: Role) {
        let mut count = 0usize;
        for field in header.all(name).take(MOST) {
            count = count.saturating_add(1);
            let read = Addresses::read(field.value);
            // The null path of a bounce is no oddity, and a missing From is told by its own rule.
            let fine = |o: &Oddity| matches!(role, Role::Envelope) && matches!(o, Oddity::NoAddress);
            read.oddities.iter().filter(|o| !fine(o)).for_each(|o| self.odd(role, *o));
            for mailbox in &read.mailboxes {
                self.identity(role, &mailbox.name, &mailbox.address);
            }
            let other = if role == Role::From { Role::OtherReading } else { role };
            read.others.iter().for_each(|a| self.identity(other, "", a));
        }
        // `From` fields are counted apart; trace fields may repeat.
        if count > 1 && matches!(role, Role::Sender | Role::ReplyTo) {
            self.sender.duplicates.push(role);
        }
    }

    fn odd(&mut self, role: Role, oddity: Oddity) {
        if !self.sender.oddities.contains(&(role, oddity)) {
            self.sender.oddities.push((role, oddity));
        }
    }

    fn identity(&mut self, role: Role, name: &str, address: &str) {
        let shown = address.rsplit_once('@').map_or("", |(_, d)| d);
        let domain = Domain::parse(shown);
        let identity = Identity {
            role,
            name: name.to_owned(),
            address: address.to_owned(),
            domain: domain.ascii.clone().into_owned(),
            registrable: domain.registrable().to_owned(),
            free_mail: self.prepared.is_free_mail(&domain),
        };
        if self.sender.identities.len() >= MOST {
            return self.odd(role, Oddity::Cut);
        }
        if !self.sender.identities.contains(&identity) {
            self.sender.identities.push(identity);
        }
    }

    /// The From domains, each once.
    fn author_domains(&self) -> Vec<String> {
        let mut out: Vec<String> = Vec::new();
        for identity in &self.sender.identities {
            let counts = matches!(identity.role, Role::From | Role::OtherReading) && !identity.domain.is_empty();
            if counts && !out.contains(&identity.domain) {
                out.push(identity.domain.clone());
            }
        }
        out
    }

    fn authenticate(&mut self, header: &Header<'_>) {
        let policy = &self.prepared.policy;
        let trust = Trust { authserv: &policy.trusted_authserv, sealers: &policy.trusted_sealers };
        self.sender.authentication = authentication::read(header, &self.author_domains(), trust, self.context);
    }

    /// Compares every domain with the targets, and with the other domains of the mail.
    fn compare(&mut self, header: &Header<'_>) {
        let prepared = self.prepared;
        let local = self.message_targets(header);
        let mut indexes = prepared.indexes();
        indexes.extend(Index::open(&local));
        let from = self.sender.of(Role::From).map(|i| i.registrable.clone()).next().unwrap_or_default();
        self.sender.known = indexes.iter().find_map(|index| {
            let domain = Domain::parse(&from);
            let key = skeleton(&fold(domain.label()));
            index.exact(&from, &key).filter(|t| t.source != Source::Message).map(|t| t.source.as_str())
        });
        let mut seen: Vec<(Role, String)> = Vec::new();
        let mut views = Vec::new();
        for identity in &self.sender.identities {
            let shown = identity.address.rsplit_once('@').map_or("", |(_, d)| d);
            if shown.is_empty() || seen.contains(&(identity.role, shown.to_owned())) {
                continue;
            }
            seen.push((identity.role, shown.to_owned()));
            let domain = Domain::parse(shown);
            let mut found = search(&domain, &indexes);
            if identity.role == Role::ReplyTo && identity.registrable != from {
                found.extend(self.resembles_from(&domain, &from));
            }
            views.push(view(identity.role, &domain, found));
        }
        self.sender.domains = views;
    }

    /// Is a Reply-To a near miss of the From?
    fn resembles_from(&self, domain: &Domain<'_>, from: &str) -> Vec<Found> {
        let mut builder = IndexBuilder::default();
        builder.add(from, Source::Message, 0, false);
        let packed = builder.pack();
        Index::open(&packed).map(|i| search(domain, &[i])).unwrap_or_default()
    }

    /// The domains of the other people in the mail: a near miss of one of them is no accident.
    fn message_targets(&self, header: &Header<'_>) -> Vec<u8> {
        let mut builder = IndexBuilder::default();
        let mut names: Vec<String> = Vec::new();
        let mut add = |address: &str| {
            let domain = Domain::parse(address.rsplit_once('@').map_or("", |(_, d)| d));
            let name = domain.registrable().to_owned();
            if names.len() < MOST && !self.prepared.is_free_mail(&domain) && !names.contains(&name) {
                names.push(name);
            }
        };
        self.context.recipients.iter().for_each(|r| add(r));
        for field in header.all(Name::To).chain(header.all(Name::Cc)).take(MOST) {
            Addresses::read(field.value).mailboxes.iter().for_each(|m| add(&m.address));
        }
        // Most people write to domains that are nothing like their own; then there is nothing to be packed.
        let letters: Vec<u32> = self.sender.identities.iter().map(|i| letters_of(&Domain::parse(&i.domain))).collect();
        let near = |name: &&String| {
            let key = skeleton(&fold(Domain::parse(name).label()));
            let allowed = u32::try_from(edits(key.len()).saturating_add(1)).unwrap_or(0);
            letters.iter().any(|l| (set(key.as_bytes()) & !l).count_ones() <= allowed)
        };
        for (owner, name) in (0u32..).zip(names.iter().filter(near)) {
            builder.add(name, Source::Message, owner, false);
        }
        if builder.is_empty() { Vec::new() } else { builder.pack() }
    }

    /// Does the mail come from the operator's own house?
    fn is_inside(&self, registrable: &str) -> bool {
        let own = || {
            let domain = |r: &String| Domain::parse(r.rsplit_once('@').map_or("", |(_, d)| d)).registrable().to_owned();
            self.context.recipients.iter().any(|r| domain(r) == registrable)
        };
        self.context.direction == Direction::Outbound
            || !self.context.login.is_empty()
            || self.context.fact("inside", None).is_some_and(|v| v == "yes")
            || own() && self.sender.authentication.is_proved()
    }

    fn names(&mut self) {
        let mut tricks = Vec::new();
        for identity in self.sender.identities.iter().filter(|i| i.role != Role::OtherReading).take(8) {
            let domain = Domain::parse(&identity.domain);
            let inside = self.is_inside(&identity.registrable);
            let place = Place { address: &identity.address, domain: &domain, inside };
            let found = names::judge(&identity.name, place, self.prepared);
            tricks.extend(found.into_iter().map(|t| (identity.role, t)));
        }
        self.sender.tricks = tricks;
    }

    fn elsewhere(&mut self) {
        let from: Vec<&Identity> = self.sender.of(Role::From).collect();
        let other = |role: Role| {
            self.sender.of(role).filter(|i| !i.registrable.is_empty()).any(|i| {
                !from.is_empty() && !from.iter().any(|f| self.prepared.same_owner(&f.registrable, &i.registrable))
            })
        };
        let (reply, envelope) = (other(Role::ReplyTo), other(Role::Envelope));
        (self.sender.reply_elsewhere, self.sender.envelope_elsewhere) = (reply, envelope);
    }
}

/// The letters of all labels of a domain but the suffix, as they are and as skeletons: a superset of the letters of whatever
/// it resembles, but for a few edits.
fn letters_of(domain: &Domain<'_>) -> u32 {
    let label = |label: &str| {
        let folded = fold(label);
        set(skeleton(&folded).as_bytes()) | set(flat(&folded).as_bytes())
    };
    domain.below().map(label).fold(label(domain.label()), |all, one| all | one)
}

/// What is to be said of one domain.
fn view(role: Role, domain: &Domain<'_>, found: Vec<Found>) -> DomainView {
    let unicode = domain.unicode();
    let tld = unicode.rsplit('.').next().unwrap_or_default();
    let unsafe_label = unicode
        .split('.')
        .filter(|_| domain.is_international() && domain.flaw.is_none())
        .find_map(|label| idn::judge(label, tld).map(|why| (label.to_owned(), why, fits(why, tld))));
    let letters = unicode.chars().filter(|c| !c.is_ascii()).take(16).map(|character| Letter {
        character,
        script: script_name(character),
        reads: letters(character).unwrap_or_default(),
    });
    DomainView {
        role,
        shown: domain.shown.to_owned(),
        ascii: domain.ascii.clone().into_owned(),
        unicode: unicode.to_owned(),
        registrable: domain.registrable().to_owned(),
        flaw: domain.flaw,
        unsafe_label,
        letters: letters.collect(),
        found,
    }
}

/// Does what is odd about a label belong to the language of its top-level domain?
fn fits(why: Unsafe, tld: &str) -> bool {
    match why {
        Unsafe::Kana => matches!(tld, "jp" | "tokyo" | "osaka" | "kyoto" | "nagoya"),
        Unsafe::ForeignLetter | Unsafe::Character => {
            matches!(tld, "is" | "fo" | "az" | "cat" | "es" | "vn" | "ro" | "tr")
        }
        _ => false,
    }
}
