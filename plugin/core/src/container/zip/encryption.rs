//! The signs of encryption (APPNOTE 6.1, 7; "AES Encryption Information").

use super::extra::{self, Aes, Strong};
use super::header::{AES_OR_LZFSE, FLAG_ENCRYPTED, FLAG_STRONG, Header};
use crate::bytes::u16_le;

/// How a member is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scheme {
    /// Traditional PKWARE encryption (6.1).
    ZipCrypto,
    /// WinZip AES with 128 bits.
    Aes128,
    /// WinZip AES with 192 bits.
    Aes192,
    /// WinZip AES with 256 bits.
    Aes256,
    /// WinZip AES whose extra field is missing or malformed.
    Aes,
    /// PKWARE strong encryption (7.2) with a password.
    Strong,
    /// PKWARE strong encryption for the owners of certificates (7.4): no password opens it.
    Certificate,
    /// The headers contradict each other; ZipCrypto or strong encryption.
    Uncertain,
}

impl Scheme {
    /// The word in evidence.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ZipCrypto => "zipcrypto",
            Self::Aes128 => "aes-128",
            Self::Aes192 => "aes-192",
            Self::Aes256 => "aes-256",
            Self::Aes => "aes",
            Self::Strong => "strong",
            Self::Certificate => "certificate",
            Self::Uncertain => "uncertain",
        }
    }

    /// How people call it.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::ZipCrypto => "ZipCrypto",
            Self::Aes128 => "AES-128",
            Self::Aes192 => "AES-192",
            Self::Aes256 => "AES-256",
            Self::Aes => "AES",
            Self::Strong => "PKWARE strong encryption",
            Self::Certificate => "certificates",
            Self::Uncertain => "unclear scheme",
        }
    }

    fn of_aes(aes: Aes) -> Self {
        match aes.strength {
            1 => Self::Aes128,
            2 => Self::Aes192,
            3 => Self::Aes256,
            _ => Self::Aes,
        }
    }
}

/// Four or fewer bytes that say "encrypted", and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Offset of the first byte.
    pub at: usize,
    /// How many bytes.
    pub len: usize,
    /// What field it is.
    pub field: &'static str,
}

impl Mark {
    /// The flags of a header.
    pub const fn flags(header: &Header<'_>) -> Self {
        Self { at: header.flags_at(), len: 2, field: "general purpose bit flag" }
    }
}

/// What the headers of a member, and the first bytes of its data, say about encryption.
#[derive(Clone, Copy, Debug, Default)]
pub struct Signs {
    /// Flag bit 0 or bit 6 in one of the headers.
    pub flag: Option<Mark>,
    /// A WinZip AES extra field in one of the headers.
    pub aes: Option<(Aes, Mark)>,
    /// A strong encryption extra field in one of the headers.
    pub strong: Option<(Strong, Mark)>,
    /// A decryption header at the start of the data.
    pub header: Option<(DecryptionHeader, Mark)>,
    /// Flag bit 6 in one of the headers.
    strong_flag: bool,
    /// Method 99 in one of the headers.
    aes_method: bool,
}

impl Signs {
    /// Looks at the headers and the data of a member.
    pub fn of(bytes: &[u8], headers: &[Header<'_>], data: (usize, usize)) -> Self {
        let mut signs = Self::default();
        for h in headers {
            if h.has(FLAG_ENCRYPTED | FLAG_STRONG) && signs.flag.is_none() {
                signs.flag = Some(Mark::flags(h));
            }
            signs.strong_flag |= h.has(FLAG_STRONG);
            signs.aes_method |= h.method == AES_OR_LZFSE;
            for field in extra::fields(h.extra) {
                let mark = |name| Mark {
                    at: h.extra_at().saturating_add(field.at),
                    len: field.data.len().saturating_add(4).min(11),
                    field: name,
                };
                match field.id {
                    extra::AES => {
                        let new = Aes::parse(field.data);
                        if signs.aes.is_none_or(|(old, _)| old.strength == 0) {
                            signs.aes = Some((new, mark("extra field 0x9901 (WinZip AES)")));
                        }
                    }
                    extra::STRONG if signs.strong.is_none() => {
                        let found = Strong::parse(field.data);
                        signs.strong = found.map(|s| (s, mark("extra field 0x0017 (strong encryption)")));
                    }
                    _ => {}
                }
            }
        }
        let (start, end) = data;
        signs.header = DecryptionHeader::parse(bytes.get(..end).unwrap_or(&[]), start)
            .map(|d| (d, Mark { at: d.format_at, len: 4, field: "decryption header" }));
        signs
    }

    /// The best evidence.
    pub fn mark(&self) -> Option<Mark> {
        self.flag.or(self.aes.map(|(_, m)| m)).or(self.strong.map(|(_, m)| m)).or(self.header.map(|(_, m)| m))
    }

    /// The scheme they speak of.
    pub fn scheme(&self) -> Scheme {
        let certificates_only = self.strong.is_some_and(|(s, _)| s.flags == 2)
            || (self.strong.is_none() && self.header.is_some_and(|(h, _)| h.flags == 2));
        if let Some((aes, _)) = self.aes {
            Scheme::of_aes(aes)
        } else if self.aes_method {
            Scheme::Aes
        } else if certificates_only {
            Scheme::Certificate
        } else if self.header.is_some() || self.strong.is_some() {
            Scheme::Strong
        } else if self.strong_flag {
            Scheme::Uncertain
        } else {
            Scheme::ZipCrypto
        }
    }
}

/// A decryption header (7.2.4), which stands in front of strongly encrypted data and of an encrypted directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecryptionHeader {
    /// Where format and algorithm stand.
    pub format_at: usize,
    /// The algorithm.
    pub algorithm: u16,
    /// 1 password, 2 certificates, 3 either.
    pub flags: u16,
}

impl DecryptionHeader {
    /// The header at `at`: format 3, a known algorithm with a key length it can have, known flags.
    pub fn parse(bytes: &[u8], at: usize) -> Option<Self> {
        let iv = usize::from(u16_le(bytes, at)?);
        let format_at = at.checked_add(2)?.checked_add(iv)?.checked_add(4)?;
        let field = |n: usize| u16_le(bytes, format_at.checked_add(n)?);
        let (algorithm, bits, flags) = (field(2)?, field(4)?, field(6)?);
        let sound = iv <= 64 && field(0)? == 3 && known_key(algorithm, bits) && matches!(flags & 0xFF, 1..=3);
        sound.then_some(Self { format_at, algorithm, flags: flags & 0xFF })
    }
}

/// Is this an algorithm of 7.2.3.2 with a key length it can have?
fn known_key(algorithm: u16, bits: u16) -> bool {
    match algorithm {
        0x6601 => matches!(bits, 56 | 64),
        0x6603 => matches!(bits, 168 | 192),
        0x6609 => matches!(bits, 112 | 128),
        0x660E => bits == 128,
        0x660F => bits == 192,
        0x6610 => bits == 256,
        0x6602 | 0x6702 | 0x6720 | 0x6721 | 0x6801 => matches!(bits, 40..=448),
        _ => false,
    }
}
