//! `sekisho component`: the component inside this tool, for other hosts.

use std::io::{self, IsTerminal, Write};

use anyhow::{Context as _, bail};
use sekisho_host::COMPONENT;

use crate::Exit;
use crate::args::ComponentArgs;

pub fn run(args: &ComponentArgs) -> anyhow::Result<Exit> {
    if args.output.as_os_str() != "-" {
        std::fs::write(&args.output, COMPONENT).with_context(|| format!("cannot write {}", args.output.display()))?;
        return Ok(Exit::Delivered);
    }
    let mut out = io::stdout().lock();
    if out.is_terminal() {
        bail!("a component is not for the eye; name a file or send it through a pipe");
    }
    out.write_all(COMPONENT)?;
    out.flush()?;
    Ok(Exit::Delivered)
}
