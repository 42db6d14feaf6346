//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use tracing::level_filters::LevelFilter;

/// Guards the forwarding rules of a mail server
#[derive(Debug, Parser)]
#[command(name = "forwarding-guard", version, max_term_width = 100)]
pub struct Cli {
    /// How much is logged, on standard error: off, error, warn, info, debug
    #[arg(long, value_name = "LEVEL", default_value = "info", global = true)]
    pub log: LevelFilter,
    #[command(subcommand)]
    /// What to do.
    pub command: Task,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Task {
    /// Stands before a ManageSieve server and looks at every script before the server gets it
    Proxy(ProxyArgs),
    /// Looks whether a proxy with these options would work, and does not start it
    Check(ProxyArgs),
    /// Reads the scripts of all users, and says where they send mail
    Pull(PullArgs),
}

/// How scripts are judged.
#[derive(Debug, Args)]
pub struct JudgeArgs {
    /// The policy, `.toml` or `.json`; without one the defaults hold. Profile `observe` stops nothing
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// Domains of the organisation
    #[arg(long, value_name = "DOMAIN", value_delimiter = ',')]
    pub internal: Vec<String>,
    /// The domain of user names without one
    #[arg(long, value_name = "DOMAIN")]
    pub domain: Option<String>,
    /// The longest script, bytes; a longer one is refused whatever the policy
    #[arg(long, value_name = "N", default_value_t = 1 << 20)]
    pub max_script: usize,
}

/// How to know a server.
#[derive(Debug, Args)]
pub struct ServerArgs {
    /// Certificates the server is vouched for by, PEM; without it those of this machine
    #[arg(long, value_name = "FILE")]
    pub ca: Option<PathBuf>,
    /// The name the server's certificate must have; without it the host's
    #[arg(long, value_name = "NAME")]
    pub server_name: Option<String>,
    /// No TLS to the server: for one on this machine
    #[arg(long)]
    pub no_tls: bool,
}

/// The proxy.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forwarding-guard proxy --listen 0.0.0.0:4190 --cert fullchain.pem --key privkey.pem \\
      --server 127.0.0.1:4191 --no-tls --policy policy.toml --internal corp.example
  forwarding-guard check --allow-plaintext --server mail.example --policy policy.toml

SIGHUP reads policy and certificate again; SIGTERM lets everybody end the command they are in, and ends.
Exit status: 0 ended as told, 2 could not begin.")]
pub struct ProxyArgs {
    /// Where clients come to
    #[arg(long, value_name = "HOST:PORT", default_value = "0.0.0.0:4190")]
    pub listen: String,
    /// The server behind
    #[arg(long, value_name = "HOST:PORT")]
    pub server: String,
    /// The proxy's certificates, PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The key to them, PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Clients may log in without TLS
    #[arg(long)]
    pub allow_plaintext: bool,
    /// Scripts pass when they cannot be looked at; otherwise they are put off
    #[arg(long)]
    pub fail_open: bool,
    /// Clients at a time
    #[arg(long, value_name = "N", default_value_t = 500)]
    pub clients: usize,
    /// Seconds a client may say nothing
    #[arg(long, value_name = "N", default_value_t = 1800)]
    pub idle: u64,
    /// Seconds a client may take to log in, a step
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub entry: u64,
    /// Seconds clients have to end when the proxy is told to
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub grace: u64,
    #[command(flatten)]
    /// How to know the server.
    pub trust: ServerArgs,
    #[command(flatten)]
    /// How scripts are judged.
    pub judge: JudgeArgs,
}

/// The pull.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forwarding-guard pull --server mail.example:4190 --admin root --password-file pw sato@corp.example
  forwarding-guard pull --jmap https://mail.example --login '{user}%{admin}' --admin root --password-file pw --users all.txt

Exit status: 0 nothing to stop, 1 something to stop, 2 something could not be read.")]
pub struct PullArgs {
    /// Users
    #[arg(value_name = "USER")]
    pub user: Vec<String>,
    /// More users, one a line
    #[arg(long, value_name = "FILE")]
    pub users: Option<PathBuf>,
    /// A ManageSieve server
    #[arg(long, value_name = "HOST:PORT", required_unless_present = "jmap")]
    pub server: Option<String>,
    /// A JMAP server (RFC 9661)
    #[arg(long, value_name = "URL", conflicts_with = "server")]
    pub jmap: Option<String>,
    /// The administrator who may act for users
    #[arg(long, value_name = "NAME")]
    pub admin: String,
    /// The file with his password, in its first line
    #[arg(long, value_name = "FILE")]
    pub password_file: PathBuf,
    /// The login name for a user, as `{user}*{admin}`; without it ManageSieve names the user beside the administrator
    #[arg(long, value_name = "FORM")]
    pub login: Option<String>,
    /// Switch off active scripts that the policy would stop
    #[arg(long)]
    pub deactivate: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    /// How to know the server.
    pub trust: ServerArgs,
    #[command(flatten)]
    /// How scripts are judged.
    pub judge: JudgeArgs,
}
