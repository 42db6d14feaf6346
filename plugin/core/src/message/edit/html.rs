//! As much of HTML as it takes to put a paragraph where everybody sees it.

use memchr::memmem;

/// A text as a paragraph.
pub(super) fn paragraph(text: &str) -> String {
    let mut out = String::from("<p>");
    for c in text.trim().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => {}
            '\n' => out.push_str("<br>\n"),
            c => out.push(c),
        }
    }
    out.push_str("</p>\n");
    out
}

/// Elements that may stand before the body (HTML, section 4.2), and the tags around them.
static HEAD: &[&str] =
    &["html", "head", "meta", "link", "base", "!doctype", "?xml", "/head", "/title", "/style", "/script"];
/// Those of them whose content is no markup.
static RAW: &[&str] = &["title", "style", "script"];

/// Where the content begins: behind `<body …>`, or at the very start where that is missing, stands in a comment, a string
/// or a script, or comes too late to count.
pub(super) fn content(html: &[u8]) -> usize {
    body(html).unwrap_or(0)
}

fn body(html: &[u8]) -> Option<usize> {
    let mut at = if html.starts_with(b"\xEF\xBB\xBF") { 3usize } else { 0 };
    loop {
        let rest = html.get(at..)?;
        let open = memchr::memchr(b'<', rest)?;
        // Text before the body begins the body.
        if !rest.get(..open)?.iter().all(u8::is_ascii_whitespace) {
            return None;
        }
        at = at.checked_add(open)?;
        let tag = html.get(at..)?;
        if tag.starts_with(b"<!--") {
            at = behind(html, at.checked_add(4)?, b"-->")?;
            continue;
        }
        let name: String = tag
            .get(1..)?
            .iter()
            .take(16)
            .take_while(|b| is_name(**b))
            .map(|b| char::from(b.to_ascii_lowercase()))
            .collect();
        at = tag_end(html, at)?;
        match name.as_str() {
            "body" => return Some(at),
            raw if RAW.contains(&raw) => at = closing_tag(html, at, raw)?,
            known if HEAD.contains(&known) => {}
            _ => return None,
        }
    }
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'!' | b'?')
}

/// Where the tag at `at` ends; `>` within quotes does not count.
fn tag_end(html: &[u8], at: usize) -> Option<usize> {
    let mut at = at;
    loop {
        let found = memchr::memchr3(b'>', b'"', b'\'', html.get(at..)?)?;
        at = at.checked_add(found)?;
        let quote = *html.get(at)?;
        at = at.checked_add(1)?;
        if quote == b'>' {
            return Some(at);
        }
        at = behind(html, at, &[quote])?;
    }
}

/// Where `</name` stands.
fn closing_tag(html: &[u8], at: usize, name: &str) -> Option<usize> {
    let rest = html.get(at..)?;
    let end = memmem::find_iter(rest, b"</").find(|n| {
        let from = n.saturating_add(2);
        rest.get(from..from.saturating_add(name.len())).is_some_and(|t| t.eq_ignore_ascii_case(name.as_bytes()))
    })?;
    at.checked_add(end)
}

/// Behind the next occurrence of some bytes.
fn behind(html: &[u8], at: usize, what: &[u8]) -> Option<usize> {
    at.checked_add(memmem::find(html.get(at..)?, what)?)?.checked_add(what.len())
}
