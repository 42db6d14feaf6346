//! From bytes to the objects inside them.
//!
//! [`tree`] holds the words every reader speaks: an [`Item`] is one object that was looked at, an [`Opened`] is what one
//! reader says of some bytes, a [`Child`] is what it found inside. [`sniff`] names a format by its bytes. Every other
//! file is one format, registered in [`READERS`]; no format imports another.

pub mod ar;
pub mod encoded;
pub mod gzip;
pub mod inflate;
pub mod mail;
pub mod open;
pub mod package;
pub mod sniff;
pub mod tar;
pub mod tree;
pub mod zip;

pub use tree::{Child, Content, Facts, Item, Mail, Name, Opened, Origin};

use crate::budget::Budget;

/// One format reader.
pub struct Reader {
    /// Its name: the id of the format it reads, as [`sniff`] spells it.
    pub name: &'static str,
    /// Could these bytes hold this format? Cheap, no false negative. `item` tells what is known so far (names, declared
    /// type, sniffed format).
    pub claims: fn(&[u8], &Item) -> bool,
    /// Describes what is there. `None` when a closer look shows that it is not this format after all. Must never look
    /// at more than the budget pays for; bytes it could not look at are said aloud in [`Opened::inspection`].
    pub read: for<'a> fn(&'a [u8], &Item, &mut Budget) -> Option<Opened<'a>>,
}

/// All readers; those that search anywhere in the bytes stand last (see [`Item::covered`]). Several may claim the same
/// bytes (a polyglot); then all of them read, and the union counts.
pub static READERS: &[Reader] = &[mail::READER, tar::READER, ar::READER, gzip::READER, encoded::READER, zip::READER];
