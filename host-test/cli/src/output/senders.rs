//! Senders for people: the verdict, and where a name imitates another one, the two above each other.

use std::io::{self, Write};

use sekisho_host::{Finding, Report, RuleInfo, Severity};
use serde::Serialize;

use super::compare::{Compared, compare};
use super::terminal::{self, clean};
use super::wrap::{lines, pad};

/// Where text begins: two spaces, a word of at most eight letters, two spaces.
const INDENT: usize = 12;
const COLUMNS: usize = 80;

/// One sender, for programs.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    pub input: &'a str,
    pub risk: u8,
    pub action: &'a str,
    pub findings: &'a [Finding],
}

/// Tells of senders.
pub struct Told<'r> {
    /// Explains the findings.
    pub rules: &'r [RuleInfo],
    /// Also notes, and what each finding rests on.
    pub verbose: bool,
}

impl Told<'_> {
    /// One sender.
    pub fn report(&self, out: &mut dyn Write, sender: &str, report: &Report) -> io::Result<()> {
        let (action, risk) = (terminal::action(&report.action), report.risk);
        writeln!(out, "{}  {action} · risk {risk}", terminal::bold(&clean(sender)))?;
        let told = |f: &&Finding| !f.rule.starts_with("policy-") && (self.verbose || f.severity > Severity::Info);
        let mut explained: Vec<&str> = Vec::new();
        for finding in report.findings.iter().filter(told) {
            self.finding(out, finding)?;
            if finding.severity >= Severity::Medium && !explained.contains(&finding.rule.as_str()) {
                explained.push(&finding.rule);
                self.advice(out, &finding.rule)?;
            }
        }
        if !report.findings.iter().any(|f| told(&f)) {
            indented(out, "Nothing found.")?;
        }
        writeln!(out)
    }

    fn finding(&self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        let severity = terminal::severity(finding.severity, 8);
        let place = terminal::dim(&clean(&finding.place));
        writeln!(out, "  {severity}  {}  {place}", terminal::bold(&finding.rule))?;
        indented(out, &finding.message)?;
        let of = |key: &str| finding.evidence.iter().find(|(k, _)| k == key).map(|(_, v)| v.as_str());
        let compared = of("domain").zip(of("target")).and_then(|(seen, target)| compare(seen, target));
        match &compared {
            Some(compared) => above_each_other(out, compared)?,
            None if !self.verbose => self.rests_on(out, finding)?,
            None => {}
        }
        if let Some(letters) = of("letters").filter(|_| compared.is_some() && !self.verbose) {
            labelled(out, "letters", letters)?;
        }
        if self.verbose {
            self.rests_on(out, finding)?;
        }
        Ok(())
    }

    fn rests_on(&self, out: &mut dyn Write, finding: &Finding) -> io::Result<()> {
        finding.evidence.iter().try_for_each(|(key, value)| indented(out, &format!("{key}: {value}")))
    }

    /// What to do, from the page of the rule.
    fn advice(&self, out: &mut dyn Write, rule: &str) -> io::Result<()> {
        let Some(rule) = self.rules.iter().find(|r| r.id == rule) else { return Ok(()) };
        let section = rule.page.split("\n## ").find_map(|s| s.strip_prefix("What to do")).unwrap_or_default();
        let advice = section.trim().split("\n\n").next().unwrap_or_default().replace('\n', " ").replace('`', "");
        labelled(out, "advice", &advice)
    }
}

fn above_each_other(out: &mut dyn Write, compared: &Compared) -> io::Result<()> {
    let Compared { above, below, marks } = compared;
    writeln!(out, "  {}{above}", pad("it says", INDENT.saturating_sub(2)))?;
    writeln!(out, "  {}{below}", pad("imitates", INDENT.saturating_sub(2)))?;
    writeln!(out, "{:INDENT$}{}", "", terminal::bold(marks))
}

fn labelled(out: &mut dyn Write, label: &str, text: &str) -> io::Result<()> {
    let mut label = pad(label, INDENT.saturating_sub(2));
    for line in lines(&clean(text), COLUMNS.saturating_sub(INDENT)) {
        writeln!(out, "  {label}{line}")?;
        label = pad("", INDENT.saturating_sub(2));
    }
    Ok(())
}

fn indented(out: &mut dyn Write, text: &str) -> io::Result<()> {
    labelled(out, "", text)
}
