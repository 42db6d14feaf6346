//! Any bytes as a header or the value of a From field: no panic, and the same report twice.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::{Context, check_sender, wire::report_to_json};

const POLICY: &str = r#"{"sender":{"protected":["merrowmint.com","hoshimaru.co.jp"],
    "vips":[{"names":["佐倉 遥"],"addresses":["haruka@hoshimaru.co.jp"]}],"trusted-authserv":["mx.hoshimaru.co.jp"]}}"#;

fuzz_target!(|sender: &[u8]| {
    let check = || check_sender(sender, &Context::default(), POLICY).map(|r| report_to_json(&r));
    assert_eq!(check(), check());
});
