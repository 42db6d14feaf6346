//! From the command line to bytes: messages, mailboxes, policies.

pub mod document;
pub mod mbox;
pub mod parallel;
pub mod source;
pub mod time;
pub mod vips;
