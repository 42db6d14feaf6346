//! `sekisho scan`: may these messages pass?

use std::io::{self, BufWriter, Write};

use crate::Exit;
use crate::args::ScanArgs;
use crate::engine::Engine;
use crate::input::document::Basis;
use crate::input::parallel::{self, Scanned};
use crate::input::source::Sources;
use crate::output::human::Human;
use crate::output::json::Json;
use crate::output::progress::Progress;
use crate::output::sarif::Sarif;
use crate::output::terminal;
use crate::output::{Sink, Tally};

pub fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    let jobs = args.jobs.or_else(|| std::thread::available_parallelism().ok()).map_or(1, usize::from);
    let engine = Engine::new(&args.by.engine, jobs)?;
    let basis = Basis::read(&args.by, &engine)?;
    let sources = Sources::find(&args.paths);
    let mut tally = Tally::default();
    for failure in &sources.failures {
        tally.failed(&failure.to_string());
    }
    let rules = if args.json || args.quiet { Vec::new() } else { engine.rules()? };
    let mut sink: Box<dyn Sink> = match args {
        ScanArgs { json: true, .. } => Box::new(Json),
        ScanArgs { sarif: true, .. } => Box::new(Sarif::new(rules)),
        ScanArgs { quiet: true, .. } => Box::new(Silent),
        _ => Box::new(Human::new(rules, args.verbose)),
    };
    let progress = Progress::new(sources.bytes());
    let mut out = BufWriter::new(anstream::stdout().lock());
    let scan = |bytes: &[u8]| engine.scan(bytes, &basis.context, &basis.policy).map_err(|e| e.to_string());
    let done = parallel::each(&sources, jobs, &scan, |scanned| {
        progress.pause(|| one(&scanned, sink.as_mut(), &mut out, &mut tally))?;
        progress.advance(scanned.size);
        Ok(())
    });
    let done = done.and_then(|()| {
        progress.finish();
        sink.finish(&mut out, &tally)?;
        out.flush()
    });
    match done {
        // Whoever read our output has seen enough; what was seen until then still counts.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
            // Nothing more can be written, not even when the buffer is dropped.
            let _ = out.into_parts();
        }
        other => other?,
    }
    if tally.mails == 0 && tally.errors == 0 {
        terminal::complain("no mail found");
        return Ok(Exit::Failed);
    }
    Ok(tally.exit())
}

/// Tells of one message.
fn one(scanned: &Scanned, sink: &mut dyn Sink, out: &mut dyn Write, tally: &mut Tally) -> io::Result<()> {
    match &scanned.report {
        Ok(report) => {
            tally.count(report);
            sink.report(out, &scanned.label, report)?;
        }
        Err(error) => {
            out.flush()?;
            tally.failed(&format!("{}: {error}", scanned.label));
            sink.failure(out, &scanned.label, error)?;
        }
    }
    Ok(())
}

/// Says nothing.
struct Silent;

impl Sink for Silent {}
