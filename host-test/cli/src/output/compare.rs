//! Two names above each other, the characters that differ marked.

use super::terminal::clean;
use super::wrap::width;

/// Longer names are not put above each other: the table would have too many cells.
const LONGEST: usize = 253;

/// The two names, one character below its counterpart, and a row of marks: `^` below what differs.
#[derive(Debug, PartialEq, Eq)]
pub struct Compared {
    pub above: String,
    pub below: String,
    pub marks: String,
}

/// Puts `seen` above `target`. `None` if a name is too long.
pub fn compare(seen: &str, target: &str) -> Option<Compared> {
    let (a, b): (Vec<char>, Vec<char>) = (seen.chars().collect(), target.chars().collect());
    if a.len() > LONGEST || b.len() > LONGEST {
        return None;
    }
    let mut compared = Compared { above: String::new(), below: String::new(), marks: String::new() };
    for (x, y) in pairs(&a, &b) {
        let shown = |c: Option<char>| c.map(|c| clean(&c.to_string())).unwrap_or_default();
        let (above, below) = (shown(x), shown(y));
        let columns = width(&above).max(width(&below));
        let mark = if x == y { ' ' } else { '^' };
        push(&mut compared.above, &above, columns);
        push(&mut compared.below, &below, columns);
        compared.marks.extend(std::iter::repeat_n(mark, columns));
    }
    for row in [&mut compared.above, &mut compared.below, &mut compared.marks] {
        row.truncate(row.trim_end().len());
    }
    Some(compared)
}

fn push(row: &mut String, text: &str, columns: usize) {
    row.push_str(text);
    row.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(text))));
}

/// What one step of the alignment costs: two names of letters that look alike share most of their letters.
const GAP: u32 = 2;
const CHANGE: u32 = 3;

/// The characters of two names side by side (Needleman and Wunsch), as few apart as possible.
fn pairs(a: &[char], b: &[char]) -> Vec<(Option<char>, Option<char>)> {
    let columns = b.len().saturating_add(1);
    let at = |i: usize, j: usize| i.saturating_mul(columns).saturating_add(j);
    let mut cost = vec![0u32; a.len().saturating_add(1).saturating_mul(columns)];
    let get = |cost: &[u32], i: usize, j: usize| cost.get(at(i, j)).copied().unwrap_or(u32::MAX / 2);
    // From the end, so that the way back begins at the beginning.
    for i in (0..=a.len()).rev() {
        for j in (0..=b.len()).rev() {
            let (x, y) = (a.get(i), b.get(j));
            let (down, right) = (i.saturating_add(1), j.saturating_add(1));
            let best = [
                x.zip(y).map(|(x, y)| get(&cost, down, right).saturating_add(if x == y { 0 } else { CHANGE })),
                x.map(|_| get(&cost, down, j).saturating_add(GAP)),
                y.map(|_| get(&cost, i, right).saturating_add(GAP)),
            ];
            if let Some(cell) = cost.get_mut(at(i, j)) {
                *cell = best.into_iter().flatten().min().unwrap_or(0);
            }
        }
    }
    let (mut i, mut j) = (0usize, 0usize);
    let mut out = Vec::new();
    while i < a.len() || j < b.len() {
        let (x, y) = (a.get(i).copied(), b.get(j).copied());
        let (down, right) = (i.saturating_add(1), j.saturating_add(1));
        let here = get(&cost, i, j);
        let step = |c: u32, i: usize, j: usize| get(&cost, i, j).saturating_add(c) == here;
        if x.is_some() && y.is_some() && step(if x == y { 0 } else { CHANGE }, down, right) {
            out.push((x, y));
            (i, j) = (down, right);
        } else if x.is_some() && step(GAP, down, j) {
            out.push((x, None));
            i = down;
        } else {
            out.push((None, y));
            j = right;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_marked() {
        for (seen, target, above, below, marks) in [
            ("rnerrowmint.com", "merrowmint.com", "rnerrowmint.com", "m errowmint.com", "^^"),
            ("merrowmіnt.com", "merrowmint.com", "merrowmіnt.com", "merrowmint.com", "       ^"),
            (
                "merrowmint-billing.com",
                "merrowmint.com",
                "merrowmint-billing.com",
                "merrowmint        .com",
                "          ^^^^^^^^",
            ),
            ("merrowm工nt.com", "merrowmint.com", "merrowm工nt.com", "merrowmi nt.com", "       ^^"),
            ("merowmint.com", "merrowmint.com", "mer owmint.com", "merrowmint.com", "   ^"),
        ] {
            let compared = compare(seen, target).unwrap();
            assert_eq!(
                (compared.above.as_str(), compared.below.as_str(), compared.marks.as_str()),
                (above, below, marks)
            );
        }
        assert_eq!(compare(&"a".repeat(300), "b"), None);
    }
}
