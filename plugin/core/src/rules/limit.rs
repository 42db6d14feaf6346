//! The `limit` family: bounds of the scan that were reached. What lies beyond them was not looked at.

use super::Rule;

mod limits;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] =
    &[&limits::BYTES, &limits::RATIO, &limits::ENTRIES, &limits::DEPTH, &limits::WORK, &limits::CANDIDATES];
