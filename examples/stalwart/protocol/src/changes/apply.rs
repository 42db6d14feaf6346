//! Carrying changes out: for mail servers that take a message anew rather than piece by piece.

use super::Changes;
use crate::fields::{Field, Split, each_field, fields};

/// Where the fields of changes stand in a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Places {
    /// Fields to delete: the how manieth of all (from 0), lowest first.
    pub delete: Vec<usize>,
    /// Fields with a new value: the how manieth of all (from 0), and the value.
    pub change: Vec<(usize, Vec<u8>)>,
}

impl Changes {
    /// Finds the fields to delete and to change among all of a message. One that is not there has no place.
    #[must_use]
    pub fn places(&self, message: &[u8]) -> Places {
        if self.delete.is_empty() && self.change.is_empty() {
            return Places::default();
        }
        let all = fields(Split::of(message).header);
        let named = |name: &[u8]| -> Vec<usize> {
            all.iter().enumerate().filter(|(_, field)| field.is_named(name)).map(|(place, _)| place).collect()
        };
        let mut places = Places::default();
        for (name, number) in &self.delete {
            // Highest first, so the numbers are those of the message as it is.
            places.delete.extend(nth(&named(name), *number));
        }
        places.delete.sort_unstable();
        for (name, number, value) in &self.change {
            let left: Vec<_> = named(name).into_iter().filter(|p| places.delete.binary_search(p).is_err()).collect();
            places.change.extend(nth(&left, *number).map(|place| (place, value.clone())));
        }
        places
    }

    /// The message with all changes made. What is not changed stays as it is, byte for byte.
    #[must_use]
    pub fn apply(&self, message: &[u8]) -> Vec<u8> {
        let split = Split::of(message);
        let places = self.places(message);
        let mut out = Vec::with_capacity(message.len());
        self.insert.iter().for_each(|(name, value)| put(&mut out, name, value));
        for (place, field) in each_field(split.header).enumerate() {
            if places.delete.binary_search(&place).is_ok() {
                continue;
            }
            match places.change.iter().find(|(changed, _)| *changed == place) {
                Some((_, value)) => put(&mut out, field.name, value),
                None => keep(&mut out, split.header, &field),
            }
        }
        self.append.iter().for_each(|(name, value)| put(&mut out, name, value));
        let behind = message.get(split.header.len()..).unwrap_or(&[]);
        let empty_line = behind.len().saturating_sub(split.body.len());
        let empty_line = behind.get(..empty_line).filter(|line| !line.is_empty()).unwrap_or(b"\r\n");
        out.extend_from_slice(empty_line);
        out.extend_from_slice(self.body.as_deref().unwrap_or(split.body));
        out
    }
}

fn nth(places: &[usize], number: u32) -> Option<usize> {
    let number = usize::try_from(number).ok()?.checked_sub(1)?;
    places.get(number).copied()
}

fn put(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    for piece in [name, b":", value, b"\r\n"] {
        out.extend_from_slice(piece);
    }
}

/// As it was. The last line of a message that is all header may have no end.
fn keep(out: &mut Vec<u8>, header: &[u8], field: &Field<'_>) {
    let bytes = header.get(field.range.clone()).unwrap_or(&[]);
    out.extend_from_slice(bytes);
    if !bytes.ends_with(b"\n") {
        out.extend_from_slice(b"\r\n");
    }
}
