//! What can be said on the command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use sekisho_host::Edit;

/// Sekisho (関所) looks at mail inside a WebAssembly sandbox and says what is encrypted, hidden or dangerous in it
#[derive(Debug, Parser)]
#[command(name = "sekisho", version, max_term_width = 100, after_help = EXITS)]
pub struct Cli {
    /// When to use colours
    #[arg(long, value_enum, default_value_t, global = true, value_name = "WHEN")]
    pub color: Color,
    #[command(subcommand)]
    pub command: Command,
}

const EXITS: &str = "\
Exit status: 0 all mail would be delivered, 1 some would be stopped or changed, 2 wrong use or unreadable input.";

#[derive(Debug, Subcommand)]
pub enum Command {
    Scan(ScanArgs),
    Sender(SenderArgs),
    Index(IndexArgs),
    Forwarding(ForwardingArgs),
    Rewrite(RewriteArgs),
    Policy(PolicyTaskArgs),
    Replay(ReplayArgs),
    Rules(RulesArgs),
    Explain(ExplainArgs),
    Bench(BenchArgs),
    /// The JSON Schema of policy files
    Schema,
    Completions(CompletionsArgs),
    Component(ComponentArgs),
}

/// What a scan goes by.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    /// The policy, `.toml` or `.json`; without one the defaults hold
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// What the gateway knows of the transaction (direction, recipients, facts …), `.toml` or `.json`
    #[arg(long, value_name = "FILE")]
    pub context: Option<PathBuf>,
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Where the plugin runs.
#[derive(Debug, Args)]
pub struct EngineArgs {
    /// Where the plugin runs
    #[arg(long = "engine", value_enum, default_value_t)]
    pub kind: EngineKind,
    /// A component to run in place of the one inside this tool
    #[arg(long, value_name = "FILE", conflicts_with = "kind")]
    pub component: Option<PathBuf>,
}

/// May these messages pass?
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sekisho scan mail.eml                          one message, explained
  sekisho scan - < mail.eml                      from standard input
  sekisho scan ~/Maildir archive.mbox            whole mailboxes
  sekisho scan --policy policy.toml mail.eml     under your own policy
  sekisho scan --json inbox/ | jq .action        for programs
  sekisho scan --sarif inbox/ > mail.sarif       for code-scanning tools

Exit status: 0 all mail would be delivered, 1 some would be stopped or changed, 2 wrong use or unreadable input.")]
pub struct ScanArgs {
    /// Messages, mailboxes (mbox, Maildir) and directories; `-` is standard input
    #[arg(required = true, value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    pub by: PolicyArgs,
    /// One JSON object a line
    #[arg(long, conflicts_with_all = ["sarif", "quiet"])]
    pub json: bool,
    /// A SARIF 2.1.0 log
    #[arg(long, conflicts_with = "quiet")]
    pub sarif: bool,
    /// No reports: the exit status says it all
    #[arg(short, long)]
    pub quiet: bool,
    /// Also show notes, and what each finding rests on
    #[arg(short, long)]
    pub verbose: bool,
    /// Messages looked at side by side; the default is one a hardware thread
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// Is this sender who he seems to be?
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sekisho sender --protect merrowmint.com 'Billing <pay@rnerrowmint.com>'
  sekisho sender --vip people.txt '\"佐倉 遥\" <haruka.s@freemail.example>'
  sekisho sender --protect aldermoor.com --batch domains.txt --json
  sekisho sender --policy policy.toml --index top.skindex merrowmіnt.com

A VIP file has a person a line: every spelling of the name, then the addresses that are really his or hers:
  佐倉 遥; Sakura Haruka <haruka@hoshimaru.co.jp>

Exit status: 0 all senders would get through, 1 some would not, 2 wrong use or unreadable input.")]
pub struct SenderArgs {
    /// Values of From fields, or bare domains
    #[arg(required_unless_present = "batch", value_name = "SENDER")]
    pub senders: Vec<String>,
    /// A file with one of them a line; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub batch: Option<PathBuf>,
    /// Domains worth imitating, besides those of the policy
    #[arg(long, value_name = "DOMAIN", value_delimiter = ',')]
    pub protect: Vec<String>,
    /// A file with persons worth imitating
    #[arg(long, value_name = "FILE")]
    pub vip: Option<PathBuf>,
    /// A larger list of domains worth imitating, made by `sekisho index build`; may be repeated
    #[arg(long, value_name = "FILE")]
    pub index: Vec<PathBuf>,
    #[command(flatten)]
    pub by: PolicyArgs,
    /// One JSON object a line: `{input, risk, action, findings}`
    #[arg(long)]
    pub json: bool,
    /// Also show notes, and what each finding rests on
    #[arg(short, long)]
    pub verbose: bool,
    /// Senders looked at side by side; the default is one a hardware thread
    #[arg(short, long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
}

/// Packed lists of domains worth imitating
#[derive(Debug, Args)]
pub struct IndexArgs {
    #[command(subcommand)]
    pub task: IndexTask,
}

#[derive(Debug, Subcommand)]
pub enum IndexTask {
    /// Pack a list: a domain a line, `rank,domain` as well; `#` begins a comment
    #[command(after_help = "Example:\n  sekisho index build top-domains.txt -o top.skindex")]
    Build {
        /// The list; `-` is standard input
        #[arg(value_name = "LIST")]
        list: PathBuf,
        /// Where the index goes
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// These are the operator's own domains or partners, not just well-known ones
        #[arg(long)]
        protect: bool,
    },
}

/// Where does the mail go: Sieve scripts, `.forward`, exports of Gmail, Exchange and others
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sekisho forwarding ~/.dovecot.sieve                       one script, explained
  sekisho forwarding --effects mailFilters.xml              who gets the mail, and who keeps a copy
  sekisho forwarding --internal corp.example exports/       a whole tenant: targets several owners share are found
  sekisho forwarding --diff old.sieve new.sieve             what changed, for an approval

Exit status: 0 nothing to stop, 1 something to stop or changes that need approval, 2 wrong use or unreadable input.")]
pub struct ForwardingArgs {
    /// Rule documents and directories of them; `-` is standard input
    #[arg(required_unless_present = "diff", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The dialect, when content and name of the file do not tell it
    #[arg(long, value_name = "NAME")]
    pub dialect: Option<String>,
    /// Whose mailbox; otherwise a part of the path with an `@` tells it
    #[arg(long, value_name = "ADDRESS")]
    pub owner: Option<String>,
    /// Domains of the organisation
    #[arg(long, value_name = "DOMAIN", value_delimiter = ',')]
    pub internal: Vec<String>,
    /// Who gets the mail, instead of what is wrong with the rules
    #[arg(long, conflicts_with = "sarif")]
    pub effects: bool,
    /// What the second document changes in who gets the mail
    #[arg(long, num_args = 2, value_names = ["OLD", "NEW"], conflicts_with_all = ["paths", "sarif", "effects"])]
    pub diff: Option<Vec<PathBuf>>,
    #[command(flatten)]
    pub by: PolicyArgs,
    /// One JSON object a line
    #[arg(long, conflicts_with = "sarif")]
    pub json: bool,
    /// A SARIF 2.1.0 log
    #[arg(long)]
    pub sarif: bool,
    /// Also show notes, and what each finding rests on
    #[arg(short, long)]
    pub verbose: bool,
}

/// Carry out the changes a policy asks for, or your own
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sekisho rewrite mail.eml --policy strip.toml -o out.eml       what the scan proposes
  sekisho rewrite mail.eml --edit 'add-header::X-Seen: yes'     an edit of your own
  sekisho rewrite mail.eml --edit remove-part:2                 without its second part
  sekisho scan --json mail.eml | sekisho rewrite mail.eml --edits -

Exit status: 0 written, 1 nothing written because the policy stops the mail, 2 wrong use or unreadable input.")]
pub struct RewriteArgs {
    /// The message; `-` is standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    #[command(flatten)]
    pub by: PolicyArgs,
    /// Edits as JSON, a list or a report with one; `-` is standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["policy", "context"])]
    pub edits: Option<PathBuf>,
    /// One edit; may be repeated
    #[arg(long, value_name = "KIND:PLACE:VALUE", value_parser = edit, conflicts_with_all = ["policy", "context"])]
    pub edit: Vec<Edit>,
    /// Where the message goes; the default is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// `KIND:PLACE:VALUE`; a place has no colon, a value may have many or be left out.
fn edit(text: &str) -> Result<Edit, String> {
    let mut fields = text.splitn(3, ':');
    let (Some(kind), Some(place)) = (fields.next().filter(|k| !k.is_empty()), fields.next()) else {
        return Err("not of the form KIND:PLACE:VALUE".to_owned());
    };
    let value = fields.next().unwrap_or_default();
    Ok(Edit { place: place.to_owned(), kind: kind.to_owned(), value: value.to_owned() })
}

/// Policies as code: are they right, and do they do what they should?
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sekisho policy check policy.toml                     before it goes live
  sekisho policy test examples/policy                  mails and what must become of them
  sekisho policy test tests/ --policy new.toml         the same cases under another policy")]
pub struct PolicyTaskArgs {
    #[command(subcommand)]
    pub task: PolicyTask,
}

#[derive(Debug, Subcommand)]
pub enum PolicyTask {
    Check(PolicyCheckArgs),
    Test(PolicyTestArgs),
}

/// Are these policies right? Errors have file, line and key
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  sekisho policy check /etc/sekisho/*.toml
  sekisho policy check --json policy.toml | jq .message

Exceptions that have expired are told, and are no error.

Exit status: 0 all are right, 1 some are wrong, 2 wrong use or unreadable input.")]
pub struct PolicyCheckArgs {
    /// Policies, `.toml` or `.json`
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// One JSON object a line: `{path, ok, line, key, message, notes}`
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Do policies do what they should? Every `.toml` file below the directory is a case
#[derive(Debug, Args)]
#[command(after_help = "\
A case stands beside its mail, ppap.toml beside ppap.eml:
  mail = \"ppap.eml\"                    # may be left out when the names are alike
  policy = \"../policy.toml\"            # may be left out: --policy, then the nearest policy.toml
  [context]                            # what the gateway knows; all of it may be left out
  direction = \"outbound\"
  mail-from = \"sato@corp.example\"
  [[facts]]
  kind = \"time\"
  value = \"2026-11-24T09:00:00Z\"
  [expect]
  action = \"hold\"                      # deliver, tag, strip, hold, quarantine, defer, reject
  rules = [\"zip-encrypted\"]            # these must speak
  not-rules = [\"name-executable\"]      # these must not
  reply = \"upload.corp.example\"        # stands in the answer to the sender
A file called policy.toml, or something.policy.toml, is a policy and no case.

Examples:
  sekisho policy test examples/policy
  sekisho policy test tests/ --policy new.toml --json | jq 'select(.ok | not)'

Exit status: 0 all cases are as expected, 1 some are not, 2 wrong use, or a case or policy that cannot be read.")]
pub struct PolicyTestArgs {
    /// Directories with cases, or single cases
    #[arg(required = true, value_name = "DIR")]
    pub paths: Vec<PathBuf>,
    /// The policy of cases that name none
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// One JSON object a line: `{case, mail, policy, ok, action, risk, rules, differences}`
    #[arg(long)]
    pub json: bool,
    /// Only cases that are not as expected
    #[arg(short, long, conflicts_with = "json")]
    pub quiet: bool,
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// Repeat a verdict of the gate: the same mail, the same report, byte for byte
#[derive(Debug, Args)]
#[command(after_help = "\
With `[record]` in its configuration the gate keeps of each verdict what went into it, but for the mail:
  sekisho replay /var/lib/sekisho/records/2026-11-24/T43FJ-HRM00.json mail.eml
  sekisho replay RECORD mail.eml --component old.wasm      the plugin of that day
  sekisho replay RECORD mail.eml --policy new.toml         what another policy would have said

A mail as it was delivered is taken back to what was judged, where possible: line ends become CRLF, and fields that were put on
top of it later are left out.

Exit status: 0 the same report from the same mail, policy and component, 1 something differs, 2 wrong use or unreadable input.")]
pub struct ReplayArgs {
    /// The record
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    /// The mail; `-` is standard input
    #[arg(value_name = "MAIL")]
    pub mail: PathBuf,
    /// The component that judged it, if it is not the one inside this tool
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,
    /// Another policy than the recorded one
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// One JSON object: `{reference, same, differs, report}`
    #[arg(long)]
    pub json: bool,
}

/// What is looked for: all rules
#[derive(Debug, Args)]
pub struct RulesArgs {
    /// One JSON object a line, pages included
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// The page of a rule: why it matters, what to do
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sekisho explain zip-encrypted")]
pub struct ExplainArgs {
    /// Its id
    #[arg(value_name = "RULE")]
    pub rule: String,
    #[command(flatten)]
    pub engine: EngineArgs,
}

/// How fast: the sandbox against the same code without it
#[derive(Debug, Args)]
#[command(after_help = "\
Times are microseconds a message; the sandbox is a fresh one for every message. Both engines take turns, message by
message, so that a busy machine slows both.

With --json the last line sums up all messages: their times added, and the ratio of the sums.")]
pub struct BenchArgs {
    /// Messages, mailboxes (mbox, Maildir) and directories; `-` is standard input
    #[arg(required_unless_present = "senders", value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// The paths are rule documents; a Sieve script of a megabyte is measured besides
    #[arg(long, conflicts_with = "senders")]
    pub forwarding: bool,
    /// Measure senders instead: a list of domains, one a line
    #[arg(long, value_name = "FILE", conflicts_with = "paths")]
    pub senders: Option<PathBuf>,
    /// A list of domains worth imitating to compare senders with, made by `sekisho index build`; may be repeated
    #[arg(long, value_name = "FILE", requires = "senders")]
    pub index: Vec<PathBuf>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Seconds spent on each message
    #[arg(long, value_name = "N", default_value_t = 2.0)]
    pub seconds: f64,
    /// Which bounds of the sandbox are on
    #[arg(long, value_enum, default_value_t)]
    pub bounds: Bounds,
    /// A component to run in place of the one inside this tool
    #[arg(long, value_name = "FILE")]
    pub component: Option<PathBuf>,
}

/// The shell's own completion script
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sekisho completions bash > ~/.local/share/bash-completion/completions/sekisho")]
pub struct CompletionsArgs {
    pub shell: clap_complete::Shell,
}

/// The component inside this tool, for other hosts
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  sekisho component -o sekisho.wasm")]
pub struct ComponentArgs {
    /// Where it goes; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineKind {
    /// In a WebAssembly sandbox, a fresh one for every message
    #[default]
    Sandbox,
    /// In this process
    Native,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Bounds {
    /// The wall-clock deadline, as in production
    #[default]
    Deadline,
    /// Fuel: the same amount of work on every machine
    Fuel,
    /// None, to see what the others cost
    None,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    /// Even into a file
    Always,
    /// Not even on a terminal
    Never,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn an_edit_is_kind_place_and_value() {
        let of = |place: &str, kind: &str, value: &str| {
            Ok(Edit { place: place.into(), kind: kind.into(), value: value.into() })
        };
        assert_eq!(edit("add-header::X-Seen: yes: it is"), of("", "add-header", "X-Seen: yes: it is"));
        assert_eq!(edit("remove-part:2.1"), of("2.1", "remove-part", ""));
        assert!(edit("remove-part").is_err());
        assert!(edit(":2:x").is_err());
    }
}
