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

/// What opening a file with this extension (lower case) does.
pub(super) fn danger(extension: &str) -> Option<Danger> {
    let (runs, common_in_source) = match extension {
        "air" | "apk" | "appimage" | "appinstaller" | "application" | "appx" | "appxbundle" | "com" | "cpl" | "deb"
        | "diagcab" | "diagpkg" | "exe" | "gadget" | "mpkg" | "msi" | "msix" | "msixbundle" | "msp" | "msu" | "pif"
        | "rpm" | "scr" | "vsto" | "wll" | "xapk" | "xbap" | "xll" => (Runs::Program, false),
        "dll" | "drv" | "jar" | "ocx" | "pkg" | "sys" | "vxd" => (Runs::Program, true),
        "applescript" | "hta" | "jse" | "msc" | "psc1" | "scpt" | "scptd" | "sct" | "shb" | "terminal" | "vbe"
        | "vbs" | "ws" | "wsc" | "wsf" | "wsh" => (Runs::Script, false),
        "bat" | "chm" | "cmd" | "command" | "hlp" | "js" | "ps1" | "ps1xml" | "psd1" | "psm1" | "reg" => {
            (Runs::Script, true)
        }
        "appref-ms" | "deskthemepack" | "diagcfg" | "fileloc" | "inetloc" | "iqy" | "jnlp" | "library-ms" | "lnk"
        | "mcl" | "oqy" | "rdp" | "rqy" | "scf" | "search-ms" | "searchconnector-ms" | "settingcontent-ms" | "shs"
        | "themepack" | "url" | "website" | "wsb" | "xnk" => (Runs::Shortcut, false),
        "desktop" | "theme" => (Runs::Shortcut, true),
        other if is_class_id(other) => (Runs::Script, false),
        _ => return None,
    };
    Some(Danger { runs, common_in_source })
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
