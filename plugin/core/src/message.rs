//! Reading a message (RFC 5322, 2045–2047, 2231): bytes → a description of its parts.

pub mod decode;
pub mod edit;

/// The description of one message.
#[derive(Clone, Debug, Default)]
pub struct Message {}
