//! What the eye reads: every character to the ASCII letters it looks like (the fold `f1`).

use super::class::{Class, class};
use super::kana::{is_east_asian, shape, unvoiced};
use super::table::{last_not_above, u24};
use crate::bytes::u16_le;

/// The packed table; `data/build/build.py` has the layout.
static DATA: &[u8] = include_bytes!("../../data/fold.bin");

/// The most bytes of a folded label; a label of the DNS has at most 63 (RFC 1035 section 2.3.4).
pub const MOST: usize = 64;

/// Bytes from here on stand in a [`Key`] for characters that look like no ASCII letter, each for a few of them, so that
/// labels in other scripts can be compared with one another.
const FOREIGN: u8 = 0x80;
/// Bytes from here on stand for kana, ideographs and Hangul, of which one says more than a letter does.
const WIDE: u8 = 0xC0;

/// Does this byte of a [`Key`] stand for a character that looks like no ASCII letter?
#[must_use]
pub const fn is_foreign(byte: u8) -> bool {
    byte >= FOREIGN
}

/// Does it stand for one of the kana, an ideograph or Hangul?
#[must_use]
pub const fn is_wide(byte: u8) -> bool {
    byte >= WIDE
}

/// Adds a character that looks like no ASCII letter. Kana that look alike are one, and voicing marks stand apart, so that
/// `ニ` and `二` are the same here.
fn push_foreign(key: &mut Key, c: char) {
    let number = |c: char| u8::try_from(u32::from(c).wrapping_mul(0x9E37_79B1) >> 26).unwrap_or(0);
    if !is_east_asian(c) {
        return key.push(FOREIGN.saturating_add(number(c)));
    }
    let (base, mark) = unvoiced(c);
    for c in [Some(shape(base)), mark].into_iter().flatten() {
        key.push(WIDE.saturating_add(number(c)));
    }
}

/// A folded label: at most [`MOST`] bytes, on the stack.
#[derive(Clone, Copy)]
pub struct Key {
    bytes: [u8; MOST],
    length: u8,
}

impl Key {
    /// Nothing.
    pub const EMPTY: Self = Self { bytes: [0; MOST], length: 0 };

    /// Its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    /// Its length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        usize::from(self.length)
    }

    /// Is there nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds a byte; what is more than [`MOST`] is left out.
    pub fn push(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(usize::from(self.length)) {
            *slot = byte;
            self.length = self.length.saturating_add(1);
        }
    }

    /// Takes the last byte away.
    pub fn pop(&mut self) -> Option<u8> {
        let last = self.as_bytes().last().copied()?;
        self.length = self.length.saturating_sub(1);
        Some(last)
    }

    /// A key of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut key = Self::EMPTY;
        bytes.iter().for_each(|b| key.push(*b));
        key
    }

    /// Exchanges two neighbours.
    pub fn swap(&mut self, at: usize) {
        if at.saturating_add(1) < self.len()
            && let Some([a, b]) = self.bytes.get_mut(at..at.saturating_add(2))
        {
            core::mem::swap(a, b);
        }
    }
}

impl core::fmt::Debug for Key {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&String::from_utf8_lossy(self.as_bytes()))
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for Key {}

/// What a character looks like: `""` for what draws nothing of its own (marks, format characters), `None` for what looks
/// like no ASCII letter.
#[must_use]
pub fn letters(c: char) -> Option<&'static str> {
    if c.is_ascii() {
        let at = usize::from(u8::try_from(u32::from(c)).ok()?.to_ascii_lowercase());
        return ASCII.get(at..at.saturating_add(1));
    }
    match look_up(c) {
        None if matches!(class(c), Class::Nonspacing | Class::Enclosing | Class::Format) => Some(""),
        found => found,
    }
}

/// Every ASCII character, so that one can be borrowed as text.
static ASCII: &str = "\0\x01\x02\x03\x04\x05\x06\x07\x08\t\n\x0b\x0c\r\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\
    \x1a\x1b\x1c\x1d\x1e\x1f !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`\
    abcdefghijklmnopqrstuvwxyz{|}~\x7f";

fn look_up(c: char) -> Option<&'static str> {
    let results = u16_le(DATA, 0)?;
    let mut at = 2usize;
    for _ in 0..results {
        at = at.checked_add(usize::from(*DATA.get(at)?))?.checked_add(1)?;
    }
    let count = usize::from(u16_le(DATA, at)?);
    let points = DATA.get(at.checked_add(2)?..)?;
    let index = last_not_above(points, count, u32::from(c))?;
    if u24(points, index.checked_mul(3)?)? != u32::from(c) {
        return None;
    }
    let number = *points.get(count.checked_mul(3)?.checked_add(index)?)?;
    let mut at = 2usize;
    for _ in 0..number {
        at = at.checked_add(usize::from(*DATA.get(at)?))?.checked_add(1)?;
    }
    let text = DATA.get(at.checked_add(1)?..)?.get(..usize::from(*DATA.get(at)?))?;
    core::str::from_utf8(text).ok()
}

/// Letters with a second reading, each with it (UTS #46 deviations among them).
const ALSO: &[(char, &str)] = &[
    ('þ', "b"),
    ('œ', "ce"),
    ('ł', "t"),
    ('ß', "ss"),
    ('〇', "c"),
    ('ə', "a"),
    ('э', "3"),
    ('ö', "oe"),
    ('ä', "ae"),
    ('ü', "ue"),
    ('ς', "s"),
    ('р', "r"),
    ('с', "s"),
    ('у', "u"),
    ('в', "v"),
    ('н', "n"),
    ('х', "kh"),
];

/// Most readings of one label.
const READINGS: usize = 8;

/// Folds a label. ASCII is lower-cased and otherwise kept.
#[must_use]
pub fn fold(label: &str) -> Key {
    if label.is_ascii() {
        let mut key = Key::EMPTY;
        label.bytes().for_each(|b| key.push(b.to_ascii_lowercase()));
        return key;
    }
    let mut key = Key::EMPTY;
    let east_asian = is_read_as_east_asian(label);
    label.chars().for_each(|c| push(&mut key, c, east_asian));
    key
}

/// Is `一` an ideograph in this label (`第一銀行`), or a hyphen (`merrow一mint`)?
fn is_read_as_east_asian(label: &str) -> bool {
    label.chars().any(|c| is_east_asian(c) && letters(c).is_none() && letters(shape(c)).is_none())
}

fn push(key: &mut Key, c: char, east_asian: bool) {
    let text = if east_asian && is_east_asian(c) { None } else { letters(c).or_else(|| letters(shape(c))) };
    match text {
        Some(text) => text.bytes().for_each(|b| key.push(b)),
        None => push_foreign(key, c),
    }
}

/// Every reading of a label: the fold, and those in which letters of [`ALSO`] are read the second way.
pub fn readings(label: &str, mut each: impl FnMut(&Key)) {
    let first = fold(label);
    each(&first);
    if label.is_ascii() {
        return;
    }
    let doubtful: Vec<char> = ALSO.iter().map(|(c, _)| *c).filter(|c| label.contains(*c)).take(3).collect();
    for choice in 1..1usize.checked_shl(u32::try_from(doubtful.len()).unwrap_or(0)).unwrap_or(1).min(READINGS) {
        let second = |c: char| {
            let bit = doubtful.iter().position(|d| *d == c)?;
            (choice >> bit & 1 == 1).then(|| ALSO.iter().find(|(a, _)| *a == c).map(|(_, text)| *text))?
        };
        let mut key = Key::EMPTY;
        let east_asian = is_read_as_east_asian(label);
        for c in label.chars() {
            match second(c) {
                Some(text) => text.bytes().for_each(|b| key.push(b)),
                None => push(&mut key, c, east_asian),
            }
        }
        each(&key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_fold_to_what_they_look_like() {
        for (text, want) in [
            ("merrowm\u{456}nt", "merrowmint"),
            ("һехасору", "hexacopy"),
            ("merrowm\u{131}nt", "merrowmint"),
            ("aldermøør", "aldermoor"),
            ("ałdermoor", "aldermoor"),
            ("\u{251}ldermoor", "aldermoor"),
            ("hexaƈopy", "hexacopy"),
            ("mérrow\u{331}mi\u{338}nt", "merrowmint"),
            ("merrowm工nt", "merrowmint"),
            ("a丨dermoor", "aldermoor"),
            ("merrow一mint", "merrow-mint"),
            ("ＨＥＸＡcopy", "hexacopy"),
            ("𝐦errowmint", "merrowmint"),
            ("мото", "moto"),
        ] {
            assert_eq!(fold(text).as_bytes(), want.as_bytes(), "{text}");
        }
        let key = fold("佐x");
        assert!(key.len() == 2 && is_wide(key.as_bytes()[0]) && key.as_bytes()[1] == b'x');
    }

    #[test]
    fn kana_fold_to_what_they_look_like() {
        for (a, b) in [
            ("リンドウ銀行", "りンドウ銀行"),
            ("カワセミ便", "力ワセ三便"),
            ("ニカワ堂", "二力ワ堂"),
            ("チドリ電カ", "千ドり電力"),
            ("第一銀行", "第ー銀行"),
            ("アロエ茶x7", "アロ工茶x7"),
            ("ベル", "べル"),
        ] {
            assert_eq!(fold(a), fold(b), "{a} {b}");
        }
        for (a, b) in [("日本語", "東京都"), ("太田", "大田"), ("москва", "новост"), ("カワ", "ガワ")]
        {
            assert_ne!(fold(a), fold(b), "{a} {b}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in (0x80..0x30000).filter_map(char::from_u32) {
            if let Some(text) = letters(c) {
                assert!(text.is_ascii() && text.len() <= 2, "{c:?}");
                let again: String = text.chars().filter_map(letters).collect();
                assert_eq!(again, text, "{c:?}");
            }
        }
    }

    #[test]
    fn second_readings_are_tried() {
        let mut all = Vec::new();
        readings("þinecraße", |k| all.push(format!("{k:?}")));
        assert_eq!(all, ["pinecrabe", "binecrabe", "pinecrasse", "binecrasse"]);
    }
}
