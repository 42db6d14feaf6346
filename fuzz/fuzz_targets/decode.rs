//! Any bytes as a body in every transfer encoding: no panic, no reading longer than promised, and base64 as the plainest
//! decoder there is would read it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_core::message::decode::{OTHERS, TransferEncoding, base64_value, decode};

/// Skips what is foreign, stops at padding where a quad may end (RFC 2045 section 6.8).
fn plainest(body: &[u8]) -> Vec<u8> {
    let (mut out, mut bits, mut held) = (Vec::new(), 0u32, 0);
    for byte in body {
        match base64_value(*byte) {
            Some(value) => {
                (bits, held) = (bits << 6 | u32::from(value), held + 1);
                if held == 4 {
                    out.extend_from_slice(&bits.to_be_bytes()[1..]);
                    (bits, held) = (0, 0);
                }
            }
            None if *byte == b'=' && held >= 2 => break,
            None => {}
        }
    }
    let last = (bits << (6 * (4 - held))).to_be_bytes();
    out.extend_from_slice(&last[1..][..[0, 0, 1, 2][held]]);
    out
}

fuzz_target!(|body: &[u8]| {
    use TransferEncoding::{Base64, Identity, QuotedPrintable, Uuencode};
    for encoding in [Identity, Base64, QuotedPrintable, Uuencode] {
        let decoded = decode(body, encoding);
        assert!(decoded.bytes.len() <= body.len() && decoded.others.len() <= OTHERS);
        assert!(decoded.others.iter().all(|other| other.bytes().len() <= other.most()));
        assert!(decoded.notes.iter().all(|note| note.offset() <= body.len()));
        if encoding == Base64 {
            assert_eq!(*decoded.bytes, plainest(body));
        }
    }
});
