//! The judge: one corpus, every face, one answer. The tests are the product; this library holds what they share.

pub mod corpus;
pub mod golden;
pub mod rulebook;
