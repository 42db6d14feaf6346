//! From what was found to what is said: the facts, the children, the state.

use super::content::{Judge, Verdict};
use super::cover;
use super::directory::{Closes, Directories};
use super::disagree;
use super::encryption::Mark;
use super::end::Closing;
use super::facts::{Sign, SpanKind, Surrounding, Tally, ZipFacts};
use super::header::{FLAG_DESCRIPTOR, Header, Side};
use super::member::Member;
use super::names;
use super::records::DESCRIPTOR;
use super::signatures::segment_mark;
use super::surroundings;
use super::survey::Survey;
use crate::budget::{Budget, Limit};
use crate::container::sniff::{self, Class};
use crate::container::tree::{Child, Content, Facts, Name, Opened, Origin, Step};
use crate::report::Inspection;

/// So many ranges that belong to nothing are looked at by themselves.
const STRANGERS: usize = 64;

/// Says what is in the archives.
pub fn describe<'a>(bytes: &'a [u8], survey: &Survey, budget: &mut Budget) -> Option<Opened<'a>> {
    let mut facts =
        ZipFacts { spans: cover::spans(bytes, &survey.directories, &survey.members), ..ZipFacts::default() };
    around(bytes, &mut facts);
    let held = matches!(facts.prefix, Some((Surrounding::Holder(_), _)));
    let room = usize::try_from(budget.entries_left()).unwrap_or(usize::MAX).saturating_add(1);
    let mut children: Vec<Child<'a>> = Vec::with_capacity(survey.members.len().min(room));
    let mut judge = Judge::new(bytes, budget, !survey.directories.sealed.is_empty(), held);
    for member in &survey.members {
        let headers = member.headers(bytes);
        let verdict = judge.judge(member, &headers);
        let names = names::spellings(&headers);
        if held && verdict.scheme.is_none() && !is_whole(&mut judge, member, &verdict) {
            continue;
        }
        let name = names.first().map_or("", |n| n.text.as_str());
        book(bytes, &mut facts, survey, member, &headers, &verdict, name);
        if children.len() < room {
            children.push(child(member, names, verdict, &headers));
        }
    }
    children.extend(strangers(bytes, &facts, held));
    if held && facts.files == 0 && facts.directories == 0 && survey.directories.sealed.is_empty() {
        return None;
    }
    if survey.signatures.cut {
        budget.note(Limit::Candidates);
    }
    closings(bytes, &mut facts, survey);
    segments(bytes, &mut facts, survey);
    if held {
        in_pieces(&mut facts);
    }
    let inspection = state(&facts);
    Some(Opened { facts: Facts::Zip(Box::new(facts)), inspection, children })
}

/// Inside a format that holds files in pieces, what is not whole is a piece and no member.
fn is_whole(judge: &mut Judge<'_, '_>, member: &Member, verdict: &Verdict<'_>) -> bool {
    let mut sound = |content: &Content<'_>| match content {
        Content::Deflate { packed, crc: Some(crc), size: Some(size) } => judge.inflates(packed, *crc, *size),
        Content::Sealed(state) => *state != Inspection::Broken,
        _ => true,
    };
    member.local.is_some() && verdict.damage.is_none() && verdict.readings.iter().all(&mut sound)
}

/// Names what stands before, between and behind the records.
fn around(bytes: &[u8], facts: &mut ZipFacts) {
    let edge = |kind: SpanKind| facts.spans.iter().find(|s| s.kind == kind).copied();
    let trailer = edge(SpanKind::Trailer);
    let records_end = trailer.map_or(bytes.len(), |t| t.start);
    facts.prefix = edge(SpanKind::Prefix).map(|p| (surroundings::classify(bytes, p.end, records_end), p.end));
    if matches!(facts.prefix, Some((Surrounding::Holder(_) | Surrounding::Program(_), _))) {
        return;
    }
    let shows = |start: usize, field| Mark { at: start, len: 16, field };
    for gap in facts.spans.iter().filter(|s| s.kind == SpanKind::Gap) {
        let length = gap.end.saturating_sub(gap.start);
        let sign = || Sign::at(bytes, shows(gap.start, "bytes between records"), "").with(format!("{length} bytes"));
        facts.gaps.add(sign);
    }
    let blank = |b: &u8| *b == 0 || b.is_ascii_whitespace();
    if let Some(t) = trailer.filter(|t| !bytes.get(t.start..).unwrap_or(&[]).iter().all(blank)) {
        let sign = Sign::at(bytes, shows(t.start, "bytes behind the last record"), "");
        facts.trailing = Some((sign, t.end.saturating_sub(t.start)));
    }
}

/// Bytes that belong to nothing and are something: a program behind the archive, a picture between its members. What
/// stands in front is what the file as a whole looks like.
fn strangers<'a>(bytes: &'a [u8], facts: &ZipFacts, held: bool) -> Vec<Child<'a>> {
    let strange = |kind: SpanKind| matches!(kind, SpanKind::Gap | SpanKind::Trailer | SpanKind::Comment) && !held;
    let found = facts.spans.iter().filter(|s| strange(s.kind)).take(STRANGERS).filter_map(|span| {
        let content = bytes.get(span.start..span.end)?;
        let format = sniff::sniff(content);
        let plain =
            matches!(format.class, Class::Data | Class::Text | Class::Empty | Class::Media) || format == sniff::ZIP;
        (!plain).then(|| Child {
            step: Step::Inner(format!("at-{}", span.start)),
            names: Vec::new(),
            media_type: String::new(),
            origin: Origin::Member,
            readings: vec![Content::Slice(content)],
            stated_size: content.len() as u64,
        })
    });
    found.collect()
}

/// Books what was found out about a member.
fn book(
    bytes: &[u8],
    facts: &mut ZipFacts,
    survey: &Survey,
    member: &Member,
    headers: &[Header<'_>],
    verdict: &Verdict<'_>,
    name: &str,
) {
    let kind = if verdict.directory { &mut facts.directories } else { &mut facts.files };
    *kind = kind.saturating_add(1);
    match verdict.scheme {
        Some((scheme, mark)) => facts.encrypted.add(scheme, name, || Sign::at(bytes, mark, name)),
        None if !verdict.directory && !verdict.empty => facts.plain = facts.plain.saturating_add(1),
        None => {}
    }
    if let Some((scheme, mark)) = verdict.scheme.filter(|_| verdict.flag_hidden) {
        facts.flag_hidden.add(|| Sign::at(bytes, mark, name).with(scheme.as_str()));
    }
    if let Some(mark) = verdict.flag_false {
        facts.flag_false.add(|| Sign::at(bytes, mark, name));
    }
    if let Some(masked) = headers.iter().find(|h| h.is_masked()).filter(|_| verdict.scheme.is_some()) {
        facts.headers_hidden.add(|| Sign::at(bytes, Mark::flags(masked), name));
    }
    let position = |field| Mark { at: member.local.or(member.central).unwrap_or(0), len: 4, field };
    if let (Some(truth), Some(header)) = (verdict.method_lie, headers.first()) {
        let mark = Mark { at: header.method_at(), len: 2, field: "compression method" };
        facts.method_lie.add(|| Sign::at(bytes, mark, name).with(truth));
    }
    if member.overlaps {
        facts.overlap.add(|| Sign::at(bytes, position("local header"), name));
    }
    if let Some(damage) = verdict.damage {
        facts.damaged.add(|| Sign::at(bytes, position("header"), name).with(damage));
    }
    for header in headers.iter().filter(|h| h.odd_zip64 && !h.has(FLAG_DESCRIPTOR)) {
        let mark = Mark { at: header.crc_at().saturating_add(4), len: 8, field: "sizes without matching zip64 field" };
        facts.odd_zip64.add(|| Sign::at(bytes, mark, name));
    }
    contradictions(bytes, facts, survey, member, headers, name);
}

/// Books where the two sides of a member contradict each other, or one of them is missing.
fn contradictions(
    bytes: &[u8],
    facts: &mut ZipFacts,
    survey: &Survey,
    member: &Member,
    headers: &[Header<'_>],
    name: &str,
) {
    if let Some((mark, path)) = headers.iter().find_map(disagree::within) {
        facts.disagree.add(|| Sign::at(bytes, mark, name).with(format!("the unicode path says {path}")));
    }
    match headers {
        [central, local] => {
            for found in disagree::between(central, local) {
                facts.disagree.add(|| {
                    let central = Sign::at(bytes, found.central, name);
                    let said = format!("the directory says {} at {}", central.value, central.offset);
                    Sign::at(bytes, found.local, name).with(said)
                });
            }
        }
        [only] if only.side == Side::Central && !member.elsewhere => {
            let mark = Mark { at: only.at, len: 4, field: "central header" };
            facts.central_only.add(|| Sign::at(bytes, mark, name));
        }
        [only] if only.side == Side::Local && !survey.directories.found.is_empty() => {
            let mark = Mark { at: only.at, len: 4, field: "local header" };
            facts.local_only.add(|| Sign::at(bytes, mark, name));
        }
        _ => {}
    }
}

/// The member as an object to look at.
fn child<'a>(member: &Member, names: Vec<Name>, verdict: Verdict<'a>, headers: &[Header<'_>]) -> Child<'a> {
    let step = match names.first() {
        Some(name) => Step::Member(name.text.replace('\\', "/")),
        None => Step::Inner(format!("member-at-{}", member.local.or(member.central).unwrap_or(0))),
    };
    Child {
        step,
        names,
        media_type: String::new(),
        origin: Origin::Member,
        readings: verdict.readings,
        stated_size: headers.iter().map(|h| h.plain).max().unwrap_or(0),
    }
}

/// Books what the end records say.
fn closings(bytes: &[u8], facts: &mut ZipFacts, survey: &Survey) {
    let directories = &survey.directories;
    let mut closed = vec![false; directories.found.len()];
    let owners = owners(survey);
    let mut archives: Vec<Mark> = Vec::new();
    // The last end record is the one that most readers take.
    for (closing, closes) in directories.ends.iter().rev() {
        let mark = Mark { at: closing.end.at, len: 22, field: "end of central directory record" };
        let sign = |what: &str| Sign::at(bytes, mark, "").with(what);
        let in_a_comment =
            directories.ends.iter().any(|(c, _)| c.end.comment_at() <= closing.end.at && closing.end.at < c.end.end);
        let own = match closes {
            Closes::Directory(index) => {
                let first = closed.get_mut(*index).is_some_and(|c| !core::mem::replace(c, true));
                first && owners.get(*index).copied().unwrap_or(false)
            }
            Closes::Sealed => true,
            Closes::Nothing | Closes::Missing => survey.members.is_empty() && directories.ends.len() == 1,
            Closes::Tail(_) => false,
        };
        if own {
            archives.push(mark);
        }
        if !own || in_a_comment {
            facts.more_ends.add(|| sign(what(*closes, in_a_comment)));
        }
        if *closes == Closes::Missing {
            facts.damaged.add(|| sign("the directory it closes is not there"));
        }
        if let Closes::Directory(index) = closes
            && directories.found.get(*index).is_some_and(|d| d.astray)
        {
            facts.damaged.add(|| sign("the directory is not where it says"));
        }
        if closing.end.cut {
            facts.damaged.add(|| sign("its comment goes on beyond the file"));
        }
        closing_values(bytes, facts, directories, closing, *closes);
    }
    let unkept = directories.end_count.saturating_sub(directories.ends.len());
    facts.more_ends.count = facts.more_ends.count.saturating_add(unkept);
    if !archives.is_empty() {
        // Directories that no end record closes are archives as well.
        let loose =
            directories.found.iter().zip(&closed).zip(&owners).filter(|((_, closed), owner)| !**closed && **owner);
        archives.extend(loose.map(|((d, _), _)| Mark { at: d.start, len: 4, field: "central directory" }));
    }
    if archives.len() > 1 {
        archives.iter().for_each(|mark| facts.concatenated.add(|| Sign::at(bytes, *mark, "")));
    }
    for sealed in &directories.sealed {
        let mark = Mark { at: sealed.sign_at, len: 4, field: "archive decryption header" };
        facts.headers_hidden.add(|| Sign::at(bytes, mark, ""));
    }
    let first = survey.members.first().and_then(|m| m.local.or(m.central));
    if let Some(at) = first.filter(|_| !closed.contains(&true) && directories.sealed.is_empty()) {
        let why = if closed.is_empty() { "no central directory" } else { "no end of central directory record" };
        facts.no_directory = Some(Sign::at(bytes, Mark { at, len: 4, field: "first header" }, "").with(why));
    }
}

/// Why an end record is one too many.
const fn what(closes: Closes, in_a_comment: bool) -> &'static str {
    match closes {
        _ if in_a_comment => "stands in the comment of another",
        Closes::Nothing => "says that the archive is empty",
        Closes::Missing => "closes a directory that is not there",
        Closes::Tail(_) => "leaves out the first entries of a directory",
        Closes::Directory(_) | Closes::Sealed => "closes the same members as another",
    }
}

/// Which directories have members that no earlier one has.
fn owners(survey: &Survey) -> Vec<bool> {
    let mut owners = vec![false; survey.directories.found.len()];
    for member in &survey.members {
        if let Some(owner) = member.directory.and_then(|d| owners.get_mut(d)) {
            *owner = true;
        }
    }
    owners
}

/// Books values of an end record that do not fit what is there.
fn closing_values(bytes: &[u8], facts: &mut ZipFacts, directories: &Directories, closing: &Closing, closes: Closes) {
    let end = &closing.end;
    let directory = match closes {
        Closes::Directory(index) | Closes::Tail(index) => directories.found.get(index),
        _ => None,
    };
    let base = directory.map_or(0, |d| d.base);
    facts.rebased |= base != 0;
    let split = end.disk != 0 && end.disk != u16::MAX;
    let counts = matches!(closes, Closes::Directory(_)) && !split;
    if let Some(d) = directory.filter(|d| counts && !closing.promises(d.entries.len())) {
        let mark = Mark { at: end.at.saturating_add(8), len: 4, field: "number of entries" };
        let detail = format!("{} stated, {} there", closing.total(), d.entries.len());
        facts.miscounted.add(|| Sign::at(bytes, mark, "").with(detail));
    }
    let pointed = closing.locator.map(|l| base.checked_add_unsigned(l.offset));
    let contradicts = closing.zip64.iter().any(|z| {
        let differs = |narrow: u64, ones: u64, wide: u64| narrow != ones && narrow != wide;
        let ones = u64::from(u32::MAX);
        differs(u64::from(end.total), u64::from(u16::MAX), z.total)
            || differs(u64::from(end.size), ones, z.size)
            || differs(u64::from(end.offset), ones, z.offset)
    });
    let astray = directory.is_some() && closing.zip64.iter().all(|z| pointed != Some(i64::try_from(z.at).ok()));
    let lost = closing.zip64.is_empty() && (end.size == u32::MAX || end.offset == u32::MAX);
    if (closing.locator.is_some() && (contradicts || astray)) || lost {
        let at = closing.locator.map_or(end.at, |l| l.at);
        let mark = Mark { at, len: 20, field: "zip64 end of central directory" };
        facts.odd_zip64.add(|| Sign::at(bytes, mark, ""));
    }
}

/// Is this one segment of a split archive (APPNOTE 8.5)?
fn segments(bytes: &[u8], facts: &mut ZipFacts, survey: &Survey) {
    let elsewhere = survey.members.iter().any(|m| m.elsewhere && m.local.is_none());
    let missing = |closing: &Closing, closes: Closes| closing.end.disk != 0 && (elsewhere || closes == Closes::Missing);
    if let Some((closing, _)) = survey.directories.ends.iter().find(|(c, closes)| missing(c, *closes)) {
        let mark = Mark { at: closing.end.at.saturating_add(4), len: 4, field: "number of this disk" };
        facts.part = Some(Sign::at(bytes, mark, "").with("last segment"));
    }
    let first = survey.members.first().and_then(|m| m.local).and_then(|at| segment_mark(bytes, at));
    if let Some((at, _)) = first.filter(|(at, mark)| *at == 0 && *mark == DESCRIPTOR && facts.no_directory.is_some()) {
        facts.part = Some(Sign::at(bytes, Mark { at, len: 4, field: "split archive mark" }, "").with("first segment"));
    }
    if facts.part.is_some() {
        // What stands in front belongs to a member of an earlier segment.
        facts.no_directory = None;
        facts.prefix = None;
    }
}

/// Forgets what is no surprise inside a format that holds other files, several of them and in pieces.
fn in_pieces(facts: &mut ZipFacts) {
    facts.no_directory = None;
    facts.part = None;
    for tally in [
        &mut facts.concatenated,
        &mut facts.local_only,
        &mut facts.central_only,
        &mut facts.miscounted,
        &mut facts.more_ends,
        &mut facts.gaps,
        &mut facts.damaged,
    ] {
        *tally = Tally::default();
    }
}

/// How far the archive itself could be looked into.
fn state(facts: &ZipFacts) -> Inspection {
    let differ =
        [&facts.disagree, &facts.local_only, &facts.miscounted, &facts.more_ends, &facts.concatenated, &facts.overlap];
    let broken = facts.no_directory.is_some() || facts.part.is_some() || facts.damaged.any();
    let states = [
        (facts.encrypted.count > 0, Inspection::NamesOnly),
        (facts.headers_hidden.any(), Inspection::OpaqueEncrypted),
        (differ.iter().any(|t| t.any()), Inspection::Ambiguous),
        (broken, Inspection::Broken),
    ];
    states.iter().filter(|(is, _)| *is).fold(Inspection::Inspected, |worst, (_, state)| worst.worst(*state))
}
