//! forwarding-guard, the command.

use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser as _;
use forwarding_guard::args::{Cli, ProxyArgs, PullArgs, Task};
use forwarding_guard::judge::{Judge, Verdict};
use forwarding_guard::pull::{Script, Seen, deactivate, judge, scripts};
use forwarding_guard::setup::told;
use forwarding_guard::{proxy, setup};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .with_max_level(cli.log)
        .init();
    let done = match cli.command {
        Task::Proxy(args) => run_proxy(args).await,
        Task::Check(args) => check(&args).await,
        Task::Pull(args) => run_pull(args).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("forwarding-guard: {}", told(&error));
        ExitCode::from(2)
    })
}

async fn run_proxy(args: ProxyArgs) -> anyhow::Result<ExitCode> {
    let settings = Arc::new(setup::settings(&args)?);
    let listener =
        TcpListener::bind(&args.listen).await.with_context(|| format!("cannot listen on {}", args.listen))?;
    let mut end = [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?];
    let mut renew = signal(SignalKind::hangup())?;
    tracing::info!(address = %listener.local_addr()?, server = settings.server.address,
        observes = settings.judge.policy().observes, "listening");
    if !settings.judge.knows_borders() {
        tracing::warn!("no --internal: whatever domain a client logs in with counts as inside");
    }
    let (stop, stopped) = watch::channel(false);
    let grace = Duration::from_secs(args.grace);
    let serving = tokio::spawn(proxy::run(listener, settings.clone(), args.clients.max(1), stopped, grace));
    loop {
        let [term, int] = &mut end;
        tokio::select! {
            () = first(term, int) => break,
            _ = renew.recv() => match setup::renew(&args, &settings) {
                Ok(()) => tracing::info!(observes = settings.judge.policy().observes, "policy and certificate read again"),
                Err(error) => tracing::error!(error = told(&error), "the old policy or certificate stays"),
            },
        }
    }
    tracing::info!("ending");
    stop.send_replace(true);
    serving.await?;
    Ok(ExitCode::SUCCESS)
}

async fn first(one: &mut Signal, other: &mut Signal) {
    tokio::select! {
        _ = one.recv() => {}
        _ = other.recv() => {}
    }
}

async fn check(args: &ProxyArgs) -> anyhow::Result<ExitCode> {
    let settings = setup::settings(args)?;
    let policy = args.judge.policy.as_ref().map_or("defaults".to_owned(), |p| p.display().to_string());
    let observes = if settings.judge.policy().observes { ", observes only" } else { "" };
    println!("policy       {policy}{observes}");
    println!("certificate  {}", args.cert.as_ref().map_or("none".to_owned(), |p| p.display().to_string()));
    println!("server       {}", setup::knock(&settings).await?);
    Ok(ExitCode::SUCCESS)
}

async fn run_pull(args: PullArgs) -> anyhow::Result<ExitCode> {
    let asked = setup::judge(&args.judge)?;
    let (place, key) = setup::place(&args)?;
    let mut out = std::io::stdout().lock();
    let mut all = Vec::new();
    let mut failed = false;
    for user in &setup::users(&args)? {
        match scripts(&place, &key, user).await {
            Ok(found) => all.extend(found),
            Err(error) => {
                failed = true;
                unread(&mut out, args.json, json!({ "user": user }), &error)?;
            }
        }
    }
    let mut stopped = false;
    for (script, seen) in judge(&asked, &all, args.judge.domain.as_deref()).await {
        let mut seen = match seen {
            Ok(seen) => seen,
            Err(error) => {
                failed = true;
                let what = json!({ "user": script.user, "script": script.name, "active": script.active });
                unread(&mut out, args.json, what, &error)?;
                continue;
            }
        };
        let refused = matches!(seen.verdict, Verdict::Refuse(_));
        stopped |= refused;
        if args.deactivate && refused && script.active {
            match deactivate(&place, &key, &script.user).await {
                Ok(()) => {
                    seen.deactivated = true;
                    tracing::warn!(user = script.user, script = script.name, "switched off");
                }
                Err(error) => {
                    failed = true;
                    tracing::error!(user = script.user, error = told(&error), "not switched off");
                }
            }
        }
        if args.json { writeln!(out, "{}", seen.json(&script))? } else { print(&mut out, &asked, &script, &seen)? }
    }
    Ok(ExitCode::from(if failed { 2 } else { u8::from(stopped) }))
}

/// Says what could not be looked at.
fn unread(out: &mut impl std::io::Write, json: bool, mut what: Value, error: &anyhow::Error) -> std::io::Result<()> {
    let error = told(error);
    tracing::error!(what = %what, error, "not looked at");
    if let (true, Some(object)) = (json, what.as_object_mut()) {
        object.insert("error".to_owned(), error.into());
        writeln!(out, "{what}")?;
    }
    Ok(())
}

fn print(out: &mut impl std::io::Write, asked: &Judge, script: &Script, seen: &Seen) -> std::io::Result<()> {
    let active = if script.active { ", active" } else { "" };
    let off = if seen.deactivated { ", switched off" } else { "" };
    let (user, name) = (script.user.escape_debug(), script.name.escape_debug());
    writeln!(out, "{user} {name}{active}{off}: {}", seen.verdict.as_str())?;
    for line in asked.told(&seen.report).lines() {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}
