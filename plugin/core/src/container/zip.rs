//! ZIP archives (PKWARE APPNOTE 6.3), read the way an investigator reads them.
//!
//! Readers of archives disagree: some trust the last end record, some the first, some only the local headers. So all of
//! it is read, wherever in the bytes it lies, and the union counts:
//!
//! 1. [`signatures`] finds everything that could be a record, in one pass.
//! 2. [`end`] and [`directory`] follow every end record, by both offset bases and both widths, to every directory; each
//!    header is read once.
//! 3. [`local`] walks the local headers no directory knows; [`member`] joins both sides.
//! 4. [`content`] asks the data whether what the headers say about encryption and method is true.
//! 5. [`cover`] accounts for every byte; [`describe`] says it all as [`ZipFacts`] and children.
//!
//! A record inside the data of a member belongs to that member: a stored archive inside an archive is opened by itself.

mod content;
mod cover;
mod describe;
mod directory;
mod disagree;
mod encryption;
mod end;
mod extra;
mod facts;
mod header;
mod intervals;
mod local;
mod member;
mod names;
mod records;
mod signatures;
mod surroundings;
mod survey;

pub use encryption::Scheme;
pub use facts::{Encrypted, Sign, Span, SpanKind, Surrounding, Tally, ZipFacts};

use super::{Item, Opened, Origin, Reader};
use crate::budget::Budget;

/// The reader.
pub const READER: Reader = Reader { name: "zip", claims, read };

fn claims(bytes: &[u8], item: &Item) -> bool {
    // The parts of the message are looked at one by one.
    item.origin != Origin::Root && signatures::any(bytes)
}

fn read<'a>(bytes: &'a [u8], item: &Item, budget: &mut Budget) -> Option<Opened<'a>> {
    let mut taken = intervals::Intervals::default();
    item.covered.iter().for_each(|range| taken.insert(range.start, range.end));
    let survey = survey::Survey::of(bytes, &taken)?;
    describe::describe(bytes, &survey, budget)
}
