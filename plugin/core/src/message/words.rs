//! Letters in header fields: encoded words (RFC 2047), extended parameters (RFC 2231), and bytes nobody labelled.

use std::borrow::Cow;

use encoding_rs::{BIG5, EUC_JP, EUC_KR, Encoding, GB18030, ISO_2022_JP, SHIFT_JIS, UTF_8, WINDOWS_1252};
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::parsers::MessageStream;
use memchr::memmem;

/// Decodes bytes in a charset someone declared (RFC 2046 section 4.1.2); what nobody knows is guessed. Never fails: what
/// makes no sense becomes U+FFFD. Gives the text and the name of the charset.
#[must_use]
pub fn decode(bytes: &[u8], label: &[u8]) -> (String, &'static str) {
    if let Some(encoding) = encoding(label) {
        return (encoding.decode_without_bom_handling(bytes).0.into_owned(), name(encoding));
    }
    match charset_decoder(label) {
        Some(decoder) => (decoder(bytes), "other"),
        None => guess(bytes),
    }
}

/// The encoding a label stands for: the names of the web, and those mail adds to them.
pub(super) fn encoding(label: &[u8]) -> Option<&'static Encoding> {
    let label = label.trim_ascii();
    let also: &[(&str, &Encoding)] = &[
        ("cp932", SHIFT_JIS),
        ("ms932", SHIFT_JIS),
        ("windows-932", SHIFT_JIS),
        ("iso-2022-jp-1", ISO_2022_JP),
        ("iso-2022-jp-2", ISO_2022_JP),
        ("iso-2022-jp-3", ISO_2022_JP),
        ("iso-2022-jp-2004", ISO_2022_JP),
        ("iso-2022-jp-ms", ISO_2022_JP),
        ("cp50220", ISO_2022_JP),
        ("cp50221", ISO_2022_JP),
        ("cp50222", ISO_2022_JP),
        ("cp51932", EUC_JP),
        ("eucjp", EUC_JP),
        ("eucjp-win", EUC_JP),
        ("eucjp-ms", EUC_JP),
        ("cp936", GB18030),
        ("cp949", EUC_KR),
        ("cp950", BIG5),
        ("utf8mb4", UTF_8),
    ];
    let found = also.iter().find(|(name, _)| label.eq_ignore_ascii_case(name.as_bytes())).map(|(_, e)| *e);
    found.or_else(|| Encoding::for_label_no_replacement(label))
}

/// The name of an encoding as it stands in evidence.
fn name(encoding: &'static Encoding) -> &'static str {
    match encoding {
        e if e == UTF_8 => "utf-8",
        e if e == ISO_2022_JP => "iso-2022-jp",
        e if e == SHIFT_JIS => "cp932",
        e if e == EUC_JP => "euc-jp",
        e if e == GB18030 => "gb18030",
        e if e == BIG5 => "big5",
        e if e == EUC_KR => "euc-kr",
        e if e == WINDOWS_1252 => "windows-1252",
        e => e.name(),
    }
}

/// Decodes bytes nobody labelled.
pub(super) fn guess(bytes: &[u8]) -> (String, &'static str) {
    if memmem::find(bytes, b"\x1B$").is_some()
        && let Some(text) = exactly(ISO_2022_JP, bytes)
    {
        return (text.into_owned(), "iso-2022-jp");
    }
    if bytes.is_ascii() {
        return (String::from_utf8_lossy(bytes).into_owned(), "us-ascii");
    }
    if let Ok(text) = core::str::from_utf8(bytes) {
        return (text.to_owned(), "utf-8");
    }
    let shift_jis = exactly(SHIFT_JIS, bytes).filter(|text| is_japanese(text));
    let euc_jp = exactly(EUC_JP, bytes).filter(|text| is_japanese(text));
    match (shift_jis, euc_jp) {
        // EUC-JP read as Shift_JIS is mostly half-width katakana.
        (Some(s), Some(e)) if half_width(&s) > half_width(&e) => (e.into_owned(), "euc-jp"),
        (Some(s), _) => (s.into_owned(), "cp932"),
        (None, Some(e)) => (e.into_owned(), "euc-jp"),
        (None, None) => match exactly(GB18030, bytes).filter(|_| comes_in_pairs(bytes)) {
            Some(text) => (text.into_owned(), "gb18030"),
            None => (WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(), "windows-1252"),
        },
    }
}

/// The text, if every byte makes sense.
fn exactly<'a>(encoding: &'static Encoding, bytes: &'a [u8]) -> Option<Cow<'a, str>> {
    encoding.decode_without_bom_handling_and_without_replacement(bytes)
}

fn half_width(text: &str) -> usize {
    text.chars().filter(|c| matches!(c, '\u{FF61}'..='\u{FF9F}')).count()
}

/// Kana or ideographs, or half-width katakana in words: single ones are what Western letters look like in Shift_JIS.
fn is_japanese(text: &str) -> bool {
    let wide = text.chars().filter(|c| matches!(c, '\u{3000}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}')).count();
    let half = half_width(text);
    wide > half || (half >= 3 && half.saturating_mul(2) > text.chars().filter(|c| c.is_alphabetic()).count())
}

/// Do bytes above 127 only come in pairs, as in GB 2312 (EUC-CN)? Western letters stand between others.
fn comes_in_pairs(bytes: &[u8]) -> bool {
    bytes.split(u8::is_ascii).all(|run| run.len().is_multiple_of(2))
}

/// Decodes a text with encoded words (RFC 2047) in it, also within quotes, some of its bytes perhaps unlabelled. Gives the
/// text and the name of the last charset that was needed.
#[must_use]
pub fn decode_text(text: &[u8]) -> (String, &'static str) {
    if memmem::find(text, b"=?").is_none() {
        return guess(text);
    }
    let mut out = Text { text: String::with_capacity(text.len()), charset: "us-ascii", ..Text::default() };
    let mut rest = text;
    let mut after_word = false;
    while let Some(at) = memmem::find(rest, b"=?") {
        let before = rest.get(..at).unwrap_or(&[]);
        if let Some((word, after)) = encoded_word(rest.get(at..).unwrap_or(&[])) {
            // Blanks between two encoded words are not part of the text (RFC 2047 section 6.2).
            if !after_word || !before.iter().all(u8::is_ascii_whitespace) {
                out.plain(before);
            }
            out.word(word);
            (rest, after_word) = (after, true);
        } else {
            let (plain, tail) = rest.split_at(at.saturating_add(2).min(rest.len()));
            out.plain(plain);
            (rest, after_word) = (tail, false);
        }
    }
    out.plain(rest);
    (out.text, out.charset)
}

/// A text as it is put together. Some senders cut characters in two between encoded words of one charset, so the bytes
/// of such words are joined before they are decoded.
#[derive(Default)]
struct Text {
    text: String,
    charset: &'static str,
    label: Vec<u8>,
    bytes: Vec<u8>,
}

impl Text {
    fn plain(&mut self, bytes: &[u8]) {
        self.flush();
        if !bytes.is_empty() {
            self.text.push_str(&guess(bytes).0);
        }
    }

    fn word(&mut self, word: Word<'_>) {
        if !self.label.eq_ignore_ascii_case(word.charset) {
            self.flush();
            self.label = word.charset.to_vec();
        }
        self.bytes.extend(word.bytes);
    }

    fn flush(&mut self) {
        if !self.bytes.is_empty() {
            let (text, charset) = decode(&self.bytes, &self.label);
            self.text.push_str(&text);
            self.charset = charset;
            self.bytes.clear();
        }
    }
}

/// The longest encoded text that is looked for. RFC 2047 allows 75 characters, some senders write whole names.
const WORD: usize = 1024;

/// One encoded word.
struct Word<'a> {
    charset: &'a [u8],
    bytes: Vec<u8>,
}

/// The encoded word at the beginning of `text` (RFC 2047 section 2, with the language tag of RFC 2231 section 5), and
/// what follows it.
fn encoded_word(text: &[u8]) -> Option<(Word<'_>, &[u8])> {
    let inner = text.strip_prefix(b"=?")?;
    let mark = memchr::memchr(b'?', inner)?;
    let charset = inner.get(..mark)?;
    if charset.is_empty() || charset.len() > 60 || !charset.iter().all(u8::is_ascii_graphic) {
        return None;
    }
    let charset = charset.split(|b| *b == b'*').next()?;
    let [how, b'?', data @ ..] = inner.get(mark.saturating_add(1)..)? else { return None };
    let end = memmem::find(data.get(..data.len().min(WORD)).unwrap_or(data), b"?=")?.saturating_add(2);
    let (data, after) = (data.get(..end)?, data.get(end..)?);
    let mut stream = MessageStream::new(data);
    let bytes = match how {
        b'B' | b'b' => stream.decode_base64_word()?,
        b'Q' | b'q' => stream.decode_quoted_printable_word()?,
        _ => return None,
    };
    Some((Word { charset, bytes }, after))
}

/// An extended value `charset'language'percent-encoded` (RFC 2231 section 4): charset and value.
pub(super) fn split_extended(value: &[u8]) -> (&[u8], &[u8]) {
    let mut pieces = value.splitn(3, |b| *b == b'\'');
    match (pieces.next(), pieces.next(), pieces.next()) {
        (Some(charset), Some(_), Some(text)) => (charset, text),
        _ => (b"", value),
    }
}

/// Undoes percent-encoding; a `%` without two digits stands for itself.
pub(super) fn percent_decode(text: &[u8], out: &mut Vec<u8>) {
    let mut rest = text;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%'
            && let [high, low, after @ ..] = tail
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
        {
            out.push(high.wrapping_mul(16).wrapping_add(low));
            rest = after;
        } else {
            out.push(byte);
        }
    }
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}
