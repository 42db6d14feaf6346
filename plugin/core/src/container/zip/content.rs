//! What a member really is: plain, encrypted, or neither as its headers say. The data decide, where they can.

use super::encryption::{Mark, Scheme, Signs};
use super::header::{AES_OR_LZFSE, DEFLATE64, DEFLATED, FLAG_MASKED, Header, STORED};
use super::member::Member;
use super::names;
use crate::budget::{Budget, Limit};
use crate::container::inflate::{Prober, Run};
use crate::container::tree::Content;
use crate::report::Inspection;

/// The data of so many members are tried, to see through flags that lie. Beyond, the flags count.
const TRIED: usize = 2048;
/// Encrypted data taken for deflate data break within so many bytes of output.
const AT_ONCE: u64 = 64;
/// So much longer than the plain data are data under traditional encryption (APPNOTE 6.1.3).
const ZIPCRYPTO_HEADER: u64 = 12;

/// What was found out about one member.
#[derive(Clone, Debug, Default)]
pub struct Verdict<'a> {
    /// How it is encrypted.
    pub scheme: Option<(Scheme, Mark)>,
    /// It is encrypted and no flag says so.
    pub flag_hidden: bool,
    /// Something says that it is encrypted, and it is not.
    pub flag_false: Option<Mark>,
    /// What the data are packed with, when the headers say something else.
    pub method_lie: Option<&'static str>,
    /// What is wrong with the data.
    pub damage: Option<&'static str>,
    /// It is a directory.
    pub directory: bool,
    /// There are no data, and there should be none.
    pub empty: bool,
    /// Its data, in every reading.
    pub readings: Vec<Content<'a>>,
    /// Where its data begin, for evidence.
    pub data: Option<Mark>,
}

/// Judges members one after the other.
pub struct Judge<'a, 'b> {
    bytes: &'a [u8],
    budget: &'b mut Budget,
    prober: Prober,
    tried: usize,
    /// Bytes that members may have in common with others and are read again for.
    shared: usize,
    /// Names are hidden: the directory is encrypted.
    names_hidden: bool,
    /// The archive lies in a format that may hold it in pieces.
    in_pieces: bool,
}

/// CRC-32 and length of plain data, as stated.
type Stated = (u32, u64);

impl<'a, 'b> Judge<'a, 'b> {
    /// A judge of the members in these bytes.
    pub fn new(bytes: &'a [u8], budget: &'b mut Budget, names_hidden: bool, in_pieces: bool) -> Self {
        Self { bytes, budget, prober: Prober::default(), tried: 0, shared: bytes.len(), names_hidden, in_pieces }
    }

    /// Judges one member by its headers, the central one first.
    pub fn judge(&mut self, member: &Member, headers: &[Header<'a>]) -> Verdict<'a> {
        let mut verdict = Verdict::default();
        let data = self.bytes.get(member.start..member.end).unwrap_or(&[]);
        let nothing = data.is_empty() && headers.iter().all(|h| h.packed == 0) && !member.short && !member.guessed;
        verdict.directory = nothing && headers.iter().any(names::is_directory);
        verdict.empty = nothing && member.local.is_some();
        if member.local.is_some() {
            verdict.data = Some(Mark { at: member.start, len: data.len().min(12), field: "member data" });
        }
        let mut signs = Signs::of(self.bytes, headers, (member.start, member.end));
        signs.flag = signs.flag.or(headers.iter().find(|h| h.has(FLAG_MASKED)).map(Mark::flags));
        if verdict.directory {
            verdict.readings.push(Content::Sealed(Inspection::Inspected));
        } else if verdict.empty {
            verdict.readings.push(Content::Slice(&[]));
        } else if member.local.is_none() || (member.shares && !self.pay_again(data.len())) {
            verdict.scheme = signs.mark().map(|mark| (signs.scheme(), mark));
            if member.local.is_some() {
                verdict.readings.push(Content::Sealed(Inspection::OpaqueLimit));
            } else if member.elsewhere {
                verdict.readings.push(Content::Sealed(Inspection::Broken));
            } else {
                verdict.damage = Some("no local header where the directory says");
            }
        } else {
            self.open(&mut verdict, member, headers, &signs, data);
        }
        if verdict.scheme.is_some() {
            let hidden = self.names_hidden || headers.iter().any(Header::is_masked);
            let state = if hidden { Inspection::OpaqueEncrypted } else { Inspection::NamesOnly };
            verdict.readings.push(Content::Sealed(state));
        }
        if member.short {
            verdict.damage = Some("the data end before their stated size");
        }
        if verdict.damage.is_some() {
            verdict.readings.push(Content::Sealed(Inspection::Broken));
        }
        verdict
    }

    /// Looks at the data, twice if the two headers state different lengths.
    fn open(
        &mut self,
        verdict: &mut Verdict<'a>,
        member: &Member,
        headers: &[Header<'a>],
        signs: &Signs,
        data: &'a [u8],
    ) {
        let expected = stated(self.bytes, headers, member);
        let lengths = headers.iter().filter_map(Header::stated_packed).filter_map(|n| usize::try_from(n).ok());
        let other = lengths.filter(|n| *n != data.len() && *n > 0 && !member.short).find_map(|n| {
            let end = member.start.checked_add(n)?;
            self.bytes.get(member.start..end)
        });
        let other = other.filter(|o| self.pay_again(o.len()));
        let runs = || [Some(data), other].into_iter().flatten();
        if let Some(mark) = signs.mark() {
            // Something says "encrypted". If the data decode to the stated CRC-32 all the same, it lies.
            let aes = signs.aes.map(|(aes, _)| aes.method);
            let methods = || headers.iter().map(|h| h.method).chain(aes).filter(|m| *m != AES_OR_LZFSE);
            let plain = runs().find_map(|run| methods().find_map(|method| self.decodes(method, run, &expected)));
            verdict.flag_false = plain.is_some().then_some(mark);
            if plain.is_none() {
                verdict.scheme = Some((signs.scheme(), mark));
                verdict.flag_hidden = signs.flag.is_none();
            }
            verdict.readings.extend(plain);
            return;
        }
        let mut sound = false;
        let first = headers.first().map_or(STORED, |h| h.method);
        let second = headers.get(1).map(|h| h.method).filter(|m| *m != first);
        for run in runs() {
            for method in [Some(first), second].into_iter().flatten() {
                let damage = match method {
                    STORED => self.stored(verdict, member, run, &expected),
                    DEFLATED => self.deflated(verdict, member, run, &expected),
                    _ => self.unsupported(verdict, method, run, &expected),
                };
                sound |= damage.is_none();
                verdict.damage = verdict.damage.or(damage);
            }
        }
        if sound {
            // The headers contradict each other and one of them is right: that is no damage.
            verdict.damage = None;
        }
    }

    /// Stored data; what is wrong with them, if something is.
    fn stored(
        &mut self,
        verdict: &mut Verdict<'a>,
        member: &Member,
        data: &'a [u8],
        expected: &[Stated],
    ) -> Option<&'static str> {
        if self.is_stored(data, expected) {
            verdict.readings.push(Content::Slice(data));
            return None;
        }
        if let Some(content) = self.is_deflated(data, expected) {
            verdict.method_lie = Some("deflate");
            verdict.readings.push(content);
            return None;
        }
        let longer = |(_, plain): &Stated| plain.checked_add(ZIPCRYPTO_HEADER) == Some(data.len() as u64);
        if !member.short && expected.iter().any(longer) && self.may_be_secret(member, data) {
            self.hide(verdict);
            return None;
        }
        verdict.readings.push(Content::Slice(data));
        Some(match expected.first() {
            None => "nothing states where the data end",
            Some((_, plain)) if *plain != data.len() as u64 => "stored data have another size than stated",
            Some(_) => "stored data do not have the stated crc-32",
        })
    }

    /// Deflated data. Whether they are whole is seen when they are unpacked.
    fn deflated(
        &mut self,
        verdict: &mut Verdict<'a>,
        member: &Member,
        data: &'a [u8],
        expected: &[Stated],
    ) -> Option<&'static str> {
        let (crc, size) = expected.first().map_or((None, None), |(crc, plain)| (Some(*crc), Some(*plain)));
        let packed = Content::Deflate { packed: data, crc, size };
        if !self.breaks_at_once(data) {
            verdict.readings.push(packed);
        } else if self.is_stored(data, expected) {
            verdict.method_lie = Some("stored");
            verdict.readings.push(Content::Slice(data));
        } else if let Some(other) = foreign_stream(data) {
            verdict.method_lie = Some(other);
            verdict.readings.push(Content::Sealed(Inspection::OpaqueUnsupported));
        } else if !member.short && !member.guessed && self.may_be_secret(member, data) {
            self.hide(verdict);
        } else {
            verdict.readings.push(packed);
            return Some("deflated data break at once");
        }
        None
    }

    /// A method that is not implemented, if it is true.
    fn unsupported(
        &mut self,
        verdict: &mut Verdict<'a>,
        method: u16,
        data: &'a [u8],
        expected: &[Stated],
    ) -> Option<&'static str> {
        if let Some(content) = self.is_deflated(data, expected) {
            // Most short Deflate64 streams are deflate streams as well.
            verdict.method_lie = (method != DEFLATE64).then_some("deflate");
            verdict.readings.push(content);
        } else if self.is_stored(data, expected) {
            verdict.method_lie = Some("stored");
            verdict.readings.push(Content::Slice(data));
        } else {
            verdict.readings.push(Content::Sealed(Inspection::OpaqueUnsupported));
        }
        None
    }

    /// Could data that do not decode be ciphertext? Where an archive may lie in pieces, the next record must at least
    /// stand where these data end.
    fn may_be_secret(&self, member: &Member, data: &[u8]) -> bool {
        let in_one_piece = || self.bytes.get(member.after..).is_some_and(|b| b.starts_with(b"PK"));
        looks_random(data) && (!self.in_pieces || in_one_piece())
    }

    /// The data are no plain data, look like noise and have room for an encryption header.
    fn hide(&mut self, verdict: &mut Verdict<'a>) {
        if let Some(mark) = verdict.data {
            verdict.scheme = Some((Scheme::ZipCrypto, mark));
            verdict.flag_hidden = true;
        }
    }

    /// The data as content, if they decode to what is stated.
    fn decodes(&mut self, method: u16, data: &'a [u8], expected: &[Stated]) -> Option<Content<'a>> {
        match method {
            STORED => self.is_stored(data, expected).then_some(Content::Slice(data)),
            DEFLATED => self.is_deflated(data, expected),
            _ => None,
        }
    }

    /// Do the data as they are have the stated size and CRC-32?
    fn is_stored(&mut self, data: &[u8], expected: &[Stated]) -> bool {
        let mut fitting = expected.iter().filter(|(_, plain)| *plain == data.len() as u64).peekable();
        if fitting.peek().is_none() || self.budget.take_work(data.len() as u64).is_err() {
            return false;
        }
        let crc = crc32fast::hash(data);
        fitting.any(|(stated, _)| *stated == crc)
    }

    /// The data as content, if they inflate to the stated size and CRC-32. AE-2 states no CRC-32; then they must at
    /// least end exactly where they should.
    fn is_deflated(&mut self, data: &'a [u8], expected: &[Stated]) -> Option<Content<'a>> {
        if expected.is_empty() || !self.may_try() {
            return None;
        }
        let run = self.prober.run(data, u64::MAX, self.budget);
        let fits = |(crc, plain): &&Stated| {
            *plain == run.size && (*crc == run.crc || (*crc == 0 && run.size > AT_ONCE && run.used == data.len()))
        };
        let (_, plain) = expected.iter().filter(|_| run.complete).find(fits)?;
        Some(Content::Deflate { packed: data, crc: Some(run.crc), size: Some(*plain) })
    }

    /// Do the data inflate to exactly this?
    pub fn inflates(&mut self, data: &[u8], crc: u32, size: u64) -> bool {
        let run = self.prober.run(data, size, self.budget);
        run.complete && (run.crc, run.size) == (crc, size)
    }

    /// Deflate data that break, or end long before their end, within the first bytes.
    fn breaks_at_once(&mut self, data: &[u8]) -> bool {
        if !self.may_try() {
            return false;
        }
        let Run { size, used, complete, broken, .. } = self.prober.run(data, AT_ONCE, self.budget);
        size <= AT_ONCE && (broken || (complete && used.saturating_add(8) < data.len()))
    }

    fn may_try(&mut self) -> bool {
        self.tried = self.tried.saturating_add(1);
        self.tried <= TRIED
    }

    /// Members that share bytes are read as long as this does not multiply the work.
    fn pay_again(&mut self, len: usize) -> bool {
        match self.shared.checked_sub(len) {
            Some(left) => {
                self.shared = left;
                true
            }
            None => {
                self.budget.note(Limit::Work);
                false
            }
        }
    }
}

/// Every CRC-32 and plain size that something states for the member.
fn stated(bytes: &[u8], headers: &[Header<'_>], member: &Member) -> Vec<Stated> {
    let states = |h: &&Header<'_>| h.crc != 0 || h.plain != 0;
    let mut all: Vec<Stated> = headers.iter().filter(states).map(|h| (h.crc, h.plain)).collect();
    all.extend(member.descriptor(bytes).map(|d| (d.crc, d.plain)));
    all.dedup();
    all
}

/// The compressor a stream of another kind than deflate was made with, by its first bytes.
fn foreign_stream(data: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 5] = [
        (b"BZh", "bzip2"),
        (b"\xFD7zXZ\0", "xz"),
        (b"\x28\xB5\x2F\xFD", "zstd"),
        (b"\x1F\x8B\x08", "gzip"),
        (b"\x5D\0\0", "lzma"),
    ];
    known.iter().find(|(magic, _)| data.starts_with(magic)).map(|(_, name)| *name)
}

/// Do the first bytes use as many different values as noise does? Ciphertext does, text and most plain data do not.
fn looks_random(data: &[u8]) -> bool {
    let sample = data.get(..data.len().min(512)).unwrap_or(data);
    let mut seen = [false; 256];
    let mut different = 0u32;
    for byte in sample {
        if let Some(slot) = seen.get_mut(usize::from(*byte))
            && !core::mem::replace(slot, true)
        {
            different = different.saturating_add(1);
        }
    }
    // Of 256 values, noise leaves 255/256 of those unseen with every byte; four fifths of what noise shows is far above
    // plain data. In units of 1/65536, so that every platform counts alike.
    let unseen = sample.iter().fold(256u64 << 16, |unseen, _| unseen.saturating_sub(unseen.div_euclid(256)));
    let noise = (256u64 << 16).saturating_sub(unseen);
    sample.len() as u64 > ZIPCRYPTO_HEADER && (u64::from(different) << 16).saturating_mul(5) >= noise.saturating_mul(4)
}
