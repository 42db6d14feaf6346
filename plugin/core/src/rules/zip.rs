//! The `zip` family.

use super::Rule;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[];
