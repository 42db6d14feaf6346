//! MTA Hooks as the IETF draft has it (draft-degennaro-mta-hooks-01): mail servers register, over HTTP.

mod answers;
pub mod door;
mod registry;
