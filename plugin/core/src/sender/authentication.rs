//! What is known about who sent a mail: facts of the gateway, or `Authentication-Results` (RFC 8601) and ARC (RFC 8617) of
//! hosts the policy trusts. All others are claims. A pass says which domain sent a mail, never that its name is honest.

mod results;

use std::collections::BTreeSet;

use crate::report::Context;
use crate::text::domain::Domain;

use super::header::{Header, Name};
pub use results::{Method, Results};

/// The outcome of one check.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Outcome {
    /// Not known: nobody we trust said anything, a temporary error, or no policy.
    #[default]
    Unknown,
    /// Passed.
    Pass,
    /// Failed.
    Fail,
}

impl Outcome {
    /// The word that stands for it in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Pass => "pass",
            Self::Fail => "fail",
        }
    }

    fn of(word: &str) -> Self {
        match word {
            "pass" => Self::Pass,
            "fail" | "softfail" | "permerror" | "hardfail" | "policy" => Self::Fail,
            _ => Self::Unknown,
        }
    }
}

/// What is known about the mail's origin.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authentication {
    /// Where it is known from: `facts`, the trusted authserv-id, or empty.
    pub source: String,
    /// DMARC for the From domain (RFC 9989).
    pub dmarc: Outcome,
    /// The policy the From domain publishes: `none`, `quarantine`, `reject` or empty.
    pub policy: String,
    /// SPF, and whether its domain is aligned with the From domain.
    pub spf: (Outcome, bool),
    /// DKIM, and whether a signature that passed is aligned.
    pub dkim: (Outcome, bool),
    /// A trusted sealer's ARC chain says that the mail passed before it was forwarded.
    pub arc: Outcome,
    /// Does the first word of a trusted host on DMARC name the From domain and say that it passed? None when nobody spoke.
    pub vouched: Option<bool>,
    /// A trusted field contradicts itself: DMARC passed and nothing is aligned.
    pub contradicts: bool,
    /// Fields that bear a trusted id below the border, or more ids than one host writes: forged.
    pub forged: Vec<String>,
    /// Fields of hosts nobody trusts that claim a pass.
    pub claims: usize,
}

impl Authentication {
    /// Is the From domain proved to have sent the mail?
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.dmarc == Outcome::Pass && !self.contradicts
            || self.spf == (Outcome::Pass, true)
            || self.dkim == (Outcome::Pass, true)
    }
}

impl Authentication {
    /// Is the From domain vouched for, so that exceptions made for it apply? Stricter than a proof: DMARC has passed, the
    /// first to speak of it said so, and nobody tried to speak for him.
    #[must_use]
    pub fn is_vouched_for(&self) -> bool {
        self.dmarc == Outcome::Pass && self.vouched == Some(true) && !self.contradicts && self.forged.is_empty()
    }
}

/// Hosts whose word counts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'a> {
    /// authserv-ids of the operator's own border.
    pub authserv: &'a [String],
    /// Domains whose ARC seals count.
    pub sealers: &'a [String],
}

/// What is known about a mail with these From domains (registrable and shown). With several or none, DMARC says nothing.
#[must_use]
pub fn read(header: &Header<'_>, from: &[String], trust: Trust<'_>, context: &Context) -> Authentication {
    let mut out = Authentication::default();
    let only = match from {
        [one] => Some(one.as_str()),
        _ => None,
    };
    fields(header, only, trust, &mut out);
    facts(context, only, &mut out);
    if out.source.is_empty() || from.len() != 1 {
        out.dmarc = Outcome::Unknown;
    }
    out.contradicts = out.dmarc == Outcome::Pass
        && out.spf.0 != Outcome::Unknown
        && !out.spf.1
        && !out.dkim.1
        && out.source != "facts";
    out
}

/// The gateway's own results, as facts: `dmarc`, `dmarc-policy`, `spf` and `dkim`, keyed by the domain they speak of.
fn facts(context: &Context, from: Option<&str>, out: &mut Authentication) {
    let Some(from) = from else { return };
    for fact in &context.facts {
        let outcome = Outcome::of(&fact.value);
        match fact.kind.as_str() {
            "dmarc" if fact.key.is_empty() || aligned(&fact.key, from) => {
                out.dmarc = outcome;
                out.vouched = Some(outcome == Outcome::Pass);
            }
            "dmarc-policy" if fact.key.is_empty() || aligned(&fact.key, from) => {
                // What the domain publishes says nothing of this mail.
                out.policy.clone_from(&fact.value);
                continue;
            }
            "spf" => out.spf = (outcome, aligned(&fact.key, from)),
            "dkim" if out.dkim != (Outcome::Pass, true) => out.dkim = (outcome, aligned(&fact.key, from)),
            _ => continue,
        }
        out.source = "facts".to_owned();
    }
}

/// Relaxed alignment: the same registrable domain. The exact tree walk of RFC 9989 needs the DNS.
fn aligned(domain: &str, from: &str) -> bool {
    let domain = domain.rsplit('@').next().unwrap_or_default();
    !domain.is_empty() && Domain::parse(domain).registrable() == Domain::parse(from).registrable()
}

/// Reads the fields from the top: what stands above the first `Received` was written by the last host, our border, or
/// within it; what stands below the first line that no trusted host wrote is the sender's word. Some borders write below
/// their own `Received`; where one is seen to write above, what stands below came with the mail.
fn fields(header: &Header<'_>, from: Option<&str>, trust: Trust<'_>, out: &mut Authentication) {
    let mut inside = true;
    let mut received = 0usize;
    let mut writes_above = false;
    for field in &header.fields {
        match field.name {
            Name::Received => {
                received = received.saturating_add(1);
                inside &= received <= 1 && written_by(field.value, trust.authserv);
            }
            Name::AuthenticationResults => {
                let results = Results::read(field.value);
                let trusted = results.as_ref().is_some_and(|r| is_listed(&r.id, trust.authserv));
                let above = received == 0 || inside && !writes_above;
                writes_above |= trusted && received == 0;
                match results {
                    Some(results) if trusted && above && !field.odd => take(&results, from, out),
                    Some(results) if trusted => out.forged.push(results.id),
                    Some(results) if resembles(&results.id, trust.authserv) => out.forged.push(results.id),
                    Some(results) if results.methods.iter().any(|m| m.result == "pass") => {
                        out.claims = out.claims.saturating_add(1);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    arc(header, from, trust, out);
}

/// Does a `Received` field say `by` a trusted host?
fn written_by(value: &[u8], trusted: &[String]) -> bool {
    let text = String::from_utf8_lossy(value);
    let mut words = text.split_whitespace();
    let by = words.by_ref().position(|w| w.eq_ignore_ascii_case("by")).and_then(|_| words.next());
    by.is_some_and(|host| is_listed(host.trim_end_matches(';'), trusted))
}

fn is_listed(id: &str, list: &[String]) -> bool {
    list.iter().any(|t| t.eq_ignore_ascii_case(id))
}

/// An id that wants to pass for a trusted one: another case of letters beyond ASCII, a dot too many, a look-alike.
fn resembles(id: &str, trusted: &[String]) -> bool {
    let key = |text: &str| crate::text::skeleton::skeleton(&crate::text::fold::fold(text.trim_end_matches('.')));
    trusted.iter().any(|t| key(t) == key(id))
}

/// Takes over what a trusted field says. The topmost field counts for each method.
fn take(results: &Results, from: Option<&str>, out: &mut Authentication) {
    let first = out.source.is_empty();
    if first {
        out.source.clone_from(&results.id);
    }
    let Some(from) = from else { return };
    for method in &results.methods {
        let outcome = Outcome::of(&method.result);
        if method.name == "dmarc" && out.vouched.is_none() {
            let ours = method.property("header.from").is_some_and(|d| same_domain(d, from));
            out.vouched = Some(ours && outcome == Outcome::Pass);
        }
        match method.name.as_str() {
            "dmarc" if out.dmarc == Outcome::Unknown => {
                let ours = method.property("header.from").is_none_or(|d| same_domain(d, from));
                if ours {
                    out.dmarc = outcome;
                    out.policy = method.policy();
                }
            }
            "spf" if out.spf.0 == Outcome::Unknown => {
                let domain =
                    method.property("smtp.mailfrom").or_else(|| method.property("smtp.helo")).unwrap_or_default();
                out.spf = (outcome, aligned(domain, from));
            }
            "dkim" if out.dkim != (Outcome::Pass, true) => {
                let domain = method.property("header.d").or_else(|| method.property("header.i")).unwrap_or_default();
                let here = (outcome, aligned(domain, from));
                if out.dkim.0 != Outcome::Pass || here == (Outcome::Pass, true) {
                    out.dkim = here;
                }
            }
            "arc" if first => out.arc = outcome,
            _ => {}
        }
    }
}

fn same_domain(a: &str, b: &str) -> bool {
    Domain::parse(a.rsplit('@').next().unwrap_or_default()).ascii == Domain::parse(b).ascii
}

/// The newest ARC set, if a trusted sealer made it, the chain is complete and our border found it valid: the result an
/// earlier hop saw excuses a DMARC failure of a forwarded mail.
fn arc(header: &Header<'_>, from: Option<&str>, trust: Trust<'_>, out: &mut Authentication) {
    let valid = core::mem::take(&mut out.arc) == Outcome::Pass;
    let tag = |value: &[u8], tag: &str| {
        let text = String::from_utf8_lossy(value).into_owned();
        let found = text.split(';').find_map(|t| t.split_once('=').filter(|(k, _)| k.trim().eq_ignore_ascii_case(tag)));
        found.map(|(_, v)| v.trim().to_ascii_lowercase()).unwrap_or_default()
    };
    let numbers =
        |name: Name| -> BTreeSet<u32> { header.all(name).filter_map(|f| tag(f.value, "i").parse().ok()).collect() };
    let chain = numbers(Name::ArcSeal);
    let complete = !chain.is_empty()
        && chain.len() <= 50
        && chain.iter().copied().eq(1..=u32::try_from(chain.len()).unwrap_or(0))
        && numbers(Name::ArcMessageSignature) == chain
        && numbers(Name::ArcAuthenticationResults) == chain;
    let newest = chain.last().map(u32::to_string).unwrap_or_default();
    let Some(from) = from.filter(|_| valid && complete) else { return };
    let sealed = header
        .all(Name::ArcSeal)
        .find(|f| tag(f.value, "i") == newest)
        .is_some_and(|f| is_listed(&tag(f.value, "d"), trust.sealers) && tag(f.value, "cv") != "fail");
    let claim = header.all(Name::ArcAuthenticationResults).find(|f| tag(f.value, "i") == newest);
    if let Some(results) = claim.filter(|_| sealed).and_then(|f| {
        let value = f.value.iter().position(|b| *b == b';').and_then(|at| f.value.get(at.saturating_add(1)..))?;
        Results::read(value)
    }) {
        let passed = results.methods.iter().any(|m| {
            m.name == "dmarc" && m.result == "pass" && m.property("header.from").is_none_or(|d| same_domain(d, from))
        });
        out.arc = if passed { Outcome::Pass } else { Outcome::Unknown };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Fact;

    fn judge(head: &str, from: &[&str], context: &Context) -> Authentication {
        let trusted = ["mx.corp.example".to_owned()];
        let sealers = ["lists.example".to_owned()];
        let from: Vec<String> = from.iter().map(|f| (*f).to_owned()).collect();
        let trust = Trust { authserv: &trusted, sealers: &sealers };
        read(&Header::read(head.as_bytes()), &from, trust, context)
    }

    const FIRST: &str = "Authentication-Results: mx.corp.example 1; spf=pass smtp.mailfrom=news.shop.example; dkim=pass (2048 bit; x=1) header.d=shop.example header.s=k2;\r\n  dmarc=pass policy.dmarc=reject header.from=shop.example\r\nReceived: from out.shop.example ([203.0.113.7]) by mx.corp.example with ESMTPS id 1; Tue, 24 Nov 2026 10:00:00 +0900\r\n";

    #[test]
    fn only_the_border_is_believed() {
        let head = format!(
            "{FIRST}Received: from a by out.shop.example\r\nAuthentication-Results: relay.shop.example; dkim=none\r\nAuthentication-Results: MX.corp.example; dmarc=pass header.from=bank.example\r\nFrom: x@shop.example\r\n\r\n"
        );
        let known = judge(&head, &["shop.example"], &Context::default());
        assert_eq!(known.source, "mx.corp.example");
        assert_eq!((known.dmarc, known.policy.as_str()), (Outcome::Pass, "reject"));
        assert_eq!((known.spf, known.dkim), ((Outcome::Pass, true), (Outcome::Pass, true)));
        assert_eq!(known.forged, ["MX.corp.example"]);
        assert!(known.is_proved() && !known.contradicts);
    }

    #[test]
    fn below_the_line_counts_only_where_nothing_stands_above() {
        let line = "Received: from a by mx.corp.example; Tue, 24 Nov 2026 09:00:00 +0900\r\n";
        let result = |text: &str| format!("Authentication-Results: mx.corp.example; {text} header.from=b.example\r\n");
        let below = judge(&format!("{line}{}\r\n", result("dmarc=pass")), &["b.example"], &Context::default());
        assert_eq!((below.dmarc, below.forged.len()), (Outcome::Pass, 0));
        let head = format!("{}{line}{}\r\n", result("spf=none"), result("dmarc=pass"));
        let both = judge(&head, &["b.example"], &Context::default());
        assert_eq!((both.dmarc, both.forged.len()), (Outcome::Unknown, 1));
    }

    #[test]
    fn a_pass_for_another_domain_proves_nothing() {
        let known = judge(FIRST, &["bank.example"], &Context::default());
        assert_eq!(known.dmarc, Outcome::Unknown);
        assert!(!known.is_proved());
        let two = judge(FIRST, &["shop.example", "bank.example"], &Context::default());
        assert_eq!(two.dmarc, Outcome::Unknown);
    }

    #[test]
    fn look_alike_ids_are_forgeries() {
        for id in ["mx.c0rp.example", "mx.corp.example.", "mx.c\u{43e}rp.example"] {
            let known = judge(
                &format!("Authentication-Results: {id}; dmarc=pass header.from=b.example\r\n\r\n"),
                &["b.example"],
                &Context::default(),
            );
            assert_eq!((known.dmarc, known.forged.len()), (Outcome::Unknown, 1), "{id}");
        }
    }

    #[test]
    fn facts_count_more_than_fields() {
        let fact =
            |kind: &str, key: &str, value: &str| Fact { kind: kind.into(), key: key.into(), value: value.into() };
        let context = Context {
            facts: vec![fact("dmarc", "shop.example", "fail"), fact("dmarc-policy", "shop.example", "quarantine")],
            ..Context::default()
        };
        let known = judge(FIRST, &["shop.example"], &context);
        assert_eq!((known.dmarc, known.policy.as_str(), known.source.as_str()), (Outcome::Fail, "quarantine", "facts"));
    }

    #[test]
    fn a_trusted_seal_excuses_a_forwarder() {
        let set = "ARC-Seal: i=1; a=rsa-sha256; d=lists.example; s=1; cv=none; b=x\r\nARC-Message-Signature: i=1; d=lists.example; b=x\r\nARC-Authentication-Results: i=1; lists.example; dmarc=pass header.from=shop.example\r\n\r\n";
        let border = |arc: &str| {
            format!("Authentication-Results: mx.corp.example; arc={arc}; dmarc=fail header.from=shop.example\r\n{set}")
        };
        assert_eq!(judge(&border("pass"), &["shop.example"], &Context::default()).arc, Outcome::Pass);
        assert_eq!(judge(&border("fail"), &["shop.example"], &Context::default()).arc, Outcome::Unknown);
        assert_eq!(
            judge(&border("pass").replace("d=lists", "d=evil"), &["shop.example"], &Context::default()).arc,
            Outcome::Unknown
        );
    }

    #[test]
    fn who_is_vouched_for_is_told_by_the_first_who_speaks() {
        let field = |id: &str, result: &str| format!("Authentication-Results: {id}; {result}\r\n");
        let ours = |result: &str| field("mx.corp.example", result);
        let vouched =
            |head: String, from: &[&str]| judge(&format!("{head}\r\n"), from, &Context::default()).is_vouched_for();
        let (pass, shop) = (ours("dmarc=pass header.from=shop.example"), ["shop.example"]);
        assert!(vouched(pass.clone(), &shop) && vouched(ours("dkim=pass header.d=shop.example") + &pass, &shop));
        for (head, why) in [
            (field("mx.elsewhere.example", "dmarc=pass header.from=shop.example"), "nobody we trust"),
            (ours("dmarc=none header.from=shop.example") + &pass, "the second field may have come with the mail"),
            (ours("dmarc=fail header.from=shop.example") + &pass, "the same"),
            (ours("dmarc=pass header.from=bank.example") + &pass, "of another domain"),
            (ours("dmarc=pass"), "of no domain"),
            (ours("spf=pass smtp.mailfrom=shop.example; dkim=pass header.d=shop.example"), "not a word on DMARC"),
            (
                ours("spf=pass smtp.mailfrom=other.example; dmarc=pass header.from=shop.example"),
                "it contradicts itself",
            ),
            (format!("{pass}Received: from a by b\r\n{pass}"), "somebody speaks for our border"),
        ] {
            assert!(!vouched(head, &shop), "{why}");
        }
        assert!(!vouched(pass, &["shop.example", "bank.example"]), "two authors");
        let told = Fact { kind: "dmarc".into(), key: "shop.example".into(), value: "pass".into() };
        let context = Context { facts: vec![told], ..Context::default() };
        assert!(
            judge("\r\n", &shop, &context).is_vouched_for()
                && !judge("\r\n", &["b.example"], &context).is_vouched_for()
        );
    }
}
