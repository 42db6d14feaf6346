//! What clients of clamd say. Only content that comes over the connection is looked at; commands that name a path are
//! unknown here.

pub mod content;
pub mod session;
