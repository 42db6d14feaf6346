//! BinHex 4.0 (RFC 1741 appendix A): six bits a character between two colons, run-length coded, with a header that names
//! the file and both its forks.

use crate::budget::{Budget, Exhausted, Limit};
use crate::bytes::{array, u16_be, u32_be};

/// What stands in the line before the data.
pub(super) const MARK: &[u8] = b"(This file must be converted with BinHex";

/// The characters and their values (RFC 1741 appendix A).
const ALPHABET: &[u8; 64] = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
/// Marks a repetition.
const REPEAT: u8 = 0x90;
/// How far behind the mark the first colon may stand.
const WINDOW: usize = 512;
/// How much is decoded between two looks at the budget.
const STEP: usize = 16 << 10;

/// A decoded file.
pub(super) struct File {
    pub(super) name: Vec<u8>,
    /// The data fork: the file as other systems know it.
    pub(super) data: Vec<u8>,
    /// The resource fork.
    pub(super) resource: Vec<u8>,
    /// Behind the second colon.
    pub(super) end: usize,
    /// The second colon is there, both forks are whole, and all three CRCs are right.
    pub(super) complete: bool,
}

/// The file whose mark stands at `at`, expanded to `most` bytes at most.
///
/// # Errors
/// [`Exhausted`] when the budget stopped us.
pub(super) fn file_at(text: &[u8], at: usize, most: u64, budget: &mut Budget) -> Result<Option<File>, Exhausted> {
    let Some(window) = text.get(at..text.len().min(at.saturating_add(WINDOW))) else { return Ok(None) };
    // The data begin with a colon at a line start, behind the line with the mark.
    let colon = memchr::memchr_iter(b':', window)
        .find(|n| matches!(n.checked_sub(1).and_then(|n| window.get(n)), Some(b'\n' | b'\r')));
    let Some(start) = colon.and_then(|n| n.checked_add(at)?.checked_add(1)) else { return Ok(None) };
    let rest = text.get(start..).unwrap_or(&[]);
    let length = rest.iter().position(|b| value_of(*b).is_none() && !b.is_ascii_whitespace()).unwrap_or(rest.len());
    let closed = rest.get(length) == Some(&b':');
    let stream = expand(rest.get(..length).unwrap_or(rest), most, budget)?;
    let end = start.saturating_add(length).saturating_add(usize::from(closed));
    Ok(parse(&stream).map(|file| File { end, complete: file.complete && closed, ..file }))
}

/// The value of a character.
fn value_of(character: u8) -> Option<u8> {
    memchr::memchr(character, ALPHABET).and_then(|value| u8::try_from(value).ok())
}

/// Decodes the characters and expands the repetitions.
fn expand(characters: &[u8], most: u64, budget: &mut Budget) -> Result<Vec<u8>, Exhausted> {
    let mut out: Vec<u8> = Vec::with_capacity(characters.len());
    let (mut bits, mut held, mut repeat) = (0u32, 0u8, false);
    for piece in characters.chunks(STEP) {
        let before = out.len();
        for value in piece.iter().filter_map(|c| value_of(*c)) {
            bits = (bits << 6) | u32::from(value);
            held = held.saturating_add(6);
            if held < 8 {
                continue;
            }
            held = held.saturating_sub(8);
            let [.., byte] = (bits >> held).to_be_bytes();
            match (repeat, byte) {
                (false, REPEAT) => {}
                (false, _) => out.push(byte),
                (true, 0) => out.push(REPEAT),
                (true, count) => {
                    let last = out.last().copied().unwrap_or(0);
                    let more = usize::from(count).saturating_sub(1);
                    out.resize(out.len().saturating_add(more), last);
                }
            }
            repeat = !repeat && byte == REPEAT;
        }
        budget.take_bytes(out.len().saturating_sub(before))?;
        budget.check_ratio(characters.len(), out.len())?;
        if out.len() as u64 > most {
            return Err(budget.note(Limit::Bytes));
        }
    }
    Ok(out)
}

/// Reads header and forks: name length, name, a zero byte, type, creator, flags, two lengths, CRC; data, CRC; resource,
/// CRC.
fn parse(stream: &[u8]) -> Option<File> {
    let name_length = usize::from(*stream.first()?);
    let after_name = name_length.checked_add(1)?;
    let name = stream.get(1..after_name)?;
    let [0] = array::<1>(stream, after_name)? else { return None };
    let data_length = u32_be(stream, after_name.checked_add(11)?)? as usize;
    let resource_length = u32_be(stream, after_name.checked_add(15)?)? as usize;
    let header_end = after_name.checked_add(19)?;
    let (data, data_right) = fork(stream, header_end.checked_add(2)?, data_length);
    let resource_at = header_end.checked_add(4)?.checked_add(data_length)?;
    let (resource, resource_right) = fork(stream, resource_at, resource_length);
    let header_right = stream.get(..header_end).map(crc) == u16_be(stream, header_end);
    if !(1..=63).contains(&name_length) || !(header_right || data_right) {
        return None;
    }
    Some(File {
        name: name.to_vec(),
        data: data.to_vec(),
        resource: resource.to_vec(),
        end: 0,
        complete: header_right && data_right && resource_right,
    })
}

/// A fork, or as much of it as there is, and whether its CRC is right.
fn fork(stream: &[u8], at: usize, length: usize) -> (&[u8], bool) {
    let rest = stream.get(at..).unwrap_or(&[]);
    match rest.split_at_checked(length) {
        Some((fork, crc_and_more)) => (fork, u16_be(crc_and_more, 0) == Some(crc(fork))),
        None => (rest, false),
    }
}

/// CRC-CCITT, most significant bit first, beginning with zero, two zero bytes appended (RFC 1741 appendix A).
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0u16, |crc, byte| {
        let mut crc = crc ^ (u16::from(*byte) << 8);
        for _ in 0..8 {
            crc = if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x1021 };
        }
        crc
    })
}
