//! Names of members: bytes → text.

use super::extra::unicode_path;
use super::header::{FLAG_UTF8, Header, Side};
use crate::container::tree::Name;
use crate::text::unlabelled;

/// All spellings of the name of a member, best first: the Unicode path field where there is a valid one, the central
/// directory's, the local header's.
pub fn spellings(headers: &[Header<'_>]) -> Vec<Name> {
    let mut names: Vec<Name> = Vec::with_capacity(1);
    let mut add = |name: Name| {
        if !name.text.is_empty() && names.iter().all(|n| n.text != name.text) {
            names.push(name);
        }
    };
    for header in headers {
        if let Some(path) = unicode_path(header.extra, header.name).and_then(|p| core::str::from_utf8(p).ok()) {
            let name = Name { text: path.to_owned(), raw: path.into(), source: "unicode-path", charset: "utf-8" };
            add(name);
        }
    }
    for header in headers {
        let (text, charset) = decode(header.name, header.has(FLAG_UTF8));
        let source = match header.side {
            Side::Central => "central-directory",
            Side::Local => "local-header",
        };
        add(Name { text, raw: header.name.to_vec(), source, charset });
    }
    names
}

/// Decodes a name: UTF-8 if the flag says so or the bytes are (macOS does not set the flag), else CP932 as Japanese
/// writers use it, else CP437.
pub fn decode(raw: &[u8], utf8: bool) -> (String, &'static str) {
    match unlabelled::decode(raw) {
        (text, "ascii") if utf8 => (text, "utf-8"),
        decoded => decoded,
    }
}

/// Do two headers mean the same name? Flags, character sets and separators may differ.
pub fn same(one: &Header<'_>, other: &Header<'_>) -> bool {
    if one.name == other.name {
        return true;
    }
    let plain = |h: &Header<'_>| decode(h.name, h.has(FLAG_UTF8)).0.replace('\\', "/");
    plain(one) == plain(other)
}

/// Is it the name of a directory? Decoded first: the second byte of some CP932 letters is a backslash.
pub fn is_directory(header: &Header<'_>) -> bool {
    match header.name.last() {
        Some(b'/') => true,
        Some(b'\\') => decode(header.name, header.has(FLAG_UTF8)).0.ends_with('\\'),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_names() {
        assert_eq!(decode("見積書.xlsx".as_bytes(), false), ("見積書.xlsx".to_owned(), "utf-8"));
        let (raw, _, _) = encoding_rs::SHIFT_JIS.encode("ソース表.txt");
        assert!(raw.contains(&0x5C), "the second byte of these letters is a backslash");
        assert_eq!(decode(&raw, false), ("ソース表.txt".to_owned(), "cp932"));
        assert_eq!(decode(b"r\x82sum\x82.txt", false), ("résumé.txt".to_owned(), "cp437"));
    }
}
