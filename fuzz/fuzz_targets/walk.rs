//! Any bytes walked as a message: every byte accounted for once, in order, and all that is described lies within them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::budget::{Budget, Limits};
use sekisho_core::message::{Message, walk, walk_body};

fn check(bytes: &[u8], message: &Message) {
    let mut at = 0;
    for span in &message.spans {
        assert_eq!(span.range.start, at);
        assert!(span.range.end > at);
        at = span.range.end;
    }
    assert_eq!(at, bytes.len());
    for part in message.parts.iter().chain(&message.hidden) {
        assert!(part.header.start <= part.header.end && part.header.end <= part.body.start);
        for range in core::iter::once(&part.body).chain(part.readings.iter().map(|r| &r.body)) {
            assert!(range.start <= range.end && range.end <= bytes.len());
        }
    }
}

fuzz_target!(|bytes: &[u8]| {
    let budget = || Budget::new(Limits::default(), bytes.len());
    check(bytes, &walk(bytes, &mut budget()));
    check(bytes, &walk_body(bytes, &mut budget()));
});
