//! The skeleton `f2` of a folded label: ASCII letters that look alike become one letter. Two labels with one skeleton can
//! be told apart only by looking closely; whether that is meant to deceive depends on more (length, suffix).

use super::fold::{Key, is_foreign};

/// The letter that stands for all letters that look like this one.
#[must_use]
pub const fn alike(byte: u8) -> u8 {
    match byte {
        b'0' => b'o',
        b'1' | b'l' | b'|' => b'i',
        b'5' => b's',
        b'3' => b'e',
        b'4' => b'a',
        b'6' | b'8' => b'b',
        b'9' | b'q' => b'g',
        b'7' => b't',
        b'2' => b'z',
        other => other,
    }
}

/// Two letters that look like one.
#[must_use]
pub const fn pair(first: u8, second: u8) -> Option<u8> {
    match (first, second) {
        (b'r', b'n') => Some(b'm'),
        (b'v', b'v') => Some(b'w'),
        (b'c', b'i') => Some(b'd'),
        _ => None,
    }
}

/// The skeleton of a folded label. Idempotent.
#[must_use]
pub fn skeleton(key: &Key) -> Key {
    let mut out = Key::EMPTY;
    for byte in key.as_bytes() {
        let byte = alike(*byte);
        match out.as_bytes().last().and_then(|last| pair(*last, byte)) {
            Some(one) => {
                out.pop();
                out.push(one);
            }
            None => out.push(byte),
        }
    }
    out
}

/// The letters of a skeleton as a set: bit 0 to 25 for letters, 26 for `-`, 27 for everything else.
#[must_use]
pub fn letters(key: &[u8]) -> u32 {
    key.iter().fold(0, |set, byte| {
        let bit = match byte {
            b'a'..=b'z' => u32::from(byte.wrapping_sub(b'a')),
            b'-' => 26,
            foreign if is_foreign(*foreign) => return set,
            _ => 27,
        };
        set | 1u32.checked_shl(bit).unwrap_or(0)
    })
}

#[cfg(test)]
mod tests {
    use super::super::fold::fold;
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn look_alikes_have_one_skeleton() {
        for (a, b) in [
            ("rnerrowmint", "merrowmint"),
            ("merrovvmlnt", "merrowmint"),
            ("clandelo", "dandelo"),
            ("hexac0py", "hexacopy"),
            ("a1dermoor", "aIdermoor"),
        ] {
            assert_eq!(skeleton(&fold(a)), skeleton(&fold(b)), "{a} {b}");
        }
        assert_ne!(skeleton(&fold("merrowmint")), skeleton(&fold("morrowmint")));
    }

    proptest! {
        #[test]
        fn a_skeleton_is_its_own_skeleton(label in "[a-z0-9-]{0,70}|\\PC{0,40}") {
            let once = skeleton(&fold(&label));
            prop_assert_eq!(skeleton(&once), once);
        }
    }
}
