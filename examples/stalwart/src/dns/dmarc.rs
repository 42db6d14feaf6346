//! DMARC records in the DNS (RFC 9989 section 4): what a domain wants done with mail that fails.

use hickory_resolver::proto::rr::Name;

/// The most names that are asked about one domain (section 4.10).
const STEPS: usize = 8;

/// The way from a domain to the organisation that speaks for it, one name after another.
#[derive(Debug)]
pub struct Walk {
    /// Where the next record would be, but for `_dmarc`.
    next: Option<Name>,
    steps: usize,
    /// The domain's own record.
    own: Option<Record>,
    /// The record nearest to the root that speaks for an organisation.
    organisation: Option<Record>,
    /// What a registry says of the names below it.
    registry: Option<Record>,
}

/// A DMARC record, as far as it matters here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Record {
    domain: Policy,
    below: Option<Policy>,
    /// `psd`: a public suffix (`y`), or an organisation for sure (`n`).
    suffix: Option<bool>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Policy {
    #[default]
    None,
    Quarantine,
    Reject,
}

impl Policy {
    fn of(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "none" => Some(Self::None),
            "quarantine" => Some(Self::Quarantine),
            "reject" => Some(Self::Reject),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Quarantine => "quarantine",
            Self::Reject => "reject",
        }
    }
}

impl Walk {
    /// Begins at a domain.
    pub fn new(domain: &Name) -> Self {
        let next = Some(domain.clone()).filter(|name| !name.is_root());
        Self { next, steps: 0, own: None, organisation: None, registry: None }
    }

    /// The next name whose TXT records are wanted.
    pub fn next(&self) -> Option<Name> {
        self.next.as_ref().filter(|_| self.steps < STEPS)?.prepend_label("_dmarc").ok()
    }

    /// Takes the TXT records of that name.
    pub fn found(&mut self, texts: &[String]) {
        let first = self.steps == 0;
        self.steps = self.steps.saturating_add(1);
        let Some(here) = self.next.take() else { return };
        let mut records = texts.iter().filter_map(|text| Record::parse(text));
        // More than one record is none.
        let record = records.next().filter(|_| records.next().is_none());
        if first {
            self.own = record;
        } else if record.is_some_and(|record| record.suffix == Some(true)) {
            self.registry = record;
        } else if record.is_some() {
            self.organisation = record;
        }
        let ends = self.own.is_some() || record.is_some_and(|record| record.suffix.is_some());
        if !ends {
            // A name of many labels is cut to seven, so that eight questions do.
            let labels = usize::from(here.num_labels()).saturating_sub(1);
            let labels = if first { labels.min(STEPS.saturating_sub(1)) } else { labels };
            self.next = (labels > 0).then(|| here.trim_to(labels));
        }
    }

    /// The policy that counts for the domain; `None` when nobody published one.
    pub fn policy(&self) -> Option<&'static str> {
        let above = self.organisation.or(self.registry).map(|record| record.below.unwrap_or(record.domain));
        self.own.map(|record| record.domain).or(above).map(Policy::as_str)
    }
}

impl Record {
    /// Reads `v=DMARC1; p=…; …`. A record without a policy that asks for reports is one with `none` (section 4.7).
    fn parse(text: &str) -> Option<Self> {
        let mut tags = text.split(';').filter_map(|tag| tag.split_once('=')).map(|(k, v)| (k.trim(), v.trim()));
        if tags.next() != Some(("v", "DMARC1")) {
            return None;
        }
        let (mut domain, mut below, mut suffix, mut reports) = (None, None, None, false);
        for (key, value) in tags {
            match key.to_ascii_lowercase().as_str() {
                "p" => domain = Policy::of(value),
                "sp" => below = Policy::of(value),
                "rua" => reports = true,
                "psd" if value.eq_ignore_ascii_case("y") => suffix = Some(true),
                "psd" if value.eq_ignore_ascii_case("n") => suffix = Some(false),
                _ => {}
            }
        }
        let domain = domain.or(reports.then_some(Policy::None))?;
        Some(Self { domain, below, suffix })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Walks where these names have these records: the questions, and what counts in the end.
    fn walk(domain: &str, records: &[(&str, &str)]) -> (Vec<String>, Option<&'static str>) {
        let mut walk = Walk::new(&Name::from_ascii(format!("{domain}.")).unwrap());
        let mut asked = Vec::new();
        while let Some(name) = walk.next() {
            let name = name.to_ascii().trim_end_matches('.').to_owned();
            let texts = records.iter().filter(|(at, _)| format!("_dmarc.{at}") == name);
            walk.found(&texts.map(|(_, text)| (*text).to_owned()).collect::<Vec<_>>());
            asked.push(name);
        }
        (asked, walk.policy())
    }

    #[test]
    fn a_domain_that_speaks_for_itself_is_one_question() {
        let (asked, policy) = walk("a.shop.example", &[("a.shop.example", "v=DMARC1; p=reject; sp=none")]);
        assert_eq!((asked.as_slice(), policy), (["_dmarc.a.shop.example".to_owned()].as_slice(), Some("reject")));
    }

    #[test]
    fn an_organisation_speaks_for_what_is_below() {
        let organisation = ("shop.example", "v=DMARC1; p=reject; sp=quarantine");
        assert_eq!(walk("a.b.shop.example", &[organisation]).1, Some("quarantine"));
        let between = ("b.shop.example", "v=DMARC1;p=none");
        assert_eq!(
            walk("a.b.shop.example", &[organisation, between]).1,
            Some("quarantine"),
            "the one nearest the root"
        );
        let sure = ("b.shop.example", "v=DMARC1; p=none; psd=n");
        assert_eq!(walk("a.b.shop.example", &[organisation, sure]).1, Some("none"), "it says that it is one");
        let registry = ("example", "v=DMARC1; p=reject; psd=y");
        assert_eq!(walk("a.b.shop.example", &[organisation, registry]).1, Some("quarantine"));
        assert_eq!(walk("a.b.shop.example", &[registry]).1, Some("reject"));
    }

    #[test]
    fn what_is_no_record_says_nothing() {
        for text in ["", "v=spf1 -all", "p=reject; v=DMARC1", "v=DMARC1", "v=DMARC1; p=explode", "v=DMARC2; p=reject"] {
            assert_eq!(walk("shop.example", &[("shop.example", text)]).1, None, "{text}");
        }
        let twice = [("shop.example", "v=DMARC1; p=reject"), ("shop.example", "v=DMARC1; p=none")];
        assert_eq!(walk("shop.example", &twice).1, None);
        assert_eq!(walk("shop.example", &[("shop.example", "v=DMARC1; rua=mailto:a@b.example")]).1, Some("none"));
        assert_eq!(walk("shop.example", &[("shop.example", " v = DMARC1 ; P = Reject ")]).1, Some("reject"));
    }

    #[test]
    fn eight_questions_do() {
        let (asked, _) = walk("a.".repeat(60).trim_end_matches('.'), &[]);
        assert_eq!((asked.len(), asked.last().unwrap().as_str()), (8, "_dmarc.a"));
    }
}
