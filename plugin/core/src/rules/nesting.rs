//! The `nesting` family: archives in archives, messages in messages.

use super::Rule;

mod levels;
mod nested_archive;
mod nested_deep;
mod nested_message;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[&nested_archive::RULE, &nested_deep::RULE, &nested_message::RULE];
