//! The `policy` family: what the policy itself did. Its findings are written when the policy decides; the rules are here so
//! that they have pages like all others.

use super::Rule;

mod policy_decisions;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[&policy_decisions::MATCHED, &policy_decisions::EXEMPTED];
