//! One JSON object a line, spelled like `wit/types.wit`.

use std::io::{self, Write};

use sekisho_host::Report;
use serde::Serialize;

#[derive(Serialize)]
struct Line<'a> {
    path: &'a str,
    #[serde(flatten)]
    report: &'a Report,
}

pub fn report(out: &mut dyn Write, path: &str, report: &Report) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Line { path, report })?;
    out.write_all(b"\n")
}
