//! Any text as a domain, any bytes as a packed index: no panic; folding twice is folding once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::sender::brands;
use sekisho_core::sender::lookalike::{Index, search};
use sekisho_core::text::domain::Domain;
use sekisho_core::text::fold::fold;
use sekisho_core::text::skeleton::skeleton;

fuzz_target!(|input: (&str, &[u8])| {
    let (text, packed) = input;
    let domain = Domain::parse(text);
    let key = skeleton(&fold(domain.label()));
    assert_eq!(skeleton(&key), key);
    let indexes: Vec<_> = brands::index().into_iter().chain(Index::open(packed)).collect();
    for found in search(&domain, &indexes) {
        assert!(found.score <= 1000);
    }
});
