//! How many archives stand around each object.

use crate::container::Mail;
use crate::container::package;
use crate::container::sniff::Class;

/// An object among archives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    /// It is an archive to a user: not a document, an e-book or a program that happens to be one, and not a packed single
    /// file (`tar.gz` is one archive).
    pub is_archive: bool,
    /// The archives around it, itself included.
    pub depth: usize,
}

/// The levels of all objects, by index. Parents stand before their children.
pub(super) fn levels(mail: &Mail) -> Vec<Level> {
    let packages = package::packages(mail);
    let mut levels: Vec<Level> = Vec::with_capacity(mail.items.len());
    for (item, package) in mail.items.iter().zip(packages) {
        let holds_files =
            matches!(item.format.class, Class::Archive | Class::DiskImage) || item.zips().next().is_some();
        let is_archive = holds_files && package.is_none();
        let around = item.parent.and_then(|p| levels.get(p)).map_or(0, |l| l.depth);
        levels.push(Level { is_archive, depth: around.saturating_add(usize::from(is_archive)) });
    }
    levels
}
