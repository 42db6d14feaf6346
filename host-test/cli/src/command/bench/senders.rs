//! `sekisho bench --senders`: what a sender costs, and what one more domain costs in a sandbox that is already warm.

use std::hint::black_box;
use std::io::Write;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use sekisho_host::{Context, Host};
use serde_json::json;

use super::{LEAST_RUNS, Line, MOST_RUNS, Times, WARM_UP, heading, ratio, row, timed};
use crate::args::BenchArgs;
use crate::command::sender::{add, index_fact, index_name};
use crate::input::source;
use crate::output::json;
use crate::{Exit, native};

/// So many addresses in one From field; the core judges at most 32.
const MANY: usize = 25;

pub fn run(args: &BenchArgs, host: &Host, list: &std::path::Path) -> anyhow::Result<Exit> {
    let bytes = source::read(list).with_context(|| format!("cannot read {}", list.display()))?;
    let text = String::from_utf8_lossy(&bytes);
    let domains: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
    if domains.len() < MANY {
        bail!("{}: {MANY} domains at least", list.display());
    }
    let mut context = Context::default();
    let mut policy = json!({});
    for path in &args.index {
        let packed = source::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let key = index_name(path)?;
        add(&mut policy, "indexes", json!(key));
        context.facts.push(index_fact(key, &packed));
    }
    let policy = policy.to_string();
    let one: Vec<String> = domains.iter().map(|d| format!("a@{d}")).collect();
    let many: Vec<String> = one.chunks_exact(MANY).map(|c| c.join(", ")).collect();
    let mut out = anstream::stdout().lock();
    if !args.json {
        heading(&mut out)?;
    }
    let first = measure(host, "one sender", &one, &context, &policy, args.seconds)?;
    let all = measure(host, "a From of 25", &many, &context, &policy, args.seconds)?;
    for line in [&first, &all, &each_more(&first, &all)] {
        if args.json { json::line(&mut out, line)? } else { row(&mut out, line)? }
    }
    out.flush()?;
    Ok(Exit::Delivered)
}

/// What each address after the first costs: the sandbox is there, the lists are read.
fn each_more(first: &Line, all: &Line) -> Line {
    let more = |many: &Times, one: &Times| {
        let each = |many: f64, one: f64| (many - one).max(0.0) / (MANY.saturating_sub(1) as f64);
        Times {
            runs: many.runs,
            p50: each(many.p50, one.p50),
            p95: each(many.p95, one.p95),
            p99: each(many.p99, one.p99),
            mb_per_s: 0.0,
        }
    };
    let (native, sandbox) = (more(&all.native, &first.native), more(&all.sandbox, &first.sandbox));
    Line { path: "each more, warm".to_owned(), bytes: 0, ratio: ratio(&sandbox, &native), native, sandbox }
}

/// Both engines take turns, each sender once a round.
fn measure(
    host: &Host,
    label: &str,
    senders: &[String],
    context: &Context,
    policy: &str,
    seconds: f64,
) -> anyhow::Result<Line> {
    let native_context = native::context_in(context);
    let (mut natives, mut sandboxes): (Vec<Duration>, Vec<Duration>) = (Vec::new(), Vec::new());
    let start = Instant::now();
    for (round, sender) in senders.iter().cycle().enumerate() {
        let enough = start.elapsed().as_secs_f64() >= seconds && natives.len() >= LEAST_RUNS;
        if enough || natives.len() >= MOST_RUNS {
            break;
        }
        let native = || sekisho_core::check_sender(black_box(sender.as_bytes()), &native_context, policy).map(drop);
        let sandbox = || host.check_sender(black_box(sender.as_bytes()), context, policy).map(drop);
        let (n, s) = (timed(native)?, timed(sandbox)?);
        if round >= WARM_UP {
            natives.push(n);
            sandboxes.push(s);
        }
    }
    let (native, sandbox) = (Times::of(natives, 0), Times::of(sandboxes, 0));
    Ok(Line { path: label.to_owned(), bytes: 0, ratio: ratio(&sandbox, &native), native, sandbox })
}
