//! Targets, packed: one run of bytes that is searched where it lies, so that the built-in list is ready before the first
//! mail and a host's list of a hundred thousand names costs a few megabytes.
//!
//! Keys are skeletons. Three tables lead to targets: whole keys (and romaji spellings), keys with one letter left out
//! (for keys of four and five letters), and seeds: each key is cut into pieces, one more than the edits allowed, so that
//! one piece is whole in everything near it; of each piece the rarest three letters are the seed.

use crate::bytes::{u16_le, u32_le};
use crate::text::domain::Domain;
use crate::text::fold::{Key, fold, is_wide};
use crate::text::lexicon::is_word;
use crate::text::romaji::{is_romaji, romaji};
use crate::text::skeleton::{letters, skeleton};
use crate::text::table::u24;

use super::align::code;

/// The first bytes of a packed index: name and version.
const MAGIC: &[u8; 8] = b"SKINDEX1";
/// Bytes of the head: the magic, targets, bytes of text, then bits and entries of the three tables.
const HEAD: usize = 40;
/// Bytes of one record.
const RECORD: usize = 14;
/// Most targets.
pub const MOST: usize = 1 << 20;

/// The bits of a record's letters from here on are its edits.
const EDITS_AT: u32 = 28;
/// The bits before them are its letters.
const LETTERS: u32 = (1 << EDITS_AT) - 1;

/// Where a target comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Named by the policy.
    Protected,
    /// Built-in list of brands.
    Brand,
    /// A list of the host.
    Top,
    /// The mail itself: its recipients, other addresses in it.
    Message,
}

impl Source {
    /// The word that stands for it in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Protected => "protected",
            Self::Brand => "brand",
            Self::Top => "top",
            Self::Message => "message",
        }
    }

    const fn of(byte: u8) -> Self {
        match byte {
            0 => Self::Protected,
            1 => Self::Brand,
            2 => Self::Top,
            _ => Self::Message,
        }
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Protected => 0,
            Self::Brand => 1,
            Self::Top => 2,
            Self::Message => 3,
        }
    }
}

/// Its label is no everyday word and not short.
const DISTINCTIVE: u8 = 1;
/// Belongs to an owner, but nobody imitates it: only to recognise the owner.
const ALIAS: u8 = 2;
/// Its label stands in its name as it is.
const PLAIN: u8 = 4;
/// The bits from here on are its source.
const SOURCE_AT: u32 = 4;

/// A target as it lies in an index.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Its number.
    pub id: u32,
    /// The registrable name in A-labels, see [`Target::name`].
    name: &'a [u8],
    /// The label a registrant chose, folded.
    pub label: Key,
    /// Domains with the same number here belong to one owner. Numbers of different
    /// indexes say nothing of each other; they are below 2^24.
    pub owner: u32,
    /// Where it comes from.
    pub source: Source,
    /// Its label is no everyday word and not short.
    pub distinctive: bool,
    /// Only to recognise the owner.
    pub alias: bool,
}

impl<'a> Target<'a> {
    /// The registrable name in A-labels.
    #[must_use]
    pub fn name(&self) -> &'a str {
        core::str::from_utf8(self.name).unwrap_or_default()
    }
}

/// Buckets of target numbers: `2^bits + 1` offsets, then the numbers.
#[derive(Clone, Copy, Debug)]
struct Table<'a> {
    bits: u32,
    offsets: &'a [u8],
    ids: &'a [u8],
}

impl<'a> Table<'a> {
    fn bucket(&self, hash: u32) -> impl Iterator<Item = u32> + use<'a> {
        let at = (hash.checked_shr(32u32.saturating_sub(self.bits)).unwrap_or(0) as usize).saturating_mul(4);
        let from = u32_le(self.offsets, at).unwrap_or(0) as usize;
        let to = u32_le(self.offsets, at.saturating_add(4)).unwrap_or(0) as usize;
        let ids = self.ids.get(from.saturating_mul(4)..to.saturating_mul(4)).unwrap_or_default();
        ids.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b))
    }
}

/// A packed index, read where it lies.
#[derive(Clone, Copy, Debug)]
pub struct Index<'a> {
    records: &'a [u8],
    text: &'a [u8],
    whole: Table<'a>,
    shorter: Table<'a>,
    seeds: Table<'a>,
}

impl<'a> Index<'a> {
    /// Opens packed bytes; none if they are not an index.
    #[must_use]
    pub fn open(bytes: &'a [u8]) -> Option<Self> {
        if bytes.get(..8)? != MAGIC {
            return None;
        }
        let number = |at| u32_le(bytes, at).map(|n| n as usize);
        let mut rest = bytes.get(HEAD..)?;
        let mut take = |n: usize| {
            let part = rest.get(..n)?;
            rest = rest.get(n..)?;
            Some(part)
        };
        let records = take(number(8)?.checked_mul(RECORD)?)?;
        let text = take(number(12)?)?;
        let mut table = |at: usize| {
            let bits = u32_le(bytes, at)?;
            let buckets = 1usize.checked_shl(bits).filter(|_| bits <= 24)?.checked_add(1)?;
            let offsets = take(buckets.checked_mul(4)?)?;
            let ids = take(number(at.checked_add(4)?)?.checked_mul(4)?)?;
            Some(Table { bits, offsets, ids })
        };
        let (whole, shorter, seeds) = (table(16)?, table(24)?, table(32)?);
        Some(Self { records, text, whole, shorter, seeds })
    }

    /// How many targets it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.records.len().checked_div(RECORD).unwrap_or(0)
    }

    /// Has it none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    fn record(&self, id: u32) -> Option<&'a [u8]> {
        let at = (id as usize).checked_mul(RECORD)?;
        self.records.get(at..at.checked_add(RECORD)?)
    }

    /// The letters of a target's skeleton as a set, and the edits it may have.
    pub(super) fn letters(&self, id: u32) -> (u32, u32) {
        let both = self.record(id).and_then(|r| u32_le(r, 7)).unwrap_or(u32::MAX);
        (both & LETTERS, both >> EDITS_AT)
    }

    /// The target with this number.
    #[must_use]
    pub fn target(&self, id: u32) -> Option<Target<'a>> {
        let record = self.record(id)?;
        let at = u32_le(record, 0)? as usize;
        let lengths = u16_le(record, 4)?.to_le_bytes();
        let [folded, name] = lengths.map(usize::from);
        let label = self.text.get(at..at.checked_add(folded)?)?;
        let flags = *record.get(6)?;
        let from = if flags & PLAIN == 0 { at.checked_add(folded)? } else { at };
        let name = self.text.get(from..from.checked_add(name)?)?;
        Some(Target {
            id,
            name,
            label: Key::of(label),
            owner: u24(record, 11)?,
            source: Source::of(flags >> SOURCE_AT),
            distinctive: flags & DISTINCTIVE != 0,
            alias: flags & ALIAS != 0,
        })
    }

    /// Targets whose whole skeleton may be this one.
    pub(super) fn whole(&self, key: &[u8]) -> impl Iterator<Item = u32> + use<'a> {
        self.whole.bucket(hash(key, WHOLE))
    }

    /// Targets whose romaji spelling may be this one.
    pub(super) fn spelled(&self, key: &[u8]) -> impl Iterator<Item = u32> + use<'a> {
        self.whole.bucket(hash(key, SPELLED))
    }

    /// Short targets that may be this key with one letter put in, left out or replaced.
    pub(super) fn shorter(&self, key: &[u8]) -> impl Iterator<Item = u32> + use<'a> {
        self.shorter.bucket(hash(key, WHOLE))
    }

    /// Targets with this seed.
    pub(super) fn seeded(&self, seed: [u8; 3]) -> impl Iterator<Item = u32> + use<'a> {
        self.seeds.bucket(hash(&seed, WHOLE))
    }

    /// Targets whose skeleton is this one.
    pub(in crate::sender) fn named(&self, key: &Key) -> impl Iterator<Item = Target<'a>> + use<'a, '_> {
        let key = *key;
        self.whole(key.as_bytes()).filter_map(|id| self.target(id)).filter(move |t| skeleton(&t.label) == key)
    }

    /// The target that is exactly this registrable name.
    #[must_use]
    pub fn exact(&self, name: &str, skeleton: &Key) -> Option<Target<'a>> {
        self.whole(skeleton.as_bytes()).filter_map(|id| self.target(id)).find(|t| t.name == name.as_bytes())
    }
}

const WHOLE: u32 = 0x811C_9DC5;
const SPELLED: u32 = 0x1234_5677;

/// A hash for buckets (FNV-1a, stirred). What it finds is compared before it counts.
fn hash(key: &[u8], start: u32) -> u32 {
    let h = key.iter().fold(start, |h, b| (h ^ u32::from(*b)).wrapping_mul(0x0100_0193));
    (h ^ (h >> 15)).wrapping_mul(0x9E37_79B1)
}

/// The edits a key of this length may have (in letters of the skeleton).
#[must_use]
pub(crate) const fn edits(length: usize) -> usize {
    match length {
        0..=3 => 0,
        4..=7 => 1,
        8..=11 => 2,
        _ => 3,
    }
}

/// Keys of these lengths are also found with one letter left out.
pub(super) const SHORT: core::ops::RangeInclusive<usize> = 4..=6;

/// Collects targets and packs them.
#[derive(Clone, Debug, Default)]
pub struct IndexBuilder {
    targets: Vec<Pending>,
}

#[derive(Clone, Debug)]
struct Pending {
    name: String,
    label: Key,
    key: Key,
    source: Source,
    owner: u32,
    alias: bool,
}

impl IndexBuilder {
    /// Adds a domain: the registrable part of it. Names that are a public suffix, or cannot be read, are left out and
    /// answered with false.
    pub fn add(&mut self, domain: &str, source: Source, owner: u32, alias: bool) -> bool {
        let domain = Domain::parse(domain);
        if domain.flaw.is_some() || domain.label().is_empty() || self.targets.len() >= MOST {
            return false;
        }
        let label = fold(domain.label());
        let name = domain.registrable().to_owned();
        self.targets.push(Pending { name, label, key: skeleton(&label), source, owner, alias });
        true
    }

    /// How many targets were added.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// Was nothing added?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Packs what was added.
    #[must_use]
    pub fn pack(&self) -> Vec<u8> {
        let common = self.frequencies();
        let (mut records, mut text) = (Vec::new(), Vec::new());
        let (mut whole, mut shorter, mut seeds) = (Vec::new(), Vec::new(), Vec::new());
        for (id, target) in (0u32..).zip(&self.targets) {
            let key = target.key.as_bytes();
            records.extend(u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
            // The label of a plain name is its beginning; only folded ones are kept beside it.
            let plain = target.name.as_bytes().starts_with(target.label.as_bytes());
            if !plain {
                text.extend_from_slice(target.label.as_bytes());
            }
            text.extend_from_slice(target.name.as_bytes());
            records.push(u8::try_from(target.label.len()).unwrap_or(0));
            records.push(u8::try_from(target.name.len()).unwrap_or(0));
            let distinctive = weight(key) >= 5 && !is_common(target.label.as_bytes());
            records.push(
                (if distinctive { DISTINCTIVE } else { 0 })
                    | (if target.alias { ALIAS } else { 0 })
                    | (if plain { PLAIN } else { 0 })
                    | target.source.byte() << SOURCE_AT,
            );
            let allowed = u32::try_from(edits(key.len())).unwrap_or(0);
            records.extend((letters(key) | allowed << EDITS_AT).to_le_bytes());
            records.extend(target.owner.to_le_bytes().iter().take(3));
            whole.push((hash(key, WHOLE), id));
            if target.alias {
                continue;
            }
            if target.name.ends_with(".jp") && is_romaji(&target.label) {
                whole.push((hash(skeleton(&romaji(&target.label)).as_bytes(), SPELLED), id));
            }
            if SHORT.contains(&key.len()) {
                shorter.push((hash(key, WHOLE), id));
                shorter.extend((0..key.len()).map(|i| (hash(without(key, i).as_bytes(), WHOLE), id)));
            }
            let flat = flat(&target.label);
            let spellings = if flat == target.key { 1 } else { 2 };
            for key in [key, flat.as_bytes()].into_iter().take(spellings) {
                seeds.extend(pieces(key).filter_map(|p| rarest(p, &common)).map(|s| (hash(&s, WHOLE), id)));
            }
        }
        let mut out = MAGIC.to_vec();
        out.extend(u32::try_from(self.targets.len()).unwrap_or(0).to_le_bytes());
        out.extend(u32::try_from(text.len()).unwrap_or(0).to_le_bytes());
        let tables = [bucketed(&whole), bucketed(&shorter), bucketed(&seeds)];
        for (bits, entries, _) in &tables {
            out.extend(bits.to_le_bytes());
            out.extend(entries.to_le_bytes());
        }
        out.extend(records);
        out.extend(text);
        tables.iter().for_each(|(_, _, bytes)| out.extend(bytes));
        out
    }

    /// How often each three letters occur in all keys, for choosing rare seeds.
    fn frequencies(&self) -> Vec<u32> {
        // Among a few targets every seed is rare.
        if self.targets.len() < 64 {
            return Vec::new();
        }
        let mut count = vec![0u32; 1 << 15];
        for target in &self.targets {
            for three in target.key.as_bytes().windows(3) {
                if let Some(slot) = count.get_mut(trigram(three)) {
                    *slot = slot.saturating_add(1);
                }
            }
        }
        count
    }
}

/// The length of a key as a name: an ideograph says as much as two letters.
pub(super) fn weight(key: &[u8]) -> usize {
    key.len().saturating_add(key.iter().filter(|b| is_wide(**b)).count())
}

/// An everyday word, or two of them.
fn is_common(label: &[u8]) -> bool {
    is_word(label)
        || (4..label.len().saturating_sub(3))
            .any(|i| label.split_at_checked(i).is_some_and(|(a, b)| is_word(a) && is_word(b)))
}

/// A label with single letters folded to their class, pairs not.
pub(crate) fn flat(label: &Key) -> Key {
    let mut out = Key::EMPTY;
    label.as_bytes().iter().for_each(|b| out.push(crate::text::skeleton::alike(*b)));
    out
}

fn trigram(three: &[u8]) -> usize {
    three.iter().fold(0, |n, b| (n << 5) | usize::from(code(*b)))
}

/// The pieces of a key: one more than its edits, of nearly equal length, those of at least three letters.
fn pieces(key: &[u8]) -> impl Iterator<Item = &[u8]> {
    let wanted = match key.len() {
        0..=5 => 1,
        n => edits(n).saturating_add(1).min(n / 3),
    };
    (0..wanted).filter_map(move |i| {
        let from = key.len().checked_mul(i)?.checked_div(wanted)?;
        let to = key.len().checked_mul(i.checked_add(1)?)?.checked_div(wanted)?;
        key.get(from..to)
    })
}

fn rarest(piece: &[u8], common: &[u32]) -> Option<[u8; 3]> {
    let best = piece.windows(3).min_by_key(|w| common.get(trigram(w)).copied().unwrap_or(0))?;
    best.try_into().ok()
}

/// A key without the letter at `at`.
pub(super) fn without(key: &[u8], at: usize) -> Key {
    let mut out = Key::EMPTY;
    key.iter().enumerate().filter(|(i, _)| *i != at).for_each(|(_, b)| out.push(*b));
    out
}

/// Sorts entries into buckets: bits, number of entries, bytes. Within a bucket they keep their order.
fn bucketed(entries: &[(u32, u32)]) -> (u32, u32, Vec<u8>) {
    let bits = entries.len().checked_ilog2().unwrap_or(0).clamp(3, 22);
    let bucket = |hash: u32| hash.checked_shr(32u32.saturating_sub(bits)).unwrap_or(0) as usize;
    let mut ends = vec![0u32; 1usize.checked_shl(bits).unwrap_or(0).saturating_add(1)];
    for (hash, _) in entries {
        if let Some(count) = ends.get_mut(bucket(*hash).saturating_add(1)) {
            *count = count.saturating_add(1);
        }
    }
    let mut sum = 0u32;
    for end in &mut ends {
        sum = sum.saturating_add(*end);
        *end = sum;
    }
    let mut next = ends.clone();
    let mut ids = vec![0u32; entries.len()];
    for (hash, id) in entries {
        if let Some(at) = next.get_mut(bucket(*hash)) {
            if let Some(slot) = ids.get_mut(*at as usize) {
                *slot = *id;
            }
            *at = at.saturating_add(1);
        }
    }
    let bytes = ends.iter().chain(&ids).flat_map(|n| n.to_le_bytes()).collect();
    (bits, sum, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_come_out_as_they_went_in() {
        let mut builder = IndexBuilder::default();
        assert!(builder.add("www.merrowmint.com", Source::Protected, 7, false));
        assert!(builder.add("日本語.jp", Source::Brand, 8, true));
        assert!(!builder.add("co.jp", Source::Brand, 9, false));
        let packed = builder.pack();
        let index = Index::open(&packed).unwrap();
        assert_eq!(index.len(), 2);
        let first = index.target(0).unwrap();
        assert_eq!((first.name(), first.owner, first.source), ("merrowmint.com", 7, Source::Protected));
        assert!(first.distinctive && !first.alias);
        assert!(index.target(1).unwrap().alias);
        assert!(index.exact("merrowmint.com", &skeleton(&fold("merrowmint"))).is_some());
        assert!(index.exact("merrowmint.net", &skeleton(&fold("merrowmint"))).is_none());
    }

    #[test]
    fn damaged_bytes_never_panic() {
        let mut builder = IndexBuilder::default();
        builder.add("merrowmint.com", Source::Protected, 7, false);
        let packed = builder.pack();
        for cut in 0..packed.len() {
            let _ = Index::open(&packed[..cut])
                .map(|i| i.exact("merrowmint.com", &skeleton(&fold("merrowmint"))).is_some());
        }
    }
}
