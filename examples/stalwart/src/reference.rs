//! Reference numbers: what a sender reads in a refusal and an operator finds in the log.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Crockford's base 32: no letter looks like a digit.
const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The last number given.
static LAST: AtomicU64 = AtomicU64::new(0);

/// A number this process never gives twice, and that sorts by time: milliseconds since 1970 with nine bits for mails of
/// the same one. Ten digits and a hyphen.
#[must_use]
pub fn next() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_millis());
    let now = u64::try_from(now).unwrap_or(0).wrapping_shl(9);
    let step = |last: u64| Some(now.max(last.wrapping_add(1)));
    let last = LAST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).unwrap_or(0);
    spell(now.max(last.wrapping_add(1)))
}

fn spell(number: u64) -> String {
    let mut text = String::with_capacity(11);
    for place in (0..10_u32).rev() {
        let digit = number.wrapping_shr(place.wrapping_mul(5)) & 31;
        text.push(usize::try_from(digit).ok().and_then(|d| DIGITS.get(d)).copied().map_or('0', char::from));
        if place == 5 {
            text.push('-');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_differ_and_rise() {
        let numbers: Vec<_> = (0..2000).map(|_| next()).collect();
        assert!(numbers.is_sorted_by(|a, b| a < b));
        assert!(numbers.iter().all(|n| n.len() == 11), "{}", numbers[0]);
    }
}
