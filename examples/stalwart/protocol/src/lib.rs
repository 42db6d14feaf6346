//! What mail servers say to sekisho-gate and what they are told: bytes in, a [`mail::Mail`] out; a [`verdict::Verdict`] in,
//! bytes out. No socket, no clock, no sandbox: whatever a peer sends can be tried on this crate alone, and is
//! (`fuzz/fuzz_targets/milter.rs`, `clamd.rs`, `mta_hooks.rs`).

#![forbid(unsafe_code)]

pub mod changes;
pub mod clamd;
pub mod fields;
pub mod mail;
pub mod milter;
pub mod mta_hooks;
pub mod verdict;
