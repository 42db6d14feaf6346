//! What becomes of a file name when somebody saves the file on Windows: the name that decides which program opens it.

use std::borrow::Cow;

use super::{is_bidi_control, is_invisible};

/// The names under which a file may be saved, without folders. Usually one; several where programs disagree on what to do
/// with characters that a name must not have.
///
/// * Folders are cut off at `/` and `\` ([MS-FSCC] 2.1.5), a stream `::$DATA` at the end too.
/// * Dots and spaces at the end are dropped, as Windows does.
/// * A NUL ends the name for some programs and is dropped by others; other controls are dropped.
/// * Characters that draw nothing, and letters of full width, stand for themselves in Windows; programs that convert to a
///   code page drop the former and narrow the latter (best-fit mapping).
#[must_use]
pub fn saved_as(name: &str) -> Vec<Cow<'_, str>> {
    let plain = |b: u8| b.is_ascii_graphic() || b == b' ';
    if name.bytes().all(plain) {
        return vec![Cow::Borrowed(base(name))];
    }
    let mut names: Vec<Cow<'_, str>> = Vec::with_capacity(2);
    let mut add = |text: String| {
        let saved = base(&text);
        if !saved.is_empty() && !names.iter().any(|n| n == saved) {
            names.push(Cow::Owned(saved.to_owned()));
        }
    };
    add(name.chars().filter(|c| !c.is_control()).collect());
    add(name.chars().take_while(|c| *c != '\0').filter(|c| !c.is_control()).collect());
    add(name.chars().filter(|c| !c.is_control() && !is_bidi_control(*c) && !is_invisible(*c)).map(narrow).collect());
    names
}

/// The last component of a path, as Windows would keep it.
fn base(path: &str) -> &str {
    let path = strip_stream(path);
    let last = path.rsplit(['/', '\\']).next().unwrap_or(path);
    last.trim_end_matches(['.', ' '])
}

/// Cuts off the name of the unnamed stream.
fn strip_stream(path: &str) -> &str {
    const STREAM: &str = "::$DATA";
    let cut = path.len().saturating_sub(STREAM.len());
    match path.get(cut..) {
        Some(end) if end.eq_ignore_ascii_case(STREAM) => path.get(..cut).unwrap_or(path),
        _ => path,
    }
}

/// A letter of full width as the narrow one; dots and blanks that look like a dot or a blank as those.
fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        '\u{2024}' | '\u{FE52}' => '.',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// The extension of a saved name, lower case, without its dot; empty when there is none.
#[must_use]
pub fn extension(saved: &str) -> String {
    saved.rsplit_once('.').map_or_else(String::new, |(_, e)| e.to_ascii_lowercase())
}

/// What stands before the extension, without blanks at its end.
#[must_use]
pub fn stem(saved: &str) -> &str {
    saved.rsplit_once('.').map_or(saved, |(stem, _)| stem).trim_end_matches(is_blank)
}

/// Is it the name of a folder in an archive?
#[must_use]
pub fn is_folder(name: &str) -> bool {
    name.ends_with(['/', '\\'])
}

/// How many folders the name goes through.
#[must_use]
pub fn folders(name: &str) -> usize {
    let name = name.trim_start_matches("./").trim_end_matches(['/', '\\']);
    name.bytes().filter(|b| matches!(b, b'/' | b'\\')).count()
}

/// Does this character take up room without showing anything, or take up none at all?
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c) || is_bidi_control(c) || c == '\u{2800}'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extensions(name: &str) -> Vec<String> {
        saved_as(name).iter().map(|n| extension(n)).collect()
    }

    #[test]
    fn a_name_is_taken_as_windows_takes_it() {
        for (name, saved) in [
            ("report.pdf", "report.pdf"),
            ("a/b\\run.EXE", "run.EXE"),
            ("run.exe. . ", "run.exe"),
            ("run.exe::$data", "run.exe"),
            ("C:\\run.exe", "run.exe"),
            ("folder/", ""),
            ("run.\r\n\texe", "run.exe"),
            ("請求書.pdf", "請求書.pdf"),
        ] {
            assert_eq!(saved_as(name).first().map_or("", |n| n), saved, "{name:?}");
        }
    }

    #[test]
    fn what_programs_disagree_on_is_taken_every_way() {
        assert_eq!(extensions("run.exe\0.txt"), ["txt", "exe"]);
        assert_eq!(extensions("run.txt\0.exe"), ["exe", "txt"]);
        assert_eq!(extensions("run．ｅｘｅ"), ["", "exe"]);
        assert_eq!(extensions("run.e\u{200B}xe"), ["e\u{200B}xe", "exe"]);
        assert_eq!(extensions("invoice_\u{202E}fdp.exe"), ["exe", "exe"]);
        assert_eq!(extensions("見積書.exe"), ["exe"]);
    }

    #[test]
    fn parts_of_a_name() {
        assert_eq!(extension("a.tar.GZ"), "gz");
        assert_eq!(extension(".exe"), "exe");
        assert_eq!(extension("Makefile"), "");
        assert_eq!(stem("invoice.pdf   .exe"), "invoice.pdf");
        assert_eq!(folders("./src/js/a.js"), 2);
        assert_eq!(folders("a/"), 0);
        assert!(is_folder("a/") && !is_folder("a"));
    }
}
