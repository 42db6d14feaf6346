//! Who the mail says it is from.

pub mod authentication;
pub mod brand_names;
pub mod brands;
pub mod header;
pub mod idn;
mod kana;
pub mod lookalike;
pub mod mailbox;
pub mod names;
pub mod policy;
mod roles;
