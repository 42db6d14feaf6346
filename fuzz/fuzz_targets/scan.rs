//! Any bytes as a message: no panic, and the same report twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::{Context, scan_message, wire::report_to_json};

fuzz_target!(|message: &[u8]| {
    let scan = || scan_message(message, &Context::default(), "").map(|r| report_to_json(&r));
    assert_eq!(scan(), scan());
});
