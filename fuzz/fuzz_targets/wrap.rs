//! Any bytes as a gzip, tar or ar file: no panic, and all offsets that are reported lie within them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::budget::{Budget, Limits};
use sekisho_core::container::open::open_bytes;

fuzz_target!(|file: &[u8]| {
    let mut budget = Budget::new(Limits::default(), file.len());
    let mail = open_bytes(file, &mut budget);
    for item in &mail.items {
        assert!(item.inspection >= item.own_inspection);
        for archive in item.archives().filter(|_| item.depth == 1) {
            let noted = archive.damage.iter().chain(&archive.unread).map(|(at, _)| *at);
            assert!(noted.chain(archive.trailing.map(|(at, length)| at + length)).all(|at| at <= file.len()));
        }
    }
});
