//! From the command line to what it names.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::args::{JudgeArgs, ProxyArgs, PullArgs, ServerArgs};
use crate::client::{Client, Server};
use crate::http::Site;
use crate::judge::Judge;
use crate::policy::Policy;
use crate::pull::{Key, Place};
use crate::session::Settings;
use crate::tls::{Identity, Trust};

/// The port of ManageSieve (RFC 5804 section 1.8).
const PORT: u16 = 4190;

/// How a proxy is set up.
///
/// # Errors
/// When a file cannot be read or says something that cannot be.
pub fn settings(args: &ProxyArgs) -> anyhow::Result<Settings> {
    let identity = match (&args.cert, &args.key) {
        (Some(cert), Some(key)) => Some(Identity::read(cert, key)?),
        _ if args.allow_plaintext => None,
        _ => bail!("without --cert and --key passwords would go in the open; say --allow-plaintext if they may"),
    };
    Ok(Settings {
        server: server(&args.server, &args.trust, args.judge.max_script)?,
        identity,
        plaintext: args.allow_plaintext,
        domain: args.judge.domain.clone(),
        open: args.fail_open,
        idle: Duration::from_secs(args.idle.max(1)),
        entry: Duration::from_secs(args.entry.max(1)),
        judge: judge(&args.judge)?,
    })
}

/// Reads policy and certificate again. What cannot be read stays as it was, and is said.
///
/// # Errors
/// The first thing that cannot be taken.
pub fn renew(args: &ProxyArgs, settings: &Settings) -> anyhow::Result<()> {
    let policy = Policy::read(args.judge.policy.as_deref()).and_then(|policy| settings.judge.exchange(policy));
    let identity = settings.identity.as_ref().map_or(Ok(()), Identity::renew);
    policy.and(identity)
}

/// Looks whether the server is there, and says what it is.
///
/// # Errors
/// When it cannot be reached or is not the one that is trusted.
pub async fn knock(settings: &Settings) -> anyhow::Result<String> {
    let server = &settings.server;
    let client = Client::connect(server).await.with_context(|| format!("cannot reach {}", server.address))?;
    let name = client.capability("IMPLEMENTATION").unwrap_or_default();
    let sieve = client.capability("SIEVE").unwrap_or_default();
    let tls = if server.trust.is_some() { "TLS" } else { "no TLS" };
    Ok(format!("{} ({tls}): {}, {} extensions", server.address, name.escape_debug(), sieve.split_whitespace().count()))
}

/// The plugin with the policy that is named.
///
/// # Errors
/// When the policy cannot be read or is wrong.
pub fn judge(args: &JudgeArgs) -> anyhow::Result<Arc<Judge>> {
    Judge::new(Policy::read(args.policy.as_deref())?, args.internal.clone())
}

/// Where scripts are to be pulled from, and as whom.
///
/// # Errors
/// When the password cannot be read or the server's name is none.
pub fn place(args: &PullArgs) -> anyhow::Result<(Place, Key)> {
    let password = read(&args.password_file)?.lines().next().unwrap_or_default().to_owned();
    let key = Key { admin: args.admin.clone(), password, form: args.login.clone() };
    let place = match (&args.server, &args.jmap) {
        (Some(address), _) => Place::ManageSieve(server(address, &args.trust, args.judge.max_script)?),
        (None, Some(url)) => Place::Jmap(site(url, &args.trust)?),
        (None, None) => bail!("name a server"),
    };
    Ok((place, key))
}

/// The users that are named, each once.
///
/// # Errors
/// When the list cannot be read.
pub fn users(args: &PullArgs) -> anyhow::Result<Vec<String>> {
    let mut users = args.user.clone();
    if let Some(path) = &args.users {
        let text = read(path)?;
        let lines = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#'));
        users.extend(lines.map(str::to_owned));
    }
    users.sort();
    users.dedup();
    anyhow::ensure!(!users.is_empty(), "name users, or a list of them with --users");
    Ok(users)
}

/// An error and its causes on one line. Some errors tell their cause themselves; it is not said twice.
#[must_use]
pub fn told(error: &anyhow::Error) -> String {
    let mut out = String::new();
    for cause in error.chain().map(ToString::to_string).filter(|c| !c.is_empty()) {
        if !out.ends_with(&cause) {
            out.push_str(if out.is_empty() { "" } else { ": " });
            out.push_str(&cause);
        }
    }
    out
}

fn server(address: &str, args: &ServerArgs, limit: usize) -> anyhow::Result<Server> {
    let (host, port) = host_and_port(address);
    let trust = if args.no_tls { None } else { Some(trust(host, args)?) };
    let shown = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    Ok(Server { address: format!("{shown}:{}", port.unwrap_or(PORT)), trust, limit })
}

/// `host`, `host:port`, `[address]:port`, or an IPv6 address alone.
fn host_and_port(address: &str) -> (&str, Option<u16>) {
    if let Some((host, rest)) = address.strip_prefix('[').and_then(|a| a.split_once(']')) {
        return (host, rest.strip_prefix(':').and_then(|p| p.parse().ok()));
    }
    match address.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host, port.parse().ok()),
        _ => (address, None),
    }
}

fn site(url: &str, args: &ServerArgs) -> anyhow::Result<Site> {
    let Some((scheme, rest)) = url.split_once("://") else { bail!("a URL begins with https://") };
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    anyhow::ensure!(path.is_empty() && !authority.is_empty(), "{url}: only https://host or https://host:port");
    let trust = match scheme {
        "https" => Some(trust(host_and_port(authority).0, args)?),
        "http" if args.no_tls => None,
        _ => bail!("{url}: say https://, or --no-tls for a server on this machine"),
    };
    Ok(Site { base: url.to_owned(), trust })
}

fn trust(host: &str, args: &ServerArgs) -> anyhow::Result<Trust> {
    Trust::new(args.server_name.as_deref().unwrap_or(host), args.ca.as_deref())
}

fn read(path: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let broke = crate::wire::WireError::Io(std::io::Error::other("no route"));
        let error = anyhow::Error::new(broke).context("cannot reach mail.example");
        assert_eq!(told(&error), "cannot reach mail.example: the connection broke: no route");
    }

    #[test]
    fn addresses_have_hosts_and_ports() {
        for (text, host, port) in [
            ("mail.example", "mail.example", None),
            ("mail.example:2000", "mail.example", Some(2000)),
            ("[::1]:4190", "::1", Some(4190)),
            ("[::1]", "::1", None),
            ("::1", "::1", None),
        ] {
            assert_eq!(host_and_port(text), (host, port), "{text}");
        }
    }
}
