//! ZIP archives (PKWARE APPNOTE 6.3).

use super::{Item, Opened, Reader};
use crate::budget::Budget;

/// The reader.
pub const READER: Reader = Reader { name: "zip", claims, read };

fn claims(_bytes: &[u8], _item: &Item) -> bool {
    false
}

fn read<'a>(_bytes: &'a [u8], _item: &Item, _budget: &mut Budget) -> Option<Opened<'a>> {
    None
}

/// What is known about the ZIP archives in some bytes.
#[derive(Clone, Debug, Default)]
pub struct ZipFacts {}
