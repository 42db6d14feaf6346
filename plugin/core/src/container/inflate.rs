//! Raw deflate (RFC 1951) within the budget. Shared by the formats that use it.

use flate2::{Decompress, FlushDecompress, Status};

use memchr::memmem;

use super::sniff::{self, Class};
use crate::budget::{Budget, Limit};

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Plain {
    /// The plain bytes, or only their beginning when no reader would open the rest.
    pub bytes: Vec<u8>,
    /// How many plain bytes there are.
    pub size: u64,
    /// Their CRC-32.
    pub crc: u32,
    /// The data broke off or broke, or the CRC-32 or size is not the stated one.
    pub damaged: bool,
    /// The budget stopped us.
    pub stopped: bool,
    /// How many packed bytes were used.
    pub used: usize,
    /// Broken off, because the whole must be held after all.
    wanted: bool,
}

/// How much is unpacked at a time.
const STEP: usize = 64 << 10;
/// Members up to this size are held whole without a second thought.
const SMALL: usize = 1 << 20;
/// The most plain bytes that one packed byte can stand for (RFC 1951: a match of 258 bytes in two bits).
const MOST_PER_BYTE: usize = 1032;

/// Unpacks, checks CRC-32 and size where they are stated, and holds the bytes only as far as a reader could want them:
/// a large member that neither begins like something readers open nor shows a ZIP signature anywhere is read to its end
/// but not kept.
#[must_use]
pub fn inflate(packed: &[u8], crc: Option<u32>, size: Option<u64>, budget: &mut Budget) -> Plain {
    let first = pass(packed, crc, size, Keep::IfWanted, budget);
    if first.wanted { pass(packed, crc, size, Keep::All, budget) } else { first }
}

/// What to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Keep {
    /// Everything.
    All,
    /// Large members only if their beginning is of a format that readers open.
    IfWanted,
    /// Nothing more; only watch for signatures.
    Nothing,
}

/// One run over the packed data.
fn pass(packed: &[u8], crc: Option<u32>, size: Option<u64>, keep: Keep, budget: &mut Budget) -> Plain {
    let mut sink = Sink { plain: Plain::default(), crc: crc32fast::Hasher::new(), keep, tail: Vec::new() };
    // One allocation of the right size instead of several that grow. The stated size is only believed as far as deflate
    // can reach from this many packed bytes.
    let reach = packed.len().saturating_mul(MOST_PER_BYTE);
    let likely = size.and_then(|s| usize::try_from(s).ok()).unwrap_or(SMALL).min(reach);
    let room = if keep == Keep::All { likely } else { likely.min(SMALL.saturating_add(STEP)) };
    if room as u64 <= budget.memory_left() {
        sink.plain.bytes.reserve_exact(room);
    }
    let mut state = Decompress::new(false);
    let mut step = vec![0u8; STEP.min(packed.len().saturating_mul(8).max(512))];
    loop {
        let (used, made) = (state.total_in(), state.total_out());
        let input = packed.get(usize::try_from(used).unwrap_or(usize::MAX)..).unwrap_or(&[]);
        let status = state.decompress(input, &mut step, FlushDecompress::None);
        let got = usize::try_from(state.total_out().saturating_sub(made)).unwrap_or(0);
        let out = step.get(..got).unwrap_or(&[]);
        let total = usize::try_from(state.total_out()).unwrap_or(usize::MAX);
        if budget.take_bytes(got).is_err() || budget.check_ratio(packed.len(), total).is_err() {
            sink.plain.stopped = true;
            break;
        }
        sink.take(out, budget);
        match status {
            Ok(Status::StreamEnd) => break,
            _ if sink.plain.stopped || sink.plain.wanted => break,
            Ok(_) if got > 0 || state.total_in() > used => {}
            Ok(_) | Err(_) => {
                sink.plain.damaged = true;
                break;
            }
        }
    }
    let mut plain = sink.plain;
    plain.size = state.total_out();
    plain.crc = sink.crc.finalize();
    plain.used = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
    if !plain.stopped && !plain.wanted {
        plain.damaged |= crc.is_some_and(|c| c != plain.crc) || size.is_some_and(|s| s != plain.size);
    }
    plain
}

/// Where unpacked bytes go.
struct Sink {
    plain: Plain,
    crc: crc32fast::Hasher,
    keep: Keep,
    /// The last bytes of the previous step, so that no signature hides across a seam.
    tail: Vec<u8>,
}

impl Sink {
    fn take(&mut self, out: &[u8], budget: &mut Budget) {
        self.crc.update(out);
        if self.keep == Keep::Nothing {
            self.watch(out);
            return;
        }
        let held = self.plain.bytes.len().saturating_add(out.len());
        if held as u64 > budget.memory_left() {
            budget.note(Limit::Bytes);
            self.plain.stopped = true;
            return;
        }
        self.plain.bytes.extend_from_slice(out);
        if self.keep == Keep::IfWanted && held > SMALL {
            self.keep = if is_opened(&self.plain.bytes) { Keep::All } else { Keep::Nothing };
            if self.keep == Keep::Nothing {
                let beginning = core::mem::take(&mut self.plain.bytes);
                self.watch(&beginning);
                self.plain.bytes = beginning.get(..STEP.min(beginning.len())).unwrap_or(&[]).to_vec();
            }
        }
    }

    /// Looks for ZIP signatures in what goes by.
    fn watch(&mut self, out: &[u8]) {
        self.tail.extend_from_slice(out.get(..3.min(out.len())).unwrap_or(out));
        self.plain.wanted |= has_zip_signature(&self.tail) || has_zip_signature(out);
        self.tail.clear();
        self.tail.extend_from_slice(out.get(out.len().saturating_sub(3)..).unwrap_or(out));
    }
}

/// Would some reader open bytes that begin like this?
fn is_opened(bytes: &[u8]) -> bool {
    matches!(
        sniff::sniff(bytes).class,
        Class::Archive | Class::Compressor | Class::DiskImage | Class::Message | Class::Text | Class::Markup
    )
}

/// A local header, a central header or an end record (APPNOTE 4.3).
fn has_zip_signature(bytes: &[u8]) -> bool {
    memmem::find_iter(bytes, b"PK").any(|at| {
        matches!(bytes.get(at.saturating_add(2)..at.saturating_add(4)), Some(b"\x03\x04" | b"\x01\x02" | b"\x05\x06"))
    })
}

/// What happened when data were unpacked on trial.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// How many plain bytes came out.
    pub size: u64,
    /// Their CRC-32.
    pub crc: u32,
    /// How many packed bytes were used.
    pub used: usize,
    /// The data came to their proper end.
    pub complete: bool,
    /// The data are not deflate data from some point on.
    pub broken: bool,
}

/// Unpacks on trial, to see whether bytes are what they are said to be. Keeps nothing of what comes out.
#[derive(Default)]
pub struct Prober {
    state: Option<Decompress>,
    step: Vec<u8>,
}

impl Prober {
    /// Unpacks until the data end or break, or more than `most` bytes came out. Pays by [`Budget::take_work`]; a run
    /// that cannot be paid for is neither complete nor broken.
    pub fn run(&mut self, packed: &[u8], most: u64, budget: &mut Budget) -> Run {
        self.step.resize(STEP, 0);
        let state = self.state.get_or_insert_with(|| Decompress::new(false));
        state.reset(false);
        let (mut run, mut crc) = (Run::default(), crc32fast::Hasher::new());
        // The first step is small: most wrong guesses break within a few bytes.
        let mut length = 512usize;
        loop {
            let input = packed.get(run.used..).unwrap_or(&[]);
            let room = self.step.get_mut(..length).unwrap_or(&mut []);
            let status = state.decompress(input, room, FlushDecompress::None);
            let got = usize::try_from(state.total_out().saturating_sub(run.size)).unwrap_or(0);
            let stuck = got == 0 && state.total_in() == run.used as u64;
            crc.update(self.step.get(..got).unwrap_or(&[]));
            run.size = state.total_out();
            run.used = usize::try_from(state.total_in()).unwrap_or(usize::MAX);
            run.complete = matches!(status, Ok(Status::StreamEnd));
            run.broken = status.is_err();
            let unpaid =
                budget.take_work(got as u64).is_err() || budget.check_ratio(packed.len(), run.size as usize).is_err();
            if unpaid || run.complete || run.broken || stuck || run.size > most {
                run.complete &= !unpaid;
                run.crc = crc.finalize();
                return run;
            }
            length = STEP;
        }
    }
}
