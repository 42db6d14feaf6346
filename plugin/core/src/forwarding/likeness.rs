//! Domains that look like others: a target one slip or one trick away from a domain that is meant. What looks alike is the
//! sender module's business; here stand the slips of the finger, which deceive nobody and lose mail all the same.

use std::collections::BTreeMap;

use super::address::Address;
use super::known::Known;
use super::providers::{WELL_KNOWN, open_to_all};
use crate::sender::lookalike::{Found, Index, IndexBuilder, Kind, Source, search};
use crate::sender::policy::Prepared;
use crate::text::domain::Domain;

/// Whose domain a target resembles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The organisation's, or one the policy protects.
    Own,
    /// A partner's.
    Partner,
    /// A brand's, or one of a list of the host.
    Known,
}

/// A domain that is like another one without being it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Likeness {
    /// The domain that is meant.
    pub meant: String,
    /// Whose that is.
    pub whose: Whose,
    /// In which way it is like it, for example `skeleton`.
    pub kind: &'static str,
    /// How likely it is an imitation, in thousandths; of a slip of the finger nothing is said.
    pub score: Option<u16>,
}

/// Resemblances to domains of the organisation count from here on, in thousandths.
const NOTICED: u16 = 250;
/// More different domains than these are not compared.
const DOMAINS: usize = 500;

/// What the targets of a rule set resemble, by domain.
pub type Likenesses = BTreeMap<String, Likeness>;

/// Looks at every domain outside that is no free mail.
#[must_use]
pub fn likenesses<'r>(
    targets: impl Iterator<Item = (&'r str, &'r Address)>,
    known: &Known<'_>,
    sender: &Prepared,
) -> Likenesses {
    let mut domains: BTreeMap<&str, &str> = BTreeMap::new();
    for (owner, address) in targets {
        if domains.len() < DOMAINS && !address.domain.starts_with('[') && open_to_all(&address.domain).is_none() {
            domains.entry(address.domain.as_str()).or_insert(owner);
        }
    }
    if domains.is_empty() {
        return Likenesses::new();
    }
    let owners = domains.values().copied().collect::<std::collections::BTreeSet<_>>();
    let mut own: Vec<String> = owners.into_iter().flat_map(|o| known.internal_domains(o)).collect();
    own.sort();
    own.dedup();
    let mut builder = IndexBuilder::default();
    own.iter().for_each(|d| {
        builder.add(d, Source::Protected, 0, false);
    });
    for (number, partner) in (1u32..).zip(known.partner_domains()) {
        builder.add(partner, Source::Message, number, false);
    }
    let packed = if builder.is_empty() { Vec::new() } else { builder.pack() };
    let indexes: Vec<Index<'_>> = Index::open(&packed).into_iter().chain(sender.indexes()).collect();
    let slips = Slips { own: &own, partners: known.partner_domains() };
    let judge = |domain: &str| {
        let parsed = Domain::parse(domain);
        let found = search(&parsed, &indexes).into_iter().find_map(|f| worth(f, sender));
        found.or_else(|| slips.of(&parsed))
    };
    domains.into_keys().filter_map(|d| Some((d.to_owned(), judge(d)?))).collect()
}

/// A resemblance, if it is strong enough for whose it is: of brands there are many, and namesakes of each, so what
/// is not the same to the eye must be all the likelier.
fn worth(found: Found, sender: &Prepared) -> Option<Likeness> {
    let (whose, least) = match found.source {
        Source::Protected => (Whose::Own, NOTICED),
        Source::Message => (Whose::Partner, NOTICED),
        Source::Brand | Source::Top if found.kind == Kind::Skeleton => (Whose::Known, sender.policy.warn),
        Source::Brand | Source::Top => (Whose::Known, sender.policy.quarantine),
    };
    let strong = found.score >= least;
    strong.then(|| Likeness { meant: found.target, whose, kind: found.kind.as_str(), score: Some(found.score) })
}

/// One letter more, less, other, or two swapped, in a domain of the organisation or of a partner.
struct Slips<'k> {
    own: &'k [String],
    partners: &'k [String],
}

impl Slips<'_> {
    fn of(&self, domain: &Domain<'_>) -> Option<Likeness> {
        let near = |meant: &&String| {
            meant.len() >= SHORTEST
                && one_edit(&domain.ascii, meant)
                && Domain::parse(meant).registrable() != domain.registrable()
        };
        let found = |list: &[String], whose| {
            let meant = list.iter().find(near)?.clone();
            Some(Likeness { meant, whose, kind: "one-edit", score: None })
        };
        found(self.own, Whose::Own).or_else(|| found(self.partners, Whose::Partner))
    }
}

/// Shorter domains have too many neighbours.
const SHORTEST: usize = 8;

/// The well-known provider a domain is a slip of.
#[must_use]
pub fn slip_of_provider(domain: &str) -> Option<&'static str> {
    if let Some((_, meant)) = SLIPS.iter().find(|(slip, _)| *slip == domain) {
        return Some(meant);
    }
    if open_to_all(domain).is_some() || REAL.contains(&domain) {
        return None;
    }
    WELL_KNOWN.iter().find(|meant| meant.len() >= SHORTEST && one_edit(domain, meant)).copied()
}

/// Slips further than one letter off, all of them seen to swallow mail.
const SLIPS: &[(&str, &str)] = &[
    ("gmai.com", "gmail.com"),
    ("gmial.com", "gmail.com"),
    ("gmeil.com", "gmail.com"),
    ("gmail.co", "gmail.com"),
    ("gmail.co.jp", "gmail.com"),
    ("gmail.ne.jp", "gmail.com"),
    ("gmail.jp", "gmail.com"),
    ("yahoo.ne.jp", "yahoo.co.jp"),
    ("yahoo.or.jp", "yahoo.co.jp"),
    ("docomo.co.jp", "docomo.ne.jp"),
    ("ezweb.co.jp", "ezweb.ne.jp"),
    ("i.softbank.ne.jp", "i.softbank.jp"),
    ("icloud.co.jp", "icloud.com"),
    ("icloud.ne.jp", "icloud.com"),
    ("icloud.jp", "icloud.com"),
    ("outlook.co.jp", "outlook.jp"),
    ("hotmail.ne.jp", "hotmail.co.jp"),
];

/// Real domains one letter off a well-known one.
const REAL: &[&str] = &["fmail.com", "imail.com", "apple.com"];

/// Is one a single insertion, deletion, replacement or swap of neighbours away from the other?
fn one_edit(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len().saturating_sub(short.len()) > 4 {
        return false; // one character is four bytes at most
    }
    let same: usize = short.chars().zip(long.chars()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum();
    let (rest, other) = (short.get(same..).unwrap_or(""), long.get(same..).unwrap_or(""));
    let (x, y) = (rest.chars().next(), other.chars().next());
    let swapped = x.is_some() && x == other.chars().nth(1) && y == rest.chars().nth(1);
    rest == behind(other, 1) && other != rest
        || (x.is_some() && behind(rest, 1) == behind(other, 1))
        || (swapped && behind(rest, 2) == behind(other, 2))
}

/// The text behind its first `n` characters.
fn behind(text: &str, n: usize) -> &str {
    text.char_indices().nth(n).and_then(|(at, _)| text.get(at..)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forwarding::model::RuleSet;
    use crate::forwarding::settings::ForwardingPolicy;
    use crate::report::Context;

    #[test]
    fn slips_of_the_finger() {
        assert_eq!(slip_of_provider("gmai.com"), Some("gmail.com"));
        assert_eq!(slip_of_provider("gmeil.com"), Some("gmail.com"));
        assert_eq!(slip_of_provider("gamil.com"), Some("gmail.com"));
        assert_eq!(slip_of_provider("yahoo.ne.jp"), Some("yahoo.co.jp"));
        assert_eq!(slip_of_provider("gmail.com"), None);
        assert_eq!(slip_of_provider("email.com"), None);
        assert_eq!(slip_of_provider("corp.example"), None);
    }

    fn like(domain: &str, internal: &str) -> Option<(Whose, String)> {
        let policy = ForwardingPolicy {
            internal_domains: vec![internal.to_owned()],
            partner_domains: vec!["partner-trading.example".to_owned()],
            ..ForwardingPolicy::default()
        };
        let (context, set) = (Context::default(), RuleSet::default());
        let known = Known::new(&policy, &context, &set);
        let address = Address { domain: domain.to_owned(), ..Address::default() };
        let found = likenesses([("", &address)].into_iter(), &known, &Prepared::default());
        found.into_values().next().map(|l| (l.whose, l.meant))
    }

    #[test]
    fn tricks_with_the_names_of_others() {
        let own = |name: &str| Some((Whose::Own, name.to_owned()));
        for trick in ["c0rp.example", "соrp.example", "crop.example", "corpp.example", "corp.example.sync.test"] {
            assert_eq!(like(trick, "corp.example"), own("corp.example"), "{trick}");
        }
        assert_eq!(like("hoshimaru-billing.test", "hoshimaru.co.jp"), own("hoshimaru.co.jp"));
        assert_eq!(like("hoshimaru.test", "hoshimaru.co.jp"), own("hoshimaru.co.jp"));
        let partner = Some((Whose::Partner, "partner-trading.example".to_owned()));
        assert_eq!(like("partner-tradng.example", "corp.example"), partner);
        let brand = like("rnicrosoft.com", "corp.example").map(|(whose, _)| whose);
        assert_eq!(brand, Some(Whose::Known));
    }

    #[test]
    fn others_are_left_alone() {
        for honest in
            ["outside.example", "gmail.com", "microsoft.com", "med.univ.ac.jp", "archive.example", "xcorp.test"]
        {
            assert_eq!(like(honest, "corp.example"), None, "{honest}");
        }
        assert_eq!(like("mec.univ.ac.jp", "med.univ.ac.jp"), None);
    }
}
