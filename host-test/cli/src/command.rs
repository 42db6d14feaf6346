//! One file a command.

pub mod bench;
pub mod completions;
pub mod component;
pub mod explain;
pub mod forwarding;
pub mod index;
pub mod policy;
pub mod replay;
pub mod rewrite;
pub mod rules;
pub mod scan;
pub mod schema;
pub mod sender;
