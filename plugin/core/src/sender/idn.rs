//! Which internationalised labels deceive whatever they imitate: rules for a label alone, with its top-level domain as
//! context. They follow what browsers show in Unicode, with current Unicode data, and are stricter for kana.

use crate::text::class::{Class, class, decimal, is_identifier, is_mark};
use crate::text::script::{Mixing, Script, ScriptSet, mixing, scripts_of};
use crate::text::{is_bidi_control, is_invisible};

/// Why a label is unsafe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Unsafe {
    /// Characters that draw nothing or reorder others.
    Invisible,
    /// A character nobody writes names with.
    Character,
    /// Scripts nobody writes together.
    MixedScripts,
    /// Accented Latin letters beside another script.
    AccentedLatin,
    /// Digits of two systems, or digits and letters that look like digits.
    Digits,
    /// Marks that stack or hide.
    Marks,
    /// A letter that belongs under other top-level domains.
    ForeignLetter,
    /// Every letter of a whole script looks like a Latin one.
    WholeScript,
    /// Kana or ideographs where they read as punctuation or Latin letters.
    Kana,
}

impl Unsafe {
    /// The word that stands for it in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invisible => "invisible",
            Self::Character => "character-not-for-names",
            Self::MixedScripts => "mixed-scripts",
            Self::AccentedLatin => "accented-latin-beside-other-script",
            Self::Digits => "digit-look-alikes",
            Self::Marks => "stacked-marks",
            Self::ForeignLetter => "letter-of-another-country",
            Self::WholeScript => "whole-script-look-alike",
            Self::Kana => "kana-out-of-context",
        }
    }
}

/// The first rule a U-label breaks; `tld` is the last label of the name in U-label form.
#[must_use]
pub fn judge(label: &str, tld: &str) -> Option<Unsafe> {
    if label.is_ascii() || is_emoji_label(label) {
        return None;
    }
    let text: Vec<char> = label.chars().collect();
    everywhere(&text, label).or_else(|| bound_letters(&text, tld)).or_else(|| {
        let kind = mixing(label);
        let single = matches!(kind, Mixing::Single(_) | Mixing::System | Mixing::Neutral);
        if single && !text.iter().any(|c| is_delicate(*c)) {
            return whole_script(&text, tld).or_else(|| digits_only(&text));
        }
        digits_only(&text)
            .or_else(|| whole_script(&text, tld))
            .or_else(|| accented_latin(&text))
            .or_else(|| super::kana::judge(&text))
    })
}

/// ASCII and emoji only: a curiosity, not a disguise.
fn is_emoji_label(label: &str) -> bool {
    label.chars().all(|c| {
        c.is_ascii_alphanumeric()
            || c == '-'
            || matches!(c, '\u{1F300}'..='\u{1FAFF}' | '\u{FE0F}' | '\u{1F1E6}'..='\u{1F1FF}')
            || OLD_EMOJI.contains(c)
    })
}

/// What people write of the older symbols; the others there read as letters or punctuation (`✓`, `❘`, `➖`).
const OLD_EMOJI: &str = "☀☁☂☃☄☎☔☕☘☝☠☢☣☮☯☹☺♀♂♈♉♊♋♌♍♎♏♐♑♒♓♟♠♣♥♦♨♻♾♿⚓⚔⚖⚙⚛⚜⚠⚡⚪⚫⚽⚾⛄⛅⛈⛎⛏⛑⛓⛔⛩⛪⛰⛱⛲⛳⛴⛵⛷⛸⛹⛺⛽\
    ✂✅✈✉✊✋✌✍✏✒✔✨✳✴❄❇❌❎❓❔❕❗❣❤➡➰";

fn is_kana_delicate(c: char) -> bool {
    matches!(c, 'へ' | 'べ' | 'ぺ' | 'ヘ' | 'ベ' | 'ペ' | 'り' | 'リ' | '・' | 'ー' | 'ヽ' | 'ヾ')
}

/// Characters that need the rules of context even in a label of one script.
fn is_delicate(c: char) -> bool {
    is_kana_delicate(c) || matches!(c, '\u{0300}'..='\u{0339}' | '\u{3099}' | '\u{309A}')
}

fn everywhere(text: &[char], label: &str) -> Option<Unsafe> {
    if text.iter().any(|c| is_bidi_control(*c) || is_invisible(*c) && !matches!(c, '\u{200C}' | '\u{200D}')) {
        return Some(Unsafe::Invisible);
    }
    if !text.iter().all(|c| is_allowed(*c)) {
        return Some(Unsafe::Character);
    }
    if mixing(label) == Mixing::Mixed {
        return Some(Unsafe::MixedScripts);
    }
    let mut systems = text.iter().filter_map(|c| decimal(*c)).map(|(zero, _)| zero);
    if systems.next().is_some_and(|first| systems.any(|s| s != first)) {
        return Some(Unsafe::Digits);
    }
    marks(text)
}

/// Identifier characters, with those that registries still sell and without those that imitate punctuation or other
/// letters.
fn is_allowed(c: char) -> bool {
    let sold = matches!(c, '\u{3105}'..='\u{312F}' | '\u{31A0}'..='\u{31BF}' | '\u{10F1}'..='\u{10FF}'
        | '\u{1090}'..='\u{1099}' | '\u{1EA0}'..='\u{1EF9}' | '\u{200C}' | '\u{200D}')
        || matches!(class(c), Class::Digit)
            && matches!(c, '\u{0900}'..='\u{0DFF}' | '\u{0E00}'..='\u{0EFF}' | '\u{1000}'..='\u{109F}' | '\u{0660}'..='\u{06F9}');
    let imitates = matches!(c, '\u{0338}' | '\u{058A}' | '\u{2010}' | '\u{30A0}' | '\u{2019}' | '\u{02BB}' | '\u{02BC}'
        | '\u{2027}' | '\u{02EC}' | '\u{0138}' | '\u{01CD}'..='\u{01DC}' | '\u{1C80}'..='\u{1C8F}'
        | '\u{1E00}'..='\u{1E9B}' | '\u{1F00}'..='\u{1FFF}' | '\u{A640}'..='\u{A69F}' | '\u{A720}'..='\u{A7FF}');
    (is_identifier(c) || sold) && !imitates
}

fn is_latin_greek_cyrillic(c: char) -> bool {
    let set = scripts_of(c);
    set != ScriptSet::ALL && [Script::LATIN, Script::GREEK, Script::CYRILLIC].iter().any(|s| set.has(*s))
}

fn marks(text: &[char]) -> Option<Unsafe> {
    let mut base = None;
    let mut run = 0usize;
    let mut before = None;
    for c in text {
        if !is_mark(*c) {
            (base, run, before) = (Some(*c), 0, Some(*c));
            continue;
        }
        run = run.saturating_add(1);
        let european = matches!(c, '\u{0300}'..='\u{0339}');
        let bad = before == Some(*c)
            || run > 4
            || european && !base.is_some_and(is_latin_greek_cyrillic)
            || base == Some('ı')
            || *c == '\u{0307}' && matches!(base, Some('i' | 'j' | 'l' | 'ı'));
        if bad {
            return Some(Unsafe::Marks);
        }
        before = Some(*c);
    }
    None
}

fn bound_letters(text: &[char], tld: &str) -> Option<Unsafe> {
    if text.len() < 2 {
        return None;
    }
    let bad = text.iter().any(|c| match c {
        'þ' | 'ð' => !matches!(tld, "is" | "fo"),
        'ə' => tld != "az",
        '·' => tld != "cat",
        _ => false,
    });
    bad.then_some(Unsafe::ForeignLetter)
}

fn accented_latin(text: &[char]) -> Option<Unsafe> {
    let european = |c: &char| is_latin_greek_cyrillic(*c) || is_mark(*c) || c.is_ascii_digit() || *c == '-';
    let accented = text.iter().any(|c| !c.is_ascii() && scripts_of(*c) == ScriptSet::of(&[Script::LATIN]));
    if accented && !text.iter().all(european) {
        return Some(Unsafe::AccentedLatin);
    }
    let phonetic = text.iter().any(|c| matches!(c, '\u{3099}' | '\u{309A}'));
    phonetic.then_some(Unsafe::Marks)
}

/// Digits and letters of other scripts that look like another ASCII digit than they are.
fn digit_look_alike(c: char) -> bool {
    "θ२২੨૨೩೭շзҙӡउওਤ੩૩౩ဒვპੜკ੫丩ㄐճ৪੪୫૭୨౨".contains(c)
}

fn digits_only(text: &[char]) -> Option<Unsafe> {
    // The ideographic zero is honest among ideographs, and reads as zero among digits.
    let zero = text.iter().any(char::is_ascii_digit);
    let all = text.iter().all(|c| c.is_ascii_digit() || digit_look_alike(*c) || zero && *c == '〇');
    (all && text.iter().any(|c| !c.is_ascii())).then_some(Unsafe::Digits)
}

/// Letters of a script that pass as Latin, and the top-level domains at home with it.
const LOOK_ALIKES: &[(Script, &str, &[&str])] = &[
    (Script::CYRILLIC, "аысԁеԍһіюкјӏорԗԛѕтԝхуъьҽпгѵѡ", &["bg", "by", "kz", "pyc", "ru", "su", "ua", "uz"]),
    (Script::GREEK, "αικνρυωηοτ", &["gr"]),
    (Script::ARMENIAN, "ագզէլհյոսւօՙ", &["am"]),
    (Script::GEORGIAN, "იოყძხჽჿ", &["ge"]),
    (Script::HEBREW, "דוחיןסװײ׳ﬦ", &["il"]),
    (Script::ETHIOPIC, "ሀሠሰስበነተከዐዕዘጠፐꬅ", &["er", "et"]),
    (Script::THAI, "บพเแ๐ทนรหดลปฟม", &["th"]),
    (Script::MYANMAR, "ခဂငထပဝ၀၂ၔၜ႐႑႕႖႗", &["mm"]),
    (Script::BENGALI, "০৭", &[]),
    (Script::DEVANAGARI, "ऽ०ॱ", &[]),
    (Script::GUJARATI, "ડટ૦૧", &[]),
    (Script::GURMUKHI, "੦੧", &[]),
    (Script::KANNADA, "ಽ೦೧", &[]),
    (Script::MALAYALAM, "ടഠധനറ൦", &[]),
    (Script::ORIYA, "ଠ୦୮", &[]),
    (Script::TAMIL, "டப௦", &[]),
    (Script::TELUGU, "౦౧", &[]),
];

/// Everyday words that consist of look-alike letters only and are nobody's name in Latin letters.
const WORDS: &[&str] = &[
    "секс",
    "сок",
    "рост",
    "торт",
    "кот",
    "порт",
    "курс",
    "стоп",
    "тест",
    "ток",
    "рот",
    "рок",
    "кросс",
    "спорт",
    "паспорт",
    "курорт",
    "гороскоп",
    "гора",
    "горка",
    "утро",
    "сыр",
    "рука",
    "хор",
    "сахар",
    "парк",
    "карта",
    "ресурс",
    "топор",
    "сорт",
    "театр",
    "отпуск",
    "аспект",
    "супер",
    "покер",
    "прогресс",
    "ракета",
    "карат",
    "парус",
    "пастух",
    "скот",
    "скутер",
    "корт",
    "крот",
    "трасса",
    "касса",
    "оскар",
    "строка",
    "просто",
    "проект",
    "пост",
    "постер",
    "актер",
    "старт",
    "портрет",
    "соус",
    "суп",
    "роса",
    "краска",
    "красота",
    "группа",
    "труппа",
    "пара",
    "порог",
    "сорока",
    "топка",
    "тропа",
    "урок",
    "характер",
    "хаос",
    "юг",
    "юра",
    "юкка",
    "юар",
    "кекс",
    "ксерокс",
    "корпус",
    "торос",
    "апорт",
    "рапорт",
    "репост",
    "супруг",
    "круг",
    "пуск",
    "трак",
    "утка",
];

fn whole_script(text: &[char], tld: &str) -> Option<Unsafe> {
    for (script, letters, home) in LOOK_ALIKES {
        let own = |c: &&char| scripts_of(**c) != ScriptSet::ALL && scripts_of(**c).has(*script);
        let mut of_script = text.iter().filter(own).peekable();
        if of_script.peek().is_none() {
            continue;
        }
        let foreign = text.iter().any(|c| {
            let set = scripts_of(*c);
            set != ScriptSet::ALL && !set.has(*script)
        });
        if foreign || !of_script.all(|c| letters.contains(*c)) {
            return None;
        }
        let at_home = home.contains(&tld) || tld.chars().any(|c| !c.is_ascii() && scripts_of(c).has(*script));
        let word: String = text.iter().collect();
        return (!at_home && !WORDS.contains(&word.as_str())).then_some(Unsafe::WholeScript);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(labels: &[(&str, &str)], want: Option<Unsafe>) {
        for (label, tld) in labels {
            assert_eq!(judge(label, tld), want, "{label}.{tld}");
        }
    }

    #[test]
    fn disguises_are_unsafe() {
        all(&[("merrowm\u{456}nt", "com"), ("\u{3b1}ldermoor", "com"), ("банkа", "com")], Some(Unsafe::MixedScripts));
        all(&[("һехасору", "com"), ("սօ", "com"), ("αικν", "com")], Some(Unsafe::WholeScript));
        all(&[("þinecrate", "com"), ("a·b", "com"), ("məp", "com")], Some(Unsafe::ForeignLetter));
        all(&[("hexac\u{1E37}py", "com"), ("a\u{2010}b", "com")], Some(Unsafe::Character));
        all(&[("x\u{0301}\u{0301}y", "com"), ("ı\u{0301}a", "com")], Some(Unsafe::Marks));
        all(&[("३५", "com")], None);
        all(&[("1२", "com"), ("৪৫8", "com"), ("1〇0", "com")], Some(Unsafe::Digits));
        all(&[("✓login", "com"), ("a➖b", "com")], Some(Unsafe::Character));
        all(&[("ékana仮名", "com")], Some(Unsafe::AccentedLatin));
    }

    #[test]
    fn honest_names_are_safe() {
        let names = [
            ("アロエ茶x7", "jp"),
            ("工場長", "jp"),
            ("二見浦", "jp"),
            ("カード", "jp"),
            ("リンドウ", "jp"),
            ("へちま", "jp"),
            ("ヘリコプター", "com"),
            ("müller", "de"),
            ("straße", "de"),
            ("şişli", "com"),
            ("þórður", "is"),
            ("paral·lel", "cat"),
            ("việtnam", "vn"),
            ("łódź", "pl"),
            ("правда", "com"),
            ("рос", "рф"),
            ("한국abc", "com"),
            ("中文", "cn"),
            ("i❤tokyo", "com"),
            ("二〇二四", "jp"),
            ("гороскоп", "com"),
            ("ไทย", "com"),
            ("ελλάδα", "gr"),
        ];
        all(&names, None);
    }
}
