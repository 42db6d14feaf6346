#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::super::Acquaintances;
use super::*;

const DAY: u64 = 86_400;

fn bounds() -> Bounds {
    let days = |days| Duration::from_secs(days * DAY);
    Bounds { keep: days(30), most: 100, learn: days(14), deadline: days(1) }
}

fn need(kind: &str, key: &str) -> Need {
    Need { kind: kind.to_owned(), key: key.to_owned() }
}

/// A directory that goes with the test.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sekisho-memory-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> std::path::PathBuf {
        self.0.join("memory.redb")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn told(store: &Store, kind: &str, address: &str, now: u64) -> Option<String> {
    let facts = store.facts(&[need(kind, address)], now).unwrap();
    facts.into_iter().next().map(|f| f.value)
}

#[test]
fn who_wrote_is_no_stranger_and_who_is_gone_for_long_is_one_again() {
    let folder = Folder::new("strangers");
    let store = Store::open(&folder.file(), bounds(), 0).unwrap();
    assert_eq!(told(&store, "first-contact", "a@x.example", DAY), None, "nobody is a stranger to who knows nobody");
    assert_eq!(told(&store, "first-contact", "a@x.example", 15 * DAY).as_deref(), Some("yes"));
    store.keep(&[fact("first-contact", "A@x.example", "no")], 15 * DAY).unwrap();
    assert_eq!(told(&store, "first-contact", "a@x.example", 16 * DAY).as_deref(), Some("no"));
    assert_eq!(told(&store, "first-contact", "a@x.example", 50 * DAY).as_deref(), Some("yes"));
    assert_eq!(told(&store, "known-correspondent", "a@x.example", 16 * DAY), None, "another kind of fact");
}

#[tokio::test]
async fn notes_outlive_the_process() {
    let folder = Folder::new("restart");
    {
        let memory = Acquaintances::open(&folder.file(), bounds(), Arc::default()).unwrap();
        memory.keep(&[fact("known-correspondent", "b@x.example", "yes"), fact("sender-score", "b@x.example", "7")]);
    }
    let memory = Acquaintances::open(&folder.file(), bounds(), Arc::default()).unwrap();
    let needs = [need("known-correspondent", "b@x.example"), need("domain-mail", "x.example")];
    let facts = memory.facts(&needs, Instant::now() + Duration::from_secs(60)).await;
    assert_eq!(facts, [fact("known-correspondent", "b@x.example", "yes")]);
}

#[test]
fn the_file_is_for_the_gate_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new("mode");
    let _memory = Acquaintances::open(&folder.file(), bounds(), Arc::default()).unwrap();
    assert_eq!(std::fs::metadata(folder.file()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_file_is_bounded() {
    let folder = Folder::new("bounded");
    let store = Store::open(&folder.file(), bounds(), 0).unwrap();
    for day in 0..20u64 {
        let notes: Vec<Fact> = (0..20).map(|n| fact("first-contact", &format!("{n}@{day}.example"), "no")).collect();
        store.keep(&notes, day * DAY).unwrap();
    }
    let held = store.database.begin_read().unwrap().open_table(KNOWN).unwrap().len().unwrap();
    assert!((40..=100).contains(&held), "{held}");
    assert_eq!(told(&store, "first-contact", "0@19.example", 20 * DAY).as_deref(), Some("no"), "the newest stay");
    let notes: Vec<Fact> = (0..500).map(|n| fact("first-contact", &format!("{n}@one.example"), "no")).collect();
    store.keep(&notes, 21 * DAY).unwrap();
    assert!(store.database.begin_read().unwrap().open_table(KNOWN).unwrap().len().unwrap() <= 100);
}

#[test]
fn a_second_gate_cannot_have_the_file() {
    let folder = Folder::new("twice");
    let _first = Acquaintances::open(&folder.file(), bounds(), Arc::default()).unwrap();
    assert!(Acquaintances::open(&folder.file(), bounds(), Arc::default()).is_err());
}
