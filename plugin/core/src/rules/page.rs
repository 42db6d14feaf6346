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
