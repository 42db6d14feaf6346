//! `sekisho scan`: may these messages pass?

use sekisho_host::Context;

use crate::args::ScanArgs;
use crate::engine::Engine;
use crate::{Exit, json, source};

pub fn run(args: &ScanArgs) -> anyhow::Result<Exit> {
    let engine = Engine::new(args.engine, 1)?;
    let mut exit = Exit::Delivered;
    let mut out = anstream::stdout().lock();
    for path in &args.paths {
        let bytes = source::read(path)?;
        let report = engine.scan(&bytes, &Context::default(), "")?;
        if report.action != "deliver" {
            exit = exit.max(Exit::Stopped);
        }
        json::report(&mut out, &path.to_string_lossy(), &report)?;
    }
    Ok(exit)
}
