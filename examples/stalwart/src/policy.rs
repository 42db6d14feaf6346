//! Policies: read from files, tried on the plugin, exchanged while mail flows.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use anyhow::Context as _;
use sekisho_host::{CallError, Context, Document, Host};

/// The policy of a listener.
#[derive(Debug)]
pub struct Policy {
    file: Option<PathBuf>,
    json: RwLock<Arc<str>>,
    /// What the file looked like when it was last read.
    seen: RwLock<Option<Look>>,
}

/// When a file was last written, and its length.
pub type Look = (SystemTime, u64);

impl Policy {
    /// Reads a policy and has the plugin check it. Without a file the defaults hold.
    ///
    /// # Errors
    /// One line that names the file and the key.
    pub fn load(file: Option<PathBuf>, host: &Host) -> anyhow::Result<Self> {
        let seen = RwLock::new(file.as_deref().and_then(look));
        let json = match &file {
            Some(file) => read(file, host)?,
            None => Arc::from(""),
        };
        Ok(Self { file, json: RwLock::new(json), seen })
    }

    /// The JSON document that counts now.
    #[must_use]
    pub fn json(&self) -> Arc<str> {
        Arc::clone(&self.json.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Where it comes from.
    #[must_use]
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }

    /// Was the file written since it was last read? One that is gone for a moment (editors do that) was not.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        let now = self.file.as_deref().and_then(look);
        now.is_some() && now != *self.seen.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the file again; says whether anything changed. A policy that is wrong changes nothing.
    ///
    /// # Errors
    /// As [`load`](Self::load); the old policy stays.
    pub fn reload(&self, host: &Host) -> anyhow::Result<bool> {
        let Some(file) = &self.file else { return Ok(false) };
        // Before reading: what is written meanwhile is read next time.
        *self.seen.write().unwrap_or_else(PoisonError::into_inner) = look(file);
        let new = read(file, host)?;
        let mut json = self.json.write().unwrap_or_else(PoisonError::into_inner);
        let changed = *json != new;
        *json = new;
        Ok(changed)
    }
}

/// What a file looks like; `None` when there is none.
pub fn look(file: &Path) -> Option<Look> {
    let metadata = std::fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn read(file: &Path, host: &Host) -> anyhow::Result<Arc<str>> {
    let document = Document::read(file)?;
    let json = document.json().to_string();
    match host.scan_message(b"\r\n", &Context::default(), &json) {
        Ok(_) => Ok(json.into()),
        Err(CallError::Policy(error)) => Err(document.policy_error(&error).into()),
        Err(error) => Err(error).with_context(|| file.display().to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_exchanged_by_a_right_one_only() {
        let host = crate::plugin();
        let file = std::env::temp_dir().join(format!("{}.toml", crate::reference::next()));
        std::fs::write(&file, "profile = \"tag\"\n").unwrap();
        let policy = Policy::load(Some(file.clone()), &host).unwrap();
        assert_eq!((&*policy.json(), policy.is_stale()), (r#"{"profile":"tag"}"#, false));

        for (text, wanted) in [
            ("profile = \"nonsense\"\n", ":1: profile: "),
            ("[inbound.rules.zip-encrypted]\nactoin = \"hold\"\n", ":2: inbound.rules.zip-encrypted.actoin: "),
            ("profile = \n", ":1: "),
        ] {
            std::fs::write(&file, text).unwrap();
            assert!(policy.is_stale());
            let error = format!("{:#}", policy.reload(&host).unwrap_err());
            assert!(error.starts_with(&file.display().to_string()) && error.contains(wanted), "{error}");
            assert_eq!((&*policy.json(), policy.is_stale()), (r#"{"profile":"tag"}"#, false), "told once");
        }

        std::fs::write(&file, "profile = \"hold\"\n").unwrap();
        assert!(policy.reload(&host).unwrap() && !policy.reload(&host).unwrap());
        assert_eq!(&*policy.json(), r#"{"profile":"hold"}"#);
        std::fs::remove_file(&file).unwrap();
        assert!(!policy.is_stale());
    }
}
