//! How far a label is from a target: a bit-parallel bound first, then an alignment whose costs say how easily each change
//! is overlooked.

use crate::text::fold::{Key, is_wide};
use crate::text::skeleton::{alike, pair};

/// What two changed letters of full cost are worth, in hundredths.
pub const FULL: u16 = 100;
/// A change between letters of one skeleton class.
const CLASS: u16 = 5;
/// Alignments dearer than this are not of interest.
pub const LIMIT: u16 = 260;
/// No alignment.
pub const FAR: u16 = u16::MAX / 2;

/// One change that makes the target into the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Op {
    /// What sort of change.
    pub kind: OpKind,
    /// Where, in letters of the target.
    pub at: u8,
    /// Letters of the target, at most two, padded with zero.
    pub from: [u8; 2],
    /// Letters of the candidate.
    pub to: [u8; 2],
    /// Its cost in hundredths.
    pub cost: u16,
}

/// The sorts of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OpKind {
    /// One letter stays.
    Keep,
    /// Letters of one shape: `1` for `l`, `rn` for `m`.
    LookAlike,
    /// Letters of similar shape: `nn` for `m`, `c` for `e`.
    Similar,
    /// One vowel for another.
    Vowel,
    /// A neighbour on the keyboard.
    Keyboard,
    /// One bit of a byte.
    Bit,
    /// Any other letter.
    Replace,
    /// Two neighbours exchanged.
    Swap,
    /// A letter doubled, or one of a double left out.
    Double,
    /// A hyphen put in or left out.
    Hyphen,
    /// A letter put in.
    Insert,
    /// A letter left out.
    Omit,
}

impl OpKind {
    /// The word that stands for it in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keep => "keep",
            Self::LookAlike => "look-alike",
            Self::Similar => "similar",
            Self::Vowel => "vowel",
            Self::Keyboard => "keyboard",
            Self::Bit => "bit",
            Self::Replace => "replace",
            Self::Swap => "swap",
            Self::Double => "double",
            Self::Hyphen => "hyphen",
            Self::Insert => "insert",
            Self::Omit => "omit",
        }
    }
}

/// A number for every letter of a skeleton: 0 to 25 letters, 26 `-`, 27 anything else.
#[must_use]
pub const fn code(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => byte.wrapping_sub(b'a'),
        b'-' => 26,
        _ => 27,
    }
}

/// The letters of a skeleton as bit rows, for quick distances.
#[derive(Clone, Debug)]
pub struct Rows {
    rows: [u64; 28],
    length: u32,
}

impl Rows {
    /// The rows of a skeleton.
    #[must_use]
    pub fn of(key: &Key) -> Self {
        let mut rows = [0u64; 28];
        for (i, byte) in key.as_bytes().iter().enumerate() {
            if let Some(row) = rows.get_mut(usize::from(code(*byte))) {
                *row |= 1u64.wrapping_shl(u32::try_from(i).unwrap_or(0));
            }
        }
        Self { rows, length: u32::try_from(key.len()).unwrap_or(0) }
    }

    /// The edit distance of `target` to the label (Myers 1999, Hyyrö 2003, one machine word).
    #[must_use]
    pub fn whole(&self, target: &[u8]) -> u32 {
        self.run(target, false)
    }

    /// The edit distance of `target` to the part of the label nearest to it.
    #[must_use]
    pub fn inside(&self, target: &[u8]) -> u32 {
        self.run(target, true)
    }

    fn run(&self, target: &[u8], inside: bool) -> u32 {
        let mask = u64::MAX.checked_shr(64u32.saturating_sub(self.length)).unwrap_or(0);
        let (mut vp, mut vn) = (if inside { 0 } else { mask }, 0u64);
        let mut steps = 0u32;
        for byte in target {
            let eq = self.rows.get(usize::from(code(*byte))).copied().unwrap_or(0);
            let d0 = ((eq & vp).wrapping_add(vp) ^ vp) | eq | vn;
            let hp = vn | !(d0 | vp);
            let hn = d0 & vp;
            let hp = hp.wrapping_shl(1) | 1;
            let hn = hn.wrapping_shl(1);
            vp = (hn | !(d0 | hp)) & mask;
            vn = hp & d0 & mask;
            steps = steps.wrapping_add(1);
        }
        // The top of the last column is the number of steps; the bits say how it changes on the way down.
        if !inside {
            return steps.wrapping_add(vp.count_ones()).wrapping_sub(vn.count_ones());
        }
        let (mut here, mut best) = (steps, steps);
        while vp | vn != 0 {
            let up = u32::from(vp & 1 == 1);
            let down = u32::from(vn & 1 == 1);
            here = here.wrapping_add(up).wrapping_sub(down);
            best = best.min(here);
            (vp, vn) = (vp >> 1, vn >> 1);
        }
        best
    }
}

/// Letters of similar shape.
const SIMILAR: &[u8] = b"ecocoeoauvvynhnrijljftmndbgywvunhbltitodpqgjxkbpzskhrtqo";

/// The rows of a keyboard. Each row is half a key to the right of the one above.
const KEYBOARD: [&[u8]; 3] = [b"qwertyuiop", b"asdfghjkl-", b"zxcvbnm"];

/// Keys that are beside each other on other layouts, or beside the digits.
const ALSO_BESIDE: &[u8] = b"yzaqzw0p091223344556677889";

/// Letters, digits and the hyphen: what a folded label is made of.
const ALPHABET: usize = 37;

/// The place of a byte in the alphabet; [`ALPHABET`] for any other.
const fn letter(byte: u8) -> usize {
    match byte {
        b'a'..=b'z' => byte.wrapping_sub(b'a') as usize,
        b'0'..=b'9' => byte.wrapping_sub(b'0').wrapping_add(26) as usize,
        b'-' => 36,
        _ => ALPHABET,
    }
}

/// What it costs to write one letter for another, in hundredths.
static REPLACE: [[u8; ALPHABET]; ALPHABET] = replacements();

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "computed while compiling")]
const fn replacements() -> [[u8; ALPHABET]; ALPHABET] {
    let bytes = b"abcdefghijklmnopqrstuvwxyz0123456789-";
    let mut table = [[0; ALPHABET]; ALPHABET];
    let mut t = 0;
    while t < ALPHABET {
        let mut c = 0;
        while c < ALPHABET {
            table[t][c] = replacement(bytes[t], bytes[c]);
            c += 1;
        }
        t += 1;
    }
    table
}

const fn replacement(t: u8, c: u8) -> u8 {
    let (a, b) = (alike(t), alike(c));
    if t == c {
        0
    } else if a == b {
        5
    } else if paired(SIMILAR, a, b) {
        55
    } else if is_vowel(t) && is_vowel(c) {
        75
    } else if beside(t, c) || paired(ALSO_BESIDE, t, c) {
        80
    } else if (t ^ c).count_ones() == 1 {
        90
    } else {
        100
    }
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "computed while compiling")]
const fn paired(pairs: &[u8], a: u8, b: u8) -> bool {
    let mut i = 0;
    while i + 1 < pairs.len() {
        if pairs[i] == a && pairs[i + 1] == b || pairs[i] == b && pairs[i + 1] == a {
            return true;
        }
        i += 2;
    }
    false
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "computed while compiling")]
const fn beside(a: u8, b: u8) -> bool {
    let mut row = 0;
    while row < 3 {
        let keys = KEYBOARD[row];
        let mut i = 0;
        while i < keys.len() {
            let right = i + 1 < keys.len() && pair_is(keys[i], keys[i + 1], a, b);
            let below = row + 1 < 3 && i < KEYBOARD[row + 1].len() && pair_is(keys[i], KEYBOARD[row + 1][i], a, b);
            let left = row + 1 < 3
                && i > 0
                && i - 1 < KEYBOARD[row + 1].len()
                && pair_is(keys[i], KEYBOARD[row + 1][i - 1], a, b);
            if right || below || left {
                return true;
            }
            i += 1;
        }
        row += 1;
    }
    false
}

const fn pair_is(x: u8, y: u8, a: u8, b: u8) -> bool {
    x == a && y == b || x == b && y == a
}

const fn is_vowel(c: u8) -> bool {
    matches!(c, b'a' | b'e' | b'i' | b'o' | b'u' | b'y')
}

/// What it costs to write `c` for `t`.
fn replace(t: u8, c: u8) -> (u16, OpKind) {
    if t == c {
        return (0, OpKind::Keep);
    }
    // Nobody overlooks another ideograph.
    if is_wide(t) || is_wide(c) {
        return (300, OpKind::Replace);
    }
    let cost = REPLACE.get(letter(t)).and_then(|row| row.get(letter(c))).copied().unwrap_or(100);
    let kind = match cost {
        0 => OpKind::Keep,
        5 => OpKind::LookAlike,
        55 => OpKind::Similar,
        75 => OpKind::Vowel,
        80 => OpKind::Keyboard,
        90 => OpKind::Bit,
        _ => OpKind::Replace,
    };
    (u16::from(cost), kind)
}

/// What it costs to put in or leave out `c`, given its neighbours.
fn single(c: u8, left: Option<u8>, right: Option<u8>, kind: OpKind) -> (u16, OpKind) {
    if is_wide(c) {
        (200, kind)
    } else if c == b'-' {
        (35, OpKind::Hyphen)
    } else if left == Some(c) || right == Some(c) {
        (50, OpKind::Double)
    } else {
        (FULL, kind)
    }
}

/// Two letters that look a bit like one.
const SIMILAR_PAIRS: &[([u8; 2], u8)] = &[
    (*b"nn", b'm'),
    (*b"ii", b'u'),
    (*b"ic", b'k'),
    (*b"ik", b'k'),
    (*b"ih", b'h'),
    (*b"ni", b'm'),
    (*b"in", b'm'),
    (*b"uu", b'w'),
    (*b"oi", b'd'),
    (*b"ij", b'y'),
    (*b"ph", b'f'),
];

/// What it costs to write one letter for two, or two for one.
fn two_for_one(two: (u8, u8), one: u8) -> Option<(u16, OpKind)> {
    let two = (alike(two.0), alike(two.1));
    if pair(two.0, two.1) == Some(alike(one)) {
        return Some((CLASS, OpKind::LookAlike));
    }
    let similar = SIMILAR_PAIRS.iter().any(|([a, b], c)| (*a, *b) == two && *c == alike(one));
    similar.then_some((45, OpKind::Similar))
}

/// Rows and columns of the table: labels of 63 letters and the empty beginning.
const SIDE: usize = 65;

/// One cell: the cost to get here, and the letters of target and candidate the last step took.
#[derive(Clone, Copy)]
struct Cell {
    cost: u16,
    step: (u8, u8),
    kind: OpKind,
}

const START: Cell = Cell { cost: 0, step: (0, 0), kind: OpKind::Keep };

/// An alignment of a target with a candidate or a part of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alignment {
    /// Its cost in hundredths of a full change.
    pub cost: u16,
    /// Where the part of the candidate begins and ends.
    pub span: (usize, usize),
    /// What was changed.
    pub ops: Vec<Op>,
}

/// Aligns a folded target with a folded candidate; `inside` aligns it with the best part of the candidate.
#[must_use]
pub fn align(target: &[u8], candidate: &[u8], inside: bool) -> Alignment {
    let mut table = vec![START; SIDE.saturating_mul(target.len().saturating_add(1).min(SIDE))];
    let width = candidate.len().min(SIDE.saturating_sub(1));
    let height = target.len().min(SIDE.saturating_sub(1));
    for i in 0..=height {
        for j in 0..=width {
            let best = cell(&table, target, candidate, (i, j), inside);
            if let Some(slot) = table.get_mut(place(i, j)) {
                *slot = best;
            }
        }
    }
    let cost = |j: usize| table.get(place(height, j)).map_or(FAR, |c| c.cost);
    let end = if inside { (0..=width).min_by_key(|j| cost(*j)).unwrap_or(width) } else { width };
    trace(&table, target, candidate, (height, end), cost(end))
}

const fn place(i: usize, j: usize) -> usize {
    i.saturating_mul(SIDE).saturating_add(j)
}

fn cell(table: &[Cell], target: &[u8], candidate: &[u8], (i, j): (usize, usize), inside: bool) -> Cell {
    if i == 0 && (j == 0 || inside) {
        return START;
    }
    let t = |back: usize| i.checked_sub(back).and_then(|i| target.get(i)).copied();
    let c = |back: usize| j.checked_sub(back).and_then(|j| candidate.get(j)).copied();
    let mut best = Cell { cost: FAR, step: (0, 0), kind: OpKind::Keep };
    let mut consider = |step: (u8, u8), (cost, kind): (u16, OpKind)| {
        let from = i.checked_sub(usize::from(step.0)).zip(j.checked_sub(usize::from(step.1)));
        let before = from.and_then(|(i, j)| table.get(place(i, j))).map_or(FAR, |c| c.cost);
        let cost = before.saturating_add(cost);
        if cost < best.cost {
            best = Cell { cost, step, kind };
        }
    };
    if let (Some(x), Some(y)) = (t(1), c(1)) {
        consider((1, 1), replace(x, y));
        if let Some(y2) = c(2) {
            if let Some(found) = two_for_one((y2, y), x) {
                consider((1, 2), found);
            }
            if let Some(x2) = t(2)
                && (alike(x), alike(x2)) == (alike(y2), alike(y))
                && x != x2
            {
                consider((2, 2), (60, OpKind::Swap));
            }
        }
        if let Some(found) = t(2).and_then(|x2| two_for_one((x2, x), y)) {
            consider((2, 1), found);
        }
    }
    if let Some(x) = t(1) {
        consider((1, 0), single(x, t(2), target.get(i).copied(), OpKind::Omit));
    }
    if let Some(y) = c(1) {
        consider((0, 1), single(y, c(2), candidate.get(j).copied(), OpKind::Insert));
    }
    best
}

fn trace(table: &[Cell], target: &[u8], candidate: &[u8], end: (usize, usize), cost: u16) -> Alignment {
    let (mut i, mut j) = end;
    let mut ops = Vec::new();
    while let Some(cell) = table.get(place(i, j)) {
        let (a, b) = (usize::from(cell.step.0), usize::from(cell.step.1));
        if a == 0 && b == 0 {
            break;
        }
        (i, j) = (i.saturating_sub(a), j.saturating_sub(b));
        if cell.kind != OpKind::Keep {
            let letters = |of: &[u8], at: usize, n: usize| {
                let get = |k: usize| if k < n { of.get(at.saturating_add(k)).copied().unwrap_or(0) } else { 0 };
                [get(0), get(1)]
            };
            let before = table.get(place(i, j)).map_or(0, |c| c.cost);
            ops.push(Op {
                kind: cell.kind,
                at: u8::try_from(i).unwrap_or(u8::MAX),
                from: letters(target, i, a),
                to: letters(candidate, j, b),
                cost: cell.cost.saturating_sub(before),
            });
        }
    }
    ops.reverse();
    Alignment { cost, span: (j, end.1), ops }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cost(target: &str, candidate: &str) -> u16 {
        align(target.as_bytes(), candidate.as_bytes(), false).cost
    }

    #[test]
    fn costs_say_how_easily_a_change_is_overlooked() {
        for (candidate, want) in [
            ("merrowmint", 0),
            ("rnerrowmint", 5),
            ("merrovvm1nt", 10),
            ("merorwmint", 60),
            ("merrowwmint", 50),
            ("merrow-mint", 35),
            ("marrowmint", 75),
            ("nerrowmint", 55),
            ("merrowmints", 100),
            ("rnerovvmlnt", 65),
        ] {
            assert_eq!(cost("merrowmint", candidate), want, "{candidate}");
        }
        assert!(cost("merrowmint", "hexacopy") > LIMIT);
    }

    #[test]
    fn a_target_is_found_inside() {
        let found = align(b"merrowmint", b"my-rnerowmlnt-account", true);
        assert_eq!((found.span, found.cost), ((3, 13), 60));
        let kinds: Vec<_> = found.ops.iter().map(|o| o.kind).collect();
        assert_eq!(kinds, [OpKind::LookAlike, OpKind::Double, OpKind::LookAlike]);
    }

    #[allow(clippy::arithmetic_side_effects, reason = "tests")]
    fn plain_distance(a: &[u8], b: &[u8], inside: bool) -> u32 {
        let mut row: Vec<u32> = (0..=b.len() as u32).map(|j| if inside { 0 } else { j }).collect();
        for (i, x) in a.iter().enumerate() {
            let mut next = vec![i as u32 + 1];
            for (j, y) in b.iter().enumerate() {
                next.push((row[j] + u32::from(x != y)).min(row[j + 1] + 1).min(next[j] + 1));
            }
            row = next;
        }
        if inside { row.into_iter().min().unwrap() } else { row[b.len()] }
    }

    proptest! {
        #[test]
        fn the_bound_is_the_edit_distance(a in "[abcn]{1,12}", b in "[abcn]{0,20}") {
            let rows = Rows::of(&Key::of(b.as_bytes()));
            prop_assert_eq!(rows.whole(a.as_bytes()), plain_distance(a.as_bytes(), b.as_bytes(), false));
            prop_assert_eq!(rows.inside(a.as_bytes()), plain_distance(a.as_bytes(), b.as_bytes(), true));
        }

        #[test]
        fn costs_are_bounded_by_letters(a in "[a-z0-9-]{0,63}", b in "[a-z0-9-]{0,63}") {
            let both = align(a.as_bytes(), b.as_bytes(), false);
            prop_assert!(usize::from(both.cost) <= 100usize.saturating_mul(a.len().saturating_add(b.len())));
            prop_assert!(align(a.as_bytes(), b.as_bytes(), true).cost <= both.cost);
        }
    }
}
