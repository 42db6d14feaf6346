//! Packed tables of Unicode properties. `data/build/build.py` writes them; `data/README.md` says from what.

use crate::bytes::u16_le;

/// Bytes of one start in a range table.
const START: usize = 3;

/// A little-endian number of three bytes.
pub(crate) fn u24(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = crate::bytes::array(bytes, at)?;
    Some(u32::from_le_bytes([a, b, c, 0]))
}

/// Runs of code points with one value each: `u16` count, `u8` bytes of a value, the starts as `u24`, the values. Covers everything
/// above ASCII.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RangeTable<'a>(pub &'a [u8]);

impl RangeTable<'_> {
    /// The run a character is in: its first code point and its value.
    pub(crate) fn run(self, c: char) -> Option<(u32, u16)> {
        let count = usize::from(u16_le(self.0, 0)?);
        let width = usize::from(*self.0.get(2)?);
        let body = self.0.get(3..)?;
        let index = last_not_above(body, count, u32::from(c))?;
        let start = u24(body, index.checked_mul(START)?)?;
        let at = index.checked_mul(width)?.checked_add(count.checked_mul(START)?)?;
        let value = if width == 1 { u16::from(*body.get(at)?) } else { u16_le(body, at)? };
        Some((start, value))
    }
}

/// The index of the last of `count` sorted `u24` that is not above `key`.
pub(crate) fn last_not_above(starts: &[u8], count: usize, key: u32) -> Option<usize> {
    let (mut low, mut high) = (0usize, count);
    while low < high {
        let middle = low.midpoint(high);
        if u24(starts, middle.checked_mul(START)?)? <= key {
            low = middle.saturating_add(1);
        } else {
            high = middle;
        }
    }
    low.checked_sub(1)
}
