//! Where the local header and the central header of one member contradict each other. Not all differences are
//! contradictions: see [`between`].

use super::encryption::Mark;
use super::extra::unicode_path;
use super::header::{FLAG_DESCRIPTOR, FLAG_ENCRYPTED, FLAG_MASKED, FLAG_STRONG, Header};
use super::names;

/// One contradiction: the same field in both headers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// What the local header says.
    pub local: Mark,
    /// What the central header says.
    pub central: Mark,
}

/// A Unicode path that ends otherwise than the ASCII name it stands for. Writers add the field when the name does not fit
/// into their character set; an ASCII name fits into all of them.
pub fn within(header: &Header<'_>) -> Option<(Mark, String)> {
    let path = unicode_path(header.extra, header.name).filter(|_| header.name.is_ascii())?;
    let path = core::str::from_utf8(path).ok()?;
    let ending = |name: &[u8]| name.rsplit(|b| *b == b'.').next().unwrap_or(name).to_ascii_lowercase();
    let mark = Mark { at: header.name_at(), len: header.name.len().min(32), field: "file name" };
    (ending(path.as_bytes()) != ending(header.name)).then(|| (mark, path.to_owned()))
}

/// The contradictions between two headers of a member. Harmless differences are none: values that the local header
/// leaves to a descriptor or to the directory, versions, times, extra fields, the UTF-8 flag, separators.
pub fn between(central: &Header<'_>, local: &Header<'_>) -> Vec<Contradiction> {
    const SECRET: u16 = FLAG_ENCRYPTED | FLAG_STRONG | FLAG_MASKED;
    let mut found = Vec::new();
    let mut add = |field, len, at: fn(&Header<'_>) -> usize| {
        let mark = |h: &Header<'_>| Mark { at: at(h), len, field };
        found.push(Contradiction { local: mark(local), central: mark(central) });
    };
    if (central.flags ^ local.flags) & SECRET != 0 {
        add("general purpose bit flag", 2, |h| h.flags_at());
    }
    if local.has(FLAG_MASKED) {
        return found;
    }
    if central.method != local.method {
        add("compression method", 2, |h| h.method_at());
    }
    if !names::same(central, local) {
        add("file name", central.name.len().min(local.name.len()).clamp(1, 32), |h| h.name_at());
    }
    let states = |local: u64, central: u64| local != 0 && local != u64::from(u32::MAX) && local != central;
    // A CRC-32 of zero in the directory is what AE-2 writes.
    let aes_two = central.crc == 0 && (central.has(FLAG_ENCRYPTED) || local.has(FLAG_ENCRYPTED));
    if states(u64::from(local.crc), u64::from(central.crc)) && !aes_two {
        add("crc-32", 4, |h| h.crc_at());
    }
    if states(local.packed, central.packed) {
        add("compressed size", 4, |h| h.crc_at().saturating_add(4));
    }
    if states(local.plain, central.plain) && !(local.has(FLAG_DESCRIPTOR) && local.packed == 0) {
        add("uncompressed size", 4, |h| h.crc_at().saturating_add(8));
    }
    found
}
