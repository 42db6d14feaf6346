//! The `document` family: office documents, PDF and what else may hold files and scripts.

use super::Rule;

mod document_unsupported;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[&document_unsupported::RULE];
