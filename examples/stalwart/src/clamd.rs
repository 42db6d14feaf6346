//! The clamd door: what virus scanners' clients speak (Exim, amavis, Rspamd, clamdscan). Only content that comes over the
//! connection is looked at; commands that name a path are unknown here.

pub mod content;
pub mod door;
pub mod session;
