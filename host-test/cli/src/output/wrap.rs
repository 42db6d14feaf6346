//! Text in columns: widths as a terminal draws them, lines broken where a reader of English or Japanese expects it.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a text takes. Chinese, Japanese and Korean characters take two.
pub fn width(text: &str) -> usize {
    text.width()
}

/// A text padded with spaces to `columns`.
pub fn pad(text: &str, columns: usize) -> String {
    let mut out = text.to_owned();
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(text))));
    out
}

/// A text that takes at most `columns`; what is too long loses its middle, because both ends of a name tell something.
pub fn shorten(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let room = columns.saturating_sub(1);
    let tail_room = room / 2;
    let head = fitting(text.chars(), room.saturating_sub(tail_room));
    let mut tail: Vec<char> = fitting(text.chars().rev(), tail_room).chars().collect();
    tail.reverse();
    format!("{head}…{}", tail.into_iter().collect::<String>())
}

/// As many characters as fit.
fn fitting(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut left = columns;
    chars
        .map_while(|c| {
            left = left.checked_sub(c.width().unwrap_or_default())?;
            Some(c)
        })
        .collect()
}

/// Breaks a text into lines of at most `columns`: at spaces, and between characters of scripts without spaces, except
/// where a line would begin with closing or end with opening punctuation (JIS X 4051). A longer word stands alone.
pub fn lines(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for chunk in chunks(text) {
        if !line.is_empty() && width(&line).saturating_add(width(chunk.trim_end())) > columns {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        }
        if !(line.is_empty() && chunk.trim().is_empty()) {
            line.push_str(chunk);
        }
    }
    if !line.trim_end().is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

/// Pieces that are not broken: words with the space behind them, single wide characters with their punctuation.
fn chunks(text: &str) -> Vec<&str> {
    let mut chunks = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut previous: Option<char> = None;
        let end = rest
            .char_indices()
            .find(|(_, c)| previous.replace(*c).is_some_and(|p| breaks_between(p, *c)))
            .map_or(rest.len(), |(at, _)| at);
        let (chunk, after) = rest.split_at(end);
        chunks.push(chunk);
        rest = after;
    }
    chunks
}

fn breaks_between(left: char, right: char) -> bool {
    const NEVER_FIRST: &str = "、。，．・：；？！）］｝」』】〉》〕ーゝゞ々ぁぃぅぇぉっゃゅょァィゥェォッャュョ…‥";
    const NEVER_LAST: &str = "（［｛「『【〈《〔";
    if left == ' ' {
        return right != ' ';
    }
    let wide = |c: char| c.width() == Some(2);
    (wide(left) || wide(right)) && right != ' ' && !NEVER_FIRST.contains(right) && !NEVER_LAST.contains(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn japanese_takes_two_columns_a_character() {
        assert_eq!(width("お見積書.zip"), 12);
        assert_eq!(pad("お見積", 8), "お見積  ");
        assert_eq!(shorten("お見積書.zip", 12), "お見積書.zip");
        assert_eq!(shorten("お見積書.zip", 9), "お見….zip");
        assert!(width(&shorten("お見積書のコピー.zip", 8)) <= 8);
    }

    #[test]
    fn english_breaks_at_spaces() {
        assert_eq!(lines("the gateway cannot look inside", 15), ["the gateway", "cannot look", "inside"]);
        assert_eq!(lines("aaaaaaaaaaaaaaaaaaaa b", 5), ["aaaaaaaaaaaaaaaaaaaa", "b"]);
        assert_eq!(lines("", 5), [""]);
    }

    #[test]
    fn japanese_breaks_between_characters_but_not_before_punctuation() {
        assert_eq!(lines("添付を開けません。", 8), ["添付を開", "けませ", "ん。"]);
        assert_eq!(lines("共有フォルダ（社内）", 14), ["共有フォルダ", "（社内）"]);
        assert_eq!(lines("ZIP を送る", 6), ["ZIP を", "送る"]);
    }

    #[test]
    fn no_letter_is_lost() {
        let text = "Send it by the shared folder 共有フォルダでお送りください。 (see the page)";
        for columns in 1..80 {
            let again: String = lines(text, columns).concat();
            assert_eq!(again.replace(' ', ""), text.replace(' ', ""), "{columns}");
        }
    }
}
