//! Reading a message (RFC 5322, 2045–2047, 2231): bytes → a description of its parts.
//!
//! [`walk()`] takes raw bytes apart without copying a body. Readers of mail disagree about malformed messages, and an
//! attacker needs only one of them, so the walk is repeated as each sort of reader would do it; what only some of them
//! see is described beside what most see. Nothing here is recursive, and the work is linear in the message.

mod delimiter;
mod encoding;
mod entity;
mod fields;
mod hidden;
mod model;
mod parameters;
mod structure;
mod walk;
mod words;

pub mod decode;
pub mod edit;

pub use fields::{begins_with_field, begins_with_mime_field};
pub use model::{FileName, Head, HeadField, Message, Part, Quirk, QuirkKind, Reading, Span, SpanKind};
pub use walk::{walk, walk_body};
pub use words::{decode as decode_charset, decode_text as decode_words};
