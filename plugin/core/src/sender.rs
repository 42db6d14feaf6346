//! Who the mail says it is from.

pub mod brands;
pub mod idn;
mod kana;
pub mod lookalike;
