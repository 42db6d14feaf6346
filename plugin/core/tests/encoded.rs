//! Files encoded inside texts: everything in the corpus folder `encoded` hides an archive that must be found, everything
//! in `encoded/honest` must be left alone.
#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests stop at the first surprise")]

use sekisho_core::{Context, scan_message};

#[path = "../../../host-test/judge/src/corpus.rs"]
#[allow(dead_code, clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "shared with the judge")]
mod corpus;

#[test]
fn what_is_encoded_in_text_is_found_and_honest_text_is_left_alone() {
    let mut seen = [0, 0];
    for case in corpus::all(&corpus::root(env!("CARGO_MANIFEST_DIR"))) {
        if !case.path.starts_with("encoded/") {
            continue;
        }
        let report = scan_message(&case.message, &Context::default(), "").unwrap();
        let honest = case.path.starts_with("encoded/honest/");
        if honest {
            assert!(report.findings.is_empty(), "{}: {:?}", case.path, report.findings);
        } else {
            let inside = |p: &&sekisho_core::Part| p.place.contains("!/#") && !p.place.ends_with("/invoice.txt");
            let archive = report.parts.iter().filter(inside).any(|p| {
                matches!(p.format.as_str(), "zip" | "sevenz" | "gzip")
                    || report.parts.iter().any(|member| member.place == format!("{}!/invoice.txt", p.place))
            });
            assert!(archive, "{}: {:?}", case.path, report.parts);
        }
        let [hiding, left_alone] = &mut seen;
        *(if honest { left_alone } else { hiding }) += 1;
    }
    assert!(seen.iter().all(|n| *n > 10), "{seen:?}");
}
