//! What bytes say they are. Magic numbers and a look at the first kilobytes; names and declared types are claims and do
//! not count here.

use crate::bytes::{array, u16_le, u32_be, u32_le};

/// What sort of thing a format is; rules and states go by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// Nothing at all.
    Empty,
    /// Holds files.
    Archive,
    /// Packs one stream.
    Compressor,
    /// Holds a file system.
    DiskImage,
    /// Made to be encrypted; there is no plain form.
    Sealed,
    /// Office files, PDF: may hold files and scripts.
    Document,
    /// Machine code an operating system starts.
    Executable,
    /// Text an operating system starts.
    Script,
    /// Points an operating system at something to start.
    Shortcut,
    /// Still pictures, sound, film, fonts: content that is shown or played.
    Media,
    /// HTML, XML, SVG.
    Markup,
    /// Text for people or programs.
    Text,
    /// A message (RFC 5322).
    Message,
    /// Keys, certificates, signatures, encrypted mail.
    Crypto,
    /// None of these.
    Data,
}

/// A format: its name in reports and what sort of thing it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Format {
    /// The word in reports, for example `zip`.
    pub id: &'static str,
    /// What sort of thing it is.
    pub class: Class,
}

/// Shorthand for the tables.
const fn format(id: &'static str, class: Class) -> Format {
    Format { id, class }
}

/// Nothing at all.
pub const EMPTY: Format = format("empty", Class::Empty);
/// No known format.
pub const DATA: Format = format("data", Class::Data);
/// Text without a format of its own.
pub const TEXT: Format = format("text", Class::Text);
/// A message.
pub const MESSAGE: Format = format("message", Class::Message);
/// A ZIP archive.
pub const ZIP: Format = format("zip", Class::Archive);
/// A gzip file.
pub const GZIP: Format = format("gzip", Class::Compressor);
/// A tar archive.
pub const TAR: Format = format("tar", Class::Archive);
/// HTML.
pub const HTML: Format = format("html", Class::Markup);

/// Magic numbers: offset, bytes, format. The first match wins, so longer ones stand before shorter ones.
static MAGIC: &[(usize, &[u8], Format)] = &[
    (0, b"PK\x03\x04", ZIP),
    (0, b"PK\x05\x06", ZIP),
    (0, b"PK\x07\x08PK\x03\x04", ZIP),
    (0, b"PK00PK\x03\x04", ZIP),
    (0, b"Rar!\x1A\x07\x00", format("rar", Class::Archive)),
    (0, b"Rar!\x1A\x07\x01\x00", format("rar", Class::Archive)),
    (0, b"RE~^", format("rar", Class::Archive)),
    (0, b"7z\xBC\xAF\x27\x1C", format("sevenz", Class::Archive)),
    (0, b"MSCF\0\0\0\0", format("cab", Class::Archive)),
    (7, b"**ACE**", format("ace", Class::Archive)),
    (0, b"ALZ\x01", format("alz", Class::Archive)),
    (0, b"EGGA", format("egg", Class::Archive)),
    (0, b"xar!", format("xar", Class::Archive)),
    (0, b"!<arch>\n", format("ar", Class::Archive)),
    (0, b"070701", format("cpio", Class::Archive)),
    (0, b"070707", format("cpio", Class::Archive)),
    (0, b"\x1F\x8B\x08", GZIP),
    (0, b"\xFD7zXZ\0", format("xz", Class::Compressor)),
    (0, b"\x28\xB5\x2F\xFD", format("zstd", Class::Compressor)),
    (0, b"\x04\x22\x4D\x18", format("lz4", Class::Compressor)),
    (0, b"\x1F\x9D", format("compress", Class::Compressor)),
    (0, b"LZIP\x01", format("lzip", Class::Compressor)),
    (0x8001, b"CD001", format("iso9660", Class::DiskImage)),
    (0x8001, b"BEA01", format("udf", Class::DiskImage)),
    (0, b"vhdxfile", format("vhdx", Class::DiskImage)),
    (0, b"conectix", format("vhd", Class::DiskImage)),
    (0, b"KDMV", format("vmdk", Class::DiskImage)),
    (0, b"MSWIM\0\0\0", format("wim", Class::DiskImage)),
    (0, b"encrcdsa", format("dmg", Class::Sealed)),
    (3, b"-FVE-FS-", format("bitlocker", Class::Sealed)),
    (0, b"LUKS\xBA\xBE", format("luks", Class::Sealed)),
    (0, b"Salted__", format("openssl-enc", Class::Sealed)),
    (0, b"age-encryption.org/v1", format("age", Class::Sealed)),
    (0, b"-----BEGIN AGE ENCRYPTED FILE-----", format("age", Class::Sealed)),
    (0, b"\x03\xD9\xA2\x9A", format("keepass", Class::Sealed)),
    (0, b"$ANSIBLE_VAULT;", format("ansible-vault", Class::Sealed)),
    (4, b"_AttacheCaseData", format("attachecase", Class::Sealed)),
    (4, b"_AttacheCase_Rsa", format("attachecase", Class::Sealed)),
    (0, b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", format("ole", Class::Document)),
    (0, b"{\\rtf", format("rtf", Class::Document)),
    (0, b"\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D", format("onenote", Class::Document)),
    (0, b"\x78\x9F\x3E\x22", format("tnef", Class::Document)),
    (0, b"!BDN", format("pst", Class::Document)),
    (0, b"\x76\xE8\x04\x60\xC4\x11\xE3\x86", format("rpmsg", Class::Document)),
    (0, b"\x7FELF", format("elf", Class::Executable)),
    (0, b"\xFE\xED\xFA\xCE", format("mach-o", Class::Executable)),
    (0, b"\xFE\xED\xFA\xCF", format("mach-o", Class::Executable)),
    (0, b"\xCE\xFA\xED\xFE", format("mach-o", Class::Executable)),
    (0, b"\xCF\xFA\xED\xFE", format("mach-o", Class::Executable)),
    (0, b"\0asm", format("wasm", Class::Executable)),
    (0, b"dex\n03", format("dex", Class::Executable)),
    (0, b"\x4C\0\0\0\x01\x14\x02\0", format("lnk", Class::Shortcut)),
    (0, b"ITSF\x03\0\0\0", format("chm", Class::Document)),
    (0, b"#!", format("script", Class::Script)),
    (0, b"\x89PNG\r\n\x1A\n", format("png", Class::Media)),
    (0, b"\xFF\xD8\xFF", format("jpeg", Class::Media)),
    (0, b"GIF87a", format("gif", Class::Media)),
    (0, b"GIF89a", format("gif", Class::Media)),
    (8, b"WEBP", format("webp", Class::Media)),
    (0, b"II*\0", format("tiff", Class::Media)),
    (0, b"MM\0*", format("tiff", Class::Media)),
    (0, b"8BPS", format("psd", Class::Media)),
    (8, b"WAVE", format("wave", Class::Media)),
    (4, b"ftyp", format("mp4", Class::Media)),
    (0, b"ID3", format("mp3", Class::Media)),
    (0, b"OggS", format("ogg", Class::Media)),
    (0, b"fLaC", format("flac", Class::Media)),
    (0, b"\x1A\x45\xDF\xA3", format("matroska", Class::Media)),
    (0, b"wOFF", format("woff", Class::Media)),
    (0, b"wOF2", format("woff2", Class::Media)),
    (0, b"\0\x01\0\0\0", format("truetype", Class::Media)),
    (0, b"OTTO", format("opentype", Class::Media)),
    (0, b"-----BEGIN PGP ", format("pgp", Class::Crypto)),
    (0, b"-----BEGIN ", format("pem", Class::Crypto)),
];

/// Names the format of some bytes. Reads at most the first 36 KiB.
#[must_use]
pub fn sniff(bytes: &[u8]) -> Format {
    if bytes.is_empty() {
        return EMPTY;
    }
    if let Some(f) = signature(bytes) {
        return f;
    }
    if is_der_sequence(bytes) {
        return format("der", Class::Crypto);
    }
    if looks_like_message(bytes) {
        return MESSAGE;
    }
    if is_text(bytes) { markup(bytes).unwrap_or(TEXT) } else { DATA }
}

/// Names the format of some bytes by its signature alone: no text, no message, no DER.
#[must_use]
pub fn signature(bytes: &[u8]) -> Option<Format> {
    if let Some((_, _, f)) = MAGIC.iter().find(|(at, magic, _)| bytes.get(*at..).is_some_and(|b| b.starts_with(magic)))
    {
        return Some(*f);
    }
    if is_tar(bytes) {
        return Some(TAR);
    }
    if is_bzip2(bytes) {
        return Some(format("bzip2", Class::Compressor));
    }
    if is_portable_executable(bytes) {
        return Some(format("pe", Class::Executable));
    }
    mach_o_fat(bytes).or_else(|| pdf(bytes)).or_else(|| bmp(bytes)).or_else(|| lha(bytes)).or_else(|| arj(bytes))
}

/// A tar archive by its first block: a header, or one that was a header before it was damaged.
#[must_use]
pub fn is_tar(bytes: &[u8]) -> bool {
    is_tar_header(bytes) || bytes.get(257..).is_some_and(|b| b.starts_with(b"ustar\0") || b.starts_with(b"ustar  \0"))
}

/// A header block of a tar archive (POSIX.1-2024 pax, "ustar Interchange Format"): its checksum, the sum of all bytes with
/// the checksum field taken as blanks, holds. Old writers summed signed bytes.
#[must_use]
pub fn is_tar_header(block: &[u8]) -> bool {
    let (Some(block), Some(field)) = (block.get(..512), block.get(148..156)) else { return false };
    let digits = field.trim_ascii_start();
    let digits = digits.split(|b| matches!(b, b' ' | 0)).next().unwrap_or(&[]);
    let Some(stated) = core::str::from_utf8(digits).ok().and_then(|d| i64::from_str_radix(d, 8).ok()) else {
        return false;
    };
    let sum = |value: fn(u8) -> i64| {
        let all = block.iter().fold(0i64, |sum, b| sum.saturating_add(value(*b)));
        let own = field.iter().fold(0i64, |sum, b| sum.saturating_add(value(*b)));
        all.saturating_sub(own).saturating_add(8 * 0x20)
    };
    stated > 0 && (sum(i64::from) == stated || sum(|b| i64::from(b.cast_signed())) == stated)
}

/// `BZh`, the block size, and the magic of a block or of the end.
fn is_bzip2(bytes: &[u8]) -> bool {
    let magic = bytes.get(4..10);
    bytes.starts_with(b"BZh")
        && matches!(bytes.get(3), Some(b'1'..=b'9'))
        && matches!(magic, Some(b"\x31\x41\x59\x26\x53\x59" | b"\x17\x72\x45\x38\x50\x90"))
}

/// `MZ` with a PE or NE header where it points, or a plain DOS program of plausible size fields.
fn is_portable_executable(bytes: &[u8]) -> bool {
    if !bytes.starts_with(b"MZ") && !bytes.starts_with(b"ZM") {
        return false;
    }
    let Some(at) = u32_le(bytes, 0x3C) else { return bytes.len() > 0x1C };
    let at = at as usize;
    let header = bytes.get(at..).unwrap_or(&[]);
    header.starts_with(b"PE\0\0")
        || header.starts_with(b"NE")
        || header.starts_with(b"LE")
        || u16_le(bytes, 8).is_some_and(|paragraphs| matches!(paragraphs, 2..=0x100))
}

/// A universal Mach-O; Java classes share its magic and are told by their version field.
fn mach_o_fat(bytes: &[u8]) -> Option<Format> {
    if !bytes.starts_with(&[0xCA, 0xFE, 0xBA, 0xBE]) {
        return None;
    }
    let count = u32_be(bytes, 4)?;
    Some(if count < 40 { format("mach-o", Class::Executable) } else { format("java-class", Class::Executable) })
}

/// `%PDF-` within the first 1024 bytes, the habit of viewers; only where nothing else was recognised.
fn pdf(bytes: &[u8]) -> Option<Format> {
    let head = bytes.get(..bytes.len().min(1024))?;
    memchr::memmem::find(head, b"%PDF-").map(|_| format("pdf", Class::Document))
}

/// `BM` with the file size where it belongs.
fn bmp(bytes: &[u8]) -> Option<Format> {
    let size = u32_le(bytes, 2)?;
    (bytes.starts_with(b"BM") && size as usize == bytes.len()).then_some(format("bmp", Class::Media))
}

/// `-lh5-` and its kin at offset 2.
fn lha(bytes: &[u8]) -> Option<Format> {
    let [b'-', b'l', b'h' | b'z', _, b'-'] = array::<5>(bytes, 2)? else { return None };
    Some(format("lha", Class::Archive))
}

/// The two bytes of ARJ with a possible header size.
fn arj(bytes: &[u8]) -> Option<Format> {
    let size = u16_le(bytes, 2).filter(|_| bytes.starts_with(&[0x60, 0xEA]))?;
    matches!(size, 30..=2600).then_some(format("arj", Class::Archive))
}

/// A DER or BER SEQUENCE whose definite length fits the bytes, or an indefinite one that goes on with an OID.
fn is_der_sequence(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, 0x80, 0x06, ..] => true,
        [0x30, 0x82, a, b, rest @ ..] => usize::from(u16::from_be_bytes([*a, *b])) <= rest.len() && rest.len() < 70_000,
        [0x30, 0x83, 0, a, b, rest @ ..] => usize::from(u16::from_be_bytes([*a, *b])) <= rest.len(),
        [0x30, 0x83, a, b, c, rest @ ..] => u32::from_be_bytes([0, *a, *b, *c]) as usize <= rest.len(),
        [0x30, 0x84, a, b, c, d, rest @ ..] => u32::from_be_bytes([*a, *b, *c, *d]) as usize <= rest.len(),
        _ => false,
    }
}

/// Field names one of which a message must bear to be taken for one.
static KNOWN_FIELDS: &[&str] = &[
    "from",
    "to",
    "subject",
    "date",
    "received",
    "message-id",
    "mime-version",
    "content-type",
    "return-path",
    "delivered-to",
    "reply-to",
    "sender",
    "cc",
    "dkim-signature",
    "content-transfer-encoding",
];

/// Two or more header fields (RFC 5322 section 2.2) at the very start, one of them a well-known one, with nothing else
/// before the empty line. A leading mbox `From ` line is allowed.
#[must_use]
pub fn looks_like_message(bytes: &[u8]) -> bool {
    let mut head = bytes.get(..bytes.len().min(8192)).unwrap_or(bytes);
    if let Some(rest) = head.strip_prefix(b"\xEF\xBB\xBF") {
        head = rest;
    }
    if head.starts_with(b"From ") {
        head = memchr::memchr2(b'\n', b'\r', head).and_then(|e| head.get(e..)).unwrap_or(&[]).trim_ascii_start();
    }
    let (mut fields, mut known) = (0u32, false);
    for line in head.split(|b| *b == b'\n' || *b == b'\r').filter(|l| !l.is_empty()).take(24) {
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            if fields == 0 {
                return false;
            }
            continue;
        }
        let Some(colon) = memchr::memchr(b':', line) else { break };
        let name = line.get(..colon).unwrap_or(&[]).trim_ascii_end();
        if name.is_empty() || name.len() > 60 || !name.iter().all(u8::is_ascii_graphic) {
            break;
        }
        fields = fields.saturating_add(1);
        known |= KNOWN_FIELDS.iter().any(|k| name.eq_ignore_ascii_case(k.as_bytes()));
    }
    fields >= 2 && known
}

/// No NUL and hardly any control bytes in the first 4 KiB, or UTF-16 with a byte order mark.
#[must_use]
pub fn is_text(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or(bytes);
    if head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]) {
        return true;
    }
    // ESC is the shift of ISO-2022-JP, so it counts as text.
    let odd = head.iter().filter(|b| matches!(b, 0..=8 | 14..=26 | 28..=31 | 127)).count();
    let high = head.iter().filter(|b| **b >= 0x80).count();
    odd.saturating_mul(64) <= head.len()
        && !head.contains(&0)
        && (high.saturating_mul(8) <= head.len() || is_multibyte(head))
}

/// Mostly valid UTF-8, or double bytes in the manner of Shift_JIS, EUC and GB18030.
fn is_multibyte(head: &[u8]) -> bool {
    match core::str::from_utf8(head) {
        Ok(_) => true,
        Err(e) if e.valid_up_to().saturating_add(4) > head.len() => true,
        Err(_) => [encoding_rs::SHIFT_JIS, encoding_rs::EUC_JP, encoding_rs::GB18030].iter().any(|e| {
            let whole = head.get(..head.len().saturating_sub(1)).unwrap_or(head);
            e.decode_without_bom_handling_and_without_replacement(head).is_some()
                || e.decode_without_bom_handling_and_without_replacement(whole).is_some()
        }),
    }
}

/// HTML, SVG or XML by the first tag.
fn markup(bytes: &[u8]) -> Option<Format> {
    let head = bytes.get(..bytes.len().min(1024))?;
    let head = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head).trim_ascii_start();
    if !head.starts_with(b"<") {
        return None;
    }
    let lower = head.to_ascii_lowercase();
    let has = |tag: &[u8]| memchr::memmem::find(&lower, tag).is_some();
    if has(b"<!doctype html") || has(b"<html") || has(b"<head") || has(b"<body") || has(b"<script") {
        Some(HTML)
    } else if has(b"<svg") {
        Some(format("svg", Class::Markup))
    } else if lower.starts_with(b"<?xml") {
        Some(format("xml", Class::Markup))
    } else {
        None
    }
}
