//! Scripts of characters (UAX #24, with script extensions) and whether several go together (UTS #39 section 5.1).

use super::table::RangeTable;

/// The packed table; `data/build/build.py` has the layout.
const DATA: &[u8] = include_bytes!("../../data/scripts.bin");

/// A script, by its place in the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Script(u8);

macro_rules! scripts {
    ($($name:ident = $number:literal, $iso:literal;)*) => {
        impl Script {
            $(#[doc = concat!("`", $iso, "` (ISO 15924).")] pub const $name: Self = Self($number);)*
        }
        #[cfg(test)]
        const NAMED: &[(Script, &str)] = &[$((Script::$name, $iso)),*];
    };
}

scripts! {
    COMMON = 0, "Zyyy"; INHERITED = 1, "Zinh"; UNKNOWN = 2, "Zzzz"; LATIN = 3, "Latn"; CYRILLIC = 4, "Cyrl";
    GREEK = 5, "Grek"; HAN = 6, "Hani"; HIRAGANA = 7, "Hira"; KATAKANA = 8, "Kana"; HANGUL = 9, "Hang";
    BOPOMOFO = 10, "Bopo"; ARMENIAN = 11, "Armn"; GEORGIAN = 12, "Geor"; HEBREW = 13, "Hebr"; ETHIOPIC = 14, "Ethi";
    THAI = 15, "Thai"; MYANMAR = 16, "Mymr"; BENGALI = 17, "Beng"; DEVANAGARI = 18, "Deva"; GUJARATI = 19, "Gujr";
    GURMUKHI = 20, "Guru"; KANNADA = 21, "Knda"; MALAYALAM = 22, "Mlym"; ORIYA = 23, "Orya"; TAMIL = 24, "Taml";
    TELUGU = 25, "Telu"; ARABIC = 26, "Arab";
}

impl Script {
    /// Its four letters (ISO 15924).
    #[must_use]
    pub fn name(self) -> &'static str {
        let at = usize::from(self.0).saturating_mul(4).saturating_add(1);
        DATA.get(at..at.saturating_add(4)).and_then(|b| core::str::from_utf8(b).ok()).unwrap_or("Zzzz")
    }
}

/// A set of scripts. Common and Inherited characters have the set of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptSet([u64; 3]);

impl ScriptSet {
    /// Every script.
    pub const ALL: Self = Self([u64::MAX; 3]);
    /// None.
    pub const NONE: Self = Self([0; 3]);

    /// Just these.
    #[must_use]
    pub fn of(scripts: &[Script]) -> Self {
        scripts.iter().fold(Self::NONE, |set, s| set.with(*s))
    }

    fn with(mut self, script: Script) -> Self {
        if let Some(word) = self.0.get_mut(usize::from(script.0 >> 6)) {
            *word |= 1u64.checked_shl(u32::from(script.0 & 63)).unwrap_or(0);
        }
        self
    }

    /// Is this script in it?
    #[must_use]
    pub fn has(self, script: Script) -> bool {
        self.meet(Self::NONE.with(script)) != Self::NONE
    }

    /// What both have.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        let ([a, b, c], [x, y, z]) = (self.0, other.0);
        Self([a & x, b & y, c & z])
    }

    /// Does it hold nothing?
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::NONE
    }

    /// Its scripts, in the order of the table.
    pub fn scripts(self) -> impl Iterator<Item = Script> {
        (0u8..192).map(Script).filter(move |s| self.has(*s))
    }
}

/// The scripts a character is used in (script extensions). ASCII letters are Latin, other ASCII is Common.
#[must_use]
pub fn scripts_of(c: char) -> ScriptSet {
    if c.is_ascii() {
        return if c.is_ascii_alphabetic() { ScriptSet::of(&[Script::LATIN]) } else { ScriptSet::ALL };
    }
    look_up(c).unwrap_or(ScriptSet::NONE)
}

/// Where the sets begin in the table: each is a length and that many scripts. The last is where they end.
static SETS: [u16; MOST_SETS] = sets();
/// Where the number of the sets stands.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "computed while compiling")]
const SETS_AT: usize = DATA[0] as usize * 4 + 1;
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "computed while compiling")]
const NUMBER_OF_SETS: usize = DATA[SETS_AT] as usize | (DATA[SETS_AT + 1] as usize) << 8;
const MOST_SETS: usize = NUMBER_OF_SETS + 1;

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs when this is compiled, never later")]
const fn sets() -> [u16; MOST_SETS] {
    let mut starts = [0; MOST_SETS];
    let (mut at, mut n) = (SETS_AT + 2, 0);
    while n < NUMBER_OF_SETS {
        starts[n] = at as u16;
        at += DATA[at] as usize + 1;
        n += 1;
    }
    starts[n] = at as u16;
    starts
}

fn look_up(c: char) -> Option<ScriptSet> {
    let table = RangeTable(DATA.get(usize::from(*SETS.last()?)..)?);
    let (_, number) = table.run(c)?;
    let start = usize::from(*SETS.get(usize::from(number))?);
    let members = DATA.get(start.checked_add(1)?..)?.get(..usize::from(*DATA.get(start)?))?;
    let set = members.iter().fold(ScriptSet::NONE, |set, s| set.with(Script(*s)));
    Some(if set.has(Script::COMMON) || set.has(Script::INHERITED) { ScriptSet::ALL } else { set })
}

/// The one script of a character for display: the first of its set, `Zyyy` for characters of all scripts.
#[must_use]
pub fn script_name(c: char) -> &'static str {
    let set = scripts_of(c);
    if set == ScriptSet::ALL { "Zyyy" } else { set.scripts().next().map_or("Zzzz", Script::name) }
}

/// The writing systems that combine several scripts (UTS #39 section 5.1): Japanese, Korean, Chinese with Bopomofo.
const SYSTEMS: [&[Script]; 3] = [
    &[Script::HAN, Script::HIRAGANA, Script::KATAKANA],
    &[Script::HAN, Script::HANGUL],
    &[Script::HAN, Script::BOPOMOFO],
];

/// What the scripts of a text have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixing {
    /// Characters of every script only: digits, hyphens, marks.
    Neutral,
    /// One script.
    Single(Script),
    /// One writing system of several scripts.
    System,
    /// Latin beside one writing system of East Asia, as written every day.
    LatinAndSystem,
    /// Scripts nobody writes together.
    Mixed,
}

/// How the scripts of a text go together: the Highly Restrictive level of UTS #39 section 5.2.
#[must_use]
pub fn mixing(text: &str) -> Mixing {
    let common = text.chars().fold(ScriptSet::ALL, |set, c| set.meet(scripts_of(c)));
    if common == ScriptSet::ALL {
        return Mixing::Neutral;
    }
    if let Some(script) = common.scripts().next() {
        return Mixing::Single(script);
    }
    let latin = ScriptSet::of(&[Script::LATIN]);
    let fits = |system: &[Script], with_latin: bool| {
        let system = ScriptSet::of(system);
        text.chars().all(|c| {
            let set = scripts_of(c);
            !set.meet(system).is_empty() || with_latin && !set.meet(latin).is_empty()
        })
    };
    if SYSTEMS.iter().any(|s| fits(s, false)) {
        Mixing::System
    } else if SYSTEMS.iter().any(|s| fits(s, true)) {
        Mixing::LatinAndSystem
    } else {
        Mixing::Mixed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_the_scripts_as_we_do() {
        for (script, iso) in NAMED {
            assert_eq!(script.name(), *iso);
        }
    }

    #[test]
    fn scripts_mix_as_people_write() {
        assert_eq!(mixing("アロエ茶"), Mixing::System);
        assert_eq!(mixing("アロエ茶x7"), Mixing::LatinAndSystem);
        assert_eq!(mixing("한국x"), Mixing::LatinAndSystem);
        assert_eq!(mixing("b\u{430}nk"), Mixing::Mixed);
        assert_eq!(mixing("\u{3b1}bc"), Mixing::Mixed);
        assert_eq!(mixing("hexacopy"), Mixing::Single(Script::LATIN));
        assert_eq!(mixing("2024-1"), Mixing::Neutral);
        assert_eq!(mixing("カー"), Mixing::Single(Script::KATAKANA));
    }
}
