//! The MTA Hooks door, version 1: HTTP, as Stalwart 0.10 to 0.16 speaks it.

pub mod answer;
pub mod door;
pub mod request;
