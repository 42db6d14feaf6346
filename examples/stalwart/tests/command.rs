//! The command line.
#![allow(clippy::unwrap_used, reason = "tests stop at the first surprise")]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn check(config: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sekisho-gate")).arg("check").arg(config).output().unwrap()
}

fn place(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&dir).unwrap();
    dir
}

#[test]
fn the_sample_is_right() {
    let done = check(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/gate.toml")));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(String::from_utf8_lossy(&done.stdout).starts_with("mx: milter on 127.0.0.1:9900, policy: defaults"));
}

#[test]
fn a_wrong_policy_is_told_with_file_line_and_key() {
    let dir = place("wrong-policy");
    let policy = dir.join("policy.toml");
    std::fs::write(&policy, "profile = \"hold\"\n[rules.zip-encryptd]\naction = \"tag\"\n").unwrap();
    let config = dir.join("gate.toml");
    let text = "[[milter]]\nname = \"mx\"\nlisten = \"127.0.0.1:9900\"\npolicy = \"policy.toml\"\n";
    std::fs::write(&config, text).unwrap();
    let done = check(&config);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success());
    assert!(said.contains(&format!("{}:2: rules.zip-encryptd: ", policy.display())), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn a_log_that_is_collected_has_no_colours() {
    let config = place("colours").join("gate.toml");
    std::fs::write(&config, "[[milter]]\nname = \"mx\"\nlisten = \"127.0.0.1:0\"\n").unwrap();
    let mut gate = Command::new(env!("CARGO_BIN_EXE_sekisho-gate"));
    let mut gate = gate.arg("run").arg(config).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut lines = BufReader::new(gate.stderr.take().unwrap());
    while !said.contains("ready") && lines.read_line(&mut said).unwrap() > 0 {}
    gate.kill().unwrap();
    gate.wait().unwrap();
    assert!(said.contains("milter door open") && said.contains("ready"), "{said}");
    assert!(!said.contains('\u{1b}'), "{said:?}");
}

#[cfg(not(feature = "otel"))]
#[test]
fn telemetry_that_is_not_built_in_is_refused_with_the_way_to_build_it() {
    let config = place("telemetry").join("gate.toml");
    let text = "[[milter]]\nname = \"mx\"\nlisten = \"127.0.0.1:9900\"\n[telemetry]\n";
    std::fs::write(&config, text).unwrap();
    let done = check(&config);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(!done.status.success());
    assert!(said.contains(&format!("{}:4: telemetry: not in this build", config.display())), "{said}");
    assert!(said.contains("cargo build --release -p sekisho-gate --features otel"), "{said}");
}
