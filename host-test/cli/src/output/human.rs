//! The report for people: what was seen, why it matters, what to do, who decided. Readable in 80 columns, in colour and
//! without.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use sekisho_host::{Finding, Report, RuleInfo, Severity};

use super::wrap::{lines, pad, shorten, width};
use super::{Sink, Tally, terminal};
use crate::output::terminal::clean;

/// Findings of one rule shown one by one; more are counted.
const SHOWN: usize = 3;
/// Names shown of the members of an archive; more are counted.
const MEMBERS: usize = 12;
/// Where text begins: two spaces, a word of at most eight letters, two spaces.
const INDENT: usize = 12;

/// Writes a block a message and a line of sums at the end.
pub struct Human {
    rules: BTreeMap<String, RuleInfo>,
    verbose: bool,
    columns: usize,
}

impl Human {
    /// `rules` explain the findings; `verbose` adds what each rests on.
    pub fn new(rules: Vec<RuleInfo>, verbose: bool) -> Self {
        let rules = rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
        Self { rules, verbose, columns: 80 }
    }

    /// Path on the left, verdict on the right.
    fn header(&self, out: &mut dyn Write, label: &str, report: &Report) -> io::Result<()> {
        let label = clean(label);
        let action = terminal::action(&report.action);
        let rest = format!(" · risk {} · {}", report.risk, clean(&report.inspection));
        let verdict = width(&report.action).saturating_add(width(&rest));
        match self.columns.checked_sub(width(&label).saturating_add(verdict)).filter(|room| *room >= 2) {
            Some(room) => writeln!(out, "{}{:room$}{action}{rest}", terminal::bold(&label), ""),
            None => writeln!(
                out,
                "{}\n{:>2$}{action}{rest}",
                terminal::bold(&label),
                "",
                self.columns.saturating_sub(verdict)
            ),
        }
    }

    fn findings(&self, out: &mut dyn Write, report: &Report) -> io::Result<()> {
        let seen = || report.findings.iter().filter(|f| !f.rule.starts_with("policy-"));
        let told = |f: &&Finding| self.verbose || f.severity > Severity::Info;
        let rows = Rows::of(seen().filter(told), self.columns);
        for row in &rows.rows {
            rows.print(out, row)?;
            if let Some(names) = members(report, row.finding, row.first_at_place) {
                self.labelled(out, "members", &items(&names, self.text_columns()))?;
            }
            if self.verbose {
                for (name, value) in &row.finding.evidence {
                    let text = format!("{} = {}", clean(name), clean(value));
                    indented(out, &lines(&text, self.text_columns()))?;
                }
            }
            if row.more > 0 {
                let text = format!("{:INDENT$}… and {} more", "", row.more);
                writeln!(out, "{}", terminal::dim(&text))?;
            }
        }
        // Facts that are never a reason to act take one line together.
        let notes: BTreeSet<String> = seen().filter(|f| !told(f)).map(|f| clean(&f.rule)).collect();
        if !notes.is_empty() {
            self.labelled(out, "notes", &items(&notes.into_iter().collect::<Vec<_>>(), self.text_columns()))?;
        }
        Ok(())
    }

    /// Why it matters and what the sender can do, from the page of the rule that decided.
    fn explanation(&self, out: &mut dyn Write, report: &Report) -> io::Result<()> {
        let Some(rule) = deciding_rule(report).and_then(|id| self.rules.get(id)) else { return Ok(()) };
        let columns = self.text_columns();
        let why = opening(section(&rule.page, "Why"));
        if !why.is_empty() {
            self.labelled(out, "why", &lines(&clean(&why), columns))?;
        }
        let mut way_out = Vec::new();
        for (language, text) in [("", &rule.rescue_en), ("日本語: ", &rule.rescue_ja)] {
            if !text.is_empty() {
                way_out.extend(lines(&clean(&format!("{language}{}", text.replace('\n', " "))), columns));
            }
        }
        if !way_out.is_empty() {
            self.labelled(out, "way out", &way_out)?;
        }
        Ok(())
    }

    /// Which line of the policy decided, which exceptions applied, what the SMTP client is told.
    fn decision(&self, out: &mut dyn Write, report: &Report) -> io::Result<()> {
        let columns = self.text_columns();
        for finding in report.findings.iter().filter(|f| f.rule == "policy-exempted") {
            let text = format!(
                "{} by {}{}{}",
                of(finding, "rule"),
                of(finding, "exception"),
                bracketed("ticket", of(finding, "ticket")),
                bracketed("until", of(finding, "expires")),
            );
            self.labelled(out, "let pass", &lines(&clean(&text), columns))?;
        }
        if let Some(finding) = report.findings.iter().find(|f| f.rule == "policy-matched") {
            let line = of(finding, "line");
            let line = if line == "profile" { "" } else { line };
            let text = format!(
                "{}{}, {} → {}",
                of(finding, "decided"),
                bracketed("", line),
                of(finding, "rule"),
                of(finding, "action")
            );
            self.labelled(out, "decided", &lines(&clean(&text), columns))?;
        }
        if let Some(reply) = &report.reply {
            let text = format!("{} {} {}", reply.code, reply.enhanced, reply.text);
            self.labelled(out, "reply", &lines(&clean(&text), columns))?;
        }
        Ok(())
    }

    fn labelled(&self, out: &mut dyn Write, label: &str, text: &[String]) -> io::Result<()> {
        let (first, rest) = text.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        writeln!(out, "  {}  {first}", terminal::dim(&pad(label, 8)))?;
        indented(out, rest)
    }

    fn text_columns(&self) -> usize {
        self.columns.saturating_sub(INDENT)
    }
}

impl Sink for Human {
    fn report(&mut self, out: &mut dyn Write, label: &str, report: &Report) -> io::Result<()> {
        self.header(out, label, report)?;
        self.findings(out, report)?;
        if report.action != "deliver" {
            self.explanation(out, report)?;
        }
        self.decision(out, report)
    }

    fn finish(&mut self, out: &mut dyn Write, tally: &Tally) -> io::Result<()> {
        if tally.mails.saturating_add(tally.errors) < 2 {
            return Ok(());
        }
        let mut text = format!("{} messages:", tally.mails);
        for (action, count) in &tally.actions {
            text.push_str(&format!(" {count} {},", clean(action)));
        }
        text.pop();
        if tally.errors > 0 {
            text.push_str(&format!("; {} could not be read", tally.errors));
        }
        writeln!(out, "{text}")
    }
}

/// The findings worth a line each, and the columns they share.
struct Rows<'a> {
    rows: Vec<Row<'a>>,
    rule: usize,
    place: usize,
    /// Everything fits into one line; otherwise the message stands below.
    one_line: bool,
    columns: usize,
}

struct Row<'a> {
    finding: &'a Finding,
    /// No finding above is about the same place.
    first_at_place: bool,
    /// So many more of this rule are not shown.
    more: usize,
}

impl<'a> Rows<'a> {
    fn of(findings: impl Iterator<Item = &'a Finding>, columns: usize) -> Self {
        let mut rows: Vec<Row<'a>> = Vec::new();
        for finding in findings {
            let of_rule = |row: &Row<'_>| row.finding.rule == finding.rule && row.finding.severity == finding.severity;
            if rows.iter().filter(|row| of_rule(row)).count() < SHOWN {
                let first_at_place = !rows.iter().any(|row| row.finding.place == finding.place);
                rows.push(Row { finding, first_at_place, more: 0 });
            } else if let Some(last) = rows.iter_mut().rfind(|row| of_rule(row)) {
                last.more = last.more.saturating_add(1);
            }
        }
        let widest = |of: fn(&Finding) -> &str| rows.iter().map(|r| width(&clean(of(r.finding)))).max().unwrap_or(0);
        let (rule, place) = (widest(|f| &f.rule), widest(|f| &f.place));
        let room = columns.checked_sub(rule.saturating_add(place).saturating_add(INDENT).saturating_add(4));
        let one_line = room.is_some_and(|room| widest(|f| &f.message) <= room);
        Self { rows, rule, place, one_line, columns }
    }

    fn print(&self, out: &mut dyn Write, row: &Row<'_>) -> io::Result<()> {
        let finding = row.finding;
        let severity = terminal::severity(finding.severity, 8);
        let rule = pad(&clean(&finding.rule), self.rule);
        let (place, message) = (clean(&finding.place), clean(&finding.message));
        if self.one_line {
            return writeln!(out, "  {severity}  {rule}  {}  {message}", pad(&place, self.place));
        }
        let room = self.columns.saturating_sub(self.rule.saturating_add(INDENT).saturating_add(2));
        let place = shorten(&place, room.max(20));
        writeln!(out, "  {severity}  {}", format!("{rule}  {place}").trim_end())?;
        indented(out, &lines(&message, self.columns.saturating_sub(INDENT)))
    }
}

/// The names of what is in the archive a finding is about, if it could not be looked at.
fn members(report: &Report, finding: &Finding, first_at_place: bool) -> Option<Vec<String>> {
    let about = report.parts.iter().find(|part| part.place == finding.place)?;
    if !first_at_place || about.inspection == "inspected" {
        return None;
    }
    let inside = report.parts.iter().filter_map(|part| {
        let step = part.place.strip_prefix(&finding.place)?.strip_prefix("!/")?;
        (!step.contains("!/") && !part.name.is_empty()).then(|| clean(&part.name))
    });
    let mut names: Vec<String> = inside.collect();
    let more = names.len().saturating_sub(MEMBERS);
    names.truncate(MEMBERS);
    if more > 0 {
        names.push(format!("… and {more} more"));
    }
    (!names.is_empty()).then_some(names)
}

/// The rule that decided; without a decision the heaviest finding.
fn deciding_rule(report: &Report) -> Option<&str> {
    let matched = report.findings.iter().find(|f| f.rule == "policy-matched").map(|f| of(f, "rule"));
    matched.filter(|rule| !rule.is_empty()).or_else(|| report.findings.first().map(|f| f.rule.as_str()))
}

/// A value of the evidence; empty when it is not there.
fn of<'f>(finding: &'f Finding, key: &str) -> &'f str {
    finding.evidence.iter().find(|(name, _)| name == key).map_or("", |(_, value)| value.as_str())
}

/// ` (label text)`, or nothing.
fn bracketed(label: &str, text: &str) -> String {
    match (label, text) {
        (_, "") => String::new(),
        ("", text) => format!(" ({text})"),
        (label, text) => format!(" ({label} {text})"),
    }
}

/// A section of a rule's page.
fn section<'p>(page: &'p str, title: &str) -> &'p str {
    let after = page.split("\n## ").find_map(|section| section.strip_prefix(title));
    after.filter(|text| text.starts_with('\n')).unwrap_or_default().trim()
}

/// The first sentences of a section, a few lines long.
fn opening(section: &str) -> String {
    const LONG_ENOUGH: usize = 160;
    let paragraph = section.split("\n\n").next().unwrap_or_default().replace('\n', " ").replace('`', "");
    let mut out = String::new();
    for sentence in paragraph.split_inclusive(". ") {
        if !out.is_empty() && out.len().saturating_add(sentence.len()) > LONG_ENOUGH {
            break;
        }
        out.push_str(sentence);
    }
    out.trim_end().to_owned()
}

/// Names side by side, as many as fit into a line.
fn items(names: &[String], columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for name in names {
        let name = shorten(name, columns);
        if !line.is_empty() && width(&line).saturating_add(width(&name)).saturating_add(2) > columns {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push_str("  ");
        }
        line.push_str(&name);
    }
    lines.push(line);
    lines
}

fn indented(out: &mut dyn Write, text: &[String]) -> io::Result<()> {
    text.iter().try_for_each(|line| writeln!(out, "{:INDENT$}{line}", ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# zip-encrypted\n\nSummary.\n\n## Why\n\nThe gateway cannot look inside. So nobody\ncan say what \
                        arrives.\n\nMore.\n\n## What to do\n\nReject it.\n";

    #[test]
    fn a_section_ends_where_the_next_begins() {
        assert_eq!(section(PAGE, "What to do"), "Reject it.");
        assert_eq!(section(PAGE, "What"), "");
        assert_eq!(opening(section(PAGE, "Why")), "The gateway cannot look inside. So nobody can say what arrives.");
    }

    #[test]
    fn names_stand_side_by_side() {
        let names = ["見積.xlsx", "契約.pdf", "c.docx"].map(str::to_owned);
        assert_eq!(items(&names, 20), ["見積.xlsx  契約.pdf", "c.docx"]);
    }
}
