//! Who the mail says it is from.

pub mod idn;
mod kana;
