//! tar archives (POSIX.1-2024 pax; GNU tar manual, "Basic Tar Format"): Version 7, ustar, GNU and pax.

mod header;

use super::sniff::{is_tar, is_tar_header};
use super::tree::{ArchiveFacts, Step};
use super::{Child, Content, Facts, Item, Opened, Origin, Reader};
use crate::budget::{Budget, Limit};
use crate::report::Inspection;
use header::{BLOCK, Header, Kind, Longer};

/// The reader.
pub const READER: Reader = Reader { name: "tar", claims: |bytes, _| is_tar(bytes), read };

fn read<'a>(bytes: &'a [u8], _item: &Item, budget: &mut Budget) -> Option<Opened<'a>> {
    let mut walk = Walk {
        bytes,
        at: 0,
        ended: false,
        longer: Longer::default(),
        facts: ArchiveFacts { format: "tar", ..ArchiveFacts::default() },
        inspection: Inspection::Inspected,
        children: Vec::new(),
    };
    while walk.step(budget) {}
    Some(Opened { facts: Facts::Archive(Box::new(walk.facts)), inspection: walk.inspection, children: walk.children })
}

/// One walk over the blocks of an archive.
struct Walk<'a> {
    bytes: &'a [u8],
    at: usize,
    /// A block of zeros was seen: what follows is padding, or another archive (`tar --ignore-zeros`, `cat a.tar b.tar`).
    ended: bool,
    /// What earlier headers say of the next member.
    longer: Longer<'a>,
    facts: ArchiveFacts,
    inspection: Inspection,
    children: Vec<Child<'a>>,
}

impl<'a> Walk<'a> {
    /// Reads what stands at the current offset. `false` at the end.
    fn step(&mut self, budget: &mut Budget) -> bool {
        let rest = self.bytes.get(self.at..).unwrap_or(&[]);
        let block = rest.get(..BLOCK.min(rest.len())).unwrap_or(&[]);
        if block.is_empty() {
            return false;
        }
        if self.children.len() as u64 > budget.limits().entries {
            budget.note(Limit::Entries);
            self.inspection = self.inspection.worst(Inspection::OpaqueLimit);
            return false;
        }
        if block.iter().all(|b| *b == 0) {
            self.ended = true;
            self.at = self.at.saturating_add(block.len());
        } else if is_tar_header(block) {
            self.ended = false;
            self.member(&Header::of(block));
        } else {
            self.gap(rest);
        }
        true
    }

    /// A header and the data behind it.
    fn member(&mut self, header: &Header<'a>) {
        let start = self.at.saturating_add(BLOCK).saturating_add(header.sparse_blocks(self.bytes, self.at));
        let size = self.longer.size().or(header.size()).unwrap_or(u64::MAX);
        let length = usize::try_from(if header.has_data() { size } else { 0 }).unwrap_or(usize::MAX);
        let end = start.saturating_add(length);
        let data = self.bytes.get(start..end.min(self.bytes.len())).unwrap_or(&[]);
        let is_whole = data.len() == length;
        if !is_whole {
            self.damaged("broken off inside a member");
        }
        self.at = length.checked_next_multiple_of(BLOCK).map_or(usize::MAX, |l| start.saturating_add(l));
        match header.kind() {
            Kind::LongName => self.longer.name = Some(trim_nul(data)),
            Kind::LongLink | Kind::Label => {}
            Kind::Pax => {
                if !self.longer.read_pax(data) {
                    self.damaged("pax header");
                }
            }
            Kind::GlobalPax => {}
            kind => {
                let longer = core::mem::take(&mut self.longer);
                self.children.push(child(header, kind, &longer, data, is_whole));
            }
        }
    }

    /// Blocks that are no headers, up to the next one that is. Inside an archive that is damage, behind its end something
    /// somebody appended; either way it is looked at.
    fn gap(&mut self, rest: &'a [u8]) {
        let blocks = rest.chunks(BLOCK).skip(1).take_while(|b| !is_tar_header(b)).count();
        let length = blocks.saturating_add(1).saturating_mul(BLOCK).min(rest.len());
        if self.ended {
            self.facts.trailing.get_or_insert((self.at, length));
        } else {
            self.damaged("no header where one should be");
        }
        self.children.push(Child {
            step: Step::Inner(format!("at-{}", self.at)),
            names: Vec::new(),
            media_type: String::new(),
            origin: Origin::Wrapped,
            readings: vec![Content::Slice(rest.get(..length).unwrap_or(rest))],
            stated_size: length as u64,
        });
        self.at = self.at.saturating_add(length);
    }

    fn damaged(&mut self, what: &'static str) {
        if self.facts.damage.iter().all(|(_, w)| *w != what) {
            self.facts.damage.push((self.at, what));
        }
        self.inspection = self.inspection.worst(Inspection::Broken);
    }
}

/// A member as a child.
fn child<'a>(header: &Header<'a>, kind: Kind, longer: &Longer<'a>, data: &'a [u8], is_whole: bool) -> Child<'a> {
    let names = header.names(longer, kind == Kind::Folder);
    let mut readings = match kind {
        Kind::File | Kind::Sparse | Kind::Continued => vec![Content::Slice(data)],
        _ => vec![Content::Sealed(Inspection::Inspected)],
    };
    if matches!(kind, Kind::Sparse | Kind::Continued) || longer.is_sparse() {
        // The bytes are there, but not where they belong.
        readings.push(Content::Sealed(Inspection::OpaqueUnsupported));
    }
    if !is_whole {
        readings.push(Content::Sealed(Inspection::Broken));
    }
    Child {
        step: Step::Member(names.first().map_or_else(String::new, |n| n.text.clone())),
        names,
        media_type: String::new(),
        origin: Origin::Member,
        readings,
        stated_size: data.len() as u64,
    }
}

/// Up to the first NUL.
fn trim_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or(bytes)
}

#[cfg(test)]
mod tests;
