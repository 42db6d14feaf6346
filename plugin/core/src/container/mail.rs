//! A message as a container: its parts are its children.

use super::{Item, Opened, Reader};
use crate::budget::Budget;

/// The reader.
pub const READER: Reader = Reader { name: "message", claims, read };

fn claims(_bytes: &[u8], _item: &Item) -> bool {
    false
}

fn read<'a>(_bytes: &'a [u8], _item: &Item, _budget: &mut Budget) -> Option<Opened<'a>> {
    None
}
