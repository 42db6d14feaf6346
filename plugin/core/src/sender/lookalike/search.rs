//! Everything a domain resembles.

use crate::text::domain::Domain;
use crate::text::fold::{Key, readings};
use crate::text::lexicon::is_word;
use crate::text::romaji::romaji;
use crate::text::skeleton::skeleton;

use super::align::{Alignment, LIMIT, OpKind, align};
use super::index::{Index, Target, edits, weight};
use super::lure::Explained;
use super::probe::Probe;
use super::score::{Feature, Features, logit, probability};
use super::{Kind, Source, natural};

/// One resemblance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// In which way.
    pub kind: Kind,
    /// The registrable name of the target, in A-labels.
    pub target: String,
    /// The label of the target, folded.
    pub target_label: Key,
    /// Where the target comes from.
    pub source: Source,
    /// How likely it is an imitation, in thousandths.
    pub score: u16,
    /// The part of the candidate that resembles it, folded.
    pub part: Key,
    /// How it differs.
    pub alignment: Alignment,
    /// What the score rests on.
    pub features: Features,
}

/// Resemblances below this are not kept, in thousandths.
const FLOOR: u16 = 20;
/// Most resemblances kept.
const KEPT: usize = 4;
/// Most labels below the registrable name that are compared.
const BELOW: usize = 4;
/// A name that is on a list itself is popular, which is not the same as honest; in thousandths of a logit.
const KNOWN: i32 = -3000;

/// The weights are fitted for an index of about a thousand targets. The fewer there are, the less likely one of them is
/// near by chance; the more, the likelier. In thousandths of a logit.
const fn prior(targets: usize, source: Source) -> i32 {
    let many: i32 = match targets {
        0..=32 => 1800,
        33..=128 => 1200,
        129..=400 => 600,
        401..=1500 => 0,
        1501..=4000 => -400,
        4001..=20_000 => -900,
        _ => -1500,
    };
    match source {
        // Nobody asked for the built-in brands: namesakes and fans of theirs are many.
        Source::Brand => -500,
        // Of what is merely popular even more so, unless somebody chose it.
        Source::Top if targets > 400 => many.saturating_sub(1600),
        _ => many,
    }
}

/// What is compared, and with what.
struct Search<'a, 'd> {
    domain: &'a Domain<'d>,
    index: &'a Index<'a>,
    owner: Option<u32>,
    known: bool,
    wordy: Option<bool>,
    floor: u16,
    found: &'a mut Vec<Found>,
}

/// Everything a domain resembles, the best of each target, most likely imitation first. Domains of an owner never
/// resemble his others, where the index knows him.
#[must_use]
pub fn search(domain: &Domain<'_>, indexes: &[Index<'_>]) -> Vec<Found> {
    let mut found = look(domain, indexes, FLOOR);
    found.truncate(KEPT);
    found
}

/// Like [`search`], but with every resemblance however weak: what the weights are fitted on.
#[must_use]
pub fn resemblances(domain: &Domain<'_>, indexes: &[Index<'_>]) -> Vec<Found> {
    look(domain, indexes, 0)
}

fn look(domain: &Domain<'_>, indexes: &[Index<'_>], floor: u16) -> Vec<Found> {
    let mut found = Vec::new();
    let label = domain.label();
    if label.is_empty() {
        return found;
    }
    let key = skeleton(&crate::text::fold::fold(label));
    let exact = |index: &Index<'_>| index.exact(domain.registrable(), &key).map(|t| t.owner);
    let known = indexes.iter().any(|i| exact(i).is_some());
    for index in indexes.iter().filter(|i| !i.is_empty()) {
        let owner = exact(index);
        let mut search = Search { domain, index, owner, known, wordy: None, floor, found: &mut found };
        readings(label, |reading| search.label(reading));
        search.below();
    }
    // Best first; there are few.
    for i in 1..found.len() {
        let before = |a: &Found, b: &Found| (b.score, &a.target) < (a.score, &b.target);
        for k in (1..=i).rev() {
            match found.get_mut(k.saturating_sub(1)..=k) {
                Some([a, b]) if before(b, a) => core::mem::swap(a, b),
                _ => break,
            }
        }
    }
    found
}

impl Search<'_, '_> {
    fn label(&mut self, label: &Key) {
        let probe = Probe::of(label);
        let index = self.index;
        probe.candidates(index, &mut |target| self.compare(&probe, target));
        if label.len() >= 5 {
            let spelled = skeleton(&romaji(label));
            for target in index.spelled(spelled.as_bytes()).filter_map(|id| index.target(id)) {
                if skeleton(&romaji(&target.label)) == spelled && target.label != *label {
                    let alignment = align(target.label.as_bytes(), label.as_bytes(), false);
                    self.note(Kind::Romaji, &target, label, alignment, None);
                }
            }
        }
    }

    /// Compares a whole label, and what is inside it.
    fn compare(&mut self, probe: &Probe, target: &Target<'_>) {
        let (own, key) = (&target.label, skeleton(&target.label));
        if probe.key == key {
            let kind = if self.has_label_of(target) { Kind::TldSwap } else { Kind::Skeleton };
            let alignment = align(own.as_bytes(), probe.label.as_bytes(), false);
            return self.note(kind, target, &probe.label, alignment, None);
        }
        let allowed = u16::try_from(edits(key.len())).unwrap_or(0).saturating_mul(110).min(LIMIT);
        if own.len().abs_diff(probe.label.len()) <= 4 {
            let whole = align(own.as_bytes(), probe.label.as_bytes(), false);
            if whole.cost <= allowed {
                self.note(Kind::Near, target, &probe.label, whole, None);
            }
        }
        if probe.label.len() > own.len().saturating_add(1) {
            let inside = align(own.as_bytes(), probe.label.as_bytes(), true);
            let exact = inside.ops.iter().all(|op| op.kind == OpKind::LookAlike);
            if exact || own.len() >= 6 && inside.cost <= allowed.min(220) {
                let kind = if exact { Kind::Combo } else { Kind::FuzzyCombo };
                let (from, to) = inside.span;
                let label = probe.label.as_bytes();
                let rest = (label.get(..from).unwrap_or_default(), label.get(to..).unwrap_or_default());
                let suffixed = exact && carries_suffix(rest.1, target.name());
                self.note_with(kind, target, &probe.label, inside, Some(rest), suffixed);
            }
        }
    }

    /// Is it the target's own label, under another suffix? Equal keys do not mean equal labels.
    fn has_label_of(&self, target: &Target<'_>) -> bool {
        let label = |name: &'_ str| name.split_once('.').map_or(0, |(label, _)| label.len());
        let name = self.domain.registrable();
        name.get(..label(name)) == target.name().get(..label(target.name()))
    }

    /// Labels below the registrable name, and the name with a dot taken out.
    fn below(&mut self) {
        let labels: Vec<&str> = self.domain.below().collect();
        let Some(last) = labels.last() else { return };
        let joined = format!("{last}{}", self.domain.label());
        let probe = Probe::of(&crate::text::fold::fold(&joined));
        let index = self.index;
        for target in index.whole(probe.key.as_bytes()).filter_map(|id| index.target(id)) {
            if skeleton(&target.label) == probe.key && target.label.len() >= 5 && !target.alias {
                let alignment = align(target.label.as_bytes(), probe.label.as_bytes(), false);
                self.note(Kind::DotSplit, &target, &probe.label, alignment, None);
            }
        }
        for (i, label) in labels.iter().enumerate().rev().take(BELOW) {
            if label.len() < 4 {
                continue;
            }
            let after = self.after(&labels, i);
            let probe = Probe::of(&crate::text::fold::fold(label));
            probe.candidates(index, &mut |target| self.embedded(&probe, target, &after));
        }
    }

    /// The name behind a label.
    fn after(&self, labels: &[&str], i: usize) -> String {
        let mut text = labels.get(i.saturating_add(1)..).unwrap_or_default().join(".");
        if !text.is_empty() {
            text.push('.');
        }
        text.push_str(self.domain.registrable());
        text
    }

    fn embedded(&mut self, probe: &Probe, target: &Target<'_>, after: &str) {
        let alignment = align(target.label.as_bytes(), probe.label.as_bytes(), true);
        let (from, to) = alignment.span;
        let label = probe.label.as_bytes();
        let rest = (label.get(..from).unwrap_or_default(), label.get(to..).unwrap_or_default());
        let suffix = target.name().split_once('.').map_or("", |(_, s)| s);
        let follows = after.strip_prefix(suffix).is_some_and(|r| r.is_empty() || r.starts_with(['.', '-']));
        let limit = if follows { 160 } else { 60 };
        if alignment.cost > limit || !(apart(rest) || follows) {
            return;
        }
        let suffixed = follows && rest.1.is_empty();
        self.note_with(Kind::Embedded, target, &probe.label, alignment, Some(rest), suffixed);
    }

    fn note(
        &mut self,
        kind: Kind,
        target: &Target<'_>,
        label: &Key,
        alignment: Alignment,
        rest: Option<(&[u8], &[u8])>,
    ) {
        self.note_with(kind, target, label, alignment, rest, false);
    }

    fn note_with(
        &mut self,
        kind: Kind,
        target: &Target<'_>,
        label: &Key,
        alignment: Alignment,
        rest: Option<(&[u8], &[u8])>,
        suffixed: bool,
    ) {
        if target.alias || self.owner == Some(target.owner) || target.name() == self.domain.registrable() {
            return;
        }
        let mut features = self.features(target, label, &alignment, rest);
        features.flag(Feature::Suffixed, suffixed);
        features.together();
        let known = if self.known { KNOWN } else { 0 };
        // A namesake under another suffix is mostly innocent, however few names there are.
        let prior = if kind == Kind::TldSwap { 0 } else { prior(self.index.len(), target.source) };
        let score = probability(logit(kind, &features).saturating_add(known).saturating_add(prior));
        if score < self.floor {
            return;
        }
        let new = Found {
            kind,
            target: target.name().to_owned(),
            target_label: target.label,
            source: target.source,
            score,
            part: *label,
            alignment,
            features,
        };
        match self.found.iter_mut().find(|f| f.target == new.target && (self.floor > 0 || f.kind == new.kind)) {
            Some(old) if old.score < new.score => *old = new,
            Some(_) => {}
            None => self.found.push(new),
        }
    }

    fn features(
        &mut self,
        target: &Target<'_>,
        label: &Key,
        alignment: &Alignment,
        rest: Option<(&[u8], &[u8])>,
    ) -> Features {
        let mut f = Features::default();
        let length = i32::try_from(weight(skeleton(&target.label).as_bytes())).unwrap_or(0).max(1);
        let cost = i32::from(alignment.cost);
        let count = |kinds: &[OpKind]| {
            let n = alignment.ops.iter().filter(|op| kinds.contains(&op.kind)).count();
            i32::try_from(n).unwrap_or(0).saturating_mul(100)
        };
        f.set(Feature::One, 100);
        f.set(Feature::Cost, cost);
        f.set(Feature::CostPerLetter, cost.checked_div(length).unwrap_or(0));
        f.set(Feature::Length, length.min(12).saturating_mul(10));
        f.flag(Feature::Four, length <= 4);
        f.flag(Feature::Five, length == 5);
        f.flag(
            Feature::SameSuffix,
            target.name().ends_with(self.domain.suffix())
                && target.name().split_once('.').is_some_and(|(_, s)| s == self.domain.suffix()),
        );
        let start = label.as_bytes().get(alignment.span.0).copied();
        f.flag(
            Feature::SameFirst,
            start.map(crate::text::skeleton::alike)
                == target.label.as_bytes().first().map(|b| crate::text::skeleton::alike(*b)),
        );
        f.flag(Feature::Distinctive, target.distinctive);
        f.flag(Feature::International, self.domain.is_international());
        let whole = self.domain.label().is_ascii();
        f.flag(Feature::Wordy, whole && self.wordy(label));
        let looks = count(&[OpKind::LookAlike]);
        let all = i32::try_from(alignment.ops.len()).unwrap_or(0).saturating_mul(100);
        f.set(Feature::LookAlikes, looks.min(300));
        f.set(Feature::Edits, all.saturating_sub(looks));
        f.set(Feature::Slips, count(&[OpKind::Hyphen, OpKind::Double, OpKind::Swap]));
        f.set(Feature::Replaced, count(&[OpKind::Replace, OpKind::Bit, OpKind::Keyboard]));
        f.set(Feature::CostLength, cost.saturating_mul(length.min(12)).checked_div(12).unwrap_or(0));
        f.flag(Feature::Six, length == 6);
        f.flag(Feature::Short, length <= 7);
        f.flag(Feature::Long, length >= 7);
        f.flag(Feature::Slight, cost <= 60);
        f.flag(Feature::Dear, cost > 105);
        f.set(Feature::ShortCost, if length <= 5 { cost } else { 0 });
        f.set(Feature::Natural, natural::bits(label.as_bytes()).saturating_sub(natural::bits(target.label.as_bytes())));
        let ends = alignment.ops.iter().any(|op| {
            let single = matches!(op.kind, OpKind::Insert | OpKind::Omit);
            single
                && (op.at == 0
                    || usize::from(op.at).saturating_add(usize::from(op.kind == OpKind::Omit)) >= target.label.len())
        });
        f.flag(Feature::EndEdit, ends);
        if let Some((left, right)) = rest {
            let mut explained = Explained::default();
            explained.add(left);
            explained.add(right);
            f.set(Feature::Explained, explained.share());
            f.set(Feature::Rest, i32::try_from(explained.all.min(12)).unwrap_or(0).saturating_mul(10));
            f.flag(Feature::Full, explained.all > 0 && explained.letters == explained.all);
            f.flag(Feature::Asking, explained.asking);
            f.flag(Feature::Apart, apart((left, right)));
            f.flag(Feature::First, left.is_empty());
        }
        f.flag(Feature::Protected, matches!(target.source, Source::Protected | Source::Message));
        f
    }

    /// Is the whole label an everyday word, or two?
    fn wordy(&mut self, label: &Key) -> bool {
        *self.wordy.get_or_insert_with(|| {
            let label = label.as_bytes();
            is_word(label)
                || (3..label.len().saturating_sub(2)).any(|i| {
                    label.split_at_checked(i).is_some_and(|(a, b)| {
                        let b = b.strip_prefix(b"-").unwrap_or(b);
                        is_word(a) && is_word(b)
                    })
                })
        })
    }
}

/// Is the target's own suffix what follows it in the label: `merrowmint-com`, `www-hoshimaru-co-jp`?
fn carries_suffix(rest: &[u8], target: &str) -> bool {
    let suffix = target.split_once('.').map_or("", |(_, suffix)| suffix);
    let mut rest = rest;
    let all = suffix.split('.').all(|part| {
        rest = rest.strip_prefix(b"-").unwrap_or(rest);
        rest.strip_prefix(part.as_bytes()).map(|after| rest = after).is_some()
    });
    all && !suffix.is_empty() && !rest.first().is_some_and(u8::is_ascii_alphabetic)
}

/// Does what stands between the two rests touch no letter?
fn apart((left, right): (&[u8], &[u8])) -> bool {
    !left.last().is_some_and(u8::is_ascii_alphabetic) && !right.first().is_some_and(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::super::IndexBuilder;
    use super::*;

    fn best(domain: &str) -> Option<(Kind, String)> {
        let mut builder = IndexBuilder::default();
        for (owner, name) in (0..).zip([
            "merrowmint.com",
            "hexacopy.com",
            "aldermoor.com",
            "pinecrate.com",
            "dandelo.net",
            "hoshimaru.co.jp",
            "shimbashi.co.jp",
        ]) {
            builder.add(name, Source::Protected, owner, false);
        }
        let packed = builder.pack();
        let index = Index::open(&packed).unwrap();
        let domain = Domain::parse(domain);
        search(&domain, &[index]).first().map(|f| (f.kind, f.target.clone()))
    }

    #[test]
    fn every_trick_is_recognised() {
        for (domain, kind, target) in [
            ("merrowm\u{456}nt.com", Kind::Skeleton, "merrowmint.com"),
            ("һехасору.com", Kind::Skeleton, "hexacopy.com"),
            ("aldermøør.com", Kind::Skeleton, "aldermoor.com"),
            ("mérrowmint.com", Kind::Skeleton, "merrowmint.com"),
            ("rnerrowmint.com", Kind::Skeleton, "merrowmint.com"),
            ("clandelo.net", Kind::Skeleton, "dandelo.net"),
            ("rnerovvmlnt.com", Kind::Near, "merrowmint.com"),
            ("hexxacoppy.com", Kind::Near, "hexacopy.com"),
            ("merorwmint.com", Kind::Near, "merrowmint.com"),
            ("hexacipy.com", Kind::Near, "hexacopy.com"),
            ("hexa-copy.com", Kind::Near, "hexacopy.com"),
            ("merrowmint-billing.com", Kind::Combo, "merrowmint.com"),
            ("hoshimaru-kaiin-touroku.com", Kind::Combo, "hoshimaru.co.jp"),
            ("wwwmerrowmintcom.example", Kind::Combo, "merrowmint.com"),
            ("aldernooor-l0gin.example", Kind::FuzzyCombo, "aldermoor.com"),
            ("hoshlmaru-oshirase.com", Kind::Combo, "hoshimaru.co.jp"),
            ("merrowmint.com.portal-check.example", Kind::Embedded, "merrowmint.com"),
            ("merrowmint.com-verify.example", Kind::Embedded, "merrowmint.com"),
            ("pine.crate.com", Kind::DotSplit, "pinecrate.com"),
            ("hoshimaru.jp", Kind::TldSwap, "hoshimaru.co.jp"),
            ("sinbasi.jp", Kind::Romaji, "shimbashi.co.jp"),
        ] {
            assert_eq!(best(domain), Some((kind, target.to_owned())), "{domain}");
        }
    }

    #[test]
    fn names_in_other_scripts_resemble_only_what_looks_like_them() {
        let mut builder = IndexBuilder::default();
        for (owner, name) in (0..).zip(["リンドウ銀行.jp", "日本語.jp", "правда.com", "三菱銀行.jp", "二見.jp"])
        {
            builder.add(name, Source::Protected, owner, false);
        }
        let packed = builder.pack();
        let index = Index::open(&packed).unwrap();
        let best = |name: &str| search(&Domain::parse(name), &[index]).first().map(|f| (f.kind, f.score >= 500));
        for (name, want) in [
            ("りンドウ銀行.jp", Some((Kind::Skeleton, true))),
            ("リンドウ銀行-ログイン.jp", Some((Kind::Combo, true))),
            ("リンドウ銀行.com", Some((Kind::TldSwap, false))),
            ("пpавда.com", Some((Kind::Skeleton, true))),
            ("ニ見.jp", Some((Kind::Skeleton, true))),
            ("東京都.jp", None),
            ("三重銀行.jp", None),
            ("リンゴ銀行.jp", None),
            ("伏見.jp", None),
            ("リンドウ銀行.jp", None),
        ] {
            assert_eq!(best(name), want, "{name}");
        }
    }

    #[test]
    fn a_target_and_what_is_below_it_resemble_nothing() {
        for domain in ["merrowmint.com", "mail.merrowmint.com", "shop.example", "co.jp", "[192.0.2.1]", ""] {
            assert_eq!(best(domain), None, "{domain}");
        }
    }
}
