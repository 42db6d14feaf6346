//! The archives in `corpus/zip`: every encrypted one is found with evidence, no honest one is accused, every byte is
//! accounted for.
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

use std::path::PathBuf;

use sekisho_core::budget::{Budget, Limits};
use sekisho_core::container::zip::{Sign, SpanKind, Tally, ZipFacts};
use sekisho_core::container::{Mail, open};
use sekisho_core::report::Kind;
use sekisho_core::{Context, Inspection, Report, Severity, rules, scan_message};

fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let root: PathBuf = corpus::root(env!("CARGO_MANIFEST_DIR")).join("zip").join(folder);
    let mut all: Vec<_> = std::fs::read_dir(&root)
        .unwrap()
        .map(|e| e.unwrap().path())
        .map(|p| (format!("{folder}/{}", p.file_name().unwrap().to_str().unwrap()), std::fs::read(&p).unwrap()))
        .collect();
    all.sort();
    assert!(all.len() > 30, "{folder} is nearly empty");
    all
}

fn opened(bytes: &[u8]) -> Mail {
    open::open_bytes(bytes, &mut Budget::new(Limits::default(), bytes.len()))
}

fn scanned(path: &str, bytes: &[u8]) -> Report {
    scan_message(&corpus::attach(path, bytes), &Context::default(), "").unwrap()
}

fn kinds(report: &Report, kind: Kind) -> Vec<&str> {
    let all = report.findings.iter().map(|f| f.rule.as_str());
    all.filter(|id| rules::find(id).is_some_and(|r| r.kind == kind)).collect()
}

fn tallies(zip: &ZipFacts) -> Vec<&Tally> {
    vec![
        &zip.headers_hidden,
        &zip.flag_hidden,
        &zip.flag_false,
        &zip.concatenated,
        &zip.disagree,
        &zip.local_only,
        &zip.central_only,
        &zip.miscounted,
        &zip.more_ends,
        &zip.odd_zip64,
        &zip.method_lie,
        &zip.overlap,
        &zip.gaps,
        &zip.damaged,
    ]
}

fn signs(zip: &ZipFacts) -> Vec<&Sign> {
    let single = [zip.encrypted.sign.as_ref(), zip.no_directory.as_ref(), zip.part.as_ref()];
    tallies(zip).iter().flat_map(|t| &t.signs).chain(single.into_iter().flatten()).collect()
}

#[test]
fn every_encrypted_archive_is_found() {
    for (path, bytes) in files("encrypted") {
        let report = scanned(&path, &bytes);
        assert!(!kinds(&report, Kind::Encryption).is_empty(), "{path}: {:?}", report.findings);
        assert!(report.inspection >= Inspection::NamesOnly, "{path}: {:?}", report.inspection);
    }
}

#[test]
fn one_archive_is_said_once() {
    for (path, bytes) in files("encrypted") {
        let report = scanned(&path, &bytes);
        let mut places: Vec<_> =
            report.findings.iter().filter(|f| f.rule == "zip-encrypted").map(|f| f.place.as_str()).collect();
        assert!(places.len() <= 1, "{path}: {places:?}");
        places.dedup();
        for finding in report.findings.iter().filter(|f| f.rule.starts_with("zip-")) {
            let same = report.findings.iter().filter(|f| f.rule == finding.rule && f.place == finding.place);
            assert_eq!(same.count(), 1, "{path}: {finding:?}");
        }
    }
}

#[test]
fn nothing_else_is_called_encrypted() {
    for (path, bytes) in files("structure").into_iter().chain(files("honest")) {
        let report = scanned(&path, &bytes);
        assert_eq!(kinds(&report, Kind::Encryption), Vec::<&str>::new(), "{path}");
    }
}

#[test]
fn honest_archives_are_left_alone() {
    for (path, bytes) in files("honest") {
        let report = scanned(&path, &bytes);
        for finding in &report.findings {
            let ours = rules::find(&finding.rule).is_some_and(|r| r.family == "zip");
            assert!(!ours || finding.severity == Severity::Info, "{path}: {finding:?}");
        }
        assert!(report.inspection <= Inspection::OpaqueUnsupported, "{path}: {:?}", report.inspection);
    }
}

#[test]
fn every_byte_is_accounted_for() {
    for (path, bytes) in ["encrypted", "structure", "honest"].into_iter().flat_map(files) {
        let mail = opened(&bytes);
        for zip in mail.items[1].zips() {
            let mut at = 0;
            for span in &zip.spans {
                assert!(span.start == at && span.end > at, "{path}: {span:?} after {at}");
                at = span.end;
            }
            assert_eq!(at, bytes.len(), "{path}");
            let members = zip.spans.iter().filter(|s| s.kind == SpanKind::Member).count();
            assert!(members <= zip.files + zip.directories, "{path}");
        }
    }
}

#[test]
fn evidence_stands_in_the_file() {
    for (path, bytes) in ["encrypted", "structure"].into_iter().flat_map(files) {
        let mail = opened(&bytes);
        for zip in mail.items[1].zips() {
            for sign in signs(zip) {
                let shown: Vec<u8> = sign.value.split(' ').map(|h| u8::from_str_radix(h, 16).unwrap()).collect();
                assert!(!shown.is_empty(), "{path}: {sign:?}");
                assert_eq!(bytes.get(sign.offset..sign.offset + shown.len()), Some(&shown[..]), "{path}: {sign:?}");
            }
            assert_eq!(zip.encrypted.sign.is_some(), zip.encrypted.count > 0, "{path}");
        }
    }
}

#[test]
fn names_are_decoded() {
    for path in ["encrypted/zipcrypto-cp932.zip", "encrypted/zipcrypto-7z-japanese.zip", "honest/cp932.zip"] {
        let bytes = files(path.split('/').next().unwrap()).into_iter().find(|(p, _)| p == path).unwrap().1;
        let mail = opened(&bytes);
        let mut names: Vec<_> = mail.items.iter().skip(2).map(|i| i.name().to_owned()).collect();
        names.sort();
        assert_eq!(names, ["お見積書.csv", "ソース一覧表.txt", "契約書案.txt"], "{path}");
    }
}

/// The directory of the second archive leads to the first local header of the first one, which does not state its size.
#[test]
fn a_header_of_another_file_claims_no_data() {
    let find = |path: &str| {
        let folder = path.split('/').next().unwrap();
        files(folder).into_iter().find(|(p, _)| p == path).unwrap().1
    };
    let bytes = [find("encrypted/aes256-bsdtar.zip"), find("honest/embedded-in-pieces.doc")].concat();
    let count: usize = opened(&bytes).items[1].zips().map(|z| z.encrypted.count).sum();
    assert!(count >= 3, "{count}");
}

#[test]
fn plain_members_are_opened() {
    let bytes = files("honest").into_iter().find(|(p, _)| p == "honest/word-embedding.docx").unwrap().1;
    let places: Vec<_> = opened(&bytes).items.into_iter().map(|i| i.place).collect();
    assert!(places.contains(&"1!/word/embeddings/sheet1.xlsx!/word/document.xml".to_owned()), "{places:?}");
}
