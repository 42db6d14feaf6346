//! Extensions that run something when they are opened.
//!
//! Collected from what Windows, Office, macOS and Linux desktops start on a double click and what mail systems refuse for
//! that reason. Left out are scripts that open in an editor or need an interpreter few recipients have (`py`, `sh`, `pl`,
//! `rb`, `php`), and what other rules judge: disk images, documents with macros, HTML.

/// How a file runs when it is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Runs {
    /// As a program, or it installs one, or a program loads it as code.
    Program,
    /// As a script.
    Script,
    /// It points at something else to start, open or connect to.
    Shortcut,
}

/// What an extension says of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Danger {
    /// How it runs.
    pub runs: Runs,
    /// Such files are part of many a source tree, web page or program folder.
    pub common_in_source: bool,
}

/// Extensions by what they do, each list sorted.
const LISTS: &[(&[&str], Runs, bool)] = &[
    (PROGRAMS, Runs::Program, false),
    (LIBRARIES, Runs::Program, true),
    (SCRIPTS, Runs::Script, false),
    (SOURCE_SCRIPTS, Runs::Script, true),
    (SHORTCUTS, Runs::Shortcut, false),
    (SOURCE_SHORTCUTS, Runs::Shortcut, true),
];
const PROGRAMS: &[&str] = &[
    "air",
    "apk",
    "appimage",
    "appinstaller",
    "application",
    "appx",
    "appxbundle",
    "com",
    "cpl",
    "deb",
    "diagcab",
    "diagpkg",
    "exe",
    "gadget",
    "mpkg",
    "msi",
    "msix",
    "msixbundle",
    "msp",
    "msu",
    "pif",
    "pkg",
    "rpm",
    "scr",
    "vsto",
    "wll",
    "xapk",
    "xbap",
    "xll",
];
const LIBRARIES: &[&str] = &["dll", "drv", "jar", "ocx", "sys", "vxd"];
const SCRIPTS: &[&str] = &[
    "applescript",
    "hta",
    "jse",
    "msc",
    "psc1",
    "scpt",
    "scptd",
    "sct",
    "shb",
    "terminal",
    "vbe",
    "vbs",
    "ws",
    "wsc",
    "wsf",
    "wsh",
];
const SOURCE_SCRIPTS: &[&str] = &["bat", "chm", "cmd", "command", "hlp", "js", "ps1", "ps1xml", "psd1", "psm1", "reg"];
const SHORTCUTS: &[&str] = &[
    "appref-ms",
    "deskthemepack",
    "diagcfg",
    "fileloc",
    "inetloc",
    "iqy",
    "jnlp",
    "library-ms",
    "lnk",
    "mcl",
    "oqy",
    "rdp",
    "rqy",
    "scf",
    "search-ms",
    "searchconnector-ms",
    "settingcontent-ms",
    "shs",
    "themepack",
    "url",
    "website",
    "wsb",
    "xnk",
];
const SOURCE_SHORTCUTS: &[&str] = &["desktop", "theme"];

/// What opening a file with this extension (lower case) does.
pub(super) fn danger(extension: &str) -> Option<Danger> {
    let listed = LISTS.iter().find(|(list, ..)| list.binary_search(&extension).is_ok());
    match listed {
        Some((_, runs, common_in_source)) => Some(Danger { runs: *runs, common_in_source: *common_in_source }),
        None => is_class_id(extension).then_some(Danger { runs: Runs::Script, common_in_source: false }),
    }
}

/// A class id in braces: Windows hides it and lets the class open the file.
fn is_class_id(extension: &str) -> bool {
    let Some(inner) = extension.strip_prefix('{').and_then(|e| e.strip_suffix('}')) else { return false };
    inner.len() == 36
        && inner.split('-').map(str::len).eq([8, 4, 4, 4, 12])
        && !inner.contains(|c: char| !(c == '-' || c.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_share_nothing() {
        assert!(LISTS.iter().all(|(list, ..)| list.is_sorted()));
        let mut all: Vec<_> = LISTS.iter().flat_map(|(list, ..)| list.iter()).collect();
        let before = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), before);
    }

    #[test]
    fn class_ids_run() {
        assert_eq!(
            danger("{3050f4d8-98b5-11cf-bb82-00aa00bdce0b}"),
            Some(Danger { runs: Runs::Script, common_in_source: false })
        );
        assert_eq!(danger("{3050f4d8}"), None);
        assert_eq!(danger("exe"), Some(Danger { runs: Runs::Program, common_in_source: false }));
        assert_eq!(danger("py"), None);
    }
}
