//! The clamd door: what virus scanners' clients speak (Exim, amavis, Rspamd, clamdscan).

pub mod door;
