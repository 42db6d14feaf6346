//! What sort of character something is: general category and identifier status (UTS #39 section 3.1), from one table.

use super::table::RangeTable;

/// The packed table; `data/build/build.py` has the layout.
static TABLE: RangeTable<'static> = RangeTable(include_bytes!("../../data/classes.bin"));

/// `Identifier_Status=Allowed` in a value of the table.
const ALLOWED: u16 = 0x80;

/// The general category, as coarse as we need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// `L*`, `Mc`
    Letter,
    /// `Mn`: drawn on the character before it.
    Nonspacing,
    /// `Me`: drawn around the character before it.
    Enclosing,
    /// `Cf`: draws nothing.
    Format,
    /// `Nd`
    Digit,
    /// `Zs`, `Zl`, `Zp`
    Space,
    /// `Cc`
    Control,
    /// Punctuation, symbols, other numbers, and what is not assigned.
    Other,
}

/// The class of a character.
#[must_use]
pub fn class(c: char) -> Class {
    if c.is_ascii() {
        return match c {
            'a'..='z' | 'A'..='Z' => Class::Letter,
            '0'..='9' => Class::Digit,
            ' ' => Class::Space,
            c if c.is_ascii_control() => Class::Control,
            _ => Class::Other,
        };
    }
    match TABLE.run(c).map_or(0, |(_, v)| v & 0x0F) {
        1 => Class::Letter,
        2 => Class::Nonspacing,
        3 => Class::Enclosing,
        5 => Class::Format,
        6 => Class::Digit,
        7 => Class::Space,
        8 => Class::Control,
        _ => Class::Other,
    }
}

/// Does `Identifier_Status` allow it? Letters, digits and `-` of ASCII are allowed.
#[must_use]
pub fn is_identifier(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_alphanumeric() || c == '-';
    }
    TABLE.run(c).is_some_and(|(_, v)| v & ALLOWED != 0)
}

/// A decimal digit: the zero of its system, and its value. A run of the table begins with a zero, and systems that
/// follow one another without a gap have ten digits each.
#[must_use]
pub fn decimal(c: char) -> Option<(char, u32)> {
    if c.is_ascii_digit() {
        return c.to_digit(10).map(|d| ('0', d));
    }
    if c.is_ascii() {
        return None;
    }
    let (start, value) = TABLE.run(c)?;
    if value & 0x0F != 6 {
        return None;
    }
    let digit = u32::from(c).checked_sub(start)?.checked_rem(10)?;
    Some((char::from_u32(u32::from(c).checked_sub(digit)?)?, digit))
}

/// Is it drawn on another character?
#[must_use]
pub fn is_mark(c: char) -> bool {
    !c.is_ascii() && matches!(class(c), Class::Nonspacing | Class::Enclosing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_know_their_system() {
        assert_eq!(decimal('7'), Some(('0', 7)));
        assert_eq!(decimal('\u{09EA}'), Some(('\u{09E6}', 4)));
        assert_eq!(decimal('\u{1D7D9}'), Some(('\u{1D7D8}', 1)));
        assert_eq!(decimal('x'), None);
        assert_eq!(decimal('é'), None);
    }

    #[test]
    fn classes_and_status() {
        assert_eq!(class('\u{0301}'), Class::Nonspacing);
        assert_eq!(class('日'), Class::Letter);
        assert_eq!(class('\u{202E}'), Class::Format);
        assert!(is_identifier('é') && is_identifier('日') && is_identifier('ー') && !is_identifier('\u{2014}'));
    }
}
