//! What must hold for every message: spending a budget is never clean, and the same message gives the same report.

use proptest::prelude::*;
use sekisho_core::{Context, Inspection, Report, scan_message};
use sekisho_judge::corpus::{self, Case};

fn scan(message: &[u8], policy: &str) -> Report {
    scan_message(message, &Context::default(), policy).expect("the policy is right")
}

fn cases() -> &'static [Case] {
    static CASES: std::sync::OnceLock<Vec<Case>> = std::sync::OnceLock::new();
    CASES.get_or_init(|| corpus::all(&corpus::root(env!("CARGO_MANIFEST_DIR"))))
}

/// One bound of the budget, made small.
fn small_limit() -> impl Strategy<Value = String> {
    prop_oneof![
        (1u64..200).prop_map(|n| format!(r#"{{"limits":{{"bytes":{n}}}}}"#)),
        (1u64..200).prop_map(|n| format!(r#"{{"limits":{{"memory":{n}}}}}"#)),
        (1u64..12).prop_map(|n| format!(r#"{{"limits":{{"entries":{n}}}}}"#)),
        (1u64..4).prop_map(|n| format!(r#"{{"limits":{{"depth":{n}}}}}"#)),
        (1u64..200).prop_map(|n| format!(r#"{{"limits":{{"work":{n}}}}}"#)),
        (1u64..3).prop_map(|n| format!(r#"{{"limits":{{"ratio":{n}}}}}"#)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// A scan that was cut short says so; one that was not is the scan without the bound.
    #[test]
    fn a_spent_budget_is_never_clean(index in any::<prop::sample::Index>(), policy in small_limit()) {
        let case = &cases()[index.index(cases().len())];
        let bounded = scan(&case.message, &policy);
        if bounded.findings.iter().any(|f| f.rule.starts_with("limit-")) {
            prop_assert!(bounded.inspection >= Inspection::OpaqueLimit, "{}: {:?}", case.path, bounded.inspection);
            prop_assert!(bounded.action > sekisho_core::Action::Tag, "{}: {:?}", case.path, bounded.action);
        } else {
            let free = scan(&case.message, "");
            prop_assert_eq!(bounded.inspection, free.inspection, "{}", &case.path);
            prop_assert_eq!(bounded.parts, free.parts, "{}", &case.path);
        }
    }

    /// Damaged mail: no panic, and the same report twice.
    #[test]
    fn the_same_message_gives_the_same_report(
        index in any::<prop::sample::Index>(),
        at in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut message = cases()[index.index(cases().len())].message.clone();
        let at = at.index(message.len());
        message[at] = byte;
        message.truncate(message.len() - cut.index(message.len()) / 4);
        prop_assert_eq!(scan(&message, ""), scan(&message, ""));
    }
}
