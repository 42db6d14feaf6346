//! `sekisho policy`: policies as code, checked and tested before they go live.

use std::io::Write;

use sekisho_host::{Document, DocumentError};
use serde::Serialize;
use serde_json::Value;

use crate::Exit;
use crate::args::{PolicyCheckArgs, PolicyTask, PolicyTaskArgs};
use crate::engine::Engine;
use crate::input::{document, time};
use crate::output::json::line;
use crate::output::terminal::{self, clean};

mod case;
mod test;

pub fn run(args: &PolicyTaskArgs) -> anyhow::Result<Exit> {
    match &args.task {
        PolicyTask::Check(args) => check(args),
        PolicyTask::Test(args) => test::run(args),
    }
}

/// What was found of one policy, for programs.
#[derive(Serialize)]
struct Checked<'a> {
    path: &'a str,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    #[serde(skip_serializing_if = "str::is_empty")]
    key: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    message: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    notes: &'a [String],
}

fn check(args: &PolicyCheckArgs) -> anyhow::Result<Exit> {
    let engine = Engine::new(&args.engine, 1)?;
    let mut out = anstream::stdout().lock();
    let (mut exit, today) = (Exit::Delivered, time::now());
    for path in &args.files {
        if !path.is_file() {
            terminal::complain(&format!("{}: no file", path.display()));
            exit = Exit::Failed;
            continue;
        }
        let (error, notes) = match Document::read(path) {
            Ok(policy) => {
                let error = document::wrong(&policy, &policy.json().to_string(), &engine)?;
                (error, outdated(&policy, &today).iter().map(ToString::to_string).collect())
            }
            Err(error) => (Some(error), Vec::new()),
        };
        if error.is_some() {
            exit = exit.max(Exit::Stopped);
        }
        tell(&mut out, args.json, &path.to_string_lossy(), error.as_ref(), &notes)?;
    }
    Ok(exit)
}

fn tell(
    out: &mut dyn Write,
    json: bool,
    path: &str,
    error: Option<&DocumentError>,
    notes: &[String],
) -> std::io::Result<()> {
    if json {
        let (key, message) = error.map_or(("", ""), |e| (&*e.key, &*e.message));
        return line(
            out,
            &Checked { path, ok: error.is_none(), line: error.and_then(|e| e.line), key, message, notes },
        );
    }
    match error {
        Some(error) => writeln!(out, "{}", clean(&error.to_string()))?,
        None => writeln!(out, "{}: right", clean(path))?,
    }
    notes.iter().try_for_each(|note| writeln!(out, "{}", terminal::dim(&clean(note))))
}

/// Exceptions whose day is over: they do nothing any more, and whoever wrote them may not know.
fn outdated(policy: &Document, now: &str) -> Vec<DocumentError> {
    let lists = ["exceptions", "inbound.exceptions", "outbound.exceptions"];
    let mut notes = Vec::new();
    for list in lists {
        let pointer = format!("/{}", list.replace('.', "/"));
        let Some(exceptions) = policy.json().pointer(&pointer).and_then(Value::as_array) else { continue };
        for (number, exception) in exceptions.iter().enumerate() {
            let expires = exception.get("expires").and_then(Value::as_str).unwrap_or_default();
            // Dates of RFC 3339 in UTC sort as text; an exception holds to the end of its day.
            let over = expires.get(..10).zip(now.get(..10)).is_some_and(|(day, today)| day < today);
            if over {
                notes.push(policy.error(&format!("{list}.{number}.expires"), &format!("expired on {expires}")));
            }
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_that_are_over_are_told() {
        let text =
            "[[exceptions]]\nid = 'a'\nexpires = 2026-11-23\n\n[[exceptions]]\nid = 'b'\nexpires = '2026-11-24'\n";
        let policy = Document::parse(std::path::Path::new("p.toml"), text.to_owned()).unwrap();
        let notes: Vec<_> =
            outdated(&policy, "2026-11-24T09:00:00Z").iter().map(std::string::ToString::to_string).collect();
        assert_eq!(notes, ["p.toml:3: exceptions.0.expires: expired on 2026-11-23"]);
    }
}
