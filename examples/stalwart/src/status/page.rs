//! The status page: a table that needs no script.

use std::fmt::Write as _;

use crate::recent::Entry;

const HEAD: &str = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Sekisho gate</title>\n\
<meta name=\"viewport\" content=\"width=device-width\"><style>\n\
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#222;background:#fff}\n\
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top}\n\
td.n{text-align:right}code{font-size:.9em}.deliver{color:#176b2c}.tag,.strip,.unscanned{color:#7a5200}\n\
.hold,.quarantine,.defer,.tempfail{color:#8a3b00}.reject,.too-large{color:#a40000;font-weight:600}\n\
</style></head><body>\n<h1>Sekisho gate</h1>\n";

/// The page. Counters are on `/metrics`.
#[must_use]
pub fn page(entries: &[Entry], judging: u64, connections: u64) -> String {
    let mut out = String::from(HEAD);
    let _ = writeln!(
        out,
        "<p>{connections} connections, {judging} mails under way. Counters: <a href=\"/metrics\">metrics</a>.</p>\n\
         <h2>Last verdicts</h2>"
    );
    if entries.is_empty() {
        out.push_str("<p>No mail yet.</p>\n");
    } else {
        out.push_str(
            "<table><thead><tr><th>Time (UTC)</th><th>Reference</th><th>Listener</th><th>Action</th><th>Why</th>\
             <th>Bytes</th><th>ms</th></tr></thead><tbody>\n",
        );
        entries.iter().for_each(|entry| row(&mut out, entry));
        out.push_str("</tbody></table>\n");
    }
    out.push_str("</body></html>\n");
    out
}

fn row(out: &mut String, entry: &Entry) {
    let (action, rules) = (escaped(&entry.action), escaped(&entry.rules.join(", ")));
    let _ = writeln!(
        out,
        "<tr><td>{}</td><td><code>{}</code></td><td>{}</td><td class=\"{action}\">{action}</td><td>{}{}<code>{rules}</code></td>\
         <td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
        escaped(&entry.time),
        escaped(&entry.reference),
        escaped(&entry.listener),
        escaped(&entry.reason),
        if entry.reason.is_empty() { "" } else { "<br>" },
        entry.size,
        entry.ms
    );
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_are_told_and_nothing_breaks_out() {
        let entry = Entry {
            time: "2026-11-24T00:00:00Z".into(),
            reference: "T43FJ-HRM00".into(),
            listener: "<script>\"".into(),
            action: "reject".into(),
            rules: vec!["zip-encrypted".into()],
            reason: "A & B.".into(),
            size: 5,
            ms: 1,
        };
        let text = page(&[entry], 0, 1);
        assert!(text.contains("<td>&lt;script&gt;&quot;</td><td class=\"reject\">reject</td>"), "{text}");
        assert!(text.contains("A &amp; B.<br><code>zip-encrypted</code>"), "{text}");
        assert!(page(&[], 0, 0).contains("No mail yet"));
    }
}
