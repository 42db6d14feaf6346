//! The sandbox needs little more memory than the message: at most 2.2 times its length and 4 MiB. Where a member of an
//! archive unpacks to more than the message and has to be held, its length counts in place of the message's; how much may
//! be held at once is `limits.memory`.

use std::sync::{Arc, Mutex};

use sekisho_host::{Call, Context, Host, Metrics};
use sekisho_judge::corpus;

/// Keeps the calls it is told about.
#[derive(Default)]
struct Calls(Mutex<Vec<Call>>);

impl Metrics for Calls {
    fn call(&self, call: &Call) {
        self.0.lock().expect("nobody panicked").push(call.clone());
    }
}

/// The most memory a message may need whose largest object has this length, bytes.
fn most(largest: usize) -> usize {
    largest * 22 / 10 + (4 << 20)
}

/// Bytes without a pattern (xorshift), so that nothing packs them.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2026_1124_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    std::iter::repeat_with(|| next().to_le_bytes()).flatten().take(length).collect()
}

#[test]
fn a_scan_needs_little_more_memory_than_the_message() {
    let calls = Arc::new(Calls::default());
    let host = Host::embedded().expect("the embedded component loads").with_metrics(calls.clone());
    let mut cases = corpus::all(&corpus::root(env!("CARGO_MANIFEST_DIR")));
    for megabytes in [1, 5, 18] {
        let path = format!("noise-{megabytes}mb.bin");
        let message = corpus::attach(&path, &noise(megabytes << 20));
        cases.push(corpus::Case { path, message });
    }
    for case in &cases {
        let report = host.scan_message(&case.message, &Context::default(), "").expect("the sandbox answers");
        let call = calls.0.lock().expect("nobody panicked").pop().expect("the call was counted");
        assert!(call.memory > 0);
        let unpacked = report.parts.iter().map(|p| p.size as usize).filter(|size| *size <= 64 << 20).max().unwrap_or(0);
        let most = most(case.message.len().max(unpacked));
        assert!(call.memory <= most, "{}: {} of {most} bytes", case.path, call.memory);
    }
}
