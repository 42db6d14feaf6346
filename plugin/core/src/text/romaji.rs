//! One spelling for Japanese words in Latin letters: Hepburn, Kunrei and what people type (`shi` = `si`, `ou` = `o`).

use super::fold::Key;

/// Spellings and the one we use, longest first.
const SPELLINGS: &[(&[u8], &[u8])] = &[
    (b"tch", b"ty"),
    (b"shi", b"si"),
    (b"chi", b"ti"),
    (b"tsu", b"tu"),
    (b"sha", b"sya"),
    (b"shu", b"syu"),
    (b"sho", b"syo"),
    (b"cha", b"tya"),
    (b"chu", b"tyu"),
    (b"cho", b"tyo"),
    (b"she", b"sye"),
    (b"che", b"tye"),
    (b"dzu", b"zu"),
    (b"ji", b"zi"),
    (b"di", b"zi"),
    (b"ja", b"zya"),
    (b"ju", b"zyu"),
    (b"jo", b"zyo"),
    (b"fu", b"hu"),
    (b"mb", b"nb"),
    (b"mp", b"np"),
    (b"mm", b"nm"),
    (b"ou", b"o"),
    (b"oo", b"o"),
    (b"aa", b"a"),
    (b"ii", b"i"),
    (b"uu", b"u"),
    (b"ee", b"e"),
    (b"ei", b"e"),
];

/// The one spelling of a folded label. `oh` before a consonant or at the end is a long `o`.
#[must_use]
pub fn romaji(key: &Key) -> Key {
    let mut out = Key::EMPTY;
    let mut rest = key.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if let Some((from, to)) = SPELLINGS.iter().find(|(from, _)| rest.starts_with(from)) {
            to.iter().for_each(|b| out.push(*b));
            rest = rest.get(from.len()..).unwrap_or_default();
        } else if first == b'o'
            && tail.first() == Some(&b'h')
            && !tail.get(1).is_some_and(|b| is_vowel(*b) && *b != b'y')
        {
            out.push(b'o');
            rest = tail.get(1..).unwrap_or_default();
        } else if first == b'-' {
            rest = tail;
        } else {
            out.push(first);
            rest = tail;
        }
    }
    out
}

const fn is_vowel(byte: u8) -> bool {
    matches!(byte, b'a' | b'i' | b'u' | b'e' | b'o' | b'y')
}

/// Could this be a Japanese word in Latin letters: syllables of at most a consonant, a `y` and a vowel, and `n`?
#[must_use]
pub fn is_romaji(key: &Key) -> bool {
    let one = romaji(key);
    let mut rest = one.as_bytes();
    let mut syllables = 0usize;
    while let Some((&first, tail)) = rest.split_first() {
        rest = match (first, tail) {
            (b'a' | b'i' | b'u' | b'e' | b'o', _) => tail,
            (c, [v, after @ ..]) if is_consonant(c) && is_vowel(*v) && *v != b'y' => after,
            (c, [b'y', v, after @ ..]) if is_consonant(c) && is_vowel(*v) => after,
            (b'n', _) => tail,
            (c, [d, ..]) if c == *d && is_consonant(c) => tail, // a doubled consonant is a stop
            _ => return false,
        };
        syllables = syllables.saturating_add(1);
    }
    syllables >= 3
}

const fn is_consonant(byte: u8) -> bool {
    matches!(byte, b'k' | b's' | b't' | b'n' | b'h' | b'm' | b'y' | b'r' | b'w' | b'g' | b'z' | b'd' | b'b' | b'p')
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;

    #[test]
    fn spellings_of_one_word_are_one() {
        for (a, b) in [
            ("hoshimaru", "hosimaru"),
            ("tsukinoha", "tukinoha"),
            ("shimbashi", "sinbasi"),
            ("kouya", "kohya"),
            ("koya", "kooya"),
            ("fujisan", "huzisan"),
            ("chidori", "tidori"),
            ("shashin", "syasin"),
        ] {
            assert_eq!(romaji(&fold(a)), romaji(&fold(b)), "{a} {b}");
        }
        assert_ne!(romaji(&fold("hoshimaru")), romaji(&fold("hoshimari")));
    }

    #[test]
    fn japanese_words_are_recognised() {
        for word in ["hoshimaru", "shimbashi", "rakuten", "nippon", "kawasemi"] {
            assert!(is_romaji(&fold(word)), "{word}");
        }
        for word in ["merrowmint", "hexacopy", "aldermoor", "no"] {
            assert!(!is_romaji(&fold(word)), "{word}");
        }
    }
}
