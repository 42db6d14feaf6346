//! `sekisho replay`: a recorded verdict, repeated.

use std::io::Write;
use std::path::Path;

use anyhow::{Context as _, bail};
use sekisho_host::record::{POLICIES, Record, sha256};
use sekisho_host::{ComponentSource, Document, Host, HostConfig, Report};
use serde::Serialize;
use serde_json::Value;

use crate::Exit;
use crate::args::ReplayArgs;
use crate::engine::cache_dir;
use crate::input::source;
use crate::output::json::line;
use crate::output::terminal::{action, clean};

/// Fields a mail server may have put on top of a mail since it was judged.
const FIELDS_ON_TOP: usize = 24;
/// Lines of a difference that are told; the rest is counted.
const TOLD: usize = 40;

/// How a repetition ended, for programs.
#[derive(Serialize)]
struct Answer<'a> {
    reference: &'a str,
    same: bool,
    differs: &'a [String],
    report: &'a Report,
}

pub fn run(args: &ReplayArgs) -> anyhow::Result<Exit> {
    let record = read(&args.record)?;
    let mail = source::read(&args.mail).with_context(|| format!("cannot read {}", args.mail.display()))?;
    let component = args.component.clone().map_or(ComponentSource::Embedded, ComponentSource::File);
    let config = HostConfig { component, concurrency: 1, cache: cache_dir(), ..HostConfig::default() };
    let host = Host::new(config)?;
    let (mut differs, mut notes) = (Vec::new(), Vec::new());
    let mail = match judged(&mail, &record.message_sha256) {
        Some((mail, how)) => {
            notes.extend(how);
            mail
        }
        None => {
            differs.push(hashes("message", &record.message_sha256, &sha256(&mail)));
            differs.push(format!("message size: recorded {}, now {}", record.message_size, mail.len()));
            mail
        }
    };
    let (policy, hash) = policy(args, &record)?;
    if hash != record.policy_sha256 {
        differs.push(hashes("policy", &record.policy_sha256, &hash));
    }
    if host.component_sha256() != record.component_sha256 {
        differs.push(hashes("component", &record.component_sha256, host.component_sha256()));
    }
    let report = host.scan_message(&mail, &record.context, &policy)?;
    differs.extend(difference(record.report.get(), &report)?);
    let mut out = anstream::stdout().lock();
    let same = differs.is_empty();
    if args.json {
        line(&mut out, &Answer { reference: &record.reference, same, differs: &differs, report: &report })?;
    } else {
        for note in notes {
            writeln!(out, "{note}")?;
        }
        if same {
            let hash = &record.report_sha256;
            writeln!(
                out,
                "{}: the same report, byte for byte: {} ({hash})",
                clean(&record.reference),
                action(&report.action)
            )?;
        } else {
            writeln!(out, "{}: not the same", clean(&record.reference))?;
            differs.iter().try_for_each(|difference| writeln!(out, "  {}", clean(difference)))?;
        }
    }
    Ok(if same { Exit::Delivered } else { Exit::Stopped })
}

/// A record whose own report is whole.
fn read(path: &Path) -> anyhow::Result<Record> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let record: Record = serde_json::from_str(&text).with_context(|| format!("{}: no record", path.display()))?;
    if record.sekisho_record != 1 {
        bail!("{}: a record of version {}; this tool knows version 1", path.display(), record.sekisho_record);
    }
    if sha256(record.report.get().as_bytes()) != record.report_sha256 {
        bail!("{}: the record was changed: its report has another hash", path.display());
    }
    Ok(record)
}

/// The policy the plugin is to go by, and its hash: the one of the command line, or the recorded one.
fn policy(args: &ReplayArgs, record: &Record) -> anyhow::Result<(String, String)> {
    let json = match &args.policy {
        Some(path) => Document::read(path)?.json().to_string(),
        None if record.policy_sha256.is_empty() => String::new(),
        None => {
            let name = format!("{}.json", record.policy_sha256);
            // `records/2026-11-24/REFERENCE.json` and `records/policies/HASH.json`; or all in one place.
            let beside = args.record.parent().unwrap_or(Path::new(""));
            let places =
                [beside.join("..").join(POLICIES).join(&name), beside.join(POLICIES).join(&name), beside.join(&name)];
            let found = places.iter().find(|place| place.is_file());
            let path = found.with_context(|| {
                format!(
                    "the policy {name} is not in {}",
                    clean(&places.first().map(|p| p.display().to_string()).unwrap_or_default())
                )
            })?;
            std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?
        }
    };
    let hash = if json.is_empty() { String::new() } else { sha256(json.as_bytes()) };
    Ok((json, hash))
}

/// The message that has the hash: this one, or this one before a mail server changed its line ends and put fields on top.
fn judged(mail: &[u8], hash: &str) -> Option<(Vec<u8>, Option<String>)> {
    if sha256(mail) == hash {
        return Some((mail.to_vec(), None));
    }
    let crlf = with_crlf(mail);
    for (bytes, ends) in [(mail, ""), (crlf.as_slice(), ", line ends as CRLF")] {
        let mut rest = bytes;
        for fields in 0..=FIELDS_ON_TOP {
            if sha256(rest) == hash {
                let above = if fields == 1 { "field" } else { "fields" };
                return Some((
                    rest.to_vec(),
                    Some(format!("the mail as it was judged: {fields} {above} on top left out{ends}")),
                ));
            }
            let Some(below) = without_first_field(rest) else { break };
            rest = below;
        }
    }
    None
}

fn with_crlf(mail: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mail.len().saturating_add(mail.len() / 32));
    let mut last = 0;
    for byte in mail {
        if *byte == b'\n' && last != b'\r' {
            out.push(b'\r');
        }
        out.push(*byte);
        last = *byte;
    }
    out
}

/// What is below the first field and its folds; nothing at the end of the header.
fn without_first_field(message: &[u8]) -> Option<&[u8]> {
    let mut rest = message;
    loop {
        let end = rest.iter().position(|b| *b == b'\n')?.saturating_add(1);
        if matches!(rest.first(), Some(b'\r' | b'\n')) {
            return None;
        }
        rest = rest.get(end..)?;
        if !matches!(rest.first(), Some(b' ' | b'\t')) {
            return Some(rest);
        }
    }
}

/// What is different in the report, key by key.
fn difference(recorded: &str, now: &Report) -> anyhow::Result<Vec<String>> {
    let text = serde_json::to_string(now)?;
    if text == recorded {
        return Ok(Vec::new());
    }
    let (before, after): (Value, Value) = (serde_json::from_str(recorded)?, serde_json::from_str(&text)?);
    let mut out = Vec::new();
    compare("report", Some(&before), Some(&after), &mut out);
    if out.is_empty() {
        out.push("report: the same values, spelled otherwise".to_owned());
    }
    let more = out.len().saturating_sub(TOLD);
    if more > 0 {
        out.truncate(TOLD);
        out.push(format!("report: {more} more differences"));
    }
    Ok(out)
}

fn compare(key: &str, before: Option<&Value>, after: Option<&Value>, out: &mut Vec<String>) {
    match (before, after) {
        (before, after) if before == after => {}
        (Some(Value::Object(before)), Some(Value::Object(after))) => {
            let added = after.keys().filter(|name| !before.contains_key(*name));
            for name in before.keys().chain(added) {
                compare(&format!("{key}.{name}"), before.get(name), after.get(name), out);
            }
        }
        (Some(Value::Array(before)), Some(Value::Array(after))) => {
            for number in 0..before.len().max(after.len()) {
                compare(&format!("{key}.{number}"), before.get(number), after.get(number), out);
            }
        }
        (before, after) => {
            let spell = |value: Option<&Value>| value.map_or_else(|| "nothing".to_owned(), Value::to_string);
            out.push(format!("{key}: recorded {}, now {}", spell(before), spell(after)));
        }
    }
}

fn hashes(what: &str, recorded: &str, now: &str) -> String {
    let spell = |hash: &str| if hash.is_empty() { "the defaults".to_owned() } else { format!("SHA-256 {hash}") };
    format!("{what}: recorded {}, now {}", spell(recorded), spell(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delivered_mail_is_taken_back_to_what_was_judged() {
        let judged_mail = b"Subject: a\r\n b\r\nTo: c\r\n\r\nbody\r\n";
        let hash = sha256(judged_mail);
        let delivered = b"Return-Path: <a@b.example>\nReceived: from x\n\tby y\nSubject: a\n b\nTo: c\n\nbody\n";
        let (mail, how) = judged(delivered, &hash).unwrap();
        assert_eq!(mail, judged_mail);
        assert_eq!(how.as_deref(), Some("the mail as it was judged: 2 fields on top left out, line ends as CRLF"));
        assert_eq!(judged(judged_mail, &hash).unwrap(), (judged_mail.to_vec(), None));
        assert_eq!(judged(b"Subject: a\r\n b\r\nTo: c\r\n\r\nBody\r\n", &hash), None);
        assert_eq!(judged(b"", &hash), None);
    }

    #[test]
    fn differences_of_a_report_name_their_keys() {
        let (before, after) =
            (serde_json::json!({"a": 1, "b": [1, {"c": 2}]}), serde_json::json!({"a": 1, "b": [1, {"c": 3}, 4]}));
        let mut out = Vec::new();
        compare("report", Some(&before), Some(&after), &mut out);
        assert_eq!(out, ["report.b.1.c: recorded 2, now 3", "report.b.2: recorded nothing, now 4"]);
    }
}
