//! The page of a rule, taken apart: `# id`, one line of summary, then `## Why`, `## What to do`, `## Rescue` with
//! `### ja` and `### en`, `## Seen`, `## Not seen`.

/// A page taken apart. Missing sections are empty; a test refuses such pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Page<'a> {
    /// The text after `# `.
    pub title: &'a str,
    /// The first paragraph.
    pub summary: &'a str,
    /// Why it matters.
    pub why: &'a str,
    /// What a sender can do, in Japanese.
    pub rescue_ja: &'a str,
    /// What a sender can do, in English.
    pub rescue_en: &'a str,
    /// Cases in which the rule speaks.
    pub seen: &'a str,
    /// Cases in which it must not.
    pub not_seen: &'a str,
}

impl<'a> Page<'a> {
    /// Takes a page apart.
    #[must_use]
    pub fn of(page: &'a str) -> Self {
        let body = page.split_once('\n').map_or("", |(_, rest)| rest);
        Self {
            title: page.lines().next().unwrap_or("").trim_start_matches('#').trim(),
            summary: body.trim_start().split("\n\n").next().unwrap_or("").trim(),
            why: section(page, "## Why"),
            rescue_ja: section(page, "### ja"),
            rescue_en: section(page, "### en"),
            seen: section(page, "## Seen"),
            not_seen: section(page, "## Not seen"),
        }
    }
}

/// The text below a heading line, up to the next heading. Headings inside fenced code do not count.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let mut offset = 0usize;
    let mut start = None;
    let mut fenced = false;
    for line in page.split_inclusive('\n') {
        let end = offset.saturating_add(line.len());
        let text = line.trim_end();
        if text.starts_with("```") {
            fenced = !fenced;
        } else if !fenced && text.starts_with('#') {
            if let Some(from) = start {
                return page.get(from..offset).unwrap_or("").trim();
            }
            if text == heading {
                start = Some(end);
            }
        }
        offset = end;
    }
    start.and_then(|from| page.get(from..)).unwrap_or("").trim()
}

/// The heading the cases begin with; they test the page and are not carried along.
const CASES: &[u8] = b"\n## Seen\n";

/// How long the part of a page is that people are told. A page without cases is told whole.
#[must_use]
pub const fn told(page: &str) -> usize {
    let mut rest = page.as_bytes();
    while let Some((_, tail)) = rest.split_first() {
        if begins(rest, CASES) {
            return page.len().wrapping_sub(rest.len()).wrapping_add(1);
        }
        rest = tail;
    }
    page.len()
}

const fn begins(mut text: &[u8], mut with: &[u8]) -> bool {
    while let Some((first, more)) = with.split_first() {
        match text.split_first() {
            Some((byte, tail)) if *byte == *first => text = tail,
            _ => return false,
        }
        with = more;
    }
    true
}

/// The first `N` bytes of a page, as bytes of their own: a slice of the page would keep all of it in the program.
#[must_use]
#[allow(clippy::indexing_slicing, reason = "run by the compiler, which refuses an index out of bounds")]
pub const fn cut<const N: usize>(page: &str) -> [u8; N] {
    let (mut out, mut at) = ([0; N], 0);
    while at < N {
        out[at] = page.as_bytes()[at];
        at = at.wrapping_add(1);
    }
    out
}

/// The text of a page that was cut before a heading.
#[must_use]
pub const fn text(bytes: &[u8]) -> &str {
    match core::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(_) => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_ends_before_the_cases() {
        const PAGE: &str = "# a\n\nb 関\n\n## Why\n\nc\n\n## Seen\n\n- d\n";
        const TOLD: [u8; told(PAGE)] = cut(PAGE);
        assert_eq!(text(&TOLD), "# a\n\nb 関\n\n## Why\n\nc\n\n");
        assert_eq!(told("# a\n"), 4);
    }
}
