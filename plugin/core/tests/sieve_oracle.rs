//! Sieve held against Dovecot's own tools: `sievec` must agree on which scripts compile, `sieve-test` on who gets a
//! message and where it is stored. Scripts and mails are made at random, always the same ones.
//!
//! Without the tools (Debian: `dovecot-sieve`) the test says so and passes. `SEKISHO_ORACLE=2000` tries more scripts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests stop at the first surprise, and run programs"
)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use sekisho_core::budget::{Budget, Limits};
use sekisho_core::forwarding::model::ProblemKind;
use sekisho_core::forwarding::trial::{Letter, trial};
use sekisho_core::forwarding::{RuleSet, read};

/// A small generator (splitmix64): the same numbers in every run.
struct Dice(u64, /* constants may be tests */ bool);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % sides as u64) as usize
    }

    fn pick<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.roll(list.len())]
    }
}

/// No pattern begins with `?`: Pigeonhole 0.5 lets `?nvoice*` match `s.example`.
const WORDS: &[&str] =
    &["invoice", "INV", "lunch", "*", "in*ce", "inv?ice*", "", "@", "a@s.example", "s.example", "ab\\\\*c", "no such"];
const TARGETS: &[&str] =
    &["a@x.example", "A@x.example", "a@X.EXAMPLE", "<b@y.example>", "Name <c@z.example>", "a@${d}", "${w}@x.example"];
const FIELDS: &[&str] = &["subject", "Subject", "x-odd", "from", "to"];

fn test(d: &mut Dice, depth: usize) -> String {
    let word = |d: &mut Dice| {
        let one = format!("\"{}\"", d.pick(WORDS));
        if d.roll(3) == 0 { format!("[{one}, \"{}\"]", d.pick(WORDS)) } else { one }
    };
    let matching =
        |d: &mut Dice| d.pick(&["", ":is ", ":contains ", ":matches ", ":comparator \"i;octet\" :contains "]);
    match d.roll(if depth > 2 { 7 } else { 10 }) {
        0 if d.1 => "true".into(),
        1 if d.1 => "false".into(),
        0 | 1 => "exists \"subject\"".into(),
        2 => format!("header {}\"{}\" {}", matching(d), d.pick(FIELDS), word(d)),
        3 => {
            let part = d.pick(&["", ":all ", ":localpart ", ":domain "]);
            format!("address {}{part}\"{}\" {}", matching(d), d.pick(&["from", "to", "cc"]), word(d))
        }
        4 => format!("exists \"{}\"", d.pick(FIELDS)),
        5 => format!("size {} {}", d.pick(&[":over", ":under"]), d.pick(&["0", "1K", "200", "2M"])),
        6 => {
            let part = d.pick(&["", ":all ", ":localpart ", ":domain "]);
            format!("envelope {}{part}\"{}\" {}", matching(d), d.pick(&["from", "to"]), word(d))
        }
        7 => format!("not {}", test(d, depth + 1)),
        n => {
            let name = if n == 8 { "allof" } else { "anyof" };
            let parts: Vec<String> = (0..1 + d.roll(3)).map(|_| test(d, depth + 1)).collect();
            format!("{name} ({})", parts.join(", "))
        }
    }
}

fn block(d: &mut Dice, depth: usize) -> String {
    let mut out = String::new();
    for _ in 0..1 + d.roll(4) {
        let line = match d.roll(if depth > 2 { 8 } else { 11 }) {
            0 => "keep;".to_owned(),
            1 => "discard;".to_owned(),
            2 => format!("redirect {}\"{}\";", d.pick(&["", ":copy "]), d.pick(TARGETS)),
            3 => format!("redirect :copy \"{}\";", d.pick(TARGETS)),
            4 => format!("fileinto {}\"{}\";", d.pick(&["", ":copy "]), d.pick(&["Work", "INBOX", "Old"])),
            5 => format!("set \"{}\" \"{}\";", d.pick(&["d", "w", "D"]), d.pick(&["x.example", "y.example", "${d}"])),
            6 if d.roll(3) == 0 => "stop;".to_owned(),
            6 | 7 => "addflag \"\\\\Seen\";".to_owned(),
            _ => {
                let mut chain = format!("if {} {{\n{}}}", test(d, 0), block(d, depth + 1));
                for _ in 0..d.roll(3) {
                    chain.push_str(&format!(" elsif {} {{\n{}}}", test(d, 0), block(d, depth + 1)));
                }
                if d.roll(2) == 0 {
                    chain.push_str(&format!(" else {{\n{}}}", block(d, depth + 1)));
                }
                chain
            }
        };
        out.push_str(&line);
        out.push('\n');
    }
    out
}

fn script(d: &mut Dice) -> String {
    let all = ["copy", "fileinto", "variables", "imap4flags", "envelope"];
    // Dovecot does not look into what a constant condition makes unreachable; the specification knows no such exception.
    // So scripts with mistakes have no constants.
    let mistakes = d.roll(2) == 0;
    d.1 = !mistakes;
    let asked: Vec<String> = all.iter().filter(|_| !mistakes || d.roll(15) > 0).map(|c| format!("\"{c}\"")).collect();
    let mut text = format!("require [{}];\n", asked.join(", "));
    text.push_str("set \"d\" \"x.example\";\nset \"w\" \"a\";\n");
    text.push_str(&block(d, 0));
    if mistakes && d.roll(2) == 0 {
        mutate(d, &mut text);
    }
    text
}

/// Takes a word out, doubles one, or puts another in its place.
fn mutate(d: &mut Dice, text: &mut String) {
    let words: Vec<&str> = text.split(' ').collect();
    let at = d.roll(words.len());
    let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    match d.roll(3) {
        0 => {
            words.remove(at);
        }
        1 => words.insert(at, words[at].clone()),
        _ => {
            words[at] =
                d.pick(&[":copy", "\"x\"", ";", "{", "}", "keep", "10", "[\"a\", \"b\"]", "not", ","]).to_owned()
        }
    }
    *text = words.join(" ");
}

fn mail(d: &mut Dice) -> String {
    let mut out = format!("From: {}\r\n", d.pick(&["A <a@s.example>", "invoice@s.example", "b@other.example"]));
    out.push_str(&format!("To: {}\r\n", d.pick(&["b@r.example", "lunch@s.example, c@r.example"])));
    if d.roll(4) > 0 {
        out.push_str(&format!("Subject: {}\r\n", d.pick(&["invoice", "Your INVOICE 7", "ab*c", "x"])));
    }
    if d.roll(3) == 0 {
        out.push_str("X-Odd: lunch\r\n");
    }
    out.push_str(&format!("\r\n{}\r\n", "text ".repeat(d.roll(400))));
    out
}

/// Runs one of the tools, as an ordinary user.
fn run(tool: &str, args: &[&str]) -> Option<Output> {
    let root = Command::new("id").arg("-u").output().is_ok_and(|o| o.stdout.starts_with(b"0\n"));
    let mut command = if root {
        let mut c = Command::new("runuser");
        c.args(["-u", "nobody", "--", tool]);
        c
    } else {
        Command::new(tool)
    };
    command.args(args).output().ok()
}

fn here(tool: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {tool}")]).output().is_ok_and(|o| o.status.success())
}

/// A folder the ordinary user may write to.
fn workshop() -> PathBuf {
    let dir = std::env::temp_dir().join(format!("sekisho-oracle-{}", std::process::id()));
    std::fs::create_dir_all(dir.join("home")).unwrap();
    let _ = Command::new("chmod").args(["-R", "a+rwX"]).arg(&dir).status();
    dir
}

fn ours(text: &str) -> RuleSet {
    read(text.as_bytes(), Some("sieve"), &mut Budget::new(Limits::default(), text.len()))
}

fn compiles(set: &RuleSet) -> bool {
    let fatal = [ProblemKind::Require, ProblemKind::Arity, ProblemKind::Unreadable, ProblemKind::Limit];
    !set.problems.iter().any(|p| fatal.contains(&p.kind))
}

/// What `sieve-test` says happens: recipients and folders.
fn theirs(dir: &Path, script: &Path, mail: &Path) -> Option<(BTreeSet<String>, BTreeSet<String>)> {
    let home = format!("mail_home={}", dir.join("home").display());
    let out = run(
        "sieve-test",
        &[
            "-o",
            &home,
            "-o",
            "plugin/sieve_max_redirects=64",
            "-f",
            "a@s.example",
            "-r",
            "b@r.example",
            script.to_str().unwrap(),
            mail.to_str().unwrap(),
        ],
    )?;
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    out.status.success().then(|| {
        let after = |mark: &str| {
            text.lines()
                .filter_map(|l| l.trim().strip_prefix(mark))
                .map(|v| v.trim().trim_matches(['<', '>']).to_owned())
                .collect()
        };
        (after("* redirect message to:"), after("* store message in folder:"))
    })
}

#[test]
fn dovecot_agrees() {
    if !here("sievec") || !here("sieve-test") {
        eprintln!("skipped: sievec and sieve-test are not installed (Debian: dovecot-sieve)");
        return;
    }
    let rounds = std::env::var("SEKISHO_ORACLE").ok().and_then(|n| n.parse().ok()).unwrap_or(60usize);
    let dir = workshop();
    let (path, letter_path, out) = (dir.join("t.sieve"), dir.join("t.eml"), dir.join("t.svbin"));
    let mut d = Dice(7, true);
    let mut wrong = Vec::new();
    let (mut valid, mut told) = (0, 0);
    for _ in 0..rounds {
        let text = script(&mut d);
        let message = mail(&mut d);
        std::fs::write(&path, &text).unwrap();
        std::fs::write(&letter_path, &message).unwrap();
        let verdict = run("sievec", &[path.to_str().unwrap(), out.to_str().unwrap()]).expect("sievec runs");
        let set = ours(&text);
        if verdict.status.success() != compiles(&set) {
            let reason = String::from_utf8_lossy(&verdict.stderr).into_owned();
            wrong.push(format!(
                "compile: sievec {} {reason}\nours {:?}\n{text}",
                verdict.status.success(),
                set.problems
            ));
            continue;
        }
        if !verdict.status.success() {
            continue;
        }
        valid += 1;
        let outcome = trial(&set, &Letter::read(&message, "a@s.example", "b@r.example"));
        let Some((recipients, folders)) = theirs(&dir, &path, &letter_path) else { continue };
        if outcome.unsure {
            continue;
        }
        told += 1;
        let mine: (BTreeSet<String>, BTreeSet<String>) =
            (outcome.recipients.into_iter().collect(), outcome.folders.into_iter().collect());
        // Dovecot merges targets that differ in the case of the domain only, and shows the first spelling.
        let lower: BTreeSet<String> = recipients.iter().map(|r| domain_lower(r)).collect();
        // A variable that a branch may set has several values to us, so recipients may be too many, never too few.
        let branches = text.matches("set \"").count() > 2;
        let same = if branches { lower.is_subset(&mine.0) } else { lower == mine.0 };
        let known = lower == mine.0 || !branches;
        if !same || (known && folders != mine.1) {
            wrong.push(format!("outcome: dovecot {lower:?} {folders:?}\nours {mine:?}\n{text}\n{message}"));
        }
    }
    let _ = std::fs::remove_dir_all(&dir);
    eprintln!("{rounds} scripts, {valid} compile, {told} outcomes compared");
    assert!(
        wrong.is_empty(),
        "{} of {rounds} differ\n{}",
        wrong.len(),
        wrong.iter().take(5).cloned().collect::<Vec<_>>().join("\n---\n")
    );
    assert!(told * 2 > valid, "too few outcomes could be told: {told} of {valid}");
}

fn domain_lower(address: &str) -> String {
    match address.rsplit_once('@') {
        Some((local, domain)) => format!("{local}@{}", domain.to_lowercase()),
        None => address.to_owned(),
    }
}
