//! Any bytes as a rule document of every dialect: the first byte chooses which one reads them, the rest is the document.
//! No panic, no endless work, the same answer each time, no more rules than bytes, and every place lies in the document.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::budget::{Budget, Limits};
use sekisho_core::forwarding::{DIALECTS, read, sieve};
use sekisho_core::{Context, lint_forwarding, wire};

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, document)) = bytes.split_first() else { return };
    // One choice more than there are dialects: recognised by content.
    let choice = usize::from(*choice) % (DIALECTS.len() + 1);
    let dialect = DIALECTS.get(choice).map_or("", |d| d.name);
    let set = read(document, Some(dialect), &mut Budget::new(Limits::default(), document.len()));
    assert!(set.rules.len() <= document.len() + 1);
    for rule in &set.rules {
        assert!(rule.span.start <= rule.span.end);
        let _ = (set.place(rule.span), set.condition(rule));
    }
    let lint = || lint_forwarding(document, dialect, &Context::default(), "").expect("the policy is right");
    assert_eq!(wire::report_to_json(&lint()), wire::report_to_json(&lint()));
    if dialect == "sieve" {
        let printed = sieve::reprint(&String::from_utf8_lossy(document));
        assert_eq!(sieve::reprint(&printed), printed);
    }
});
