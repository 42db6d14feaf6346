//! `sekisho policy test`: mails, and whether a policy does with them what it should.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sekisho_host::{Document, Report};
use serde::Serialize;

use super::case::{self, Case, Expect};
use crate::Exit;
use crate::args::PolicyTestArgs;
use crate::engine::Engine;
use crate::input::document;
use crate::output::json::line;
use crate::output::terminal::{self, bold, clean};

/// Something that is not as expected.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Difference {
    what: &'static str,
    expected: String,
    got: String,
}

/// One case, for programs.
#[derive(Serialize)]
struct Line<'a> {
    case: &'a str,
    mail: &'a str,
    policy: &'a str,
    ok: bool,
    action: &'a str,
    risk: u8,
    rules: &'a [String],
    differences: &'a [Difference],
}

/// One case that could not be tried, for programs.
#[derive(Serialize)]
struct Failure<'a> {
    case: &'a str,
    ok: bool,
    error: &'a str,
}

#[derive(Default)]
struct Count {
    right: u64,
    wrong: u64,
    failed: u64,
}

pub fn run(args: &PolicyTestArgs) -> anyhow::Result<Exit> {
    let engine = Engine::new(&args.engine, 1)?;
    let rules = engine.rules()?.into_iter().map(|rule| rule.id).collect();
    let mut bench = Bench { engine, rules, policies: BTreeMap::new(), args };
    let mut out = BufWriter::new(anstream::stdout().lock());
    let mut count = Count::default();
    for path in &args.paths {
        let mut cases = Vec::new();
        if path.is_dir() {
            case::below(path, &mut cases)?;
        } else {
            cases.push(path.clone());
        }
        let top = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(Path::new("")) };
        for case in cases {
            bench.one(&mut out, &case, top, &mut count)?;
        }
    }
    let Count { right, wrong, failed } = count;
    if !args.json {
        let and = if failed > 0 { format!(", {failed} could not be tried") } else { String::new() };
        writeln!(out, "{right} as expected, {wrong} not{and}")?;
    }
    out.flush()?;
    if right == 0 && wrong == 0 && failed == 0 {
        terminal::complain("no case found");
        return Ok(Exit::Failed);
    }
    Ok(match (failed, wrong) {
        (0, 0) => Exit::Delivered,
        (0, _) => Exit::Stopped,
        _ => Exit::Failed,
    })
}

struct Bench<'a> {
    engine: Engine,
    rules: BTreeSet<String>,
    /// Policies that were read and are right.
    policies: BTreeMap<PathBuf, String>,
    args: &'a PolicyTestArgs,
}

impl Bench<'_> {
    fn one(&mut self, out: &mut dyn Write, path: &Path, top: &Path, count: &mut Count) -> anyhow::Result<()> {
        let label = path.to_string_lossy();
        match self.tried(path, top) {
            Ok((case, report)) => {
                let differences = differences(&case.expect, &report);
                let ok = differences.is_empty();
                let of = if ok { &mut count.right } else { &mut count.wrong };
                *of = of.saturating_add(1);
                self.tell(out, &case, &report, &differences)?;
            }
            Err(error) => {
                count.failed = count.failed.saturating_add(1);
                let error = format!("{error:#}");
                out.flush()?;
                terminal::complain(&error);
                if self.args.json {
                    line(out, &Failure { case: &label, ok: false, error: &error })?;
                }
            }
        }
        Ok(())
    }

    fn tried(&mut self, path: &Path, top: &Path) -> anyhow::Result<(Case, Report)> {
        let case = Case::read(path, self.args.policy.as_deref(), top, &self.rules)?;
        let policy = match &case.policy {
            Some(file) => self.policy(file)?,
            None => String::new(),
        };
        let mail = std::fs::read(&case.mail).with_context(|| format!("cannot read {}", case.mail.display()))?;
        let report = self.engine.scan(&mail, &case.context, &policy)?;
        Ok((case, report))
    }

    fn policy(&mut self, file: &Path) -> anyhow::Result<String> {
        Ok(match self.policies.entry(file.to_owned()) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(new) => new.insert(document::policy(&Document::read(file)?, &self.engine)?).clone(),
        })
    }

    fn tell(&self, out: &mut dyn Write, case: &Case, report: &Report, differences: &[Difference]) -> io::Result<()> {
        let label = case.path.to_string_lossy();
        let policy = case.policy.as_deref().map(Path::to_string_lossy).unwrap_or_default();
        let ok = differences.is_empty();
        if self.args.json {
            let rules = rules(report);
            let (mail, action, risk) = (&case.mail.to_string_lossy(), &report.action, report.risk);
            return line(
                out,
                &Line { case: &label, mail, policy: &policy, ok, action, risk, rules: &rules, differences },
            );
        }
        if ok {
            return if self.args.quiet { Ok(()) } else { writeln!(out, "ok      {}", clean(&label)) };
        }
        writeln!(out, "{}  {}", bold("FAILED"), bold(&clean(&label)))?;
        for Difference { what, expected, got } in differences {
            writeln!(out, "        {what:<9} expected {}, got {}", clean(expected), clean(got))?;
        }
        let found = rules(report);
        writeln!(
            out,
            "        found     {}",
            if found.is_empty() { "nothing".to_owned() } else { clean(&found.join(", ")) }
        )?;
        if let Some(decided) = decided(report) {
            writeln!(out, "        decided   {}", clean(&decided))?;
        }
        let policy = if policy.is_empty() { "the defaults".into() } else { clean(&policy) };
        writeln!(out, "        mail      {}, policy {policy}", clean(&case.mail.to_string_lossy()))
    }
}

/// What is not as expected.
fn differences(expect: &Expect, report: &Report) -> Vec<Difference> {
    let mut out = Vec::new();
    if expect.action != report.action {
        out.push(Difference { what: "action", expected: expect.action.clone(), got: report.action.clone() });
    }
    let spoke = |rule: &String| report.findings.iter().any(|f| f.rule == *rule);
    for rule in expect.rules.iter().filter(|rule| !spoke(rule)) {
        out.push(Difference { what: "rules", expected: rule.clone(), got: "silence".to_owned() });
    }
    for rule in expect.not_rules.iter().filter(|rule| spoke(rule)) {
        let finding = report.findings.iter().find(|f| f.rule == *rule);
        let place = finding.map(|f| f.place.as_str()).filter(|place| !place.is_empty());
        let got = place.map_or_else(|| "it".to_owned(), |place| format!("it at {place}"));
        out.push(Difference { what: "not-rules", expected: format!("no {rule}"), got });
    }
    let reply = report.reply.as_ref().map(|reply| format!("{} {} {}", reply.code, reply.enhanced, reply.text));
    if !reply.as_deref().unwrap_or_default().contains(&expect.reply) {
        let got = reply.unwrap_or_else(|| "no reply".to_owned());
        out.push(Difference { what: "reply", expected: expect.reply.clone(), got });
    }
    out
}

/// The rules that spoke, each once.
fn rules(report: &Report) -> Vec<String> {
    let mut seen = BTreeSet::new();
    report.findings.iter().map(|f| &f.rule).filter(|rule| seen.insert(*rule)).cloned().collect()
}

/// The line of the policy that decided.
fn decided(report: &Report) -> Option<String> {
    let finding = report.findings.iter().find(|f| f.rule == "policy-matched")?;
    let words: Vec<_> = finding.evidence.iter().map(|(key, value)| format!("{key} {value}")).collect();
    Some(words.join(", "))
}

#[cfg(test)]
mod tests {
    use sekisho_host::{Finding, Severity};

    use super::*;

    #[test]
    fn every_difference_is_told() {
        let finding = |rule: &str| Finding {
            rule: rule.to_owned(),
            severity: Severity::High,
            message: String::new(),
            place: "2/a.zip".to_owned(),
            evidence: Vec::new(),
        };
        let report = Report {
            action: "reject".to_owned(),
            risk: 10,
            inspection: "full".to_owned(),
            findings: vec![finding("zip-encrypted"), finding("zip-encrypted")],
            parts: Vec::new(),
            edits: Vec::new(),
            reply: None,
            remember: Vec::new(),
        };
        let expect = |action: &str, rules: &[&str], not_rules: &[&str], reply: &str| Expect {
            action: action.to_owned(),
            rules: rules.iter().map(|r| (*r).to_owned()).collect(),
            not_rules: not_rules.iter().map(|r| (*r).to_owned()).collect(),
            reply: reply.to_owned(),
        };
        assert_eq!(differences(&expect("reject", &["zip-encrypted"], &["zip-overlap"], ""), &report), []);
        let told: Vec<_> = differences(&expect("hold", &["zip-overlap"], &["zip-encrypted"], "https:"), &report)
            .into_iter()
            .map(|d| (d.what, d.expected, d.got))
            .collect();
        let row = |what, expected: &str, got: &str| (what, expected.to_owned(), got.to_owned());
        assert_eq!(
            told,
            [
                row("action", "hold", "reject"),
                row("rules", "zip-overlap", "silence"),
                row("not-rules", "no zip-encrypted", "it at 2/a.zip"),
                row("reply", "https:", "no reply"),
            ]
        );
        assert_eq!(rules(&report), ["zip-encrypted"]);
    }
}
