//! Generated files that are committed and compared.

use std::path::{Path, PathBuf};

/// A path below the repository.
#[must_use]
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// Compares a committed file with what was generated; with `UPDATE=1` in the environment it is written instead.
///
/// # Panics
/// When they differ, with the first lines that do.
pub fn compare(path: &Path, generated: &str) {
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path, generated).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        return;
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    if committed == generated {
        return;
    }
    let mut shown = String::new();
    let (old, new): (Vec<_>, Vec<_>) = (committed.lines().collect(), generated.lines().collect());
    for line in old.iter().filter(|l| !new.contains(l)).take(12) {
        shown.push_str(&format!("- {line}\n"));
    }
    for line in new.iter().filter(|l| !old.contains(l)).take(12) {
        shown.push_str(&format!("+ {line}\n"));
    }
    panic!("{} is out of date; UPDATE=1 cargo test writes it. Differences:\n{shown}", path.display());
}
