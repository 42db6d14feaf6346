//! The milter door: sockets for the protocol of sendmail filters.

pub mod door;
