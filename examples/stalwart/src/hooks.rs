//! MTA Hooks over HTTP: version 1, as Stalwart 0.10 to 0.16 speaks it.

pub mod answer;
pub mod door;
pub mod http;
pub mod request;
