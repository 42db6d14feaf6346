//! Sets of byte ranges.

use std::collections::BTreeMap;

/// Byte ranges, merged where they touch or overlap.
#[derive(Clone, Debug, Default)]
pub struct Intervals {
    /// Start → end.
    ranges: BTreeMap<usize, usize>,
}

impl Intervals {
    /// Adds the range from `start` up to `end`.
    pub fn insert(&mut self, mut start: usize, mut end: usize) {
        if start >= end {
            return;
        }
        while let Some((from, to)) = self.ranges.range(..=end).next_back().map(|(f, t)| (*f, *t)) {
            if to < start {
                break;
            }
            start = start.min(from);
            end = end.max(to);
            self.ranges.remove(&from);
        }
        self.ranges.insert(start, end);
    }

    /// Is this byte in one of them?
    pub fn contains(&self, at: usize) -> bool {
        self.ranges.range(..=at).next_back().is_some_and(|(_, end)| at < *end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_merge() {
        let mut set = Intervals::default();
        set.insert(10, 20);
        set.insert(30, 40);
        assert!(set.contains(10) && set.contains(19) && !set.contains(20) && set.contains(30));
        set.insert(20, 30);
        assert_eq!(set.ranges, BTreeMap::from([(10, 40)]));
        set.insert(5, 50);
        set.insert(60, 70);
        set.insert(7, 7);
        assert_eq!(set.ranges, BTreeMap::from([(5, 50), (60, 70)]));
        assert!(!set.contains(4) && !set.contains(55) && !set.contains(70));
    }
}
