//! Local headers: how far the data of one go, and which of them no directory knows.

use std::collections::BTreeMap;

use super::directory::Directories;
use super::header::{FLAG_DESCRIPTOR, Header};
use super::member::Member;
use super::records::Descriptor;
use super::signatures::Signatures;

/// Finds out where the data of members end.
pub struct Extents<'a> {
    bytes: &'a [u8],
    signatures: &'a Signatures,
    /// Where records begin that no data run into, ascending.
    fences: Vec<usize>,
}

/// Descriptors that fit a local header which does not state its size, by the start of the data.
pub type Descriptors = BTreeMap<usize, Descriptor>;

impl<'a> Extents<'a> {
    /// Takes down where the directories and their end records begin.
    pub fn new(bytes: &'a [u8], signatures: &'a Signatures, directories: &Directories) -> Self {
        let mut fences: Vec<_> = directories.found.iter().map(|d| d.start).collect();
        fences.extend(directories.sealed.iter().map(|s| s.start));
        fences.extend(directories.ends.iter().map(|(closing, _)| closing.start()));
        fences.sort_unstable();
        Self { bytes, signatures, fences }
    }

    /// The first byte behind `at` that is certainly not data of a member there.
    fn fence(&self, at: usize) -> usize {
        self.fences.get(self.fences.partition_point(|f| *f < at)).copied().unwrap_or(self.bytes.len())
    }

    /// Fills in where the data of a member are. The central header knows best how long they are; without it the local
    /// one, without both a descriptor that fits, at last the next record.
    pub fn fill(
        &self,
        member: &mut Member,
        local: &Header<'_>,
        central: Option<&Header<'_>>,
        descriptors: Option<&Descriptors>,
    ) {
        let fence = self.fence(local.end);
        member.local = Some(local.at);
        member.start = local.end;
        let announced = local.has(FLAG_DESCRIPTOR) || central.is_some_and(|c| c.has(FLAG_DESCRIPTOR));
        let descriptor = |end: usize, size: u64| {
            let fits = |d: &Descriptor| announced && d.packed == size && d.end <= fence;
            Descriptor::readings(self.bytes, end).filter(fits).reduce(Descriptor::likelier)
        };
        let mut stated = central.map(|c| c.packed).or_else(|| local.stated_packed());
        if stated == Some(0) && local.stated_packed().is_none() && descriptor(local.end, 0).is_none() {
            // The directory says that there is nothing, and no descriptor confirms it.
            stated = None;
        }
        let mut found = None;
        if let Some(size) = stated {
            let end = usize::try_from(size).ok().and_then(|n| local.end.checked_add(n));
            member.short = end.is_none_or(|e| e > fence);
            member.end = end.unwrap_or(fence).min(fence);
            found = descriptor(member.end, size).filter(|_| !member.short);
        } else if let Some(fitting) = descriptors.and_then(|d| d.get(&local.end)) {
            member.end = fitting.at;
            found = Some(*fitting);
        } else {
            let next = self.signatures.next_record(self.bytes, local.end).unwrap_or(self.bytes.len());
            member.end = next.min(fence);
            member.guessed = member.end > member.start;
        }
        member.after = found.map_or(member.end, |d| d.end);
    }
}

/// The members that only local headers know. `anchors` are the local headers the directories know, with the end of
/// their data, ascending.
pub fn walk(
    bytes: &[u8],
    signatures: &Signatures,
    directories: &Directories,
    anchors: &[(usize, usize)],
    extents: &Extents<'_>,
) -> Vec<Member> {
    let mut unknown: Vec<_> = signatures
        .locals
        .iter()
        .filter(|at| !directories.claimed.contains(**at))
        .filter_map(|at| Header::local(bytes, *at))
        .filter(|h| h.stated_packed().is_none())
        .map(|h| h.end)
        .collect();
    unknown.sort_unstable();
    let descriptors = if unknown.is_empty() { Descriptors::new() } else { descriptors(bytes, signatures, &unknown) };
    let mut members: Vec<Member> = Vec::new();
    let (mut next_anchor, mut free) = (anchors.iter().copied().peekable(), 0usize);
    for at in signatures.locals.iter().copied() {
        while let Some((_, after)) = next_anchor.next_if(|(local, _)| *local <= at) {
            free = free.max(after);
        }
        let anchored = anchors.binary_search_by_key(&at, |(local, _)| *local).is_ok();
        if anchored || at < free || directories.claimed.contains(at) {
            continue;
        }
        let Some(local) = Header::local(bytes, at).filter(|h| at == free || h.is_plausible()) else { continue };
        if local.is_placeholder() {
            free = local.end;
            continue;
        }
        let mut member = Member::default();
        extents.fill(&mut member, &local, None, Some(&descriptors));
        if let Some((anchor, _)) = next_anchor.peek()
            && member.end > *anchor
        {
            member.end = *anchor;
            member.after = *anchor;
            member.short = true;
        }
        free = member.after.max(local.end);
        members.push(member);
    }
    members
}

/// Descriptors that say themselves where their data began: the size they state leads back to the end of a local header.
/// They are looked for at their signature, and right before every record for those that have none.
fn descriptors(bytes: &[u8], signatures: &Signatures, unknown: &[usize]) -> Descriptors {
    let mut found = Descriptors::new();
    let mut offer = |at: usize| {
        for descriptor in Descriptor::readings(bytes, at) {
            let start = usize::try_from(descriptor.packed).ok().and_then(|size| at.checked_sub(size));
            if let Some(start) = start.filter(|s| unknown.binary_search(s).is_ok()) {
                let better = |known: &mut Descriptor| *known = known.likelier(descriptor);
                found.entry(start).and_modify(better).or_insert(descriptor);
            }
        }
    };
    signatures.descriptors.iter().for_each(|at| offer(*at));
    let records = signatures.locals.iter().chain(&signatures.centrals).chain(&signatures.ends);
    for record in records.copied().chain([bytes.len()]) {
        for length in [12usize, 20] {
            if let Some(at) = record.checked_sub(length) {
                offer(at);
            }
        }
    }
    found
}
