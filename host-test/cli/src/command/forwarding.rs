//! `sekisho forwarding`: where do these rule documents send mail?

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use sekisho_host::{Context, Fact, Report};

use crate::Exit;
use crate::args::ForwardingArgs;
use crate::engine::Engine;
use crate::input::document::Basis;
use crate::input::source;
use crate::output::json::{Json, line};
use crate::output::routes::{self, Lint};
use crate::output::sarif::Sarif;
use crate::output::terminal;
use crate::output::{Sink, Tally};

/// Larger files are no rule documents.
const LARGEST: u64 = 64 << 20;

pub fn run(args: &ForwardingArgs) -> anyhow::Result<Exit> {
    let engine = Engine::new(&args.by.engine, 1)?;
    let mut basis = Basis::read(&args.by, &engine)?;
    basis.context.facts.extend(args.internal.iter().map(|domain| fact("internal-domain", domain, "")));
    let desk = Desk { engine, basis, args };
    match &args.diff {
        Some(paths) => desk.compare(paths),
        None => desk.look(),
    }
}

/// One document.
struct Document {
    path: PathBuf,
    bytes: Vec<u8>,
    /// It was named on the command line, not found in a directory.
    named: bool,
}

struct Desk<'a> {
    engine: Engine,
    basis: Basis,
    args: &'a ForwardingArgs,
}

impl Desk<'_> {
    /// Lints every document twice: only when all are known, targets that several owners share are found.
    fn look(&self) -> anyhow::Result<Exit> {
        let mut tally = Tally::default();
        let documents = self.documents(&mut tally);
        let first: Vec<Option<Report>> = documents.iter().map(|d| self.first(d, &mut tally)).collect();
        let shared: Vec<Fact> = first.iter().flatten().flat_map(targets).collect();
        let rules = if self.args.json || self.args.effects { Vec::new() } else { self.engine.rules()? };
        let mut sink: Box<dyn Sink> = match self.args {
            ForwardingArgs { json: true, .. } => Box::new(Json),
            ForwardingArgs { sarif: true, .. } => Box::new(Sarif::new(rules.clone())),
            _ => Box::new(Nothing),
        };
        let mut out = BufWriter::new(anstream::stdout().lock());
        for (document, report) in documents.iter().zip(first) {
            let Some(report) = report else { continue };
            let label = document.path.to_string_lossy().into_owned();
            let mut context = self.context(&document.path);
            context.facts.extend(shared.iter().cloned());
            let report = if shared.is_empty() { report } else { self.lint(document, &context)? };
            tally.count(&report);
            sink.report(&mut out, &label, &report)?;
            match self.args {
                ForwardingArgs { json: true, .. } | ForwardingArgs { sarif: true, .. } => {}
                ForwardingArgs { effects: true, .. } => routes::effects(&mut out, &label, &report)?,
                _ => Lint { rules: &rules, verbose: self.args.verbose }.report(
                    &mut out,
                    &label,
                    &document.bytes,
                    &report,
                )?,
            }
        }
        sink.finish(&mut out, &tally)?;
        out.flush()?;
        if tally.mails == 0 && tally.errors == 0 {
            terminal::complain("no rule document found");
            return Ok(Exit::Failed);
        }
        Ok(tally.exit())
    }

    /// The first look at a document; `None` when it is no rule document, or cannot be looked at.
    fn first(&self, document: &Document, tally: &mut Tally) -> Option<Report> {
        match self.lint(document, &self.context(&document.path)) {
            Ok(report) if document.named || report.parts.iter().any(|p| !p.format.is_empty()) => Some(report),
            Ok(_) => None,
            Err(error) => {
                tally.failed(&format!("{}: {error:#}", document.path.display()));
                None
            }
        }
    }

    fn lint(&self, document: &Document, context: &Context) -> anyhow::Result<Report> {
        let name = document.path.to_string_lossy();
        let dialect = self.args.dialect.as_deref().unwrap_or(&name);
        Ok(self.engine.lint(&document.bytes, dialect, context, &self.basis.policy)?)
    }

    /// What is known of a document: whose it is, besides what the command line says.
    fn context(&self, path: &Path) -> Context {
        let mut context = self.basis.context.clone();
        let owner = self.args.owner.clone().or_else(|| owner_in(path));
        context.facts.extend(owner.map(|owner| fact("owner", "", &owner)));
        context
    }

    /// What the second document changes.
    fn compare(&self, paths: &[PathBuf]) -> anyhow::Result<Exit> {
        let [old, new] = paths else { anyhow::bail!("two documents are needed") };
        let read = |path: &PathBuf| -> anyhow::Result<Document> {
            let bytes = source::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(Document { path: path.clone(), bytes, named: true })
        };
        let (old, new) = (read(old)?, read(new)?);
        // One owner for both, so that a script under another path is no other mailbox.
        let owner = self.args.owner.clone().or_else(|| owner_in(&new.path)).or_else(|| owner_in(&old.path));
        let mut context = self.basis.context.clone();
        context.facts.extend(owner.map(|owner| fact("owner", "", &owner)));
        let before = self.lint(&old, &context)?;
        let kinds = ["forwarding-route", "forwarding-rule"];
        context.facts.extend(before.remember.into_iter().filter(|f| kinds.contains(&f.kind.as_str())));
        let after = self.lint(&new, &context)?;
        let changes = routes::changes(&after);
        let mut out = BufWriter::new(anstream::stdout().lock());
        if self.args.json {
            changes.iter().try_for_each(|change| line(&mut out, change))?;
        } else {
            routes::tell_changes(&mut out, &changes)?;
        }
        out.flush()?;
        Ok(if changes.iter().any(routes::Change::needs_approval) { Exit::Stopped } else { Exit::Delivered })
    }

    /// All documents: the ones that were named, and every file below a directory.
    fn documents(&self, tally: &mut Tally) -> Vec<Document> {
        let mut out = Vec::new();
        for path in &self.args.paths {
            if path.is_dir() {
                let mut below = Vec::new();
                list(path, &mut below, tally);
                out.extend(below.into_iter().filter_map(|p| document(p, false, tally)));
            } else {
                out.extend(document(path.clone(), true, tally));
            }
        }
        out
    }
}

fn document(path: PathBuf, named: bool, tally: &mut Tally) -> Option<Document> {
    match source::read(&path) {
        Ok(bytes) => Some(Document { path, bytes, named }),
        Err(error) => {
            tally.failed(&format!("{}: {error}", path.display()));
            None
        }
    }
}

/// Every file below a directory in the order of names, hidden ones too: `.forward` is one. Links are not followed.
fn list(dir: &Path, out: &mut Vec<PathBuf>, tally: &mut Tally) {
    let entries = match fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        Err(error) => return tally.failed(&format!("{}: {error}", dir.display())),
    };
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let Ok(found) = fs::symlink_metadata(&path) else { continue };
        if found.is_dir() {
            list(&path, out, tally);
        } else if found.is_file() && found.len() <= LARGEST {
            out.push(path);
        }
    }
}

/// A part of the path that is an address, perhaps with an ending behind it: `sato@corp.example/active.sieve`.
fn owner_in(path: &Path) -> Option<String> {
    path.iter().filter_map(|part| part.to_str()).find_map(|part| {
        let bare =
            part.strip_suffix(".sieve").or(part.strip_suffix(".json")).or(part.strip_suffix(".xml")).unwrap_or(part);
        let (local, domain) = bare.split_once('@')?;
        (!local.is_empty() && domain.contains('.')).then(|| bare.to_owned())
    })
}

fn targets(report: &Report) -> Vec<Fact> {
    report.remember.iter().filter(|f| f.kind == "forward-target").cloned().collect()
}

fn fact(kind: &str, key: &str, value: &str) -> Fact {
    Fact { kind: kind.to_owned(), key: key.to_owned(), value: value.to_owned() }
}

/// The report for people is written beside the sink: it shows the document too.
struct Nothing;

impl Sink for Nothing {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_name_the_owner() {
        let of = |path: &str| owner_in(Path::new(path));
        assert_eq!(of("export/sato@corp.example/active.sieve").as_deref(), Some("sato@corp.example"));
        assert_eq!(of("sato@corp.example.sieve").as_deref(), Some("sato@corp.example"));
        assert_eq!(of("home/sato/.forward"), None);
    }
}
