//! One JSON object a line, spelled like `wit/types.wit`.

use std::io::{self, Write};

use sekisho_host::Report;
use serde::Serialize;

use super::Sink;

/// Writes `{"path", "action", "risk", "inspection", "findings", "parts", "edits", "reply", "remember"}`, and
/// `{"path", "error"}` for what could not be looked at.
pub struct Json;

#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

#[derive(Serialize)]
struct Failure<'a> {
    path: &'a str,
    error: &'a str,
}

impl Sink for Json {
    fn report(&mut self, out: &mut dyn Write, label: &str, report: &Report) -> io::Result<()> {
        line(out, &Line { path: label, report })
    }

    fn failure(&mut self, out: &mut dyn Write, label: &str, error: &str) -> io::Result<()> {
        line(out, &Failure { path: label, error })
    }
}

/// One value a line.
pub fn line(out: &mut dyn Write, value: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, value)?;
    out.write_all(b"\n")
}
