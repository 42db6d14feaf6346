//! Display names judged as if the address could not be seen: most phones show nothing else.

use crate::text::class::{Class, class};
use crate::text::domain::Domain;
use crate::text::kana::{Likeness, NameKey};
use crate::text::script::{Mixing, mixing};
use crate::text::suffix::is_top_level;
use crate::text::{is_bidi_control, is_invisible};

use super::lookalike::{Source, search};
use super::policy::{Prepared, Switch, words};
use super::{brand_names, roles};

/// What a display name does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trick {
    /// It shows an address or a domain of somebody else: the domain, and whether that one is protected or a brand.
    Address(String, bool),
    /// It bears the name of a brand or of a protected domain, and the address is not theirs: the name, how like it is.
    Brand(String, Likeness),
    /// The same, and it speaks as their office: `Merrowmint Support`.
    Office(String, Likeness),
    /// The part before the `@` is the domain of somebody else who is protected or a brand.
    Local(String),
    /// It bears the name of a VIP and the address is not the VIP's.
    Vip(String, Likeness),
    /// It bears the name of the operator's own organisation, from outside.
    Organisation(String, Likeness),
    /// It is nothing but a department or a role.
    Role(String),
    /// It hides characters.
    Invisible,
    /// It reorders characters.
    Bidi,
    /// It is written in letters made to look different.
    Styled,
    /// One word mixes scripts nobody writes together.
    Mixed(String),
    /// It pushes the address off the screen.
    Padded,
}

impl Trick {
    /// The word that stands for it in evidence.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Address(..) => "address",
            Self::Brand(..) => "brand",
            Self::Office(..) => "brand-office",
            Self::Local(_) => "local-part",
            Self::Vip(..) => "vip",
            Self::Organisation(..) => "organisation",
            Self::Role(_) => "role",
            Self::Invisible => "invisible",
            Self::Bidi => "bidi",
            Self::Styled => "styled",
            Self::Mixed(_) => "mixed-scripts",
            Self::Padded => "padded",
        }
    }
}

/// Where the name stands.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The whole address.
    pub address: &'a str,
    /// Its domain.
    pub domain: &'a Domain<'a>,
    /// The mail comes from the operator's own domains.
    pub inside: bool,
}

/// Everything a display name does.
#[must_use]
pub fn judge(name: &str, place: Place<'_>, prepared: &Prepared) -> Vec<Trick> {
    let mut tricks: Vec<Trick> = local(place, prepared).into_iter().collect();
    if name.is_empty() {
        return tricks;
    }
    let name = name.get(..name.floor_char_boundary(2048)).unwrap_or_default();
    if name.chars().any(is_bidi_control) {
        tricks.push(Trick::Bidi);
    }
    let key = NameKey::of(name);
    if hides(name) {
        tricks.push(Trick::Invisible);
    }
    if key.styled {
        tricks.push(Trick::Styled);
    }
    if is_padded(name) {
        tricks.push(Trick::Padded);
    }
    tricks.extend(mixed(name));
    tricks.extend(addresses(name, place, prepared));
    tricks.extend(vip(&key, place, prepared));
    if !place.inside {
        let joined = key.joined();
        let own = prepared.organisation().iter().find_map(|o| o.find_in(&joined).map(|f| (o.text(), f.likeness)));
        tricks.extend(own.map(|(name, likeness)| Trick::Organisation(name, likeness)));
        tricks.extend(roles::whole(&joined).map(Trick::Role));
    }
    if !tricks.iter().any(|t| matches!(t, Trick::Address(_, true))) {
        tricks.extend(brand(&key, place, prepared));
    }
    tricks
}

/// A domain of somebody else where a mailbox should be: `merrowmint.com@tq-9.example`. Lists and forwarders write more
/// than a domain there.
fn local(place: Place<'_>, prepared: &Prepared) -> Option<Trick> {
    let (local, _) = place.address.rsplit_once('@').filter(|(local, _)| local.contains('.'))?;
    let domain = Domain::parse(local);
    let shown = domain.registrable();
    if domain.flaw.is_some() || domain.label().is_empty() || prepared.same_owner(shown, place.domain.registrable()) {
        return None;
    }
    let key = crate::text::skeleton::skeleton(&crate::text::fold::fold(domain.label()));
    let known = prepared.indexes().iter().any(|i| i.exact(shown, &key).is_some());
    known.then(|| Trick::Local(shown.to_owned()))
}

/// Invisible characters that no script needs: joiners and variation selectors between emoji and in Indic text are honest.
fn hides(name: &str) -> bool {
    let mut before = None;
    name.chars().any(|c| {
        let joined = matches!(c, '\u{200C}' | '\u{200D}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}');
        let honest = joined && before.is_some_and(|b: char| !b.is_ascii_alphanumeric() && !is_invisible(b))
            || c == '\u{FEFF}' && before.is_none();
        before = Some(c);
        is_invisible(c) && !honest
            || c == '\u{2800}'
            || class(c) == Class::Control && !c.is_whitespace() && c != '\u{1B}'
    })
}

/// More than a dozen blanks in a row, or a line break.
fn is_padded(name: &str) -> bool {
    let mut run = 0usize;
    name.trim().chars().any(|c| {
        run = if class(c) == Class::Space || matches!(c, '\u{2800}' | '\t') { run.saturating_add(1) } else { 0 };
        run > 12 || matches!(c, '\n' | '\u{2028}' | '\u{2029}' | '\u{0085}')
    })
}

/// A word of letters nobody writes together.
fn mixed(name: &str) -> Option<Trick> {
    let word =
        name.split(|c: char| !c.is_alphanumeric()).find(|w| w.chars().count() > 1 && mixing(w) == Mixing::Mixed)?;
    Some(Trick::Mixed(word.to_owned()))
}

/// Addresses and domains within the name, of somebody else.
fn addresses(name: &str, place: Place<'_>, prepared: &Prepared) -> Option<Trick> {
    let plain: String = name
        .chars()
        .filter(|c| !is_invisible(*c) && !is_bidi_control(*c))
        .map(|c| match c {
            '＠' | '﹫' => '@',
            '．' | '。' | '｡' | '․' => '.',
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c).saturating_sub(0xFEE0)).unwrap_or(c),
            c => c,
        })
        .collect();
    if !["@", ".", "at", "dot"].iter().any(|sign| plain.contains(sign)) {
        return None;
    }
    let spelled = plain
        .replace(" at ", "@")
        .replace("[at]", "@")
        .replace("(at)", "@")
        .replace(" dot ", ".")
        .replace("[dot]", ".");
    let tokens = spelled.split(|c: char| c.is_whitespace() || "<>()[]\"',;:「」（）【】『』|/".contains(c));
    let mut weak = None;
    for token in tokens.filter(|t| t.contains('.') || t.contains('@')) {
        let (at, host) = token.rsplit_once('@').map_or((false, token), |(_, d)| (true, d));
        let host = host.trim_matches('.');
        let domain = Domain::parse(host);
        let top = domain.ascii.rsplit('.').next().unwrap_or_default();
        if domain.flaw.is_some()
            || domain.label().is_empty()
            || !(is_top_level(top) || at && place.domain.ascii.ends_with(top))
        {
            continue;
        }
        let shown = domain.registrable();
        if prepared.same_owner(shown, place.domain.registrable()) {
            continue;
        }
        let indexes = prepared.indexes();
        let key = crate::text::skeleton::skeleton(&crate::text::fold::fold(domain.label()));
        let known = indexes.iter().any(|i| i.exact(shown, &key).is_some());
        let near = known || search(&domain, &indexes).first().is_some_and(|f| f.score >= 500);
        if near {
            return Some(Trick::Address(shown.to_owned(), true));
        }
        if at {
            weak = weak.or_else(|| Some(Trick::Address(shown.to_owned(), false)));
        }
    }
    weak
}

/// The name of a VIP whose address this is not: all words of it, in any order.
fn vip(name: &NameKey, place: Place<'_>, prepared: &Prepared) -> Option<Trick> {
    prepared.vips().next()?;
    let own = |addresses: &[String]| addresses.iter().any(|a| a.eq_ignore_ascii_case(place.address));
    let theirs: Vec<NameKey> = name.words().collect();
    let joined = name.joined();
    prepared.vips().find_map(|(vip, wanted)| {
        if own(&vip.addresses) {
            return None;
        }
        let each = wanted.iter().map(|w| theirs.iter().filter_map(|t| w.equals(t)).min());
        let words = each.collect::<Option<Vec<Likeness>>>().and_then(|l| l.into_iter().max());
        // Japanese names are also written without a blank, in either order.
        let glued = || {
            let forward: String = wanted.iter().map(NameKey::text).collect();
            let backward: String = wanted.iter().rev().map(NameKey::text).collect();
            let whole = |text: String| NameKey::of(&text).joined();
            [whole(forward), whole(backward)].iter().find_map(|w| w.find_in(&joined)).map(|f| f.likeness)
        };
        let likeness = words.or_else(|| if wanted.len() > 1 { glued() } else { None })?;
        let shown: Vec<String> = wanted.iter().map(NameKey::text).collect();
        Some(Trick::Vip(shown.join(" "), likeness))
    })
}

/// The name of a brand whose domain this is not.
fn brand(name: &NameKey, place: Place<'_>, prepared: &Prepared) -> Option<Trick> {
    if prepared.policy.brands == Switch::Off || prepared.may_speak(place.domain) {
        return None;
    }
    let (found, likeness) = protected(name, place, prepared).or_else(|| {
        let found = brand_names::find(name)?;
        let key = crate::text::skeleton::skeleton(&crate::text::fold::fold(place.domain.label()));
        let owner = super::brands::index().and_then(|i| i.exact(place.domain.registrable(), &key)).map(|t| t.owner);
        (owner != Some(found.owner)).then_some((found.name, found.likeness))
    })?;
    // A seller or a fan has the name in his address too.
    let brand = NameKey::of(&found).joined();
    let bears = brand.find_in(&NameKey::of(place.address).joined()).is_some();
    let office = !bears && OFFICE.iter().any(|word| NameKey::of(word).find_in(name).is_some());
    Some(if office { Trick::Office(found, likeness) } else { Trick::Brand(found, likeness) })
}

/// What the offices of companies call themselves.
const OFFICE: &[&str] = &[
    "support",
    "service",
    "services",
    "customer",
    "account",
    "accounts",
    "security",
    "billing",
    "payment",
    "payments",
    "helpdesk",
    "help desk",
    "notification",
    "alert",
    "verification",
    "center",
    "centre",
    "kundenservice",
    "sicherheit",
    "service client",
    "atencion",
    "カスタマー",
    "サポート",
    "サービス",
    "センター",
    "お客様",
    "お客さま",
    "会員",
    "事務局",
    "セキュリティ",
    "お知らせ",
    "重要",
    "緊急",
    "本人確認",
    "決済",
    "請求",
    "経理",
    "窓口",
];

/// The label of a protected domain as a word of the name, or as two: `Merrowmint`, `Merrow Mint`. Everyday words are
/// nobody's name.
fn protected(name: &NameKey, place: Place<'_>, prepared: &Prepared) -> Option<(String, Likeness)> {
    let words: Vec<String> = name.words().take(12).map(|w| w.text()).collect();
    let pairs = words.windows(2).map(|pair| pair.concat());
    let indexes = prepared.indexes();
    words.iter().cloned().chain(pairs).find_map(|word| {
        let label = crate::text::fold::fold(&word);
        let key = crate::text::skeleton::skeleton(&label);
        if key.len() < 6 {
            return None;
        }
        let target = indexes
            .iter()
            .find_map(|index| index.named(&key).find(|t| t.source == Source::Protected && t.distinctive && !t.alias))?;
        let owned = prepared.same_owner(target.name(), place.domain.registrable());
        let likeness = if target.label == label { Likeness::Same } else { Likeness::Strong };
        (!owned).then(|| (String::from_utf8_lossy(target.label.as_bytes()).into_owned(), likeness))
    })
}

/// Words of a VIP's name, for callers that prepare a policy.
#[must_use]
pub fn folded(name: &str) -> Vec<NameKey> {
    words(name)
}
