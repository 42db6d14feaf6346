//! Packed tables of Unicode properties. `data/build/build.py` writes them; `data/README.md` says from what.

use crate::bytes::u16_le;

/// Bytes of one start in a range table.
const START: usize = 3;

/// A little-endian number of three bytes.
pub(crate) fn u24(bytes: &[u8], at: usize) -> Option<u32> {
    let [a, b, c] = crate::bytes::array(bytes, at)?;
    Some(u32::from_le_bytes([a, b, c, 0]))
}

/// Runs of code points with one value each: `u16` count, the starts as `u24`, the values as `u16`. Covers everything
/// above ASCII.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RangeTable<'a>(pub &'a [u8]);

impl RangeTable<'_> {
    /// The run a character is in: its first code point and its value.
    pub(crate) fn run(self, c: char) -> Option<(u32, u16)> {
        let count = usize::from(u16_le(self.0, 0)?);
        let index = last_not_above(self.0.get(2..)?, count, u32::from(c))?;
        let start = u24(self.0.get(2..)?, index.checked_mul(START)?)?;
        let values = count.checked_mul(START)?.checked_add(2)?;
        Some((start, u16_le(self.0, index.checked_mul(2)?.checked_add(values)?)?))
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
