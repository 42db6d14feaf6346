//! From "this message, rewritten" to "these fields, this body": mail servers take changes one by one.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::fields::{Field, Split, each_field, fields};

mod apply;

pub use apply::Places;

/// Our result fields begin with this. A sender who brings some himself wants to be believed (mail servers downstream may
/// filter by them), so they go, whatever the verdict.
const OURS: &[u8] = b"x-sekisho-";

/// What is to be changed in a message, in the order it is carried out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Fields to delete: name, and the how manieth of that name (from 1), highest first.
    pub delete: Vec<(Vec<u8>, u32)>,
    /// Fields with a new value: name, the how manieth of that name (from 1) once the deleted ones are gone, value.
    pub change: Vec<(Vec<u8>, u32, Vec<u8>)>,
    /// Fields to put at the end of the header: name and value.
    pub append: Vec<(Vec<u8>, Vec<u8>)>,
    /// Fields to put on top of the header, the topmost first: name and value.
    pub insert: Vec<(Vec<u8>, Vec<u8>)>,
    /// The new body.
    pub body: Option<Vec<u8>>,
    /// The new body only says something more; the message may pass without it.
    pub body_is_optional: bool,
}

impl Changes {
    /// Is there nothing to do?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Is a field changed, deleted or put among others?
    #[must_use]
    pub fn touches_header(&self) -> bool {
        !(self.delete.is_empty() && self.change.is_empty() && self.append.is_empty() && self.insert.is_empty())
    }

    /// Puts a field on top of the header, above all others.
    pub fn put_on_top(&mut self, name: &str, value: &str) {
        self.insert.insert(0, (name.into(), format!(" {value}").into()));
    }

    /// Adds what makes `after` out of `before`. Fields are compared name by name, for so they are addressed: afterwards the
    /// values of each name are those of `after`, in its order.
    pub fn difference(&mut self, before: &[u8], after: &[u8]) {
        let (before, after) = (Split::of(before), Split::of(after));
        let (old, new) = (fields(before.header), fields(after.header));
        let (old_values, new_values) = (by_name(&old), by_name(&new));
        for (name, values) in &old_values {
            let wanted = new_values.get(name).map_or(&[][..], Vec::as_slice);
            // New fields come on top, so what was there is compared from below.
            let kept = wanted.get(wanted.len().saturating_sub(values.len())..).unwrap_or(&[]);
            for ((number, was), is) in (1_u32..).zip(values).zip(kept) {
                if was != is {
                    self.change.push((name.clone(), number, is.to_vec()));
                }
            }
            let numbers: Vec<u32> = (1_u32..).zip(values).map(|(number, _)| number).skip(kept.len()).collect();
            self.delete.extend(numbers.into_iter().rev().map(|number| (name.clone(), number)));
        }
        let mut surplus: BTreeMap<&[u8], usize> = new_values
            .iter()
            .map(|(name, values)| {
                (name.as_slice(), values.len().saturating_sub(old_values.get(name).map_or(0, Vec::len)))
            })
            .collect();
        let mut on_top = true;
        for field in new.iter().filter(|field| !field.name.is_empty()) {
            let name = field.name.to_ascii_lowercase();
            match surplus.get_mut(name.as_slice()).filter(|left| **left > 0) {
                Some(left) => {
                    *left = left.saturating_sub(1);
                    // Above the old ones of its name, or where it belongs.
                    let above = on_top || old_values.contains_key(&name);
                    let list = if above { &mut self.insert } else { &mut self.append };
                    list.push((field.name.to_vec(), field.value.to_vec()));
                }
                None => on_top = false,
            }
        }
        if before.body != after.body {
            self.body = Some(after.body.to_vec());
        }
    }
}

/// The values of each name (lower case), in order. Lines that are no fields cannot be addressed and are left out.
fn by_name<'a>(fields: &[Field<'a>]) -> BTreeMap<Vec<u8>, Vec<&'a [u8]>> {
    let mut values: BTreeMap<Vec<u8>, Vec<&[u8]>> = BTreeMap::new();
    for field in fields.iter().filter(|field| !field.name.is_empty()) {
        values.entry(field.name.to_ascii_lowercase()).or_default().push(field.value);
    }
    values
}

/// Takes out result fields the message brought along: notes their deletion, and gives the message without them.
#[must_use]
pub fn without_forged_results<'m>(message: &'m [u8], changes: &mut Changes) -> Cow<'m, [u8]> {
    let header = Split::of(message).header;
    let forged: Vec<_> = each_field(header).filter(|field| is_ours(field.name)).collect();
    if forged.is_empty() {
        return Cow::Borrowed(message);
    }
    let mut counts: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
    for field in &forged {
        let count = counts.entry(field.name.to_ascii_lowercase()).or_default();
        *count = count.saturating_add(1);
        changes.delete.push((field.name.to_vec(), *count));
    }
    changes.delete.reverse();
    let mut left = Vec::with_capacity(message.len());
    let mut at = 0;
    for field in forged {
        left.extend_from_slice(message.get(at..field.range.start).unwrap_or(&[]));
        at = field.range.end;
    }
    left.extend_from_slice(message.get(at..).unwrap_or(&[]));
    Cow::Owned(left)
}

fn is_ours(name: &[u8]) -> bool {
    name.get(..OURS.len()).is_some_and(|start| start.eq_ignore_ascii_case(OURS))
}

#[cfg(test)]
mod tests;
