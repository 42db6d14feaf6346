//! ar archives (`ar(5)`; Debian packages are such): System V, GNU and BSD names.

use super::tree::{ArchiveFacts, Step};
use super::{Child, Content, Facts, Item, Name, Opened, Origin, Reader};
use crate::budget::{Budget, Limit};
use crate::report::Inspection;
use crate::text::unlabelled;

/// The reader.
pub const READER: Reader = Reader { name: "ar", claims: |bytes, _| bytes.starts_with(MAGIC), read };

const MAGIC: &[u8] = b"!<arch>\n";
/// Every member has a header of this length.
const HEADER: usize = 60;

fn read<'a>(bytes: &'a [u8], _item: &Item, budget: &mut Budget) -> Option<Opened<'a>> {
    let mut facts = ArchiveFacts { format: "ar", ..ArchiveFacts::default() };
    let mut inspection = Inspection::Inspected;
    let mut children = Vec::new();
    let mut long_names: &[u8] = &[];
    let mut at = MAGIC.len();
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if children.len() as u64 > budget.limits().entries {
            budget.note(Limit::Entries);
            inspection = Inspection::OpaqueLimit;
            break;
        }
        let Some(member) = member(rest, long_names) else {
            facts.damage.push((at, "no header where one should be"));
            children.push(child(Step::Inner(format!("at-{at}")), Vec::new(), rest, true));
            break;
        };
        if !member.is_whole {
            facts.damage.push((at, "broken off inside a member"));
        }
        if member.stated == b"//" {
            long_names = member.data;
        }
        let (text, charset) = unlabelled::decode(member.name);
        let name = Name { text: text.clone(), raw: member.name.to_vec(), source: "header", charset };
        children.push(child(Step::Member(text), vec![name], member.data, member.is_whole));
        at = at.saturating_add(member.length);
    }
    if !facts.damage.is_empty() {
        inspection = inspection.worst(Inspection::Broken);
    }
    Some(Opened { facts: Facts::Archive(Box::new(facts)), inspection, children })
}

/// A member of an archive.
struct Member<'a> {
    /// The name field, without blanks at its end.
    stated: &'a [u8],
    name: &'a [u8],
    data: &'a [u8],
    /// All data are there.
    is_whole: bool,
    /// With header and padding.
    length: usize,
}

fn member<'a>(bytes: &'a [u8], long_names: &'a [u8]) -> Option<Member<'a>> {
    let header = bytes.get(..HEADER)?;
    if header.get(58..)? != b"`\n" {
        return None;
    }
    let stated = header.get(..16)?.trim_ascii_end();
    let size = decimal(header.get(48..58)?.trim_ascii())?;
    let behind = bytes.get(HEADER..)?;
    let data = behind.get(..size).unwrap_or(behind);
    let (name, data_at) = match stated {
        [b'#', b'1', b'/', digits @ ..] => {
            let length = decimal(digits)?;
            (trim_nul(data.get(..length)?), length)
        }
        [b'/', digits @ ..] if !digits.is_empty() && digits.iter().all(u8::is_ascii_digit) => {
            let name = long_names.get(decimal(digits)?..).unwrap_or(&[]);
            (name.split(|b| matches!(b, b'\n' | 0)).next().unwrap_or(&[]), 0)
        }
        _ => (stated, 0),
    };
    let name = if name.len() > 2 { name.strip_suffix(b"/").unwrap_or(name) } else { name };
    let padded = size.checked_next_multiple_of(2)?;
    Some(Member {
        stated,
        name,
        data: data.get(data_at..)?,
        is_whole: size <= behind.len(),
        length: HEADER.checked_add(padded)?,
    })
}

fn decimal(digits: &[u8]) -> Option<usize> {
    core::str::from_utf8(digits).ok()?.parse().ok()
}

/// Up to the first NUL.
fn trim_nul(bytes: &[u8]) -> &[u8] {
    bytes.split(|b| *b == 0).next().unwrap_or(bytes)
}

fn child<'a>(step: Step, names: Vec<Name>, data: &'a [u8], is_whole: bool) -> Child<'a> {
    let mut readings = vec![Content::Slice(data)];
    if !is_whole {
        readings.push(Content::Sealed(Inspection::Broken));
    }
    Child { step, names, media_type: String::new(), origin: Origin::Member, readings, stated_size: data.len() as u64 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;
    use crate::budget::Limits;
    use crate::container::open::open_bytes;

    fn member(name: &str, data: &[u8]) -> Vec<u8> {
        let mut out = format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, data.len()).into_bytes();
        out.extend_from_slice(data);
        out.resize(out.len().next_multiple_of(2), b'\n');
        out
    }

    fn open(members: &[Vec<u8>]) -> Vec<Item> {
        let file = [MAGIC.to_vec(), members.concat()].concat();
        open_bytes(&file, &mut Budget::new(Limits::default(), file.len())).items.split_off(1)
    }

    #[test]
    fn names_of_all_dialects_are_read() {
        let items = open(&[
            member("debian-binary", b"2.0\n"),
            member("gnu.txt/", b"a"),
            member("//", b"a-very-long-name.txt/\nanother-long-name.txt/\n"),
            member("/22", b"b"),
            member("#1/8", b"bsd.txt\0c"),
        ]);
        let names: Vec<_> = items[1..].iter().map(Item::name).collect();
        assert_eq!(names, ["debian-binary", "gnu.txt", "//", "another-long-name.txt", "bsd.txt"]);
        assert_eq!((items[0].inspection, items[5].size), (Inspection::Inspected, 1));
    }

    #[test]
    fn damage_is_said_and_looked_at() {
        let mut cut = member("a", b"0123456789");
        cut.truncate(64);
        let items = open(&[cut]);
        assert_eq!((items[0].inspection, items[1].size), (Inspection::Broken, 4));
        let items = open(&[member("a", b"0"), b"From: a@b\nSubject: c\n\nd".to_vec()]);
        assert_eq!((items[0].inspection, items[2].format.id), (Inspection::Broken, "message"));
    }
}
