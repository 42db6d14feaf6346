//! MTA Hooks as the IETF draft has it (draft-degennaro-mta-hooks-01): the mail server looks up what the gate can do, registers,
//! hands over each mail as JSON or CBOR, and is told what to change in it. No socket, no clock: documents in, documents out.

pub mod answer;
pub mod format;
pub mod register;
pub mod request;
mod sender;

/// The version of the protocol that discovery names.
pub const VERSION: &str = "1.0";
