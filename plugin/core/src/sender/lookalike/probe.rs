//! A candidate label, made ready to be compared with many targets. No allocation.

use crate::text::fold::Key;
use crate::text::skeleton::{letters, skeleton};

use super::align::Rows;
use super::index::{Index, SHORT, Target, edits, flat, without};

/// Most different targets one label is compared with.
const MOST: usize = 192;

/// A candidate label.
#[derive(Clone, Debug)]
pub(super) struct Probe {
    /// Folded: what the eye reads.
    pub label: Key,
    /// Its skeleton.
    pub key: Key,
    /// The letters of the skeleton, and those of the label with single letters folded only.
    letters: u32,
    rows: Rows,
}

/// Target numbers already seen: a few bytes beat any clever set.
pub(super) struct Seen {
    ids: [u32; MOST],
    count: usize,
}

impl Seen {
    pub(super) const fn new() -> Self {
        Self { ids: [0; MOST], count: 0 }
    }

    /// Is it new? When the list is full, nothing is new any more.
    pub(super) fn first_time(&mut self, id: u32) -> bool {
        let known = self.ids.get(..self.count).unwrap_or_default();
        if known.contains(&id) {
            return false;
        }
        match self.ids.get_mut(self.count) {
            Some(slot) => {
                *slot = id;
                self.count = self.count.saturating_add(1);
                true
            }
            None => false,
        }
    }
}

impl Probe {
    pub(super) fn of(label: &Key) -> Self {
        let key = skeleton(label);
        let letters = letters(key.as_bytes()) | letters(flat(label).as_bytes());
        Self { label: *label, key, letters, rows: Rows::of(&key) }
    }

    /// Calls `each` for every target that may be near the label or inside it.
    pub(super) fn candidates(&self, index: &Index<'_>, each: &mut dyn FnMut(&Target<'_>)) {
        let mut seen = Seen::new();
        let mut look = |id: u32| {
            let (letters, allowed) = index.letters(id);
            if (letters & !self.letters).count_ones() <= allowed
                && seen.first_time(id)
                && let Some(target) = index.target(id)
                && !target.alias
                && self.is_close(&target)
            {
                each(&target);
            }
        };
        let key = self.key.as_bytes();
        index.whole(key).for_each(&mut look);
        self.tokens(&mut |token| index.whole(token).for_each(&mut look));
        for i in 1..key.len() {
            let mut swapped = self.key;
            swapped.swap(i.saturating_sub(1));
            index.whole(swapped.as_bytes()).for_each(&mut look);
        }
        if key.len() <= SHORT.end().saturating_add(1) {
            index.shorter(key).for_each(&mut look);
            for i in 0..key.len() {
                index.shorter(without(key, i).as_bytes()).for_each(&mut look);
            }
        }
        let flat = flat(&self.label);
        self.seeds(key, index, &mut look);
        if flat != self.key {
            self.seeds(flat.as_bytes(), index, &mut look);
        }
    }

    fn seeds(&self, key: &[u8], index: &Index<'_>, look: &mut dyn FnMut(u32)) {
        for window in key.windows(3) {
            if let Ok(seed) = <[u8; 3]>::try_from(window) {
                index.seeded(seed).for_each(&mut *look);
            }
        }
    }

    /// The parts a short name may stand alone in: between hyphens and digits, and glued to either end.
    fn tokens(&self, each: &mut dyn FnMut(&[u8])) {
        let key = self.key.as_bytes();
        let long = |t: &&[u8]| t.len() >= 3 && t.len() < key.len();
        key.split(|b| *b == b'-').filter(long).for_each(&mut *each);
        for length in 4..=5usize {
            if key.len() > length {
                key.get(..length).into_iter().for_each(&mut *each);
                key.get(key.len().saturating_sub(length)..).into_iter().for_each(&mut *each);
            }
        }
        let label = self.label.as_bytes();
        let bare = label.trim_ascii().iter().rposition(|b| !b.is_ascii_digit()).map_or(0, |i| i.saturating_add(1));
        if bare < label.len() && bare >= 3 {
            let key = skeleton(&Key::of(label.get(..bare).unwrap_or_default()));
            each(key.as_bytes());
        }
    }

    /// A cheap bound before the real comparison.
    fn is_close(&self, target: &Target<'_>) -> bool {
        let key = skeleton(&target.label);
        let allowed = u32::try_from(edits(key.len())).unwrap_or(0);
        // A swap is two edits here, and a change beside a pair may break the pair.
        let whole = self.rows.whole(key.as_bytes()) <= allowed.saturating_add(1);
        whole || self.label.len() > target.label.len() && self.rows.inside(key.as_bytes()) <= allowed.min(2)
    }
}
