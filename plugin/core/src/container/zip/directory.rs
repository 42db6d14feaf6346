//! Every central directory: those the end records name, and runs of headers that no end record names. Each header is
//! read once, however many end records point at it.

use std::collections::BTreeMap;

use super::end::{Closing, Place, SealedDirectory};
use super::header::{FLAG_MASKED, Header, STORED};
use super::intervals::Intervals;
use super::names;
use super::records::{DIGITAL_SIGNATURE, End};
use super::signatures::Signatures;
use crate::bytes::u16_le;

/// So many end records are kept; beyond, they are only counted.
const ENDS_KEPT: usize = 256;
/// So many local headers are compared by name, in all, to find out where an archive begins.
const NAMES_COMPARED: usize = 1 << 20;

/// Headers that were read and put into no directory.
const NOWHERE: usize = usize::MAX;

/// A run of central headers.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The first byte of the first header.
    pub start: usize,
    /// The first byte after the last header and the digital signature.
    pub end: usize,
    /// What to add to the offsets it states.
    pub base: i64,
    /// Its headers, by offset.
    pub entries: Vec<usize>,
    /// The segment its end record says it is on.
    pub disk: Option<u16>,
    /// It was found by searching; no end record says that it is here.
    pub astray: bool,
}

/// What an end record turned out to close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closes {
    /// A directory of [`Directories::found`].
    Directory(usize),
    /// A directory that begins inside one of [`Directories::found`]: the record hides its first entries.
    Tail(usize),
    /// Nothing: it says that the archive is empty.
    Nothing,
    /// An encrypted directory.
    Sealed,
    /// A directory that is not there.
    Missing,
}

/// What became of a place where a directory could be.
enum Taken {
    /// It is a directory.
    Closes(Closes),
    /// It is a directory inside the data of a stored member.
    Nested,
    /// It is none.
    Nothing,
}

/// What the end records and the central headers say.
#[derive(Clone, Debug, Default)]
pub struct Directories {
    /// All directories, those of later end records first.
    pub found: Vec<Directory>,
    /// The end records that are believed, last one first, and what each closes.
    pub ends: Vec<(Closing, Closes)>,
    /// How many end records are believed, those that are not kept included.
    pub end_count: usize,
    /// Encrypted directories.
    pub sealed: Vec<SealedDirectory>,
    /// Archives that lie inside the data of a stored member and are left to whoever opens that member.
    pub deferred: Vec<(usize, usize)>,
    /// The bytes of members and directories.
    pub claimed: Intervals,
    /// Headers that were read → their directory, [`NOWHERE`] when they are in none.
    visited: BTreeMap<usize, usize>,
    compared: usize,
}

/// Reads all directories. `taken` are bytes that belong to something else; `defer` leaves archives inside stored
/// members to those.
pub fn read(bytes: &[u8], signatures: &Signatures, taken: &Intervals, defer: bool) -> Directories {
    let mut out = Directories { claimed: taken.clone(), ..Directories::default() };
    let stored = if defer { stored_ranges(bytes, signatures) } else { Vec::new() };
    let mut open = Vec::new();
    for at in signatures.ends.iter().rev() {
        if out.claimed.contains(*at) {
            continue;
        }
        let Some(closing) = Closing::of(bytes, *at, signatures) else { continue };
        let (mut closes, mut deferred) = (None, false);
        for place in closing.places() {
            match out.take(bytes, place, &closing, signatures, &stored) {
                Taken::Closes(found) => closes = closes.or(Some(found)),
                Taken::Nested => deferred = true,
                Taken::Nothing => {}
            }
        }
        if let Some(closes) = closes {
            out.believe(closing, closes);
        } else if let Some(sealed) = closing.sealed_directory(bytes).filter(|_| !deferred) {
            out.claimed.insert(sealed.start, closing.start());
            out.sealed.push(sealed);
            out.believe(closing, Closes::Sealed);
        } else if !deferred {
            open.push(*at);
        }
    }
    let left = out.loose_runs(bytes, signatures, &open);
    out.weak_ends(bytes, &left, signatures);
    out.ends.sort_by_key(|(closing, _)| core::cmp::Reverse(closing.end.at));
    out
}

impl Directories {
    fn believe(&mut self, closing: Closing, closes: Closes) {
        self.end_count = self.end_count.saturating_add(1);
        if let Closes::Directory(index) = closes
            && let Some(directory) = self.found.get_mut(index)
        {
            directory.disk = directory.disk.or(Some(closing.end.disk));
        }
        if self.ends.len() < ENDS_KEPT {
            self.ends.push((closing, closes));
        }
    }

    /// Does a header of this directory mean a local header on another segment of a split archive?
    pub fn is_elsewhere(&self, directory: usize, disk: u32) -> bool {
        self.found.get(directory).and_then(|d| d.disk).is_some_and(|here| u32::from(here) != disk)
    }

    /// Reads the directory at a place and claims what belongs to it.
    fn take(
        &mut self,
        bytes: &[u8],
        place: Place,
        closing: &Closing,
        signatures: &Signatures,
        stored: &[(usize, usize)],
    ) -> Taken {
        if let Some(known) = self.visited.get(&place.start).copied() {
            return match self.found.get(known) {
                Some(directory) if directory.start == place.start => Taken::Closes(Closes::Directory(known)),
                Some(_) => Taken::Closes(Closes::Tail(known)),
                None => Taken::Nothing,
            };
        }
        let (entries, end) = self.walk(bytes, place.start, closing.start());
        if entries.is_empty() {
            return Taken::Nothing;
        }
        let base = self.best_base(bytes, &entries, place.base, signatures);
        let locals = entries.iter().filter_map(|e| Header::central(bytes, *e));
        let first = locals.filter_map(|h| local_of(bytes, &h, base)).map(|l| l.at).min();
        let first = first.unwrap_or(place.start).min(place.start);
        let around = stored.partition_point(|(from, _)| *from <= first).checked_sub(1).and_then(|n| stored.get(n));
        if around.is_some_and(|(_, to)| closing.end.end <= *to) {
            self.deferred.push((first, closing.end.end));
            self.claimed.insert(first, closing.end.end);
            return Taken::Nested;
        }
        Taken::Closes(Closes::Directory(self.add(bytes, entries, end, base)))
    }

    /// Adds a directory; the data of its members belong to the members, so what looks like a record in there is none
    /// of ours.
    fn add(&mut self, bytes: &[u8], entries: Vec<usize>, end: usize, base: i64) -> usize {
        for header in entries.iter().filter_map(|e| Header::central(bytes, *e)) {
            let Some(local) = local_of(bytes, &header, base) else { continue };
            let own = if header.at > local.at { header.at } else { bytes.len() };
            self.claimed.insert(local.at, undisputed_end(&header, &local).min(own));
        }
        let start = entries.first().copied().unwrap_or(end);
        self.claimed.insert(start, end);
        let index = self.found.len();
        self.visited.extend(entries.iter().map(|e| (*e, index)));
        self.found.push(Directory { start, end, base, entries, disk: None, astray: false });
        index
    }

    /// Walks the headers from `start` on, up to `limit`.
    fn walk(&mut self, bytes: &[u8], start: usize, limit: usize) -> (Vec<usize>, usize) {
        let (mut entries, mut at) = (Vec::new(), start);
        while let Some(header) = Header::central(bytes, at).filter(|h| h.end <= limit) {
            if self.visited.contains_key(&at) {
                break;
            }
            self.visited.insert(at, NOWHERE);
            entries.push(at);
            at = header.end;
        }
        let signed = bytes.get(at..).filter(|b| b.starts_with(DIGITAL_SIGNATURE)).and_then(|b| u16_le(b, 4));
        let end = signed.map(|len| at.saturating_add(6).saturating_add(usize::from(len)));
        (entries, end.filter(|e| *e <= limit).unwrap_or(at))
    }

    /// Runs of central headers no end record leads to: the end record is cut off, or lies about the place. `open` are
    /// the end records without directory, last one first; those that still have none are returned.
    fn loose_runs(&mut self, bytes: &[u8], signatures: &Signatures, open: &[usize]) -> Vec<usize> {
        let mut left: Vec<Option<usize>> = open.iter().copied().map(Some).collect();
        for at in signatures.centrals.iter().copied() {
            if self.claimed.contains(at) || self.visited.contains_key(&at) {
                continue;
            }
            if !Header::central(bytes, at).is_some_and(|h| h.is_plausible()) {
                continue;
            }
            let (entries, end) = self.walk(bytes, at, bytes.len());
            let behind = open.partition_point(|e| *e >= end).checked_sub(1);
            let slot = behind.and_then(|n| left.get_mut(n));
            let closing = slot.as_ref().and_then(|s| **s).and_then(|e| Closing::of(bytes, e, signatures));
            let stated = closing.as_ref().map_or(0, |c| i64::from(c.end.offset));
            let base = self.best_base(bytes, &entries, (at as i64).saturating_sub(stated), signatures);
            let headers = || entries.iter().filter_map(|e| Header::central(bytes, *e));
            let leads = headers().take(64).any(|h| local_of(bytes, &h, base).is_some());
            let chained = entries.len() > 1 && headers().take(4).all(|h| h.is_plausible());
            if !(leads || chained || closing.as_ref().is_some_and(|c| c.start() == end)) {
                continue;
            }
            let index = self.add(bytes, entries, end, base);
            if let Some(directory) = self.found.get_mut(index) {
                directory.astray = true;
            }
            if let (Some(slot), Some(closing)) = (slot, closing) {
                *slot = None;
                self.believe(closing, Closes::Directory(index));
            }
        }
        left.into_iter().flatten().collect()
    }

    /// End records that lead nowhere are believed only in the company of an archive: the four bytes also stand in
    /// programs that read archives.
    fn weak_ends(&mut self, bytes: &[u8], open: &[usize], signatures: &Signatures) {
        let archive = self.found.iter().map(|d| d.start).chain(self.sealed.iter().map(|s| s.start)).min();
        for at in open {
            let Some(closing) = Closing::of(bytes, *at, signatures) else { continue };
            let end = closing.end;
            let (closes, sound) = if end.is_empty() {
                (Closes::Nothing, !end.cut)
            } else {
                let room = u32::from(end.here).saturating_mul(46) <= end.size;
                let whole = end.here == end.total && end.total > 0 && end.directory_disk <= end.disk;
                (Closes::Missing, room && whole && end.disk < 1000)
            };
            if sound && archive.map_or(end.end == bytes.len(), |start| *at > start) {
                self.believe(closing, closes);
            }
        }
    }

    /// What to add to the stated offsets: the difference the end record suggests, nothing, or what the name of the
    /// first member suggests. The one that leads most entries to a local header wins.
    fn best_base(&mut self, bytes: &[u8], entries: &[usize], suggested: i64, signatures: &Signatures) -> i64 {
        const ASKED: usize = 16;
        let step = entries.len().div_ceil(ASKED).max(1);
        let sample: Vec<_> = entries.iter().step_by(step).filter_map(|e| Header::central(bytes, *e)).collect();
        let score = |base: i64| {
            let hits = sample.iter().filter_map(|h| local_of(bytes, h, base).map(|l| l.name == h.name));
            hits.fold(0usize, |sum, named| sum.saturating_add(if named { 2 } else { 1 }))
        };
        let (full, first) = (sample.len().saturating_mul(2), score(suggested));
        if first == full {
            return suggested;
        }
        let mut best = (first, suggested);
        if score(0) > best.0 {
            best = (score(0), 0);
        }
        if best.0 == 0
            && let Some(entry) = sample.first()
        {
            let left = NAMES_COMPARED.saturating_sub(self.compared);
            let mut locals =
                signatures.locals.iter().take(left).inspect(|_| self.compared = self.compared.saturating_add(1));
            let named = locals.find_map(|at| Header::local(bytes, *at).filter(|l| l.name == entry.name));
            let base = named.and_then(|l| (l.at as i64).checked_sub_unsigned(entry.offset));
            best.1 = base.unwrap_or(best.1);
        }
        best.1
    }
}

/// The local header a central one means.
pub fn local_of<'a>(bytes: &'a [u8], central: &Header<'_>, base: i64) -> Option<Header<'a>> {
    let at = base.checked_add_unsigned(central.offset).and_then(|at| usize::try_from(at).ok())?;
    Header::local(bytes, at)
}

/// Where the data end by both headers: what one of them counts to the data and the other does not may be members that
/// only some readers see. Headers that speak of different files do not even agree that there are data.
pub fn undisputed_end(central: &Header<'_>, local: &Header<'_>) -> usize {
    if !local.has(FLAG_MASKED) && !names::same(central, local) {
        return local.end;
    }
    let size = local.stated_packed().map_or(central.packed, |stated| stated.min(central.packed));
    local.end.saturating_add(usize::try_from(size).unwrap_or(usize::MAX))
}

/// The data of stored members as their local headers announce them, outermost only: start and end.
fn stored_ranges(bytes: &[u8], signatures: &Signatures) -> Vec<(usize, usize)> {
    let (mut out, mut free) = (Vec::new(), 0usize);
    for at in signatures.locals.iter().copied() {
        if at < free {
            continue;
        }
        let Some(local) = Header::local(bytes, at).filter(Header::is_plausible) else { continue };
        let end = usize::try_from(local.packed).ok().and_then(|n| local.end.checked_add(n));
        let Some(end) = end.filter(|e| *e <= bytes.len()) else { continue };
        free = end;
        if local.method == STORED && end.saturating_sub(local.end) >= End::FIXED {
            out.push((local.end, end));
        }
    }
    out
}
