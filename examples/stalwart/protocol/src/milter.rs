//! The protocol of sendmail filters, version 6, as Postfix, Sendmail and Stalwart speak it.

pub mod assembly;
pub mod command;
pub mod flags;
pub mod frame;
pub mod reply;
pub mod session;
