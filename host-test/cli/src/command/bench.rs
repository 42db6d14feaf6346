//! `sekisho bench`: how fast, the sandbox against the same code without it.

mod senders;

use std::hint::black_box;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{anyhow, bail};
use sekisho_host::{ComponentSource, Context, Host, HostConfig};
use serde::Serialize;

use crate::args::{BenchArgs, Bounds};
use crate::engine::cache_dir;
use crate::input::source::{Message, Sources};
use crate::output::json;
use crate::output::terminal::{clean, complain};
use crate::output::wrap::{pad, shorten};
use crate::{Exit, native};

/// Fewer measurements than this say nothing about a percentile.
const LEAST_RUNS: usize = 20;
const MOST_RUNS: usize = 20_000;
/// Runs before the first that counts: caches, page tables, branch predictors.
const WARM_UP: usize = 5;

pub fn run(args: &BenchArgs) -> anyhow::Result<Exit> {
    if !(args.seconds.is_finite() && args.seconds > 0.0) {
        bail!("--seconds wants a number above 0");
    }
    let host = Host::new(config(args))?;
    if let Some(list) = &args.senders {
        return senders::run(args, &host, list);
    }
    let mut failed = false;
    let mut out = anstream::stdout().lock();
    if !args.json {
        heading(&mut out)?;
    }
    let mut sum = Line::default();
    let inputs = if args.forwarding { documents(&args.paths) } else { messages(&args.paths, &mut failed) };
    let question = if args.forwarding { Question::Forwarding } else { Question::Message };
    for (label, bytes) in inputs {
        match bytes {
            Ok(bytes) => {
                let line = measure(&host, question, &label, &bytes, args.seconds)?;
                // The long script would drown the others.
                if label != LONG_SCRIPT {
                    sum.add(&line);
                }
                if args.json { json::line(&mut out, &line)? } else { row(&mut out, &line)? }
            }
            Err(error) => {
                complain(&format!("{label}: {error}"));
                failed = true;
            }
        }
    }
    if sum.native.runs == 0 {
        return Err(anyhow!("nothing was measured"));
    }
    sum.path = "all".to_owned();
    if args.json {
        json::line(&mut out, &sum)?
    } else {
        row(&mut out, &sum)?
    }
    Ok(if failed { Exit::Failed } else { Exit::Delivered })
}

fn config(args: &BenchArgs) -> HostConfig {
    let component = args.component.clone().map_or(ComponentSource::Embedded, ComponentSource::File);
    let mut config = HostConfig { component, cache: cache_dir(), concurrency: 1, ..HostConfig::default() };
    match args.bounds {
        Bounds::Deadline => {}
        Bounds::Fuel => (config.deadline, config.fuel) = (None, Some(u64::MAX)),
        Bounds::None => config.deadline = None,
    }
    config
}

/// What is asked about the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// May this message pass?
    Message,
    /// Where does this rule document send mail?
    Forwarding,
}

type Inputs = Vec<(String, io::Result<Vec<u8>>)>;

fn messages(paths: &[PathBuf], failed: &mut bool) -> Inputs {
    let sources = Sources::find(paths);
    for failure in &sources.failures {
        complain(&failure.to_string());
        *failed = true;
    }
    let mut messages = Vec::new();
    for source in &sources.files {
        source.messages(|label, message| {
            messages.push((label, message.and_then(Message::read)));
            true
        });
    }
    messages
}

/// What the script of a megabyte is called.
const LONG_SCRIPT: &str = "1 MB of Sieve";

/// The files as they are, and a script of a megabyte: ordinary rules, one after the other.
fn documents(paths: &[PathBuf]) -> Inputs {
    let read = |path: &PathBuf| (path.display().to_string(), std::fs::read(path));
    let mut documents: Inputs = paths.iter().map(read).collect();
    let mut script = String::from("require [\"fileinto\", \"copy\", \"imap4flags\"];\n");
    for number in 0u32.. {
        if script.len() >= 1_000_000 {
            break;
        }
        script.push_str(&format!(
            "# rule:[list {number}]\nif anyof (header :contains \"list-id\" \"dev{number}.lists.example\", \
             address :is \"from\" [\"a{number}@partner.example\", \"b{number}@partner.example\"])\n\
             {{\n\tfileinto :flags \"\\\\Seen\" \"Lists/dev{number}\";\n\tstop;\n}}\n"
        ));
    }
    documents.push((LONG_SCRIPT.to_owned(), Ok(script.into_bytes())));
    documents
}

/// What was measured of one message.
#[derive(Debug, Default, Serialize)]
struct Line {
    path: String,
    bytes: u64,
    native: Times,
    sandbox: Times,
    /// Median of the sandbox by median of the native engine.
    ratio: f64,
}

/// Microseconds a message.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Times {
    runs: usize,
    p50: f64,
    p95: f64,
    p99: f64,
    /// Megabytes (10^6) a second at the median.
    mb_per_s: f64,
}

impl Times {
    fn of(mut times: Vec<Duration>, bytes: u64) -> Self {
        times.sort_unstable();
        let percentile = |percent: usize| {
            let at = times.len().saturating_mul(percent).div_ceil(100).saturating_sub(1);
            times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e6)
        };
        let p50 = percentile(50);
        let (p95, p99) = (percentile(95), percentile(99));
        Self { runs: times.len(), p50, p95, p99, mb_per_s: rate(bytes, p50) }
    }

    fn add(&mut self, other: &Self, bytes: u64) {
        self.runs = self.runs.saturating_add(other.runs);
        self.p50 += other.p50;
        self.p95 += other.p95;
        self.p99 += other.p99;
        self.mb_per_s = rate(bytes, self.p50);
    }
}

/// Bytes by microseconds, which are megabytes by seconds.
fn rate(bytes: u64, micros: f64) -> f64 {
    if micros > 0.0 { bytes as f64 / micros } else { 0.0 }
}

fn ratio(sandbox: &Times, native: &Times) -> f64 {
    if native.p50 > 0.0 { sandbox.p50 / native.p50 } else { 0.0 }
}

impl Line {
    /// One message more: a pass over all of them takes the sum.
    fn add(&mut self, other: &Self) {
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.native.add(&other.native, self.bytes);
        self.sandbox.add(&other.sandbox, self.bytes);
        self.ratio = ratio(&self.sandbox, &self.native);
    }
}

/// Both engines take turns, so that a busy machine slows both.
fn measure(host: &Host, question: Question, label: &str, input: &[u8], seconds: f64) -> anyhow::Result<Line> {
    let context = Context::default();
    let native_context = native::context_in(&context);
    let native = || {
        match question {
            Question::Message => sekisho_core::scan_message(black_box(input), &native_context, ""),
            Question::Forwarding => sekisho_core::lint_forwarding(black_box(input), "", &native_context, ""),
        }
        .map(drop)
    };
    let sandbox = || {
        match question {
            Question::Message => host.scan_message(black_box(input), &context, ""),
            Question::Forwarding => host.lint_forwarding(black_box(input), "", &context, ""),
        }
        .map(drop)
    };
    for _ in 0..WARM_UP {
        native()?;
        sandbox()?;
    }
    let (mut natives, mut sandboxes) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while natives.len() < MOST_RUNS && (natives.len() < LEAST_RUNS || start.elapsed().as_secs_f64() < seconds) {
        natives.push(timed(native)?);
        sandboxes.push(timed(sandbox)?);
    }
    let bytes = input.len() as u64;
    let (native, sandbox) = (Times::of(natives, bytes), Times::of(sandboxes, bytes));
    Ok(Line { path: label.to_owned(), bytes, ratio: ratio(&sandbox, &native), native, sandbox })
}

fn timed<E>(call: impl Fn() -> Result<(), E>) -> Result<Duration, E> {
    let start = Instant::now();
    call()?;
    Ok(start.elapsed())
}

const NAME: usize = 26;

fn heading(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{:NAME$}  {:>9}  {:^22}  {:^22}", "", "", "native, µs", "sandbox, µs")?;
    writeln!(
        out,
        "{:NAME$}  {:>9}  {:>7}{:>7}{:>8}  {:>7}{:>7}{:>8}  {:>5}  {:>6}",
        "message", "bytes", "p50", "p95", "p99", "p50", "p95", "p99", "ratio", "MB/s"
    )
}

fn row(out: &mut dyn Write, line: &Line) -> io::Result<()> {
    let name = pad(&shorten(&clean(&line.path), NAME), NAME);
    let Line { bytes, native: n, sandbox: s, ratio, .. } = line;
    let digits = usize::from(n.p50 < 20.0);
    writeln!(
        out,
        "{name}  {bytes:>9}  {:>7.digits$}{:>7.digits$}{:>8.digits$}  {:>7.digits$}{:>7.digits$}{:>8.digits$}  {ratio:>5.2}  {:>6.0}",
        n.p50, n.p95, n.p99, s.p50, s.p95, s.p99, s.mb_per_s
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_sorted_times() {
        let times = Times::of((1..=100).rev().map(Duration::from_micros).collect(), 100);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(near(times.p50, 50.0) && near(times.p95, 95.0) && near(times.p99, 99.0), "{times:?}");
        assert!(near(times.mb_per_s, 2.0), "{times:?}");
    }
}
