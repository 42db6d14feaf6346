//! Help pages for senders: what a rule found, and the way out, in Japanese and English. Replies of SMTP are short and ASCII;
//! they can name such a page. All of its words about a rule come from the plugin's own catalogue.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use sekisho_host::{CallError, Host, RuleInfo};

use crate::config::HelpUrl;
use crate::lang::Lang;
use crate::status::html::{POLICY, STYLE, text};
use crate::verdict::Refusal;

/// The longest reply with its codes, bytes: a line has 512 (RFC 5321 section 4.5.3.1.5), and mail servers add words.
const LONGEST: usize = 490;

/// The rules of the plugin.
#[derive(Clone, Debug, Default)]
pub struct Catalogue(Vec<RuleInfo>);

impl Catalogue {
    /// Asks the plugin.
    ///
    /// # Errors
    /// It does not answer.
    pub fn of(host: &Host) -> Result<Self, CallError> {
        let mut rules = host.rules()?;
        // Ids become names of files and parts of addresses.
        rules.retain(|rule| is_id(&rule.id));
        rules.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self(rules))
    }

    /// A rule.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&RuleInfo> {
        self.0.iter().find(|rule| rule.id == id)
    }

    /// All rules, as links to their pages in the same directory. HTML.
    #[must_use]
    pub fn list(&self, lang: Lang) -> String {
        let about = lang.say(
            "What the checkpoint looks for; each page says what a sender can do.",
            "この関所が確認する項目です。各ページに送信者の方ができること(救済措置)を記載しています。",
        );
        let mut out = format!("<p>{about}</p>\n<dl class=\"card facts\">\n");
        for rule in &self.0 {
            let (id, summary) = (text(&rule.id), text(&rule.summary));
            let _ = writeln!(out, "<dt><a href=\"{id}.html\">{id}</a></dt><dd lang=\"en\">{summary}</dd>");
        }
        out.push_str("</dl>\n");
        out
    }

    /// Writes all pages and a list of them into a directory, which is made if it is missing.
    ///
    /// # Errors
    /// A line that names the file that cannot be written.
    pub fn write(&self, directory: &Path) -> anyhow::Result<usize> {
        std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
        let put = |name: &str, title: &str, body: &str| {
            let file = directory.join(name);
            std::fs::write(&file, whole(title, body)).with_context(|| file.display().to_string())
        };
        put("index.html", "規則一覧 / Rules", &(self.list(Lang::Ja) + &self.list(Lang::En)))?;
        for rule in &self.0 {
            put(&format!("{}.html", rule.id), &rule.id, &body(rule, Lang::Ja))?;
        }
        Ok(self.0.len())
    }
}

/// The page of a rule, in both languages, this one first. HTML.
#[must_use]
pub fn body(rule: &RuleInfo, first: Lang) -> String {
    match first {
        Lang::Ja => japanese(rule) + &english(rule),
        Lang::En => english(rule) + &japanese(rule),
    }
}

fn japanese(rule: &RuleInfo) -> String {
    format!(
        "<section class=\"card\" lang=\"ja\">\n<h2>救済措置(送信者の方へ)</h2>\n{rescue}\
         <p>お問い合わせの際は、返信メッセージの末尾付近にある角括弧内の照会番号(例:<code>[T43FJ-HRM00]</code>)を受信者にお伝えください。</p>\n\
         <h2>検出内容</h2>\n<p><code>{id}</code> <span lang=\"en\">{summary}</span> <a href=\"#why\">詳細(英語)</a></p>\n</section>\n",
        rescue = paragraphs(&rule.rescue_ja),
        id = text(&rule.id),
        summary = text(&rule.summary),
    )
}

fn english(rule: &RuleInfo) -> String {
    format!(
        "<section class=\"card\" lang=\"en\">\n<h2>What you can do</h2>\n{rescue}\
         <p>When you ask the recipient about it, tell the reference number that stands in brackets near the end of the reply, \
         for example <code>[T43FJ-HRM00]</code>.</p>\n\
         <h2>What was found</h2>\n<p><code>{id}</code> {summary}</p>\n<h2 id=\"why\">Why it matters</h2>\n{why}</section>\n",
        rescue = paragraphs(&rule.rescue_en),
        id = text(&rule.id),
        summary = text(&rule.summary),
        why = paragraphs(section(&rule.page, "## Why")),
    )
}

/// What stands under a heading of a page.
fn section<'p>(page: &'p str, heading: &str) -> &'p str {
    let from = page.split_once(&format!("\n{heading}\n")).map_or("", |(_, rest)| rest);
    from.split("\n## ").next().unwrap_or("").trim()
}

/// Paragraphs and `code`: all of Markdown that the catalogue uses there.
fn paragraphs(markdown: &str) -> String {
    let mut out = String::new();
    for paragraph in markdown.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
        let _ = write!(out, "<p>");
        for (number, piece) in paragraph.split('`').enumerate() {
            // Line ends are white space here, not something that cannot be seen.
            let piece = text(&piece.replace('\n', " "));
            let _ = if number % 2 == 0 { write!(out, "{piece}") } else { write!(out, "<code>{piece}</code>") };
        }
        out.push_str("</p>\n");
    }
    out
}

/// A page for any web server: nothing else belongs to it.
fn whole(title: &str, body: &str) -> String {
    let policy = POLICY.replace("frame-ancestors 'none'; ", "");
    format!(
        "<!DOCTYPE html>\n<html lang=\"ja\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\n\
         <body><main>\n<h1>{title}</h1>\n{body}</main></body></html>\n",
        title = text(title),
    )
}

/// `sekisho-gate help-pages`.
///
/// # Errors
/// One line: why they could not be written.
pub fn command(directory: &Path) -> anyhow::Result<()> {
    let host = Host::embedded().context("sandbox")?;
    let count = Catalogue::of(&host)?.write(directory)?;
    println!("{count} pages and index.html in {}", directory.display());
    Ok(())
}

/// Has a refusal end with the address of the page of its rule. Words in its middle give way where there is no room.
pub fn tell(refusal: &mut Refusal, url: &HelpUrl, rule: &str) {
    if !is_id(rule) {
        return;
    }
    let link = format!(" see {}{rule}.html", url.as_str());
    let codes = refusal.status().len().saturating_add("550  ".len());
    let room = LONGEST.saturating_sub(codes).saturating_sub(link.len());
    if let Some(text) = shortened(&refusal.text, room) {
        refusal.text = text + &link;
    }
}

/// What stands behind the summary of a rule: how to send it instead, as the policy says.
const WAYS_OUT: [&str; 3] = [" Another way to send it: ", " Contact: ", " Ask the recipient "];

/// A text in so many bytes. Its beginning, the way out and the reference number stay whole; nothing when even they are
/// too long.
fn shortened(text: &str, room: usize) -> Option<String> {
    if text.len() <= room {
        return Some(text.to_owned());
    }
    let way_out = WAYS_OUT.iter().filter_map(|way| text.find(way)).min().or_else(|| text.rfind(" ["))?;
    let (head, tail) = text.split_at_checked(way_out)?;
    let opening = head.find("): ").map_or(0, |at| at.saturating_add(3));
    let kept = room.checked_sub(tail.len())?.checked_sub("...".len())?;
    let kept = head.get(..kept).filter(|kept| kept.len() >= opening)?;
    let kept = kept.rsplit_once(' ').map_or(kept, |(whole, _)| whole);
    Some(format!("{}...{tail}", kept.trim_end_matches(['.', ',', ' '])))
}

/// Ids stand in addresses and names of files: lower case, digits and hyphens alone.
fn is_id(rule: &str) -> bool {
    (1..=64).contains(&rule.len()) && rule.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> HelpUrl {
        "https://mail.example.co.jp/help/".to_owned().try_into().unwrap()
    }

    fn refusal(text: &str) -> Refusal {
        Refusal { code: 550, enhanced: "5.7.1".into(), text: text.into() }
    }

    #[test]
    fn a_refusal_ends_with_its_page() {
        let mut short = refusal(
            "Message refused (zip-encrypted): It is so. Ask the recipient for another way to send it. [T43FJ-HRM00]",
        );
        tell(&mut short, &url(), "zip-encrypted");
        let line = "550 5.7.1 Message refused (zip-encrypted): It is so. Ask the recipient for another way to send it. [T43FJ-HRM00] \
                    see https://mail.example.co.jp/help/zip-encrypted.html";
        assert_eq!(short.line(), line);
        let mut odd = refusal("x [R]");
        tell(&mut odd, &url(), "../x y");
        assert_eq!(odd.text, "x [R]");
    }

    #[test]
    fn a_long_refusal_keeps_beginning_way_out_and_reference() {
        let tail = format!(" Another way to send it: https://up.example/{} [T43FJ-HRM00]", "u".repeat(100));
        let mut long = refusal(&format!("Message refused (zip-encrypted): {}{tail}", "word ".repeat(45)));
        let long_url = format!("https://{}/", "h".repeat(111)).try_into().unwrap();
        tell(&mut long, &long_url, "zip-encrypted");
        let line = long.line();
        assert!(line.starts_with("550 5.7.1 Message refused (zip-encrypted): word word"), "{line}");
        assert!(
            line.contains(&format!("word...{tail} see https://hhh")) && line.ends_with("/zip-encrypted.html"),
            "{line}"
        );
        assert!(line.len() <= LONGEST, "{}", line.len());
        // Where nothing can give way, nothing is added.
        let whole = refusal(&"x".repeat(480));
        let mut told = whole.clone();
        tell(&mut told, &url(), "zip-encrypted");
        assert_eq!(told, whole);
    }

    #[test]
    fn every_rule_has_a_whole_page_in_both_languages() {
        let catalogue = Catalogue::of(&crate::plugin()).unwrap();
        assert!(catalogue.0.len() > 100);
        let directory = std::env::temp_dir().join(crate::reference::next());
        assert_eq!(catalogue.write(&directory).unwrap(), catalogue.0.len());
        for rule in &catalogue.0 {
            let page = std::fs::read_to_string(directory.join(format!("{}.html", rule.id))).unwrap();
            for told in [&rule.summary, &rule.rescue_en, &rule.rescue_ja] {
                let told = paragraphs(told);
                assert!(
                    page.contains(told.trim().trim_start_matches("<p>").trim_end_matches("</p>")),
                    "{}: {told}",
                    rule.id
                );
            }
            assert!(!section(&rule.page, "## Why").is_empty(), "{}", rule.id);
            assert!(!page.contains('`') && !page.contains('\u{fffd}'), "{}", rule.id);
        }
        let index = std::fs::read_to_string(directory.join("index.html")).unwrap();
        assert_eq!(index.matches(".html\">").count(), catalogue.0.len() * 2);
        std::fs::remove_dir_all(directory).unwrap();
    }
}
