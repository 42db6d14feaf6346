//! The `archive` family: archives and containers of other formats than ZIP, and what all formats share.

use super::Rule;

mod archive_unsupported;
mod encrypted_container;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[&archive_unsupported::RULE, &encrypted_container::RULE];
