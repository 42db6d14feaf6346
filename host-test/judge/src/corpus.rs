//! The corpus: small mails and files by family, made by the scripts in `make/`. Shared by the judge and the core's own
//! tests (which include this file by its path, so that they need no sandbox).

use std::path::{Path, PathBuf};

use base64_simd::STANDARD;

/// One file of the corpus as a message.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its path below `corpus/`, with `/`.
    pub path: String,
    /// The message: the file itself if it is an `.eml`, else an ordinary mail with the file attached.
    pub message: Vec<u8>,
}

/// The folder of the corpus, seen from a crate's manifest folder two levels below the repository.
#[must_use]
pub fn root(manifest_dir: &str) -> PathBuf {
    Path::new(manifest_dir).join("../../host-test/judge/corpus")
}

/// Reads one file of the corpus.
///
/// # Panics
/// When it is not there: a test names a file that does not exist.
#[must_use]
pub fn case(root: &Path, path: &str) -> Case {
    let full = root.join(path);
    let bytes = std::fs::read(&full).unwrap_or_else(|e| panic!("{}: {e}", full.display()));
    let message = if path.ends_with(".eml") { bytes } else { attach(path, &bytes) };
    Case { path: path.to_owned(), message }
}

/// All files of the corpus that are mails or attachments, sorted. Tables and notes (`.tsv`, `.md`, `.toml`), hidden files
/// and the rule documents in `forwarding/` are not.
#[must_use]
pub fn all(root: &Path) -> Vec<Case> {
    let mut paths = Vec::new();
    collect(root, root, &mut paths);
    paths.sort();
    paths.iter().map(|p| case(root, p)).collect()
}

/// All rule documents of the corpus with their paths, sorted.
#[must_use]
pub fn documents(root: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths = Vec::new();
    let folder = root.join("forwarding");
    collect(&folder, &folder, &mut paths);
    paths.sort();
    let read = |path: &String| std::fs::read(folder.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    paths.iter().map(|path| (path.clone(), read(path))).collect()
}

fn collect(root: &Path, dir: &Path, out: &mut Vec<String>) {
    let entries = std::fs::read_dir(dir).unwrap_or_else(|e| panic!("{}: {e}", dir.display()));
    for entry in entries {
        let path = entry.unwrap_or_else(|e| panic!("{}: {e}", dir.display())).path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
        if name.starts_with('.') || path == root.join("forwarding") {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, out);
        } else if !["tsv", "md", "toml"].iter().any(|e| path.extension().is_some_and(|x| x == *e)) {
            let below = path.strip_prefix(root).unwrap_or(&path);
            out.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
}

/// An ordinary mail with one attachment under its own name.
#[must_use]
pub fn attach(path: &str, bytes: &[u8]) -> Vec<u8> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let encoded = STANDARD.encode_to_string(bytes);
    let mut mail = format!(
        "From: a@sender.example\r\nTo: b@recipient.example\r\nSubject: file\r\nDate: Tue, 24 Nov 2026 09:00:00 +0900\r\n\
         Message-ID: <1@sender.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=\"b1\"\r\n\r\n\
         --b1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHere it is.\r\n\
         --b1\r\nContent-Type: application/octet-stream\r\n\
         Content-Disposition: attachment; filename=\"{name}\"\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    );
    for line in encoded.as_bytes().chunks(76) {
        mail.push_str(&String::from_utf8_lossy(line));
        mail.push_str("\r\n");
    }
    mail.push_str("--b1--\r\n");
    mail.into_bytes()
}
