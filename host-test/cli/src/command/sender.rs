//! `sekisho sender`: is this sender who he seems to be?

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context as _, anyhow, bail};
use sekisho_core::sender::lookalike::{Index, Source};
use sekisho_host::{Fact, Report};
use serde_json::{Value, json};

use super::index;
use crate::Exit;
use crate::args::SenderArgs;
use crate::engine::Engine;
use crate::input::document::Basis;
use crate::input::{parallel, source, vips};
use crate::output::json::line;
use crate::output::senders::{Answer, Told};
use crate::output::{Tally, terminal};

/// So many protected domains are packed once, not again for every sender.
const MANY: usize = 32;

pub fn run(args: &SenderArgs) -> anyhow::Result<Exit> {
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, usize::from);
    let engine = Engine::new(&args.by.engine, jobs)?;
    let mut basis = Basis::read(&args.by, &engine)?;
    widen(&mut basis, args)?;
    // Told before the first sender, if the policy is wrong.
    engine.check_sender(b"", &basis.context, &basis.policy)?;
    let senders = senders(args)?;
    let rules = if args.json { Vec::new() } else { engine.rules()? };
    let told = Told { rules: &rules, verbose: args.verbose };
    let mut tally = Tally::default();
    let mut out = BufWriter::new(anstream::stdout().lock());
    let check = |sender: &String| engine.check_sender(sender.as_bytes(), &basis.context, &basis.policy);
    parallel::all(&senders, jobs, &check, |sender, report| match report {
        Ok(report) => {
            tally.count(&report);
            tell(&mut out, args, &told, sender, &report)
        }
        Err(error) => {
            out.flush()?;
            tally.failed(&format!("{sender}: {error}"));
            Ok(())
        }
    })?;
    out.flush()?;
    if senders.is_empty() {
        terminal::complain("no sender found");
        return Ok(Exit::Failed);
    }
    Ok(tally.exit())
}

fn tell(out: &mut dyn Write, args: &SenderArgs, told: &Told<'_>, sender: &str, report: &Report) -> std::io::Result<()> {
    if args.json {
        let Report { risk, action, findings, .. } = report;
        line(out, &Answer { input: sender, risk: *risk, action, findings })
    } else {
        told.report(out, sender, report)
    }
}

/// The senders of the command line and of the file. Lines that say nothing are passed over.
fn senders(args: &SenderArgs) -> anyhow::Result<Vec<String>> {
    let mut senders = args.senders.clone();
    if let Some(path) = &args.batch {
        let bytes = source::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8_lossy(&bytes);
        let lines = text.trim_start_matches('\u{feff}').split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
        senders.extend(lines.filter(|line| !line.trim().is_empty()).map(str::to_owned));
    }
    Ok(senders)
}

/// Puts what the command line names into the policy and the facts.
fn widen(basis: &mut Basis, args: &SenderArgs) -> anyhow::Result<()> {
    let mut policy: Value =
        if basis.policy.is_empty() { json!({}) } else { serde_json::from_str(&basis.policy).context("the policy")? };
    for path in &args.index {
        let packed = source::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        if Index::open(&packed).is_none() {
            bail!("{}: not an index; `sekisho index build` makes one of a list", path.display());
        }
        let key = index_name(path)?;
        add(&mut policy, "indexes", json!(key));
        basis.context.facts.push(index_fact(key, &packed));
    }
    if args.protect.len() > MANY {
        let (builder, _) = index::collect(&args.protect.join("\n"), Source::Protected);
        add(&mut policy, "indexes", json!("command-line"));
        basis.context.facts.push(index_fact("command-line", &builder.pack()));
    } else {
        args.protect.iter().filter(|d| !d.is_empty()).for_each(|domain| add(&mut policy, "protected", json!(domain)));
    }
    if let Some(path) = &args.vip {
        let bytes = source::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let text = String::from_utf8(bytes).map_err(|_| anyhow!("{}: not UTF-8", path.display()))?;
        let persons = vips::read(&text).with_context(|| path.display().to_string())?;
        persons.into_iter().for_each(|person| add(&mut policy, "vips", person));
    }
    if policy.as_object().is_some_and(|p| !p.is_empty()) {
        basis.policy = policy.to_string();
    }
    Ok(())
}

pub fn index_fact(key: &str, packed: &[u8]) -> Fact {
    let value = sekisho_core::message::decode::encode_base64(packed);
    Fact { kind: "sender-index".to_owned(), key: key.to_owned(), value }
}

/// Appends to a list of the section `sender`.
pub fn add(policy: &mut Value, key: &str, value: Value) {
    let Some(policy) = policy.as_object_mut() else { return };
    let Some(section) = policy.entry("sender").or_insert_with(|| json!({})).as_object_mut() else { return };
    if let Some(list) = section.entry(key).or_insert_with(|| json!([])).as_array_mut() {
        list.push(value);
    }
}

/// The name of an index: that of its file without the ending.
pub fn index_name(path: &Path) -> anyhow::Result<&str> {
    path.file_stem().and_then(|s| s.to_str()).ok_or_else(|| anyhow!("{}: not a name in UTF-8", path.display()))
}
