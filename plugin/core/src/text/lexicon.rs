//! Packed sorted string sets, compared exactly: whoever chooses a name cannot make it collide with a known one.

use super::table::u24;
use crate::bytes::u16_le;

/// Strings in a block.
const BLOCK: usize = 16;

/// Everyday English words of four to nine letters, without regular plurals and past tenses.
pub static WORDS: Lexicon<'static> = Lexicon(include_bytes!("../../data/words.bin"));

/// A packed set: `u16` number of blocks, their offsets as `u24`, then blocks of 16 strings, each `u8` length shared with
/// the string before, `u8` length of the rest, the rest.
#[derive(Clone, Copy, Debug)]
pub struct Lexicon<'a>(&'a [u8]);

impl<'a> Lexicon<'a> {
    /// A set over packed bytes.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Is exactly this string in it?
    #[must_use]
    pub fn has(&self, word: &[u8]) -> bool {
        self.find(word).unwrap_or(false)
    }

    fn find(&self, word: &[u8]) -> Option<bool> {
        let blocks = usize::from(u16_le(self.0, 0)?);
        let body = self.0.get(blocks.checked_mul(3)?.checked_add(2)?..)?;
        let head = |block: usize| {
            let at = u24(self.0, block.checked_mul(3)?.checked_add(2)?)? as usize;
            Some((at, rest(body, at)?))
        };
        let (mut low, mut high) = (0usize, blocks);
        while low < high {
            let middle = low.midpoint(high);
            if head(middle)?.1 <= word {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        let (at, _) = head(low.checked_sub(1)?)?;
        Some(scan_block(body, at, word))
    }
}

/// The part of the string at `at` that is not shared.
fn rest(body: &[u8], at: usize) -> Option<&[u8]> {
    let length = usize::from(*body.get(at.checked_add(1)?)?);
    body.get(at.checked_add(2)?..)?.get(..length)
}

/// Walks one block. `matched` is how many bytes of `word` the current string agrees with.
fn scan_block(body: &[u8], mut at: usize, word: &[u8]) -> bool {
    let mut matched = 0usize;
    for _ in 0..BLOCK {
        let (Some(shared), Some(tail)) = (body.get(at), rest(body, at)) else { return false };
        let shared = usize::from(*shared);
        if shared < matched {
            return false; // sorted: what follows differs earlier
        }
        if shared == matched {
            let ours = word.get(matched..).unwrap_or_default();
            if ours == tail {
                return true;
            }
            let common = ours.iter().zip(tail).take_while(|(a, b)| a == b).count();
            matched = matched.saturating_add(common);
        }
        at = at.saturating_add(tail.len()).saturating_add(2);
    }
    false
}

/// Is it an everyday English word, or a regular form of one?
#[must_use]
pub fn is_word(text: &[u8]) -> bool {
    let stem = |ending: &[u8]| text.strip_suffix(ending).is_some_and(|stem| WORDS.has(stem));
    WORDS.has(text) || stem(b"s") || stem(b"ed") || stem(b"ing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_exactly() {
        for word in ["about", "house", "houses", "zone", "young", "able", "network"] {
            assert!(is_word(word.as_bytes()), "{word}");
        }
        for word in ["", "a", "houze", "hous", "merrowmint", "zzzz", "aaaa", "networ"] {
            assert!(!is_word(word.as_bytes()), "{word}");
        }
    }
}
