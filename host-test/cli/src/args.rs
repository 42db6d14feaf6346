//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Sekisho (関所) looks at mail in a sandbox and says what is encrypted, hidden or dangerous in it.
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, max_term_width = 100)]
pub struct Cli {
    /// When to use colours
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub color: Color,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Scan(ScanArgs),
    Rules(RulesArgs),
}

/// All rules
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// One JSON object a line, pages included
    #[arg(long)]
    pub json: bool,
    /// Where the plugin runs
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineKind,
}

/// May these messages pass?
#[derive(Debug, Args)]
pub struct ScanArgs {
    /// Messages, mailboxes (mbox, Maildir) and directories; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Where the plugin runs
    #[arg(long, value_enum, default_value_t)]
    pub engine: EngineKind,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineKind {
    /// In a WebAssembly sandbox, a fresh one for every message
    #[default]
    Sandbox,
    /// In this process: faster, and as safe as its memory-safe code
    Native,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

impl Color {
    pub fn write_global(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}
