//! `sekisho rewrite`: carry out the changes a policy asks for, or one's own.

use std::io::{self, Write};

use anyhow::{Context as _, bail};
use sekisho_host::Edit;
use serde::Deserialize;

use crate::Exit;
use crate::args::RewriteArgs;
use crate::engine::Engine;
use crate::input::document::Basis;
use crate::input::source;
use crate::output::terminal;

pub fn run(args: &RewriteArgs) -> anyhow::Result<Exit> {
    let same = |a: &std::path::Path| a.as_os_str() == "-";
    if same(&args.file) && args.edits.as_deref().is_some_and(same) {
        bail!("only one of the message and the edits can come from standard input");
    }
    let engine = Engine::new(&args.by.engine, 1)?;
    let basis = Basis::read(&args.by, &engine)?;
    let message = source::read(&args.file).with_context(|| format!("cannot read {}", args.file.display()))?;
    let edits = if args.edits.is_some() || !args.edit.is_empty() {
        own_edits(args)?
    } else {
        let report = engine.scan(&message, &basis.context, &basis.policy)?;
        if !matches!(report.action.as_str(), "deliver" | "tag" | "strip") {
            terminal::complain(&format!(
                "the policy says {}, so there is nothing to deliver; the profiles `tag` and `strip` change mail",
                report.action
            ));
            return Ok(Exit::Stopped);
        }
        report.edits
    };
    let rewritten = engine.rewrite(&message, &edits)?;
    match args.output.as_deref().filter(|path| path.as_os_str() != "-") {
        Some(path) => {
            std::fs::write(path, rewritten).with_context(|| format!("cannot write {}", path.display()))?;
        }
        None => {
            let mut out = io::stdout().lock();
            out.write_all(&rewritten)?;
            out.flush()?;
        }
    }
    Ok(Exit::Delivered)
}

/// Edits of the file first, then those of the command line.
fn own_edits(args: &RewriteArgs) -> anyhow::Result<Vec<Edit>> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "neither a list of edits nor a report")]
    enum Document {
        Edits(Vec<Edit>),
        Report { edits: Vec<Edit> },
    }
    let mut edits = Vec::new();
    if let Some(path) = &args.edits {
        let bytes = source::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let document = serde_json::from_slice(&bytes).with_context(|| path.display().to_string())?;
        edits = match document {
            Document::Edits(edits) | Document::Report { edits } => edits,
        };
    }
    edits.extend(args.edit.iter().cloned());
    Ok(edits)
}
