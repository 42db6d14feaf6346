//! Text whose character set nobody stated: names in archives of every age.

use encoding_rs::SHIFT_JIS;

/// The upper half of code page 437, the character set of old archives (APPNOTE appendix D).
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}";

/// Decodes a name, and says how: ASCII or UTF-8 where the bytes are, else CP932 as Japanese writers use it, else CP437.
#[must_use]
pub fn decode(raw: &[u8]) -> (String, &'static str) {
    if let Ok(text) = core::str::from_utf8(raw) {
        return (text.to_owned(), if raw.is_ascii() { "ascii" } else { "utf-8" });
    }
    let cp932 = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(raw);
    if let Some(text) = cp932.filter(|t| !t.chars().any(|c| matches!(c, '\u{80}'..='\u{9F}'))) {
        return (text.into_owned(), "cp932");
    }
    let upper = |b: u8| CP437.chars().nth(usize::from(b & 0x7F)).unwrap_or(char::REPLACEMENT_CHARACTER);
    (raw.iter().map(|b| if b.is_ascii() { char::from(*b) } else { upper(*b) }).collect(), "cp437")
}

#[cfg(test)]
mod tests {
    use super::{CP437, decode};

    #[test]
    fn names_are_decoded_as_their_writers_meant_them() {
        assert_eq!(decode(b"a.txt"), ("a.txt".to_owned(), "ascii"));
        assert_eq!(decode("見積.txt".as_bytes()), ("見積.txt".to_owned(), "utf-8"));
        assert_eq!(decode(b"\x8C\xA9\x90\xCF.txt"), ("見積.txt".to_owned(), "cp932"));
        assert_eq!(decode(b"caf\x82"), ("café".to_owned(), "cp437"));
        assert_eq!(CP437.chars().count(), 128);
    }
}
