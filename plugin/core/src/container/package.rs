//! Archives that are something else to their reader: a document, an e-book, a program. Told by what is in them and by the
//! name they bear, because an archive that is named as one is opened as one.

use super::tree::{Mail, Step};
use crate::text::filename;

/// What an archive is to the program that opens it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Package {
    /// An office document: OOXML and other OPC packages (ECMA-376 part 2), ODF (part 2), iWork.
    Document,
    /// Programs, libraries, add-ons, e-books: made of many files, scripts among them, for a program that is not an
    /// archiver.
    Bundle,
}

/// What each object is, by index; `None` for everything that is not such an archive.
#[must_use]
pub fn packages(mail: &Mail) -> Vec<Option<Package>> {
    let mut marks = vec![Marks::default(); mail.items.len()];
    for item in &mail.items {
        if let (Some(mark), Step::Member(_)) = (item.parent.and_then(|p| marks.get_mut(p)), &item.step) {
            mark.see(item.name());
        }
    }
    mail.items
        .iter()
        .zip(marks)
        .map(|(item, marks)| marks.package().filter(|_| !is_named_archive(item.name())))
        .collect()
}

/// Names of members that tell what an archive is.
#[derive(Clone, Copy, Debug, Default)]
struct Marks {
    content_types: bool,
    mimetype: bool,
    odf: bool,
    iwork: bool,
    bundle: bool,
}

impl Marks {
    fn see(&mut self, name: &str) {
        match name {
            "[Content_Types].xml" => self.content_types = true,
            "mimetype" => self.mimetype = true,
            "META-INF/manifest.xml" | "content.xml" => self.odf = true,
            "Index/Document.iwa" | "Index.zip" | "buildVersionHistory.plist" => self.iwork = true,
            "META-INF/MANIFEST.MF"
            | "META-INF/container.xml"
            | "AndroidManifest.xml"
            | "extension.vsixmanifest"
            | "EGG-INFO/PKG-INFO"
            | "manifest.json"
            | "install.rdf"
            | "Payload/"
            | "AppxManifest.xml" => self.bundle = true,
            _ => {
                self.bundle |= name.ends_with(".dist-info/WHEEL") || (name.ends_with(".nuspec") && !name.contains('/'))
            }
        }
    }

    fn package(self) -> Option<Package> {
        if self.bundle && !(self.odf && self.mimetype) {
            Some(Package::Bundle)
        } else {
            (self.content_types || (self.mimetype && self.odf) || self.iwork).then_some(Package::Document)
        }
    }
}

/// Is it opened by an archiver, or by nothing in particular, because of its name?
fn is_named_archive(name: &str) -> bool {
    const ARCHIVES: &[&str] = &["", "7z", "cab", "gz", "lzh", "rar", "tar", "tgz", "z", "zip"];
    filename::saved_as(name).iter().all(|n| ARCHIVES.contains(&filename::extension(n).as_str()))
}
