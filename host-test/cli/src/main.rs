//! sekisho, the command-line tool: scans mail in the sandbox and says what it saw.

mod args;
mod command;
mod engine;
mod input;
mod native;
mod output;

use std::io;
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
    output::terminal::set_color(cli.color);
    let done = match cli.command {
        Command::Scan(args) => command::scan::run(&args),
        Command::Sender(args) => command::sender::run(&args),
        Command::Index(args) => command::index::run(&args),
        Command::Forwarding(args) => command::forwarding::run(&args),
        Command::Rewrite(args) => command::rewrite::run(&args),
        Command::Policy(args) => command::policy::run(&args),
        Command::Replay(args) => command::replay::run(&args),
        Command::Rules(args) => command::rules::run(&args),
        Command::Explain(args) => command::explain::run(&args),
        Command::Bench(args) => command::bench::run(&args),
        Command::Schema => command::schema::run(),
        Command::Completions(args) => command::completions::run(&args),
        Command::Component(args) => command::component::run(&args),
    };
    let exit = done.unwrap_or_else(|error| {
        if !is_broken_pipe(&error) {
            output::terminal::complain(&format!("{error:#}"));
        }
        Exit::Failed
    });
    ExitCode::from(exit as u8)
}

/// Whoever read our output has seen enough: no reason to complain.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::BrokenPipe)
}
