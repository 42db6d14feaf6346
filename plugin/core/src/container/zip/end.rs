//! From an end record to the places where its directory could be. Readers of archives differ here: some believe the
//! stated offset, some count back from the end record (which finds the directory when something was put in front of the
//! archive), some take the ZIP64 values, some the others. All places are tried.

use super::encryption::DecryptionHeader;
use super::header::Header;
use super::records::{ARCHIVE_EXTRA, End, Locator, Zip64End};
use super::signatures::Signatures;
use crate::bytes::u32_le;

/// An end record with the ZIP64 records that belong to it.
#[derive(Clone, Debug)]
pub struct Closing {
    /// The end record.
    pub end: End,
    /// The ZIP64 locator right before it.
    pub locator: Option<Locator>,
    /// ZIP64 end records it could mean: the one the locator points at, the one right before the locator.
    pub zip64: Vec<Zip64End>,
}

/// Where a directory could begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its first byte.
    pub start: usize,
    /// What to add to the offsets the archive states; not zero when something stands in front of the archive.
    pub base: i64,
}

impl Closing {
    /// The end record at `at` with everything that belongs to it.
    pub fn of(bytes: &[u8], at: usize, signatures: &Signatures) -> Option<Self> {
        let end = End::parse(bytes, at)?;
        let locator = Locator::before(bytes, at);
        let mut zip64 = Vec::new();
        if let Some(locator) = locator {
            let adjacent = signatures.zip64_ends.partition_point(|z| *z < locator.at);
            let near = adjacent.checked_sub(1).and_then(|n| signatures.zip64_ends.get(n)).copied();
            let pointed = usize::try_from(locator.offset).ok().filter(|p| *p < locator.at);
            zip64.extend(near.and_then(|p| Zip64End::parse(bytes, p)).filter(|z| z.end <= locator.at));
            if pointed != near {
                zip64.extend(pointed.and_then(|p| Zip64End::parse(bytes, p)).filter(|z| z.end <= locator.at));
            }
        }
        Some(Self { end, locator, zip64 })
    }

    /// The first byte of the records that close the archive.
    pub fn start(&self) -> usize {
        let end = self.locator.map_or(self.end.at, |l| l.at);
        self.zip64.iter().map(|z| z.at).fold(end, usize::min)
    }

    /// How many entries it promises, if it can say: 16 bits wrap where ZIP64 is not used.
    pub fn total(&self) -> u64 {
        self.zip64.first().map_or(u64::from(self.end.total), |z| z.total)
    }

    /// Do the entries that were found keep the promise?
    pub fn promises(&self, entries: usize) -> bool {
        let entries = entries as u64;
        self.zip64.iter().any(|z| z.total == entries) || u64::from(self.end.total) == entries & 0xFFFF
    }

    /// Every pair of size and offset with the point the size counts back from.
    fn claims(&self) -> Vec<(u64, u64, usize)> {
        let mut claims: Vec<_> = self.zip64.iter().map(|z| (z.size, z.offset, z.at)).collect();
        if !self.end.asks_for_zip64() || self.zip64.is_empty() {
            let (size, offset) = (u64::from(self.end.size), u64::from(self.end.offset));
            claims.push((size, offset, self.start()));
            claims.push((size, offset, self.end.at));
        }
        claims
    }

    /// Every place its directory could begin, best first.
    pub fn places(&self) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for (size, offset, anchor) in self.claims() {
            let rebased = usize::try_from(size).ok().and_then(|s| anchor.checked_sub(s));
            let stated = usize::try_from(offset).ok().filter(|o| *o <= anchor);
            for start in [rebased, stated].into_iter().flatten() {
                let base = (start as i64).checked_sub_unsigned(offset);
                if let Some(base) = base.filter(|_| places.iter().all(|p| p.start != start)) {
                    places.push(Place { start, base });
                }
            }
        }
        places
    }

    /// The encryption of its directory, if there is no readable one: a ZIP64 record of version 2 that names an
    /// algorithm, or a decryption header where the directory should be (7.3).
    pub fn sealed_directory(&self, bytes: &[u8]) -> Option<SealedDirectory> {
        for place in self.places().into_iter().filter(|p| Header::central(bytes, p.start).is_none()) {
            let mut at = place.start;
            if bytes.get(at..).is_some_and(|b| b.starts_with(ARCHIVE_EXTRA)) {
                let len = u32_le(bytes, at.saturating_add(4)).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
                at = at.saturating_add(8).saturating_add(len);
            }
            if let Some(header) = DecryptionHeader::parse(bytes, at) {
                return Some(SealedDirectory { start: place.start, sign_at: header.format_at });
            }
        }
        let version_two = self.zip64.iter().find(|z| z.algorithm.is_some_and(|a| a != 0))?;
        let start = usize::try_from(version_two.size).ok().and_then(|s| version_two.at.checked_sub(s));
        let start = start.filter(|s| Header::central(bytes, *s).is_none())?;
        Some(SealedDirectory { start, sign_at: version_two.algorithm_at() })
    }
}

/// A central directory that is encrypted as a whole.
#[derive(Clone, Copy, Debug)]
pub struct SealedDirectory {
    /// Its first byte.
    pub start: usize,
    /// Where four bytes say that it is encrypted.
    pub sign_at: usize,
}
