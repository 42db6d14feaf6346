//! Invariants of the reader of ZIP archives, on real archives changed at random and on random bytes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    reason = "tests stop at the first surprise, and read files"
)]

#[path = "../../../host-test/judge/src/corpus.rs"]
#[allow(dead_code, reason = "shared with the judge")]
mod corpus;

use std::sync::LazyLock;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use sekisho_core::Inspection;
use sekisho_core::budget::{Budget, Limits};
use sekisho_core::container::sniff::Class;
use sekisho_core::container::{Mail, open};

/// The archives that are small, encrypted ones first.
static FILES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let root = corpus::root(env!("CARGO_MANIFEST_DIR")).join("zip");
    let folder = |name: &str| {
        let mut paths: Vec<_> = std::fs::read_dir(root.join(name)).unwrap().map(|e| e.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().map(|p| std::fs::read(p).unwrap()).filter(|b| b.len() < 8 << 10)
    };
    folder("encrypted").chain(folder("structure")).chain(folder("honest")).collect()
});
static ENCRYPTED: LazyLock<Vec<&'static Vec<u8>>> =
    LazyLock::new(|| FILES.iter().filter(|f| encrypted(&opened(f)) > 0).collect());

fn opened(bytes: &[u8]) -> Mail {
    open::open_bytes(bytes, &mut Budget::new(Limits::default(), bytes.len()))
}

/// How many members are encrypted, in all archives that were found.
fn encrypted(mail: &Mail) -> usize {
    mail.items.iter().flat_map(|i| i.zips()).map(|z| z.encrypted.count + z.headers_hidden.count).sum()
}

fn state(mail: &Mail) -> Inspection {
    mail.items[1].inspection
}

fn assert_covered(mail: &Mail, len: usize) {
    for zip in mail.items[1].zips() {
        let mut at = 0;
        for span in &zip.spans {
            assert!(span.start == at && span.end > at, "{span:?} after {at}");
            at = span.end;
        }
        assert_eq!(at, len);
    }
}

fn any_file() -> impl Strategy<Value = &'static Vec<u8>> {
    any::<Index>().prop_map(|i| i.get(FILES.as_slice()))
}

fn encrypted_file() -> impl Strategy<Value = &'static Vec<u8>> {
    any::<Index>().prop_map(|i| *i.get(ENCRYPTED.as_slice()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes in front and behind never take an encryption finding away, and never make the state better.
    #[test]
    fn surroundings_hide_nothing(file in encrypted_file(), front in vec(any::<u8>(), 0..300), behind in vec(any::<u8>(), 0..300)) {
        let alone = opened(file);
        let bytes = [front.as_slice(), file, &behind].concat();
        let within = opened(&bytes);
        prop_assert!(encrypted(&within) >= encrypted(&alone));
        prop_assert!(state(&within) >= state(&alone).min(Inspection::OpaqueEncrypted));
        assert_covered(&within, bytes.len());
    }

    /// Nor does another archive, honest or not, in front or behind.
    #[test]
    fn other_archives_hide_nothing(file in encrypted_file(), other in any_file(), in_front: bool) {
        let bytes = if in_front { [other.as_slice(), file].concat() } else { [file.as_slice(), other].concat() };
        let (alone, within) = (opened(file), opened(&bytes));
        prop_assert!(encrypted(&within) >= encrypted(&alone));
        prop_assert!(state(&within) >= Inspection::NamesOnly);
        assert_covered(&within, bytes.len());
    }

    /// Nor does a comment.
    #[test]
    fn comments_hide_nothing(file in encrypted_file(), comment in vec(any::<u8>(), 0..500), other in any_file(), archive: bool) {
        let comment = if archive { other.as_slice() } else { &comment };
        let Some(end) = file.windows(4).rposition(|w| w == b"PK\x05\x06").filter(|e| e + 22 == file.len()) else { return Ok(()) };
        let Ok(length) = u16::try_from(comment.len()) else { return Ok(()) };
        let bytes = [&file[..end + 20], &length.to_le_bytes(), comment].concat();
        let (alone, within) = (opened(file), opened(&bytes));
        prop_assert!(encrypted(&within) >= encrypted(&alone));
        prop_assert!(state(&within) >= state(&alone).min(Inspection::OpaqueEncrypted));
    }

    /// A name in another member, a wrapper: the archive is found in there.
    #[test]
    fn wrapping_hides_nothing(file in encrypted_file(), name in "[a-z]{1,12}\\.(zip|txt|docx|jpg)") {
        let wrapped = store(name.as_bytes(), file);
        let (alone, within) = (opened(file), opened(&wrapped));
        prop_assert_eq!(encrypted(&within), encrypted(&alone));
        prop_assert_eq!(state(&within), state(&alone));
    }

    /// Cut anywhere behind the first encrypted header: it is still seen.
    #[test]
    fn what_is_left_of_an_archive_is_read(file in any_file(), at in any::<Index>()) {
        let cut = &file[..at.index(file.len() + 1)];
        let mail = opened(cut);
        assert_covered(&mail, cut.len());
        let whole = opened(file);
        let flagged = whole.items[1].zips().any(|z| z.encrypted.count > 0) && file.starts_with(b"PK\x03\x04") && file[6] & 1 == 1;
        if flagged && cut.len() > 100 {
            prop_assert!(encrypted(&mail) > 0);
        }
    }

    /// Real archives with changed bytes: no panic, every byte accounted for, the same answer twice.
    #[test]
    fn changed_archives_are_read(file in any_file(), changes in vec((any::<Index>(), any::<u8>()), 1..12)) {
        let mut bytes = file.clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let mail = opened(&bytes);
        assert_covered(&mail, bytes.len());
        prop_assert_eq!(format!("{:?}", opened(&bytes).items), format!("{:?}", mail.items));
    }

    /// Headers, pieces and noise in any order.
    #[test]
    fn pieces_are_read(pieces in vec((any_file(), any::<Index>(), any::<Index>()), 1..6)) {
        let piece = |(file, a, b): (&'static Vec<u8>, Index, Index)| {
            let (a, b) = (a.index(file.len() + 1), b.index(file.len() + 1));
            file[a.min(b)..a.max(b)].to_vec()
        };
        let bytes: Vec<u8> = pieces.into_iter().flat_map(piece).collect();
        assert_covered(&opened(&bytes), bytes.len());
    }

    /// Any bytes at all, rich in signatures.
    #[test]
    fn noise_is_read(parts in vec(prop_oneof![
        vec(any::<u8>(), 0..60),
        Just(b"PK\x03\x04".to_vec()), Just(b"PK\x01\x02".to_vec()), Just(b"PK\x05\x06".to_vec()),
        Just(b"PK\x06\x06".to_vec()), Just(b"PK\x06\x07".to_vec()), Just(b"PK\x07\x08".to_vec()),
        Just(vec![0; 24]), Just(vec![0xFF; 8]),
    ], 0..40)) {
        let bytes = parts.concat();
        assert_covered(&opened(&bytes), bytes.len());
    }

    /// Noise without a record is no archive.
    #[test]
    fn noise_is_no_archive(bytes in vec(any::<u8>(), 0..4000)) {
        let mail = opened(&bytes);
        prop_assert!(mail.items[1].zips().next().is_none() || bytes.windows(2).any(|w| w == b"PK"));
        prop_assert!(mail.items[1].format.class != Class::Archive || mail.items[1].zips().next().is_none());
    }
}

/// An archive with one stored member.
fn store(name: &[u8], data: &[u8]) -> Vec<u8> {
    let u16 = |n: usize| u16::try_from(n).unwrap().to_le_bytes();
    let u32 = |n: usize| u32::try_from(n).unwrap().to_le_bytes();
    let shared = [
        &[20, 0, 0, 0, 0, 0, 0, 0, 0x6E, 0x57],
        &crc32(data).to_le_bytes()[..],
        &u32(data.len()),
        &u32(data.len()),
        &u16(name.len()),
        &u16(0),
    ]
    .concat();
    let local = [b"PK\x03\x04", &shared[..], name, data].concat();
    let central = [b"PK\x01\x02\x14\0", &shared[..], &[0; 10], &u32(0), name].concat();
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &u32(central.len())[..], &u32(local.len()), &u16(0)].concat();
    [local, central, end].concat()
}

fn crc32(data: &[u8]) -> u32 {
    !data.iter().fold(!0u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { c >> 1 ^ 0xEDB8_8320 } else { c >> 1 })
    })
}
