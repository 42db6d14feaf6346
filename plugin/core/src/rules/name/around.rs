//! What stands around a member of an archive: a script among the sources of a program is not what a script alone in an
//! archive is.

use crate::container::package::{self, Package};
use crate::container::{Item, Mail, Origin};
use crate::text::filename;

/// What is known of every archive in a message, by index.
pub(super) struct Around {
    packages: Vec<Option<Package>>,
    counts: Vec<Counts>,
}

/// What an archive holds.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    files: usize,
    /// Files that programs, web pages and their papers are made of.
    source: usize,
    html: bool,
    css: bool,
}

/// How a member of an archive is met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// By itself: attached, or in an archive made to carry it.
    Alone,
    /// In the uppermost folder of a source tree.
    TopOfTree,
    /// Deeper in a source tree.
    InTree,
    /// In a package that a program opens; nobody sees the file.
    InBundle,
}

/// From so many files on an archive may be a source tree.
const TREE: usize = 10;

/// Extensions of files that source trees and web pages are made of.
fn is_source(extension: &str) -> bool {
    matches!(
        extension,
        "" | "asm"
            | "bas"
            | "bat"
            | "bmp"
            | "c"
            | "cc"
            | "cfg"
            | "class"
            | "cmake"
            | "cmd"
            | "conf"
            | "config"
            | "cpp"
            | "cs"
            | "csproj"
            | "css"
            | "csv"
            | "cxx"
            | "dart"
            | "dll"
            | "ejs"
            | "eot"
            | "frm"
            | "gif"
            | "go"
            | "gradle"
            | "groovy"
            | "h"
            | "hpp"
            | "htm"
            | "html"
            | "ico"
            | "in"
            | "inc"
            | "ini"
            | "ipynb"
            | "jar"
            | "java"
            | "js"
            | "json"
            | "jsp"
            | "jsx"
            | "kt"
            | "kts"
            | "less"
            | "lock"
            | "log"
            | "lua"
            | "m"
            | "m4"
            | "makefile"
            | "map"
            | "markdown"
            | "md"
            | "mjs"
            | "ml"
            | "pdb"
            | "php"
            | "pl"
            | "pm"
            | "png"
            | "po"
            | "properties"
            | "proto"
            | "ps1"
            | "psm1"
            | "py"
            | "pyi"
            | "r"
            | "rb"
            | "rc"
            | "resx"
            | "rs"
            | "rst"
            | "s"
            | "scala"
            | "scss"
            | "sh"
            | "sln"
            | "sql"
            | "svg"
            | "swift"
            | "tcl"
            | "tf"
            | "toml"
            | "ts"
            | "tsx"
            | "ttf"
            | "txt"
            | "vb"
            | "vbproj"
            | "vcxproj"
            | "vim"
            | "vue"
            | "woff"
            | "woff2"
            | "xaml"
            | "xml"
            | "xsd"
            | "xsl"
            | "xslt"
            | "yaml"
            | "yml"
            | "zig"
    )
}

impl Around {
    /// Looks at all archives of a message.
    pub(super) fn of(mail: &Mail) -> Self {
        let mut counts = vec![Counts::default(); mail.items.len()];
        for item in mail.items.iter().filter(|i| i.origin == Origin::Member && !filename::is_folder(i.name())) {
            let Some(counts) = item.parent.and_then(|p| counts.get_mut(p)) else { continue };
            let extension =
                filename::saved_as(item.name()).first().map_or_else(String::new, |n| filename::extension(n));
            counts.files = counts.files.saturating_add(1);
            counts.source = counts.source.saturating_add(usize::from(is_source(&extension)));
            counts.html |= matches!(extension.as_str(), "htm" | "html");
            counts.css |= extension == "css";
        }
        Self { packages: package::packages(mail), counts }
    }

    /// How this object is met. What cannot be read is never part of a tree: nobody can say what its neighbours are.
    pub(super) fn setting(&self, item: &Item, sealed: bool) -> Setting {
        let (Some(parent), Origin::Member) = (item.parent, item.origin) else { return Setting::Alone };
        if self.packages.get(parent).is_some_and(|p| *p == Some(Package::Bundle)) {
            return Setting::InBundle;
        }
        let is_tree = self
            .counts
            .get(parent)
            .is_some_and(|c| (c.html && c.css) || (c.files >= TREE && c.source.saturating_mul(2) >= c.files));
        if sealed || !is_tree || !is_source_name(item.name()) {
            Setting::Alone
        } else if filename::folders(item.name()) == 0 {
            Setting::TopOfTree
        } else {
            Setting::InTree
        }
    }
}

/// Names as programmers give them: no blanks, nothing beyond ASCII.
fn is_source_name(path: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    name.len() <= 64 && name.bytes().all(|b| b.is_ascii_graphic())
}
