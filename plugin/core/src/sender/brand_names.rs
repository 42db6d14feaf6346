//! Names of brands within display names. The names lie folded and sorted in a packed list, so that a name of any length is
//! searched in microseconds.

use crate::bytes::u16_le;
use crate::text::kana::{Likeness, NameKey};

use super::brands;

/// The packed list: `u16` count, the offsets as `u16`, then for each name `u16` owner, `u8` length of the folded name, the
/// folded name and the name as UTF-8, in the order of the folded names.
static BRANDS: Names = Names(include_bytes!("../../data/brand-names.bin"));

/// A brand's name within another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub name: String,
    pub likeness: Likeness,
    pub owner: u32,
}

/// Packs the names of a list of brands.
#[must_use]
pub fn pack(list: &str) -> Vec<u8> {
    pack_keys(list, NameKey::of)
}

/// Packs names that are compared as a whole, without blanks.
#[must_use]
pub fn pack_whole(list: &str) -> Vec<u8> {
    pack_keys(list, |name| NameKey::of(name).joined())
}

fn pack_keys(list: &str, key: fn(&str) -> NameKey) -> Vec<u8> {
    let mut names: Vec<(String, &str, u16)> = Vec::new();
    for (owner, brand) in (0u16..).zip(brands::read(list)) {
        names.extend(brand.names.into_iter().map(|n| (key(n).letters().iter().collect(), n, owner)));
    }
    names.sort();
    let number = |n: usize| u16::try_from(n).unwrap_or(u16::MAX).to_le_bytes();
    let (mut offsets, mut body) = (Vec::new(), Vec::new());
    for (key, name, owner) in &names {
        offsets.extend(number(body.len()));
        body.extend(owner.to_le_bytes());
        body.push(u8::try_from(key.len()).unwrap_or(u8::MAX));
        body.extend(key.as_bytes());
        body.extend(name.as_bytes());
    }
    offsets.extend(number(body.len()));
    [number(names.len()).to_vec(), offsets, body].concat()
}

/// A packed list of names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Names(pub(super) &'static [u8]);

/// One name of a list.
struct Entry {
    key: &'static [u8],
    name: &'static [u8],
    owner: u32,
}

impl Names {
    fn entry(self, number: usize) -> Option<Entry> {
        let count = usize::from(u16_le(self.0, 0)?);
        let at = |i: usize| u16_le(self.0, i.checked_mul(2)?.checked_add(2)?).map(usize::from);
        let body = self.0.get(count.checked_mul(2)?.checked_add(4)?..)?;
        let entry = body.get(at(number)?..at(number.checked_add(1)?)?)?;
        let length = usize::from(*entry.get(2)?);
        let (key, name) = entry.get(3..)?.split_at_checked(length)?;
        Some(Entry { key, name, owner: u32::from(u16_le(entry, 0)?) })
    }

    /// The number of the first name that is not before `key`.
    fn first_from(self, key: &[u8]) -> usize {
        let (mut low, mut high) = (0usize, u16_le(self.0, 0).map_or(0, usize::from));
        while low < high {
            let middle = low.midpoint(high);
            if self.entry(middle).is_some_and(|e| e.key < key) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        low
    }

    /// The name of the list that this name is. Blanks must have been left out.
    pub(super) fn whole(self, name: &NameKey) -> Option<String> {
        let key: String = name.letters().iter().collect();
        let entry = self.entry(self.first_from(key.as_bytes())).filter(|e| e.key == key.as_bytes())?;
        Some(String::from_utf8_lossy(entry.name).into_owned())
    }

    /// Names that begin where `rest` begins: first the shortest, then all that share three bytes and lie side by side.
    fn find_at(self, rest: &[u8], text: &NameKey, best: &mut Option<(usize, Found)>) {
        for length in 1..=3usize {
            let Some(head) = rest.get(..length) else { return };
            let mut number = self.first_from(head);
            while let Some(entry) = self.entry(number).filter(|e| e.key.starts_with(head)) {
                number = number.saturating_add(1);
                if length < 3 && entry.key.len() > length {
                    break;
                }
                let longer = best.as_ref().is_none_or(|(length, _)| entry.key.len() > *length);
                if !longer || !rest.starts_with(entry.key) {
                    continue;
                }
                let name = String::from_utf8_lossy(entry.name).into_owned();
                if let Some(found) = NameKey::of(&name).find_in(text) {
                    *best = Some((entry.key.len(), Found { name, likeness: found.likeness, owner: entry.owner }));
                }
            }
        }
    }
}

/// The longest brand name within a display name. Names are looked for as they stand, and without blanks.
pub(super) fn find(name: &NameKey) -> Option<Found> {
    let joined = name.joined();
    let mut best: Option<(usize, Found)> = None;
    let as_it_stands = if joined.len() == name.len() { None } else { Some(name) };
    for text in as_it_stands.into_iter().chain([&joined]) {
        let letters: String = text.letters().iter().collect();
        for (start, (at, _)) in letters.char_indices().enumerate() {
            let rest = letters.get(at..).unwrap_or_default().as_bytes();
            if !text.continues(start) {
                BRANDS.find_at(rest, text, &mut best);
            }
        }
    }
    best.map(|(_, found)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn brand(name: &str) -> Option<(String, Likeness)> {
        find(&NameKey::of(name)).map(|f| (f.name, f.likeness))
    }

    #[test]
    fn the_packed_names_are_those_of_the_list() {
        assert!(BRANDS.0 == pack(include_str!("../../data/lists/brands.txt")), "run the example pack-lists");
    }

    #[test]
    fn brands_are_found_in_any_disguise() {
        for (name, want, likeness) in [
            ("PayPal Service", "PayPal", Likeness::Same),
            ("PAYPA1", "PayPal", Likeness::Strong),
            ("楽天カード株式会社", "楽天カード", Likeness::Same),
            ("ヤマト 運輸", "ヤマト運輸", Likeness::Same),
            ("ヤマ卜運輸", "ヤマト運輸", Likeness::Strong),
            ("ﾒﾙｶﾘ事務局", "メルカリ", Likeness::Same),
            ("メル力リ", "メルカリ", Likeness::Strong),
            ("Wells Fargo Online", "Wells Fargo", Likeness::Same),
        ] {
            assert_eq!(brand(name), Some((want.to_owned(), likeness)), "{name}");
        }
        for name in ["佐倉 遥", "Haruka Sakura", "Paypalooza", "", "山田電気", "Orange County", "Dell'Acqua"] {
            assert_eq!(brand(name), None, "{name}");
        }
    }
}
