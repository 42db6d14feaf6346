//! Display names folded for comparison, Japanese and Latin: width, voicing, invisible characters, and characters that
//! look like kana (`ニ` and `二`). Domains are folded to ASCII instead ([`super::fold`]): there `一` is a hyphen, here it is
//! a `ー`.

use super::class::{Class, class};
use super::fold::letters;
use super::skeleton::alike;
use super::{is_bidi_control, is_invisible};

/// How like two different characters are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Likeness {
    /// One and the same, apart from width and case.
    Same,
    /// Two ways to write one name: `髙` and `高`. Never a sign of deceit.
    Variant,
    /// Similar: `シ` and `ツ`.
    Weak,
    /// One shape in common fonts: `ニ` and `二`.
    Strong,
}

/// Groups of one shape. The first character stands for the group.
const STRONG: &[&str] = &[
    "ー一—―─－-‐‑‒–−ㄧ",
    "ニ二",
    "カ力か",
    "ロ口囗",
    "エ工",
    "ハ八",
    "タ夕",
    "ト卜",
    "ム厶",
    "ノ丿/",
    "ヘへ",
    "リり",
    "・·‧",
    "〜～~",
    "日曰",
    "土士",
    "未末",
    "オ才",
    "セせ",
    "ヤや",
    "モも",
    "キき",
    "o〇○◯",
    "i丨|",
    "。.",
];

/// Groups of similar shapes. Characters that stand for a group above stand for it here too.
const WEAK: &[&str] = &[
    "チ千干于",
    "ミ三彡",
    "シツ",
    "ソン",
    "ウう",
    "コこ",
    "アァ",
    "イィ",
    "ウゥ",
    "エェ",
    "オォ",
    "ツッ",
    "ヤャ",
    "ユュ",
    "ヨョ",
    "ワヮ",
    "カヵ刀",
    "ケヶ",
    "あぁ",
    "いぃ",
    "うぅ",
    "えぇ",
    "おぉ",
    "つっ",
    "やゃ",
    "ゆゅ",
    "よょ",
    "わゎ",
    "ホ木",
    "ヌ又",
    "メ乂",
    "ヒ匕",
    "己已巳",
    "大犬太",
    "人入",
    "王玉",
    "田由",
    "日目",
    "テ〒",
    "ラう",
    "ク勹",
    "マ又",
    "ネ礻",
    "ュ彐ヨ",
];

/// Groups of variants of one character.
const VARIANTS: &[&str] = &[
    "高髙",
    "崎﨑嵜",
    "斎斉齋齊",
    "辺邊邉",
    "浜濱",
    "沢澤",
    "国國",
    "吉𠮷",
    "広廣",
    "桜櫻",
    "島嶋嶌",
    "竜龍",
    "恵惠",
    "真眞",
    "栄榮",
    "学學",
    "関關",
    "渡渉",
    "徳德",
    "隆隆",
    "神神",
];

/// So many of [`WEAK`] are kana; the rest are ideographs, and names in their own right.
const WEAK_KANA: usize = 32;

/// The character that stands in domains for all that look like this one: `二` for `ニ`, `シ` for `ツ`, but not `大` for `太`.
pub(super) fn shape(c: char) -> char {
    if c.is_ascii() {
        return c;
    }
    let mut found = c;
    for (groups, signs) in [(STRONG, STRONG_SIGNS.as_slice()), (WEAK, WEAK_SIGNS.get(..WEAK_KANA).unwrap_or_default())]
    {
        let mut likely = signs.iter().zip(groups).filter(|(s, _)| *s & sign(u32::from(found)) != 0);
        if let Some(first) = likely.find(|(_, g)| g.contains(found)).and_then(|(_, g)| g.chars().next()) {
            found = first;
        }
    }
    found
}

/// The character that stands for all that look like this one, and how like it is to that.
fn group(c: char) -> (char, Likeness) {
    // Letters and digits of ASCII stand for themselves.
    if c.is_ascii_alphanumeric() {
        return (c, Likeness::Same);
    }
    let mut found = (c, Likeness::Same);
    for (groups, signs, likeness) in [
        (VARIANTS, VARIANTS_SIGNS.as_slice(), Likeness::Variant),
        (STRONG, STRONG_SIGNS.as_slice(), Likeness::Strong),
        (WEAK, WEAK_SIGNS.as_slice(), Likeness::Weak),
    ] {
        let mut likely = signs.iter().zip(groups).filter(|(s, _)| *s & sign(u32::from(found.0)) != 0);
        if let Some(first) = likely.find(|(_, g)| g.contains(found.0)).and_then(|(_, g)| g.chars().next())
            && first != found.0
        {
            found = (first, found.1.max(likeness));
        }
    }
    found
}

/// For each group the signs of its characters: most characters that are in no group are known by theirs.
static VARIANTS_SIGNS: [u64; VARIANTS.len()] = signs(VARIANTS);
static STRONG_SIGNS: [u64; STRONG.len()] = signs(STRONG);
static WEAK_SIGNS: [u64; WEAK.len()] = signs(WEAK);

/// One bit of 64.
const fn sign(c: u32) -> u64 {
    1u64.wrapping_shl(c ^ (c >> 6))
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs when this is compiled, never later")]
const fn signs<const N: usize>(groups: &[&str]) -> [u64; N] {
    let mut signs = [0u64; N];
    let (mut n, mut at) = (0, 0);
    while n < N {
        let text = groups[n].as_bytes();
        // One character of UTF-8 (RFC 3629 section 3).
        let (length, mut c) = match text[at] {
            b @ 0..=0x7F => (1, b as u32),
            b @ 0x80..=0xDF => (2, b as u32 & 0x1F),
            b @ 0xE0..=0xEF => (3, b as u32 & 0x0F),
            b => (4, b as u32 & 0x07),
        };
        let end = at + length;
        at += 1;
        while at < end {
            c = c << 6 | (text[at] as u32 & 0x3F);
            at += 1;
        }
        signs[n] |= sign(c);
        if at == text.len() {
            (at, n) = (0, n + 1);
        }
    }
    signs
}

/// How like two characters of one group are.
fn likeness(a: char, b: char) -> Likeness {
    if a == b {
        return Likeness::Same;
    }
    let both = |groups: &[&str]| groups.iter().any(|g| g.contains(a) && g.contains(b));
    if both(VARIANTS) {
        Likeness::Variant
    } else if both(STRONG) || a.is_ascii() || b.is_ascii() {
        Likeness::Strong
    } else {
        Likeness::Weak
    }
}

/// The most characters of a name that are compared.
pub const MOST: usize = 512;

/// A name folded for comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameKey {
    /// What is compared: one character for all that look alike. Words are separated by one blank.
    key: Vec<char>,
    /// What stood there, apart from width, case and voicing; as long as `key`.
    plain: Vec<char>,
    /// Characters that draw nothing were left out.
    pub invisible: bool,
    /// Characters stood there in a form made to look different: mathematical letters, circled letters.
    pub styled: bool,
}

/// Where a name stands in another, and how alike they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// The index of the first character in the key.
    pub at: usize,
    /// The most different pair of characters.
    pub likeness: Likeness,
}

impl NameKey {
    /// Folds a name.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let room = text.len().min(MOST);
        let mut name = Self { key: Vec::with_capacity(room), plain: Vec::with_capacity(room), ..Self::default() };
        for c in text.chars().take(MOST) {
            if is_invisible(c) || is_bidi_control(c) || class(c) == Class::Format || class(c) == Class::Control {
                name.invisible |= !matches!(c, '\r' | '\n' | '\t');
                continue;
            }
            name.take(c);
        }
        while name.key.last() == Some(&' ') {
            name.key.pop();
            name.plain.pop();
        }
        name
    }

    fn take(&mut self, c: char) {
        if class(c) == Class::Space || matches!(c, '\u{2800}' | '・' | '･' | '_' | ',' | '、' | '，') {
            if self.key.last().is_some_and(|l| *l != ' ') {
                self.push(' ', ' ');
            }
            return;
        }
        let (base, voiced) = unvoiced(full_width(c));
        if let Some(mark) = voiced {
            self.push(group(base).0, base);
            self.push(mark, mark);
        } else if is_east_asian(base) || base.is_ascii_punctuation() {
            self.push(group(base).0, base);
        } else {
            match letters(base) {
                Some(text) => {
                    self.styled |= is_styled(c);
                    for b in text.bytes() {
                        self.push(group(char::from(alike(b))).0, char::from(b));
                    }
                }
                None => base.to_lowercase().for_each(|l| self.push(l, l)),
            }
        }
    }

    fn push(&mut self, key: char, plain: char) {
        self.key.push(key);
        self.plain.push(plain);
    }

    /// Is there nothing to compare?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.key.is_empty()
    }

    /// Its length in characters.
    #[must_use]
    pub fn len(&self) -> usize {
        self.key.len()
    }

    /// Without the blanks between words.
    #[must_use]
    pub fn joined(&self) -> Self {
        let kept = |from: &[char]| from.iter().zip(&self.key).filter(|(_, k)| **k != ' ').map(|(c, _)| *c).collect();
        self.part(kept(&self.key), kept(&self.plain))
    }

    /// A part of it.
    fn part(&self, key: Vec<char>, plain: Vec<char>) -> Self {
        Self { key, plain, invisible: self.invisible, styled: self.styled }
    }

    /// Its words.
    pub fn words(&self) -> impl Iterator<Item = Self> {
        let words = self.key.split(|c| *c == ' ').scan(0usize, |at, word| {
            let start = core::mem::replace(at, at.saturating_add(word.len()).saturating_add(1));
            Some((start, word))
        });
        words.filter(|(_, word)| !word.is_empty()).map(|(start, word)| {
            let plain = self.plain.get(start..start.saturating_add(word.len())).unwrap_or_default();
            self.part(word.to_vec(), plain.to_vec())
        })
    }

    /// The whole name, when it is this one.
    #[must_use]
    pub fn equals(&self, other: &Self) -> Option<Likeness> {
        (self.key == other.key).then(|| worst(&self.plain, &other.plain))
    }

    /// Where this name stands in `text`. Latin names stand for themselves between characters that are no letters.
    #[must_use]
    pub fn find_in(&self, text: &Self) -> Option<Found> {
        let length = self.key.len();
        if length == 0 {
            return None;
        }
        let latin = |c: Option<&char>| c.is_some_and(char::is_ascii_alphanumeric);
        text.key.windows(length).enumerate().find_map(|(at, window)| {
            if window != self.key.as_slice() {
                return None;
            }
            let end = at.saturating_add(length);
            let inside = latin(at.checked_sub(1).and_then(|i| text.key.get(i))) && latin(self.key.first())
                || latin(text.key.get(end)) && latin(self.key.last());
            (!inside).then(|| Found { at, likeness: worst(text.plain.get(at..end).unwrap_or_default(), &self.plain) })
        })
    }

    /// What is compared, letter by letter.
    #[must_use]
    pub fn letters(&self) -> &[char] {
        &self.key
    }

    /// Does a Latin word go on at this place, so that no name begins here?
    #[must_use]
    pub fn continues(&self, at: usize) -> bool {
        let latin = |c: Option<&char>| c.is_some_and(char::is_ascii_alphanumeric);
        latin(self.key.get(at)) && latin(at.checked_sub(1).and_then(|i| self.key.get(i)))
    }

    /// As text, for evidence.
    #[must_use]
    pub fn text(&self) -> String {
        self.plain.iter().collect()
    }
}

fn worst(a: &[char], b: &[char]) -> Likeness {
    a.iter().zip(b).map(|(a, b)| likeness(*a, *b)).max().unwrap_or(Likeness::Same)
}

/// Kana, ideographs, Hangul and their punctuation.
pub(super) fn is_east_asian(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}'
        | '—' | '―' | '─' | '–' | '‐' | '‑' | '‒' | '−' | '○' | '◯' | '·' | '‧')
}

/// A letter in a form nobody types a name in: mathematical, circled, squared, small capital.
fn is_styled(c: char) -> bool {
    matches!(c, '\u{1D400}'..='\u{1D7FF}' | '\u{2460}'..='\u{24FF}' | '\u{1F100}'..='\u{1F1FF}' | '\u{1D00}'..='\u{1D2F}')
}

/// Half-width katakana and full-width ASCII in their usual width.
fn full_width(c: char) -> char {
    const KANA: &str = "。「」、・ヲァィゥェォャュョッーアイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン\u{3099}\u{309A}";
    match c {
        '\u{FF61}'..='\u{FF9F}' => {
            let at = u32::from(c).saturating_sub(0xFF61);
            usize::try_from(at).ok().and_then(|at| KANA.chars().nth(at)).unwrap_or(c)
        }
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c).saturating_sub(0xFEE0)).unwrap_or(c),
        '゛' => '\u{3099}',
        '゜' => '\u{309A}',
        c => c,
    }
}

/// A voiced kana as its base and the voicing mark.
pub(super) fn unvoiced(c: char) -> (char, Option<char>) {
    const VOICED: Option<char> = Some('\u{3099}');
    // Katakana stand 0x60 behind hiragana; a voiced kana stands behind its base, a half-voiced one behind that.
    let code = u32::from(c);
    let (back, mark) = match if code >= 0x30A1 { code.wrapping_sub(0x60) } else { code } {
        0x304C..=0x3062 if code & 1 == 0 => (1, VOICED),
        0x3065 | 0x3067 | 0x3069 => (1, VOICED),
        hiragana @ 0x306F..=0x307D => match hiragana % 3 {
            1 => (1, VOICED),
            2 => (2, Some('\u{309A}')),
            _ => return (c, None),
        },
        0x3094 => (0x4E, VOICED),
        _ => return (c, None),
    };
    (char::from_u32(code.wrapping_sub(back)).unwrap_or(c), mark)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn voiced_kana_are_a_base_and_a_mark() {
        let bases = "かきくけこさしすせそたちつてとはひふへほカキクケコサシスセソタチツテトハヒフヘホウ";
        let voiced = "がぎぐげござじずぜぞだぢづでどばびぶべぼガギグゲゴザジズゼゾダヂヅデドバビブベボヴ";
        let half = "ぱぴぷぺぽパピプペポ";
        for (base, c) in bases.chars().zip(voiced.chars()) {
            assert_eq!(unvoiced(c), (base, Some('\u{3099}')));
            assert_eq!(unvoiced(base), (base, None));
        }
        for (base, c) in "はひふへほハヒフヘホ".chars().zip(half.chars()) {
            assert_eq!(unvoiced(c), (base, Some('\u{309A}')));
        }
        for c in ('\0'..='\u{4000}').filter(|c| !voiced.contains(*c) && !half.contains(*c) && *c != '\u{3094}') {
            assert_eq!(unvoiced(c), (c, None), "{c}");
        }
    }

    #[test]
    fn every_character_of_a_group_is_found_in_it() {
        for (groups, signs) in [(VARIANTS, &VARIANTS_SIGNS[..]), (STRONG, &STRONG_SIGNS), (WEAK, &WEAK_SIGNS)] {
            for (group, signs) in groups.iter().zip(signs) {
                assert!(group.chars().all(|c| signs & sign(u32::from(c)) != 0), "{group}");
            }
        }
        for c in [VARIANTS, STRONG, WEAK].into_iter().flatten().flat_map(|g| g.chars()) {
            assert!(!c.is_ascii_alphanumeric() || group(c) == (c, Likeness::Same), "{c}");
        }
        assert_eq!(group('髙'), ('高', Likeness::Variant));
        assert_eq!(group('営'), ('営', Likeness::Same));
    }

    fn compared(a: &str, b: &str) -> Option<Likeness> {
        NameKey::of(a).joined().equals(&NameKey::of(b).joined())
    }

    #[test]
    fn disguised_names_are_found() {
        for (name, disguise) in [
            ("リンドウ銀行", "りンドウ銀行"),
            ("カワセミ便", "力ワセ三便"),
            ("ニカワ堂", "二力ワ堂"),
            ("チドリ電力", "千ドり電カ"),
            ("ホシマル", "木ツマル"),
            ("カード", "力一ド"),
            ("カード", "カ-ト゛"),
            ("ロハタ", "口八夕"),
            ("HOSHIMARU", "H0SH1MARU"),
        ] {
            assert!(compared(name, disguise).is_some_and(|l| l >= Likeness::Weak), "{name} {disguise}");
        }
    }

    #[test]
    fn other_spellings_are_the_same_name() {
        for (a, b) in [("ホシマル", "ﾎｼﾏﾙ"), ("ガルル", "ｶﾞﾙﾙ"), ("ＡＢＣ商会", "abc商会"), ("佐倉　遥", "佐倉 遥")]
        {
            assert_eq!(compared(a, b), Some(Likeness::Same), "{a} {b}");
        }
        assert_eq!(compared("髙橋", "高橋"), Some(Likeness::Variant));
        assert_eq!(compared("リンドウ", "りんどう"), None);
        assert_eq!(compared("工場長", "エ場長"), Some(Likeness::Strong));
    }

    #[test]
    fn latin_names_stand_alone() {
        let text = NameKey::of("Team Aldermoorside");
        assert_eq!(NameKey::of("aldermoor").find_in(&text), None);
        assert!(NameKey::of("aldermoor").find_in(&NameKey::of("ALDERM00R (billing)")).is_some());
        assert!(NameKey::of("ホシマル").find_in(&NameKey::of("ホシマルカスタマーセンター")).is_some());
    }
}
