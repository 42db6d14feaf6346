//! Files that are whole or not there.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::SpoolError;

fn at(path: &Path) -> impl FnOnce(io::Error) -> SpoolError {
    let path = path.to_owned();
    move |error| SpoolError::Disk { path, error }
}

/// Makes a directory that its owner alone may enter, unless it is there.
pub fn directory(path: &Path) -> Result<(), SpoolError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))
}

/// Writes a file under another name, has it reach the disk, and gives it its name. For its owner alone.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), SpoolError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    let temporary = PathBuf::from(name);
    let open = || OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary);
    let mut file = open().map_err(at(&temporary))?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written.map_err(at(path))
}

/// Has the names in a directory reach the disk.
pub fn sync(directory: &Path) -> Result<(), SpoolError> {
    File::open(directory).and_then(|d| d.sync_all()).map_err(at(directory))
}

/// The bytes of a file, if it is there.
pub fn read(path: &Path) -> Result<Option<Vec<u8>>, SpoolError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(at(path)(error)),
    }
}

/// The first bytes of a file; none when it is not there.
pub fn beginning(path: &Path, most: u64) -> Result<Vec<u8>, SpoolError> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(bytes),
    }
}

/// Removes a file, if it is there.
pub fn remove(path: &Path) -> Result<(), SpoolError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(at(path)(error)),
        _ => Ok(()),
    }
}

/// The names of files with this extension, without it.
pub fn names(directory: &Path, extension: &str) -> Result<Vec<String>, SpoolError> {
    let mut out = Vec::new();
    for file in std::fs::read_dir(directory).map_err(at(directory))? {
        let path = file.map_err(at(directory))?.path();
        if path.extension().is_some_and(|e| e == extension)
            && let Some(stem) = path.file_stem().and_then(|s| s.to_str())
        {
            out.push(stem.to_owned());
        }
    }
    Ok(out)
}

/// Removes what a crash left under a temporary name, and locks nobody holds.
pub fn clear_temporary(directory: &Path, age: Duration) -> Result<(), SpoolError> {
    for extension in ["tmp", "lock"] {
        for name in names(directory, extension)? {
            let path = directory.join(format!("{name}.{extension}"));
            let written = std::fs::metadata(&path).and_then(|m| m.modified()).unwrap_or_else(|_| SystemTime::now());
            let unused = extension == "tmp" || !directory.join(format!("{name}.json")).exists();
            if unused && SystemTime::now().duration_since(written).is_ok_and(|a| a > age) {
                remove(&path)?;
            }
        }
    }
    Ok(())
}

/// A lock on a file; gone with its holder.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "held, not read")] File);

/// Takes a lock, if nobody holds it.
pub fn lock(path: &Path) -> Result<Option<Lock>, SpoolError> {
    let open = || OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path);
    let file = open().map_err(at(path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(Lock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(at(path)(error)),
    }
}
