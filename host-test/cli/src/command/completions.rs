//! `sekisho completions`: the shell's own completion script.

use clap::CommandFactory as _;

use crate::Exit;
use crate::args::{Cli, CompletionsArgs};

pub fn run(args: &CompletionsArgs) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "sekisho", &mut script);
    std::io::Write::write_all(&mut anstream::stdout().lock(), &script)?;
    Ok(Exit::Delivered)
}
