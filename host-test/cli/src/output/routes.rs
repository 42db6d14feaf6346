//! Rule documents for people: findings with the line they stand in, who gets the mail, what changed.

use std::io::{self, Write};

use sekisho_host::{Finding, Report, RuleInfo, Severity};
use serde::{Deserialize, Serialize};

use super::terminal::{self, clean};
use super::wrap::{lines, width};

/// Where text begins: two spaces, a word of at most eight letters, two spaces.
const INDENT: usize = 12;
const COLUMNS: usize = 80;

/// Tells findings with the place they stand in.
pub struct Lint<'r> {
    /// Explains them.
    pub rules: &'r [RuleInfo],
    /// Also notes, and what each finding rests on.
    pub verbose: bool,
}

impl Lint<'_> {
    /// One document.
    pub fn report(&self, out: &mut dyn Write, label: &str, document: &[u8], report: &Report) -> io::Result<()> {
        header(out, label, report)?;
        let text = decoded(document);
        let told = |f: &&Finding| !f.rule.starts_with("policy-") && (self.verbose || f.severity > Severity::Info);
        let mut explained = Vec::new();
        let mut any = false;
        for finding in report.findings.iter().filter(told) {
            any = true;
            let severity = terminal::severity(finding.severity, 8);
            writeln!(
                out,
                "  {severity}  {}  {}",
                terminal::bold(&finding.rule),
                terminal::dim(&clean(&finding.place))
            )?;
            indented(out, &finding.message)?;
            excerpt(out, &text, &finding.place)?;
            if self.verbose {
                let rests: Vec<String> = finding.evidence.iter().map(|(k, v)| format!("{k} {v}")).collect();
                indented(out, &rests.join(" · "))?;
            }
            if !explained.contains(&finding.rule.as_str()) {
                explained.push(&finding.rule);
                if let Some(rule) =
                    self.rules.iter().find(|r| r.id == finding.rule).filter(|_| finding.severity >= Severity::Medium)
                {
                    indented(out, &section(&rule.page, "What to do"))?;
                }
            }
        }
        if !any {
            indented(out, "Nothing found.")?;
        }
        writeln!(out)
    }
}

fn header(out: &mut dyn Write, label: &str, report: &Report) -> io::Result<()> {
    let format = report.parts.first().map_or("", |p| p.format.as_str());
    let format = if format.is_empty() { "unknown dialect" } else { format };
    let rest = format!("{format} · risk {} · {}", report.risk, clean(&report.inspection));
    writeln!(out, "{}  {} · {rest}", terminal::bold(&clean(label)), terminal::action(&report.action))
}

/// The line a finding stands in, with a caret under the place.
fn excerpt(out: &mut dyn Write, text: &str, place: &str) -> io::Result<()> {
    let Some((line, column)) =
        place.split_once(':').and_then(|(l, c)| Some((l.parse::<usize>().ok()?, c.parse::<usize>().ok()?)))
    else {
        return Ok(());
    };
    let Some(full) = line.checked_sub(1).and_then(|n| text.lines().nth(n)) else { return Ok(()) };
    // A long line is shown from a little before the place on.
    let skipped = column.saturating_sub(30);
    let shown: String = full.chars().skip(skipped).take(60).collect();
    let before: String = full.chars().skip(skipped).take(column.saturating_sub(1).saturating_sub(skipped)).collect();
    let number = line.to_string();
    let room = width(&clean(&before.replace('\t', " ")));
    writeln!(out, "{:>INDENT$} {}", terminal::dim(&format!("{number:>9} |")), clean(&shown.replace('\t', " ")))?;
    writeln!(out, "{:>INDENT$} {:room$}^", terminal::dim("          |"), "")
}

fn indented(out: &mut dyn Write, text: &str) -> io::Result<()> {
    for line in lines(&clean(&text.replace('\n', " ")), COLUMNS.saturating_sub(INDENT)) {
        writeln!(out, "{:INDENT$}{line}", "")?;
    }
    Ok(())
}

/// A document as text, however it is encoded.
fn decoded(document: &[u8]) -> String {
    sekisho_core::forwarding::source::Source::decode("", document).text
}

/// A section of a rule's page, in one line.
fn section(page: &str, title: &str) -> String {
    let after = page.split("\n## ").find_map(|section| section.strip_prefix(title)).unwrap_or_default();
    after.trim().split("\n\n").next().unwrap_or_default().replace('\n', " ").replace('`', "")
}

/// What the plugin remembers of one way out.
#[derive(Debug, Deserialize)]
struct Way {
    mail: String,
    when: Vec<String>,
    scope: String,
    live: bool,
    copy: String,
    visible: bool,
    place: String,
}

/// Who gets the mail.
pub fn effects(out: &mut dyn Write, label: &str, report: &Report) -> io::Result<()> {
    header(out, label, report)?;
    let mut any = false;
    for fact in report.remember.iter().filter(|f| f.kind == "forwarding-route") {
        let key: Option<(String, String, String)> = serde_json::from_str(&fact.key).ok();
        let (Some((owner, target, via)), Ok(way)) = (key, serde_json::from_str::<Way>(&fact.value)) else { continue };
        any = true;
        let owner = if owner.is_empty() { "the owner".to_owned() } else { owner };
        let state = if way.live { "" } else { " (off)" };
        let target = terminal::bold(&clean(&target));
        writeln!(
            out,
            "  {} → {target}  {via}, {}{state}  {}",
            clean(&owner),
            clean(&way.scope),
            terminal::dim(&clean(&way.place))
        )?;
        let mut told = format!("{} mail", way.mail);
        if !way.when.is_empty() {
            told.push_str(&format!(": {}", way.when.join(" | ")));
        }
        indented(out, &told)?;
        let seen = if way.visible { "" } else { ", and cannot see the rule" };
        indented(out, &format!("the owner's copy is {}{seen}", way.copy))?;
    }
    if !any {
        indented(out, "Nobody else gets this mail.")?;
    }
    writeln!(out)
}

/// One change in who gets the mail.
#[derive(Debug, Serialize, Deserialize)]
pub struct Change {
    class: String,
    owner: String,
    what: String,
    before: String,
    after: String,
    place: String,
}

impl Change {
    /// Does somebody get more than before, or the owner less?
    pub fn needs_approval(&self) -> bool {
        ["recipient-added", "guard-widened", "guard-changed", "copy-lost", "enabled", "hidden"]
            .contains(&self.class.as_str())
    }
}

/// The changes a report tells.
pub fn changes(report: &Report) -> Vec<Change> {
    let told = report.remember.iter().filter(|f| f.kind == "forwarding-change");
    told.filter_map(|f| serde_json::from_str(&f.value).ok()).collect()
}

/// Tells changes, those that need an approval first.
pub fn tell_changes(out: &mut dyn Write, changes: &[Change]) -> io::Result<()> {
    if changes.is_empty() {
        return writeln!(out, "Nothing changed in who gets the mail.");
    }
    for change in changes {
        let class = clean(&change.class);
        let class = if change.needs_approval() { terminal::bold(&class) } else { terminal::dim(&class) };
        writeln!(out, "{class}  {}  {}", clean(&change.what), terminal::dim(&clean(&change.place)))?;
        let told = match (change.before.as_str(), change.after.as_str()) {
            ("", "") => String::new(),
            ("", after) => format!("now: {after}"),
            (before, "") => format!("was: {before}"),
            (before, after) => format!("was: {before}; now: {after}"),
        };
        if !told.is_empty() {
            indented(out, &told)?;
        }
    }
    Ok(())
}
