//! forwarding-guard, the command.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Parser as _;
use sekisho_forwarding_guard::args::{Cli, JudgeArgs, ProxyArgs, PullArgs, ServerArgs, Task};
use sekisho_forwarding_guard::client::Server;
use sekisho_forwarding_guard::jmap::Site;
use sekisho_forwarding_guard::judge::{Judge, Verdict};
use sekisho_forwarding_guard::proxy;
use sekisho_forwarding_guard::pull::{Key, Place, deactivate, judge, scripts};
use sekisho_forwarding_guard::session::Settings;
use sekisho_forwarding_guard::tls::{Trust, acceptor};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Task::Proxy(args) => run_proxy(args).await,
        Task::Pull(args) => run_pull(args).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("forwarding-guard: {error:#}");
        ExitCode::from(2)
    })
}

async fn run_proxy(args: ProxyArgs) -> anyhow::Result<ExitCode> {
    let acceptor = match (&args.cert, &args.key) {
        (Some(cert), Some(key)) => Some(acceptor(cert, key)?),
        _ if args.allow_plaintext => None,
        _ => bail!("without --cert and --key passwords would go in the open; say --allow-plaintext if they may"),
    };
    let settings = Settings {
        server: server(&args.server, &args.trust, args.judge.max_script)?,
        acceptor,
        plaintext: args.allow_plaintext,
        domain: args.judge.domain.clone(),
        open: args.fail_open,
        idle: Duration::from_secs(args.idle.max(1)),
        judge: asks(&args.judge)?,
    };
    let listener =
        TcpListener::bind(&args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    eprintln!("listening on {}", listener.local_addr()?);
    tokio::select! {
        done = proxy::run(listener, Arc::new(settings), args.clients.max(1)) => done?,
        done = tokio::signal::ctrl_c() => done?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn run_pull(args: PullArgs) -> anyhow::Result<ExitCode> {
    let asked = asks(&args.judge)?;
    let password = read(&args.password_file)?.lines().next().unwrap_or_default().to_owned();
    let key = Key { admin: args.admin.clone(), password, form: args.login.clone() };
    let place = match (&args.server, &args.jmap) {
        (Some(address), _) => Place::ManageSieve(server(address, &args.trust, args.judge.max_script)?),
        (None, Some(url)) => Place::Jmap(site(url, &args.trust)?),
        (None, None) => bail!("name a server"),
    };
    let mut users = args.user.clone();
    if let Some(path) = &args.users {
        users.extend(read(path)?.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned));
    }
    let mut failed = false;
    let mut all = Vec::new();
    for user in &users {
        match scripts(&place, &key, user).await {
            Ok(found) => all.extend(found),
            Err(error) => {
                failed = true;
                eprintln!("forwarding-guard: {error:#}");
            }
        }
    }
    let mut stopped = false;
    let mut out = std::io::stdout().lock();
    for mut seen in judge(&asked, all, args.judge.domain.as_deref()).await? {
        stopped |= matches!(seen.verdict, Verdict::Refuse(_));
        if let (true, true, Verdict::Refuse(_), Place::ManageSieve(server)) =
            (args.deactivate, seen.script.active, &seen.verdict, &place)
        {
            match deactivate(server, &key, &seen.script.user).await {
                Ok(()) => seen.deactivated = true,
                Err(error) => {
                    failed = true;
                    eprintln!("forwarding-guard: {error:#}");
                }
            }
        }
        if args.json {
            writeln!(out, "{}", seen.json())?;
        } else {
            let active = if seen.script.active { ", active" } else { "" };
            let off = if seen.deactivated { ", switched off" } else { "" };
            let action = &seen.report.action;
            writeln!(
                out,
                "{} {}{active}{off}: {action}",
                seen.script.user.escape_debug(),
                seen.script.name.escape_debug()
            )?;
            for line in asked.told(&seen.report).lines() {
                writeln!(out, "    {}", line.escape_debug())?;
            }
        }
    }
    Ok(ExitCode::from(if failed { 2 } else { u8::from(stopped) }))
}

fn asks(args: &JudgeArgs) -> anyhow::Result<Arc<Judge>> {
    let policy = match &args.policy {
        None => String::new(),
        Some(path) if path.extension().is_some_and(|e| e == "toml") => {
            let table: toml::Table = toml::from_str(&read(path)?).with_context(|| path.display().to_string())?;
            serde_json::to_string(&table)?
        }
        Some(path) => read(path)?,
    };
    Judge::new(policy, args.internal.clone())
}

fn server(address: &str, args: &ServerArgs, limit: usize) -> anyhow::Result<Server> {
    let host = address.rsplit_once(':').map_or(address, |(host, _)| host).trim_matches(['[', ']']);
    let trust = if args.no_tls { None } else { Some(trust(host, args)?) };
    let address = if address.contains(':') { address.to_owned() } else { format!("{address}:4190") };
    Ok(Server { address, trust, limit })
}

fn site(url: &str, args: &ServerArgs) -> anyhow::Result<Site> {
    let Some((scheme, rest)) = url.split_once("://") else { bail!("a URL begins with https://") };
    let host = rest.split(['/', ':']).next().unwrap_or(rest);
    let trust = match scheme {
        "https" => Some(trust(host, args)?),
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
