//! Compiled code, kept between runs.
//!
//! Compiled code is native code: whoever can write it runs it. So it is read only from a regular file of mode 0600 in a
//! directory of mode 0700, both owned by the user of this process and neither a symbolic link, and only when it still
//! has the bytes that were written. The name of the file is made of the component, the version of wasmtime and its
//! settings. Anything odd means that the component is compiled again; nothing here ever fails.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::config::HostConfig;
use crate::error::HostError;

/// Compiles a component, or takes the compiled code from the cache of the host.
pub(crate) fn component(engine: &Engine, bytes: &[u8], config: &HostConfig) -> Result<Component, HostError> {
    let compile = || Component::new(engine, bytes).map_err(|error| HostError::NotAComponent(format!("{error:#}")));
    #[cfg(unix)]
    if let Some(entry) = config.cache.as_deref().and_then(|dir| on_disk::Entry::of(dir, engine, bytes)) {
        if let Some(component) = entry.load(engine) {
            return Ok(component);
        }
        let component = compile()?;
        if let Ok(code) = component.serialize() {
            // A cache that cannot be written to costs time, nothing else.
            let _ = entry.save(&code);
        }
        return Ok(component);
    }
    let _ = config;
    compile()
}

#[cfg(unix)]
mod on_disk {
    use std::fs::{self, DirBuilder, File, Metadata, OpenOptions};
    use std::hash::{DefaultHasher, Hash, Hasher};
    use std::io::{self, Read, Write};
    use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
    use std::path::{Path, PathBuf};
    use std::time::SystemTime;

    use sha2::{Digest, Sha256};
    use wasmtime::Engine;
    use wasmtime::component::Component;

    /// How many files are kept; the oldest go first.
    const KEPT: usize = 8;
    const DIGEST: usize = 32;

    /// The compiled code of one component under one set of settings.
    pub(super) struct Entry {
        dir: PathBuf,
        file: PathBuf,
    }

    impl Entry {
        /// `None` when the directory is not ours alone and cannot be made.
        pub(super) fn of(dir: &Path, engine: &Engine, component: &[u8]) -> Option<Self> {
            if fs::symlink_metadata(dir).is_err() {
                DirBuilder::new().recursive(true).mode(0o700).create(dir).ok()?;
            }
            let found = fs::symlink_metadata(dir).ok()?;
            (found.is_dir() && is_ours_alone(&found)).then_some(())?;
            // Version, target, compiler settings and wasm features, all of which must be the same to run the code.
            let mut settings = DefaultHasher::new();
            engine.precompile_compatibility_hash().hash(&mut settings);
            let name = format!("{}-{:016x}.cwasm", hex(&Sha256::digest(component)), settings.finish());
            Some(Self { dir: dir.to_owned(), file: dir.join(name) })
        }

        /// The component, if the file is ours and whole.
        pub(super) fn load(&self, engine: &Engine) -> Option<Component> {
            let code = read(&self.file)?;
            // SAFETY: only this user could write the file, and only `save` writes files whose digest is right.
            #[allow(unsafe_code, reason = "wasmtime cannot check compiled code; the checks above stand in for it")]
            unsafe { Component::deserialize(engine, code) }.ok()
        }

        /// Writes a file beside the final one and moves it there, so that nobody ever reads half of it.
        pub(super) fn save(&self, code: &[u8]) -> io::Result<()> {
            let draft = self.file.with_extension(format!("{}.new", std::process::id()));
            let written = write(&draft, code).and_then(|()| fs::rename(&draft, &self.file));
            if written.is_err() {
                let _ = fs::remove_file(&draft);
            }
            self.prune();
            written
        }

        /// Removes all but the newest files: every new version of the plugin leaves one behind.
        fn prune(&self) {
            let Ok(entries) = fs::read_dir(&self.dir) else { return };
            let mut files: Vec<(SystemTime, PathBuf)> = entries
                .filter_map(|entry| {
                    let entry = entry.ok()?;
                    let changed = entry.metadata().ok()?.modified().ok()?;
                    entry.path().extension().is_some_and(|e| e == "cwasm").then(|| (changed, entry.path()))
                })
                .collect();
            files.sort();
            let surplus = files.len().saturating_sub(KEPT);
            for (_, file) in files.into_iter().take(surplus) {
                let _ = fs::remove_file(file);
            }
        }
    }

    /// Digest, then code.
    fn write(path: &Path, code: &[u8]) -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(&Sha256::digest(code))?;
        file.write_all(code)
    }

    fn read(path: &Path) -> Option<Vec<u8>> {
        let named = fs::symlink_metadata(path).ok()?;
        let mut file = File::open(path).ok()?;
        let opened = file.metadata().ok()?;
        let same = (named.dev(), named.ino()) == (opened.dev(), opened.ino());
        (same && opened.is_file() && is_ours_alone(&opened)).then_some(())?;
        let mut digest = [0; DIGEST];
        file.read_exact(&mut digest).ok()?;
        let mut code = Vec::new();
        file.read_to_end(&mut code).ok()?;
        (Sha256::digest(&code)[..] == digest[..]).then_some(code)
    }

    /// Owned by the user of this process, and closed to everybody else.
    fn is_ours_alone(metadata: &Metadata) -> bool {
        metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o077 == 0
    }

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|b| format!("{b:02x}")).collect()
    }

    #[cfg(test)]
    mod tests {
        use std::os::unix::fs::{PermissionsExt, symlink};

        use super::*;

        /// A directory that goes away with the test.
        struct TempDir(PathBuf);

        impl TempDir {
            fn new(name: &str) -> Self {
                let path = std::env::temp_dir().join(format!("sekisho-cache-{}-{name}", std::process::id()));
                let _ = fs::remove_dir_all(&path);
                Self(path)
            }
        }

        impl Drop for TempDir {
            fn drop(&mut self) {
                let _ = fs::remove_dir_all(&self.0);
            }
        }

        const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

        /// A cache with one good entry.
        fn filled(name: &str) -> (TempDir, Engine, Entry) {
            let dir = TempDir::new(name);
            let engine = Engine::default();
            let entry = Entry::of(&dir.0, &engine, COMPONENT).unwrap();
            entry.save(&Component::new(&engine, COMPONENT).unwrap().serialize().unwrap()).unwrap();
            (dir, engine, entry)
        }

        fn chmod(path: &Path, mode: u32) {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        }

        #[test]
        fn what_was_saved_is_loaded() {
            let (dir, engine, entry) = filled("saved");
            assert!(entry.load(&engine).is_some());
            assert_eq!(fs::metadata(&dir.0).unwrap().mode() & 0o777, 0o700);
            assert_eq!(fs::metadata(&entry.file).unwrap().mode() & 0o777, 0o600);
        }

        #[test]
        fn other_components_and_other_settings_have_other_files() {
            let (dir, engine, entry) = filled("key");
            let counting = Engine::new(wasmtime::Config::new().consume_fuel(true)).unwrap();
            assert_ne!(entry.file, Entry::of(&dir.0, &counting, COMPONENT).unwrap().file);
            assert_ne!(entry.file, Entry::of(&dir.0, &engine, b"another").unwrap().file);
        }

        #[test]
        fn changed_code_is_not_loaded() {
            let (_dir, engine, entry) = filled("changed");
            let mut bytes = fs::read(&entry.file).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(&entry.file, &bytes).unwrap();
            assert!(entry.load(&engine).is_none());
            fs::write(&entry.file, b"short").unwrap();
            assert!(entry.load(&engine).is_none());
        }

        #[test]
        fn a_file_others_can_write_or_read_is_not_loaded() {
            let (_dir, engine, entry) = filled("mode");
            for mode in [0o620, 0o602, 0o640, 0o604] {
                chmod(&entry.file, mode);
                assert!(entry.load(&engine).is_none(), "{mode:o}");
            }
        }

        #[test]
        fn a_file_of_another_user_is_not_loaded() {
            let (_dir, engine, entry) = filled("owner");
            // Only root can give files away; others cannot be given any.
            if std::os::unix::fs::chown(&entry.file, Some(65_534), None).is_ok() {
                assert!(entry.load(&engine).is_none());
            }
        }

        #[test]
        fn a_symbolic_link_is_not_followed() {
            let (dir, engine, entry) = filled("link");
            let elsewhere = dir.0.join("elsewhere");
            fs::rename(&entry.file, &elsewhere).unwrap();
            symlink(&elsewhere, &entry.file).unwrap();
            assert!(entry.load(&engine).is_none());
        }

        #[test]
        fn a_directory_others_can_enter_or_a_link_to_one_is_not_used() {
            let (dir, engine, _) = filled("directory");
            let link = TempDir::new("directory-link");
            symlink(&dir.0, &link.0).unwrap();
            assert!(Entry::of(&link.0, &engine, COMPONENT).is_none());
            fs::remove_file(&link.0).unwrap();
            chmod(&dir.0, 0o755);
            assert!(Entry::of(&dir.0, &engine, COMPONENT).is_none());
        }

        #[test]
        fn old_files_are_removed() {
            let (dir, _, entry) = filled("prune");
            for n in 0..KEPT + 3 {
                fs::write(dir.0.join(format!("{n}.cwasm")), b"old").unwrap();
            }
            entry.save(b"code").unwrap();
            assert_eq!(fs::read_dir(&dir.0).unwrap().count(), KEPT);
            assert!(entry.file.exists());
        }
    }
}
