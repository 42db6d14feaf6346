//! The guard before a small ManageSieve server, and on a visit to it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "tests"
)]

mod door;
mod kit;
mod pull;
mod script;
mod trouble;
