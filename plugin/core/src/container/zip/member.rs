//! Members: a central header and the local header it means are one member. What only one of the two sides knows is a
//! member as well, for there are readers of archives that trust each side alone.

use std::collections::{BTreeMap, VecDeque};

use super::directory::{self, Directories, local_of};
use super::header::{Header, Side};
use super::local::{Extents, walk};
use super::records::Descriptor;
use super::signatures::Signatures;

/// One member.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// Its central header.
    pub central: Option<usize>,
    /// The directory that has it.
    pub directory: Option<usize>,
    /// Its local header.
    pub local: Option<usize>,
    /// First byte of the data.
    pub start: usize,
    /// First byte after the data, as far as they are there.
    pub end: usize,
    /// First byte after the data descriptor.
    pub after: usize,
    /// The data are shorter than stated: the file ends, or another record begins.
    pub short: bool,
    /// Nothing says where the data end.
    pub guessed: bool,
    /// Its header or data lie inside an earlier member of the same directory.
    pub overlaps: bool,
    /// Its header or data lie inside an earlier member.
    pub shares: bool,
    /// Its local header is on another segment of a split archive.
    pub elsewhere: bool,
}

impl Member {
    /// Its headers, the central one first.
    pub fn headers<'a>(&self, bytes: &'a [u8]) -> Vec<Header<'a>> {
        let central = self.central.and_then(|at| Header::parse(bytes, at, Side::Central));
        let local = self.local.and_then(|at| Header::parse(bytes, at, Side::Local));
        central.into_iter().chain(local).collect()
    }

    /// Its data descriptor.
    pub fn descriptor(&self, bytes: &[u8]) -> Option<Descriptor> {
        Descriptor::of_length(bytes, self.end, self.after.saturating_sub(self.end))
    }

    /// Where it stands in the file, for the order.
    fn position(&self) -> usize {
        self.local.or(self.central).unwrap_or(0)
    }
}

/// Joins central headers and local headers to members, in the order of the file.
pub fn join(bytes: &[u8], signatures: &Signatures, directories: &Directories) -> Vec<Member> {
    let extents = Extents::new(bytes, signatures, directories);
    let mut members = anchored(bytes, directories, &extents);
    members.sort_by_key(|m| (m.local.is_none(), m.local, m.central));
    let mut anchors: Vec<_> = members.iter().filter_map(|m| Some((m.local?, undisputed_end(bytes, m)))).collect();
    anchors.dedup_by_key(|(local, _)| *local);
    let mut loose = walk(bytes, signatures, directories, &anchors, &extents);
    pair_by_name(bytes, &mut members, &mut loose, &extents);
    members.append(&mut loose);
    members.sort_by_key(|m| (m.position(), m.central));
    mark_overlaps(&mut members, directories.found.len());
    members
}

/// Where a member ends by both headers.
fn undisputed_end(bytes: &[u8], member: &Member) -> usize {
    let central = member.central.and_then(|at| Header::central(bytes, at));
    let local = member.local.and_then(|at| Header::local(bytes, at));
    let end = central.zip(local).map(|(central, local)| directory::undisputed_end(&central, &local));
    end.map_or(member.after, |end| if end < member.end { end } else { member.after })
}

/// The members the directories list. Two directories that say the same of a local header speak of one member.
fn anchored(bytes: &[u8], directories: &Directories, extents: &Extents<'_>) -> Vec<Member> {
    let mut links: Vec<(Option<usize>, usize, usize)> = Vec::new();
    for (index, directory) in directories.found.iter().enumerate() {
        for central in directory.entries.iter().filter_map(|e| Header::central(bytes, *e)) {
            links.push((local_of(bytes, &central, directory.base).map(|l| l.at), index, central.at));
        }
    }
    links.sort_unstable();
    let mut members: Vec<Member> = Vec::with_capacity(links.len());
    for (local, directory, central) in links {
        let Some(header) = Header::central(bytes, central) else { continue };
        let same = members.last().filter(|m| local.is_some() && m.local == local && m.directory != Some(directory));
        let same = same.and_then(|m| m.central).and_then(|c| Header::central(bytes, c));
        if same.is_some_and(|s| {
            (s.name, s.flags, s.method, s.packed) == (header.name, header.flags, header.method, header.packed)
        }) {
            continue;
        }
        let mut member = Member { central: Some(central), directory: Some(directory), ..Member::default() };
        match local.and_then(|at| Header::local(bytes, at)) {
            Some(local) => extents.fill(&mut member, &local, Some(&header), None),
            None => member.elsewhere = directories.is_elsewhere(directory, header.disk),
        }
        members.push(member);
    }
    members
}

/// Pairs central headers whose local header is not where they say with local headers no central one means, by name.
fn pair_by_name(bytes: &[u8], members: &mut [Member], loose: &mut Vec<Member>, extents: &Extents<'_>) {
    if loose.is_empty() || members.iter().all(|m| m.local.is_some()) {
        return;
    }
    let mut named: BTreeMap<&[u8], VecDeque<usize>> = BTreeMap::new();
    for (index, local) in loose.iter().enumerate() {
        if let Some(header) = local.local.and_then(|at| Header::local(bytes, at)) {
            named.entry(header.name).or_default().push_back(index);
        }
    }
    let mut paired = vec![false; loose.len()];
    for member in members.iter_mut().filter(|m| m.local.is_none()) {
        let Some(central) = member.central.and_then(|at| Header::central(bytes, at)) else { continue };
        let Some(index) = named.get_mut(central.name).and_then(VecDeque::pop_front) else { continue };
        let Some(local) = loose.get(index).and_then(|m| m.local).and_then(|at| Header::local(bytes, at)) else {
            continue;
        };
        extents.fill(member, &local, Some(&central), None);
        member.elsewhere = false;
        if let Some(done) = paired.get_mut(index) {
            *done = true;
        }
    }
    let mut done = paired.into_iter();
    loose.retain(|_| !done.next().unwrap_or(false));
}

/// Marks members that begin before an earlier one ended.
fn mark_overlaps(members: &mut [Member], directories: usize) {
    let mut ends = vec![0usize; directories];
    let mut last = 0usize;
    for member in members {
        let Some(local) = member.local else { continue };
        member.shares = local < last;
        last = last.max(member.end);
        if let Some(end) = member.directory.and_then(|d| ends.get_mut(d)) {
            member.overlaps = local < *end;
            *end = member.end.max(*end);
        }
    }
}
