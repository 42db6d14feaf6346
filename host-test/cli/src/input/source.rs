//! From paths to messages: files, mailboxes, directories, standard input.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::mbox;

/// What is to be looked at, found before anything is read.
#[derive(Debug, Default)]
pub struct Sources {
    /// Files in the order they are looked at.
    pub files: Vec<Source>,
    /// What could not be found or listed.
    pub failures: Vec<Failure>,
}

/// One file.
#[derive(Debug)]
pub struct Source {
    /// Where it is; `-` is standard input.
    pub path: PathBuf,
    /// Its length, bytes; 0 when not known.
    pub size: u64,
}

/// Something that could not be looked at.
#[derive(Debug)]
pub struct Failure {
    path: PathBuf,
    error: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path.display(), self.error)
    }
}

/// A message on its way to the engine.
#[derive(Debug)]
pub enum Message {
    /// A whole file, not read yet.
    File(PathBuf),
    /// One message of a mailbox.
    Bytes(Vec<u8>),
}

impl Message {
    /// Its bytes.
    pub fn read(self) -> io::Result<Vec<u8>> {
        match self {
            Self::File(path) => read(&path),
            Self::Bytes(bytes) => Ok(bytes),
        }
    }
}

/// The bytes of one file; `-` is standard input.
pub fn read(path: &Path) -> io::Result<Vec<u8>> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    fs::read(path)
}

impl Sources {
    /// Lists all files below the paths.
    pub fn find(paths: &[PathBuf]) -> Self {
        let mut sources = Self::default();
        for path in paths {
            if path.as_os_str() == "-" {
                sources.files.push(Source { path: path.clone(), size: 0 });
                continue;
            }
            match fs::metadata(path) {
                Ok(found) if found.is_dir() => {
                    let before = sources.files.len();
                    let passed = sources.directory(path);
                    if sources.files.len() == before {
                        let others = if passed > 0 { format!(" among {passed} files") } else { String::new() };
                        sources.fail(path, format!("no mail{others}; a file named on the command line is always read"));
                    }
                }
                Ok(found) => sources.files.push(Source { path: path.clone(), size: found.len() }),
                Err(error) => sources.fail(path, error.to_string()),
            }
        }
        sources
    }

    /// Their length together, bytes, as far as known.
    pub fn bytes(&self) -> u64 {
        self.files.iter().fold(0, |sum, file| sum.saturating_add(file.size))
    }

    /// Lists a directory and everything below, in the order of names. Returns how many files do not look like mail.
    fn directory(&mut self, dir: &Path) -> usize {
        let maildir = is_maildir(dir);
        let entries = match fs::read_dir(dir).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => {
                self.fail(dir, error.to_string());
                return 0;
            }
        };
        let mut paths: Vec<PathBuf> = entries.into_iter().map(|e| e.path()).collect();
        paths.sort();
        let mut passed = 0_usize;
        for path in paths {
            let hidden = path.file_name().is_some_and(|n| n.as_encoded_bytes().starts_with(b"."));
            // Links to directories may lead round in a circle, so they are not followed.
            let Ok(link) = fs::symlink_metadata(&path) else { continue };
            if link.is_dir() {
                // In a Maildir, what stands in `tmp` has not arrived yet, and subfolders are hidden (Maildir++).
                let skipped = maildir && path.file_name().is_some_and(|n| n == "tmp") || hidden && !is_maildir(&path);
                if !skipped {
                    passed = passed.saturating_add(self.directory(&path));
                }
                continue;
            }
            let Ok(found) = fs::metadata(&path) else { continue };
            if !found.is_file() {
                continue;
            }
            if !hidden && (in_maildir(dir) || looks_like_mail(&path)) {
                self.files.push(Source { path, size: found.len() });
            } else {
                passed = passed.saturating_add(1);
            }
        }
        passed
    }

    fn fail(&mut self, path: &Path, error: String) {
        self.failures.push(Failure { path: path.to_owned(), error });
    }
}

fn is_maildir(dir: &Path) -> bool {
    dir.join("cur").is_dir() && dir.join("new").is_dir()
}

/// Is this the `cur` or `new` of a Maildir? Every file there is a message, whatever its name.
fn in_maildir(dir: &Path) -> bool {
    dir.file_name().is_some_and(|n| n == "cur" || n == "new") && dir.parent().is_some_and(is_maildir)
}

/// In a directory, mail is what bears the ending of mail, or what has no ending and begins like mail.
fn looks_like_mail(path: &Path) -> bool {
    match path.extension().and_then(|e| e.to_str()) {
        Some(ending) => {
            let ending = ending.to_ascii_lowercase();
            ["eml", "mbox", "mbx", "mail", "email", "mht", "mhtml"].contains(&ending.as_str())
                || ending.bytes().all(|b| b.is_ascii_digit())
        }
        None => begins_like_mail(path),
    }
}

/// Is the first line a header field (RFC 5322 section 2.2) or the `From ` line of a mailbox?
fn begins_like_mail(path: &Path) -> bool {
    let Ok(file) = File::open(path) else { return false };
    let mut line = Vec::new();
    if BufReader::new(file.take(1000)).read_until(b'\n', &mut line).is_err() {
        return false;
    }
    let name = line.split(|b| *b == b':').next().unwrap_or_default();
    let is_field = name.len() < line.len() && !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    is_field || mbox::is_from_line(&line)
}

impl Source {
    /// Calls `each` with every message of the file and its label. Stops when `each` says `false`, and says so.
    pub fn messages(&self, mut each: impl FnMut(String, io::Result<Message>) -> bool) -> bool {
        let label = self.path.to_string_lossy().into_owned();
        if self.path.as_os_str() == "-" {
            return match read(&self.path) {
                Ok(bytes) => mailbox(&label, &bytes[..], || Message::Bytes(bytes.clone()), &mut each),
                Err(error) => each(label, Err(error)),
            };
        }
        match File::open(&self.path) {
            Ok(file) => mailbox(&label, BufReader::new(file), || Message::File(self.path.clone()), &mut each),
            Err(error) => each(label, Err(error)),
        }
    }
}

/// The messages of a mailbox; a file that is none, or holds only one message, is taken as it is.
fn mailbox(
    label: &str,
    reader: impl BufRead,
    whole: impl Fn() -> Message,
    each: &mut impl FnMut(String, io::Result<Message>) -> bool,
) -> bool {
    let mut messages = match mbox::Messages::open(reader) {
        Ok(Some(messages)) => messages,
        Ok(None) => return each(label.to_owned(), Ok(whole())),
        Err(error) => return each(label.to_owned(), Err(error)),
    };
    let first = messages.next();
    let second = messages.next();
    if second.is_none() {
        return each(label.to_owned(), Ok(whole()));
    }
    for (message, number) in first.into_iter().chain(second).chain(messages).zip(1_u64..) {
        let failed = message.is_err();
        if !each(format!("{label}#{number}"), message.map(|m| Message::Bytes(m.bytes))) {
            return false;
        }
        if failed {
            break;
        }
    }
    true
}
