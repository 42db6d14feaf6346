//! sekisho, the command-line tool: scans mail in the sandbox and says what it saw.

mod args;
mod engine;
mod json;
mod rules;
mod scan;
mod source;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};

/// How a run ended, as scripts see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// Everything would be delivered untouched.
    Delivered = 0,
    /// Some mail would be stopped or changed.
    Stopped = 1,
    /// Wrong use, or something could not be read.
    Failed = 2,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    cli.color.write_global();
    let done = match cli.command {
        Command::Scan(args) => scan::run(&args),
        Command::Rules(args) => rules::run(&args),
    };
    let exit = done.unwrap_or_else(|error| {
        if !is_broken_pipe(&error) {
            anstream::eprintln!("sekisho: {error:#}");
        }
        Exit::Failed
    });
    ExitCode::from(exit as u8)
}

/// Whoever read our output has seen enough: no reason to complain.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
