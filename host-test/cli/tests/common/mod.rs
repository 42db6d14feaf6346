//! Running the tool, and places to run it in.
#![allow(dead_code, reason = "every test file uses some of it")]

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

/// The mails of the repository.
pub const MAILS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/mail");

/// One of them.
pub fn path(mail: &str) -> String {
    format!("{MAILS}/{mail}")
}

/// How a run ended.
pub struct Outcome {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Outcome {
    pub fn of(command: &mut Command) -> Self {
        command.output().unwrap().into()
    }

    pub fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// The tool, not run yet. Compiled code is shared among the tests.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sekisho"));
    command
        .args(args)
        .env("XDG_CACHE_HOME", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"))
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub fn sekisho(args: &[&str]) -> Outcome {
    Outcome::of(&mut command(args))
}

pub fn sekisho_with_input(args: &[&str], input: &[u8]) -> Outcome {
    let mut child = command(args).stdin(Stdio::piped()).spawn().unwrap();
    // A tool that does not want the input may be gone already.
    let _ = child.stdin.take().unwrap().write_all(input);
    child.wait_with_output().unwrap().into()
}

/// What the README of the examples says of a mail.
pub struct Said {
    pub action: String,
    pub rules: Vec<String>,
}

/// The table of the README: mail, action, rules.
pub fn examples() -> Vec<(String, Said)> {
    let readme = std::fs::read_to_string(path("README.md")).unwrap();
    readme
        .lines()
        .filter_map(|line| {
            let cells: Vec<_> = line.strip_prefix("| `")?.split('|').map(str::trim).collect();
            let rules = cells[2].split('`').skip(1).step_by(2).map(str::to_owned).collect();
            Some((cells[0].trim_end_matches('`').to_owned(), Said { action: cells[1].to_owned(), rules }))
        })
        .collect()
}

/// A directory that goes away with the test.
pub struct TempDir(PathBuf);

impl TempDir {
    pub fn new(name: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&dir);
        std::fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// Writes a file, its folders included, and returns its path.
    pub fn write(&self, name: &str, bytes: &[u8]) -> String {
        let file = self.0.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// A path relative to this directory.
    pub fn below(&self, path: &str) -> String {
        Path::new(path).strip_prefix(&self.0).unwrap().to_str().unwrap().to_owned()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
