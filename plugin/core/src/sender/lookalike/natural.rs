//! How natural a label is: pairs of letters as they stand in names people chose. A slip of the pen seldom makes a name.

use super::align::code;

/// `data/build/build.py` has the layout.
static BIGRAMS: &[u8] = include_bytes!("../../../data/bigrams.bin");

/// Letters of the table.
const SIDE: usize = 28;
/// Begin and end.
const EDGE: usize = 27;

/// Mean logarithm of the probability of a letter after the one before, in hundredths of a bit, so never above zero.
pub(super) fn bits(label: &[u8]) -> i32 {
    let mut before = EDGE;
    let mut sum = 0i32;
    for here in label.iter().map(|b| letter(*b)).chain([EDGE]) {
        let at = before.saturating_mul(SIDE).saturating_add(here);
        sum = sum.saturating_add(i32::from(BIGRAMS.get(at).copied().unwrap_or(0)));
        before = here;
    }
    let steps = i32::try_from(label.len()).unwrap_or(0).saturating_add(1);
    sum.saturating_mul(-100).checked_div(steps.saturating_mul(8)).unwrap_or(0)
}

/// Digits count as the rarest letter.
fn letter(byte: u8) -> usize {
    if byte.is_ascii_digit() { 25 } else { usize::from(code(byte)).min(EDGE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_more_natural_than_slips() {
        assert!(bits(b"merrowmint") > bits(b"mxrrqwmint"));
        assert!(bits(b"") <= 0);
    }
}
