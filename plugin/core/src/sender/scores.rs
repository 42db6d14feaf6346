//! How suspicious a sender is: one number a group of signs, and all together. Groups are independent, so they add up as
//! independent chances do; nothing a sender adds lowers the sum.

use crate::report::Context;
use crate::text::kana::Likeness;

use super::authentication::Outcome;
use super::idn::Unsafe;
use super::lookalike::score::either;
use super::mailbox::Oddity;
use super::names::Trick;
use super::{DomainView, Role, Sender};

/// Scores in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scores {
    /// A domain imitates another one.
    pub domain: u16,
    /// A domain deceives or is invalid by itself.
    pub idn: u16,
    /// The fields can be read in several ways.
    pub header: u16,
    /// A display name deceives.
    pub name: u16,
    /// Answers go elsewhere.
    pub reply: u16,
    /// The origin is forged.
    pub authentication: u16,
    /// All together.
    pub total: u16,
}

impl Scores {
    /// The scores of what was read.
    #[must_use]
    pub fn of(sender: &Sender, context: &Context) -> Self {
        let mut scores = Self {
            domain: worst(&sender.domains, |d| d.found.first().map_or(0, |f| f.score)),
            idn: worst(&sender.domains, idn),
            header: header(sender),
            name: name(sender),
            reply: reply(sender),
            authentication: authentication(sender),
            total: 0,
        };
        let new = first_contact(sender, context);
        if new {
            // Signs weigh more from somebody never seen before.
            for part in [&mut scores.domain, &mut scores.name, &mut scores.reply] {
                if *part >= 200 {
                    *part = either(*part, 150);
                }
            }
        } else if is_known(sender, context) {
            // An old acquaintance may write from home, or have answers go elsewhere. His domain imitates others all the same.
            (scores.name, scores.reply) = (scores.name / 2, scores.reply / 2);
        }
        let parts = [scores.domain, scores.idn, scores.header, scores.name, scores.reply, scores.authentication];
        scores.total = parts.into_iter().fold(0, either);
        scores
    }
}

/// How much a part of the mail is looked at, in hundredths.
const fn weight(role: Role) -> u32 {
    match role {
        Role::From | Role::OtherReading => 100,
        Role::ReplyTo => 90,
        Role::Sender | Role::ResentFrom => 80,
        Role::Envelope => 60,
    }
}

fn weighted(score: u16, role: Role) -> u16 {
    u16::try_from(u32::from(score).saturating_mul(weight(role)) / 100).unwrap_or(1000)
}

fn worst(domains: &[DomainView], score: impl Fn(&DomainView) -> u16) -> u16 {
    domains.iter().map(|d| weighted(score(d), d.role)).max().unwrap_or(0)
}

fn idn(domain: &DomainView) -> u16 {
    use crate::text::domain::Flaw;
    let flaw = match domain.flaw {
        Some(Flaw::Idna) => 700,
        Some(Flaw::Character) => 500,
        Some(Flaw::EmptyLabel | Flaw::TooLong) => 300,
        Some(Flaw::Literal) => 200,
        None => 0,
    };
    let label = domain.unsafe_label.as_ref().map_or(0, |(_, why, fits)| unsafe_label(*why, *fits));
    flaw.max(label)
}

/// How suspicious an unsafe label is; less so where it fits the language of its top-level domain.
#[must_use]
pub const fn unsafe_label(why: Unsafe, fits: bool) -> u16 {
    match (why, fits) {
        (_, true) => 300,
        (Unsafe::Invisible | Unsafe::MixedScripts | Unsafe::WholeScript, _) => 850,
        (Unsafe::Marks | Unsafe::Digits | Unsafe::Kana, _) => 700,
        (Unsafe::Character | Unsafe::AccentedLatin | Unsafe::ForeignLetter, _) => 600,
    }
}

fn header(sender: &Sender) -> u16 {
    let mut score = 0;
    if sender.from_fields > 1 {
        score = either(score, 800);
    }
    if sender.odd_fields > 0 {
        score = either(score, 700);
    }
    if sender.from_fields == 0 {
        score = either(score, 300);
    }
    if sender.has_several_owners() {
        score = either(score, 600);
    }
    for (role, oddity) in &sender.oddities {
        score = either(score, weighted(odd(*oddity), *role));
    }
    if !sender.duplicates.is_empty() {
        score = either(score, 300);
    }
    score
}

/// How suspicious an oddity is.
#[must_use]
pub const fn odd(oddity: Oddity) -> u16 {
    match oddity {
        Oddity::Disagreement | Oddity::EncodedSyntax => 700,
        Oddity::Control | Oddity::Route | Oddity::SeveralAt => 600,
        Oddity::TextAfter | Oddity::CommentAddress => 500,
        Oddity::Unbalanced | Oddity::NoAddress | Oddity::Cut => 300,
        Oddity::Group => 200,
        Oddity::BadUtf8 => 100,
    }
}

fn name(sender: &Sender) -> u16 {
    let free = sender.of(Role::From).any(|i| i.free_mail);
    let mut best = 0;
    let mut hidden = 0;
    for (role, trick) in &sender.tricks {
        // A list puts the author's name before its own address.
        let excused = sender.list && sender.authentication.is_proved();
        let own = of_trick(trick, free);
        let own = if excused { own / 3 } else { own };
        match trick {
            Trick::Invisible | Trick::Bidi | Trick::Styled | Trick::Mixed(_) | Trick::Padded => {
                hidden = hidden.max(weighted(own, *role));
            }
            _ => best = best.max(weighted(own, *role)),
        }
    }
    either(best, hidden)
}

/// How suspicious a trick is; more so from where anybody gets an address.
#[must_use]
pub fn of_trick(trick: &Trick, free_mail: bool) -> u16 {
    let disguised = |likeness: &Likeness| *likeness >= Likeness::Weak;
    match trick {
        Trick::Address(_, true) => 850,
        Trick::Address(_, false) => 350,
        Trick::Brand(_, likeness) | Trick::Office(_, likeness) | Trick::Organisation(_, likeness)
            if disguised(likeness) =>
        {
            900
        }
        Trick::Office(..) => {
            if free_mail {
                800
            } else {
                550
            }
        }
        Trick::Local(_) => 650,
        Trick::Brand(..) => {
            if free_mail {
                750
            } else {
                350
            }
        }
        Trick::Vip(_, likeness) if disguised(likeness) => 900,
        Trick::Vip(..) => {
            if free_mail {
                850
            } else {
                700
            }
        }
        Trick::Organisation(..) => {
            if free_mail {
                800
            } else {
                550
            }
        }
        Trick::Role(_) => {
            if free_mail {
                600
            } else {
                350
            }
        }
        Trick::Bidi => 650,
        Trick::Invisible | Trick::Mixed(_) | Trick::Padded => 500,
        Trick::Styled => 250,
    }
}

fn reply(sender: &Sender) -> u16 {
    if !sender.reply_elsewhere || sender.list && sender.authentication.is_proved() {
        return 0;
    }
    let to_free = sender.of(Role::ReplyTo).any(|i| i.free_mail) && !sender.of(Role::From).any(|i| i.free_mail);
    let vip = sender.tricks.iter().any(|(_, t)| matches!(t, Trick::Vip(..)));
    // Nothing proves that a protected domain wrote this, and the answer goes where anybody gets an address.
    let borrowed = sender.known == Some("protected") && !sender.authentication.is_proved();
    match (to_free, vip) {
        (true, true) => 800,
        (true, false) if borrowed => 600,
        (true, false) => 400,
        (false, true) => 500,
        (false, false) => 80,
    }
}

fn authentication(sender: &Sender) -> u16 {
    let known = &sender.authentication;
    let mut score = 0;
    if !known.forged.is_empty() {
        score = either(score, 700);
    }
    if known.contradicts {
        score = either(score, 300);
    }
    if known.dmarc == Outcome::Fail {
        score = either(score, failed(sender));
    }
    score
}

/// How much a DMARC failure says: much for a name worth imitating, little for a list or a domain that asks for nothing.
#[must_use]
pub fn failed(sender: &Sender) -> u16 {
    let known = &sender.authentication;
    if known.arc == Outcome::Pass {
        return 100;
    }
    let asks = match known.policy.as_str() {
        "reject" => 700,
        "quarantine" => 600,
        _ => 200,
    };
    let worth = if sender.known == Some("protected") { 900 } else { asks };
    if sender.list { worth / 2 } else { worth }
}

/// Does the host say that nobody here had mail from this address before, or that the domain is younger than 30 days?
fn first_contact(sender: &Sender, context: &Context) -> bool {
    sender.of(Role::From).any(|i| {
        let fact = |kind, key: &str| context.fact(kind, Some(key));
        fact("first-contact", &i.address).is_some_and(|v| v == "yes")
            || fact("domain-age", &i.registrable).and_then(|d| d.parse::<u32>().ok()).is_some_and(|d| d < 30)
    })
}

/// Does the host know this address, and is the domain proved to have sent the mail?
fn is_known(sender: &Sender, context: &Context) -> bool {
    sender.authentication.is_proved()
        && sender
            .of(Role::From)
            .any(|i| context.fact("known-correspondent", Some(&i.address)).is_some_and(|v| v == "yes"))
}
