//! sekisho-gate: the command line of the gateway daemon.

use std::io::IsTerminal as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use sekisho_gate::config::LogFormat;
use sekisho_gate::daemon::Checked;
use sekisho_gate::{help, memory, password};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// The gateway daemon of Sekisho: asks the sandboxed plugin about every mail a mail server hands it
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves mail servers until SIGTERM; SIGHUP reads the policies again
    Run {
        /// The configuration
        config: PathBuf,
    },
    /// Says whether a configuration and its policies are right
    Check {
        /// The configuration
        config: PathBuf,
    },
    /// Prints what `password` of an [[operator]] is: asks on a terminal, reads a line of standard input otherwise
    Password,
    /// Writes the help pages for senders as files for any web server
    HelpPages {
        /// The directory
        directory: PathBuf,
    },
    /// Looks into the quarantine, releases and deletes
    Quarantine {
        #[command(subcommand)]
        command: sekisho_gate::quarantine::command::Command,
    },
}

fn main() -> ExitCode {
    match run(Cli::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sekisho-gate: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Check { config } => {
            let checked = Checked::read(&config)?;
            let policy = |p: &Option<PathBuf>| p.as_ref().map_or("defaults".to_owned(), |p| p.display().to_string());
            for milter in &checked.config().milter {
                println!("{}: milter on {}, policy: {}", milter.name, milter.listen, policy(&milter.policy));
            }
            for hooks in &checked.config().hooks {
                println!("{}: hooks on {}{}, policy: {}", hooks.name, hooks.listen, hooks.path, policy(&hooks.policy));
            }
            for hooks in &checked.config().mta_hooks {
                let (name, on, path) = (&hooks.name, hooks.listen, &hooks.path);
                println!("{name}: mta-hooks on {on}{path}, policy: {}", policy(&hooks.policy));
            }
            for clamd in &checked.config().clamd {
                println!("{}: clamd on {}, policy: {}", clamd.name, clamd.listen, policy(&clamd.policy));
            }
            Ok(())
        }
        Command::Password => password::command(),
        Command::HelpPages { directory } => help::command(&directory),
        Command::Quarantine { command } => command.run(),
        Command::Run { config } => {
            memory::settle();
            let checked = Checked::read(&config)?;
            log(checked.config().gate.log);
            tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(checked.run())
        }
    }
}

/// To standard error, where service managers collect it. Colours are for a terminal, unless `NO_COLOR` (no-color.org) is set.
fn log(format: LogFormat) {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let colours = std::io::stderr().is_terminal() && !no_color;
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_target(false).with_ansi(colours);
    // What resolvers have to say names domains of mail.
    let ours = ["hickory_net", "hickory_proto", "hickory_resolver"].map(|target| (target, LevelFilter::OFF));
    let ours = Targets::new().with_default(LevelFilter::INFO).with_targets(ours);
    match format {
        LogFormat::Text => registry().with(lines.with_filter(ours)).init(),
        LogFormat::Json => registry().with(lines.json().flatten_event(true).with_filter(ours)).init(),
    }
}
