//! The `name` family: names that run, hide or mislead. All of them look at every spelling of a name, at MIME parts and at
//! members of archives, readable names of encrypted archives included.

use super::Rule;

mod around;
mod danger;
mod name_bidi;
mod name_double_extension;
mod name_legacy_charset;
mod name_opens;
mod name_padding;
mod name_traversal;
mod name_type_mismatch;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[
    &name_opens::EXECUTABLE,
    &name_opens::SCRIPT,
    &name_opens::SHORTCUT,
    &name_double_extension::RULE,
    &name_bidi::RULE,
    &name_padding::RULE,
    &name_type_mismatch::RULE,
    &name_traversal::RULE,
    &name_legacy_charset::RULE,
];
