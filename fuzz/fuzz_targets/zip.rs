//! Any bytes as a file: no panic, every byte of the archives in it accounted for, evidence that stands in the file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::budget::{Budget, Limits};
use sekisho_core::container::open::open_bytes;

fuzz_target!(|file: &[u8]| {
    let mail = open_bytes(file, &mut Budget::new(Limits::default(), file.len()));
    for zip in mail.items.get(1).into_iter().flat_map(|item| item.zips()) {
        let mut at = 0;
        for span in &zip.spans {
            assert!(span.start == at && span.end > at, "{span:?} after {at}");
            at = span.end;
        }
        assert_eq!(at, file.len());
        for sign in &zip.encrypted.sign {
            let shown: Vec<u8> = sign.value.split(' ').filter_map(|h| u8::from_str_radix(h, 16).ok()).collect();
            assert_eq!(file.get(sign.offset..sign.offset + shown.len()), Some(&shown[..]));
        }
    }
});
