//! A client of clamd that says anything: no panic, no content beyond the limit, the same requests however its bytes are cut,
//! and every content becomes a mail that holds it.

#![no_main]

use libfuzzer_sys::fuzz_target;
use sekisho_protocol::clamd::content::mail;
use sekisho_protocol::clamd::session::{Call, Request, Session};

/// The largest content.
const LIMIT: usize = 4096;

fn calls<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Vec<Call> {
    let (mut session, mut calls) = (Session::new(LIMIT), Vec::new());
    for mut bytes in pieces {
        while let Some(call) = session.take(&mut bytes) {
            // What ends a connection.
            let last = matches!(call.request, Request::Scan(None) | Request::Unknown | Request::End);
            calls.push(call);
            if last {
                return calls;
            }
        }
        assert!(session.kept() <= LIMIT, "more than the limit is kept");
    }
    calls
}

fuzz_target!(|data: &[u8]| {
    let Some((&piece, stream)) = data.split_first() else { return };
    let whole = calls([stream].into_iter());
    assert!(calls(stream.chunks(usize::from(piece) + 1)) == whole, "the cut matters");
    // The stream as content of its own, too: few streams hold a chunk.
    let contents = whole.into_iter().filter_map(|call| match call.request {
        Request::Scan(content) => content,
        _ => None,
    });
    for content in contents.chain([stream.to_vec()]) {
        let size = content.len();
        let mail = mail(content);
        assert!(mail.size == mail.bytes.len() && mail.bytes.len() <= 2 * size + 1024);
    }
});
