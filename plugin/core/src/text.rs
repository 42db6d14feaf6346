//! What letters are: making text an attacker chose harmless to show, and telling which characters hide or reorder others.

pub mod class;
pub mod domain;
pub mod filename;
pub mod fold;
pub mod idn;
pub mod kana;
pub mod lexicon;
pub mod romaji;
pub mod script;
pub mod skeleton;
pub mod suffix;
pub(crate) mod table;
pub mod unlabelled;

/// The longest text that goes into a report, in characters; longer text is cut and marked with `…`.
pub const SHOWN: usize = 200;

/// Does this character draw nothing itself and reorder its neighbours (UAX #9 explicit formatting and marks)?
#[must_use]
pub fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Does this character draw nothing at all (zero width, tag, variation selector, soft hyphen, filler)?
#[must_use]
pub fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}' | '\u{180B}'..='\u{180F}'
        | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2065}' | '\u{206A}'..='\u{206F}' | '\u{3164}' | '\u{FEFF}'
        | '\u{FFA0}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Text an attacker chose, harmless to show: controls, bidi controls and invisible characters stand as `\u{…}`, line
/// ends as `\n` and `\r`, and text longer than [`SHOWN`] characters is cut.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len().min(SHOWN));
    for (n, c) in text.chars().enumerate() {
        if n >= SHOWN {
            out.push('…');
            break;
        }
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || is_bidi_control(c) || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}') => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}
