//! Any bytes as an Authentication-Results field, above and below the border: no panic, and nobody is believed whom the
//! policy does not name.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::Context;
use sekisho_core::sender::policy::{Prepared, SenderPolicy};
use sekisho_core::sender::read;

fuzz_target!(|value: &[u8]| {
    let head = [b"Authentication-Results: ", value, b"\r\nReceived: from x by mx.example\r\nFrom: a@b.example\r\n\r\n"].concat();
    let nobody = read(&head, &Prepared::default(), &Context::default());
    assert!(!nobody.authentication.is_proved());
    let policy = SenderPolicy { trusted_authserv: vec!["mx.example".to_owned()], ..SenderPolicy::default() };
    let _ = read(&head, &Prepared::new(policy, Vec::new()), &Context::default());
});
