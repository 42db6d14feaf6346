//! `sekisho index build`: pack a list of domains worth imitating.

use std::io::Write;

use anyhow::{Context as _, bail};
use sekisho_core::sender::lookalike::{IndexBuilder, Source};

use crate::Exit;
use crate::args::{IndexArgs, IndexTask};
use crate::input::source;
use crate::output::terminal;

pub fn run(args: &IndexArgs) -> anyhow::Result<Exit> {
    let IndexTask::Build { list, output, protect } = &args.task;
    let bytes = source::read(list).with_context(|| format!("cannot read {}", list.display()))?;
    let source = if *protect { Source::Protected } else { Source::Top };
    let (builder, left_out) = collect(&String::from_utf8_lossy(&bytes), source);
    if builder.is_empty() {
        bail!("{}: no domain in it", list.display());
    }
    if left_out > 0 {
        terminal::complain(&format!("{left_out} lines are no domain somebody can register, and were left out"));
    }
    let packed = builder.pack();
    std::fs::write(output, &packed).with_context(|| format!("cannot write {}", output.display()))?;
    let mut out = anstream::stdout().lock();
    writeln!(out, "{}: {} domains, {} bytes", output.display(), builder.len(), packed.len())?;
    Ok(Exit::Delivered)
}

/// The domains of a list, each once, and how many lines have none.
pub fn collect(list: &str, source: Source) -> (IndexBuilder, usize) {
    let mut builder = IndexBuilder::default();
    let mut seen = std::collections::BTreeSet::new();
    let mut left_out = 0usize;
    for line in list.lines() {
        let line =
            line.split('#').next().unwrap_or_default().trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
        // Lists of the most visited sites have a rank before the domain.
        let domain = line.rsplit([',', ' ', '\t']).next().unwrap_or_default();
        if domain.is_empty() || !seen.insert(domain.to_ascii_lowercase()) {
            continue;
        }
        let owner = u32::try_from(builder.len()).unwrap_or(u32::MAX);
        if !builder.add(domain, source, owner, false) {
            left_out = left_out.saturating_add(1);
        }
    }
    (builder, left_out)
}
