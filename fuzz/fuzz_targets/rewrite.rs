//! Any bytes as a message: edits never panic, none means no change, and what replaces the whole body is all of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::{Edit, rewrite};

fuzz_target!(|message: &[u8]| {
    let edit = |place: &str, kind: &str, value: &str| Edit {
        place: place.to_owned(),
        kind: kind.to_owned(),
        value: value.to_owned(),
    };
    assert_eq!(rewrite(message, &[]), message);
    let _ = rewrite(
        message,
        &[
            edit("", "add-header", "X-Note: 注意"),
            edit("", "prepend-subject", "[!]"),
            edit("", "prepend-text", "--b\n注意"),
            edit("2", "remove-part", ""),
            edit("1.1", "replace-part", "gone"),
        ],
    );
    let emptied = rewrite(message, &[edit("", "replace-part", "gone")]);
    assert!(emptied.ends_with(b"gone"));
});
