//! What all pages are made of. No script, nothing from elsewhere.

use std::fmt::{Display, Write as _};
use std::sync::LazyLock;

use ring::digest::{SHA256, digest};

/// The style of all pages.
pub const STYLE: &str = include_str!("style.css");

/// What a browser may do with a page: show it, apply this style, send its forms back here.
pub static POLICY: LazyLock<String> = LazyLock::new(|| {
    let hash = base64_simd::STANDARD.encode_to_string(digest(&SHA256, STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
});

/// Text as it may stand in a page and in the value of an attribute. What cannot be seen, or turns the order of letters,
/// is replaced by a sign that can be seen.
#[must_use]
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if is_unseen(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Controls, marks of direction, and what has no width.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// At most so many letters of a text.
#[must_use]
pub fn cut(raw: &str, most: usize) -> String {
    let mut out: String = raw.chars().take(most).collect();
    if raw.chars().nth(most).is_some() {
        out.push('…');
    }
    out
}

/// A size for people.
#[must_use]
pub fn size(bytes: u64) -> String {
    let in_unit = |unit: u64, name: &str| {
        let tenths = bytes.saturating_mul(10).checked_div(unit).unwrap_or_default();
        format!("{}.{} {name}", tenths / 10, tenths % 10)
    };
    match bytes {
        0..1000 => format!("{bytes} B"),
        1000..1_000_000 => in_unit(1000, "kB"),
        1_000_000..1_000_000_000 => in_unit(1_000_000, "MB"),
        _ => in_unit(1_000_000_000, "GB"),
    }
}

/// A time (RFC 3339, UTC) for people.
#[must_use]
pub fn time(time: &str) -> String {
    let time = text(time);
    format!("<time datetime=\"{time}\">{}</time>", time.replace('T', " ").trim_end_matches('Z'))
}

/// Rules as links to their pages.
#[must_use]
pub fn rules(ids: &[String]) -> String {
    let link = |id: &String| {
        let id = text(id);
        format!("<a class=\"rule\" href=\"/help/{id}.html\">{id}</a>")
    };
    ids.iter().map(link).collect::<Vec<_>>().join(" ")
}

/// A table that becomes a list of cards where there is no room. The roles keep it a table for screen readers then.
#[derive(Debug)]
pub struct Table {
    out: String,
    heads: Vec<String>,
    next: usize,
}

impl Table {
    /// A table with a caption, the heads of its columns, and how many of the last ones are for numbers.
    #[must_use]
    pub fn new(caption: &str, heads: &[&str], numbers: usize) -> Self {
        let mut out = format!(
            "<table role=\"table\"><caption>{}</caption><thead role=\"rowgroup\"><tr role=\"row\">",
            text(caption)
        );
        let words = heads.len().saturating_sub(numbers);
        for (number, head) in heads.iter().enumerate() {
            let class = if number < words { "" } else { " class=\"n\"" };
            let _ = write!(out, "<th role=\"columnheader\" scope=\"col\"{class}>{}</th>", text(head));
        }
        out.push_str("</tr></thead><tbody role=\"rowgroup\">\n");
        Self { out, heads: heads.iter().map(|head| text(head)).collect(), next: 0 }
    }

    /// Begins a row.
    pub fn row(&mut self) -> &mut Self {
        self.out.push_str(if self.next == 0 { "<tr role=\"row\">" } else { "</tr>\n<tr role=\"row\">" });
        self.next = 0;
        self
    }

    /// A cell, whose content is HTML.
    pub fn cell(&mut self, html: impl Display) -> &mut Self {
        self.any("", html)
    }

    /// A cell with a number.
    pub fn number(&mut self, html: impl Display) -> &mut Self {
        self.any(" class=\"n\"", html)
    }

    fn any(&mut self, class: &str, html: impl Display) -> &mut Self {
        let head = self.heads.get(self.next).map_or("", String::as_str);
        let _ = write!(self.out, "<td role=\"cell\"{class} data-head=\"{head}\"><div>{html}</div></td>");
        self.next = self.next.saturating_add(1);
        self
    }

    /// The whole.
    #[must_use]
    pub fn end(mut self) -> String {
        if self.next > 0 {
            self.out.push_str("</tr>\n");
        }
        self.out.push_str("</tbody></table>\n");
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(text("<a b='\"&\u{202e}\n"), "&lt;a b=&#39;&quot;&amp;\u{fffd}\u{fffd}");
        assert_eq!(text("見積書"), "見積書");
        let mut table = Table::new("<c>", &["<h>"], 0);
        table.row().cell(text("<script>")).row().number(1);
        assert_eq!(
            table.end(),
            "<table role=\"table\"><caption>&lt;c&gt;</caption><thead role=\"rowgroup\"><tr role=\"row\">\
             <th role=\"columnheader\" scope=\"col\">&lt;h&gt;</th></tr></thead><tbody role=\"rowgroup\">\n\
             <tr role=\"row\"><td role=\"cell\" data-head=\"&lt;h&gt;\"><div>&lt;script&gt;</div></td></tr>\n\
             <tr role=\"row\"><td role=\"cell\" class=\"n\" data-head=\"&lt;h&gt;\"><div>1</div></td></tr>\n</tbody></table>\n"
        );
    }

    #[test]
    fn sizes_and_lengths_are_for_people() {
        assert_eq!(
            [0, 999, 1000, 3453, 6_800_000, u64::MAX].map(size)[..5],
            ["0 B", "999 B", "1.0 kB", "3.4 kB", "6.8 MB"]
        );
        assert_eq!((cut("見積書", 2), cut("見積", 2)), ("見積…".to_owned(), "見積".to_owned()));
    }
}
