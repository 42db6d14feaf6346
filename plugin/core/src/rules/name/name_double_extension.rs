//! `invoice.pdf.exe`: an extension that people trust in front of the one that counts.

use super::around::Around;
use super::danger::danger;
use super::name_opens::severity;
use crate::container::Item;
use crate::report::Severity;
use crate::rules::group::{self, Seen, is_sealed};
use crate::rules::{Hits, Scene, each_item};
use crate::text::filename;

declare_rule! { id: "name-double-extension", family: "name", severity: High, kind: Danger, check: check }

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let around = Around::of(scene.mail);
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        let Some((name, danger)) = two_faced(item) else { return };
        if let Some(severity) = severity(danger, around.setting(item, is_sealed(item))) {
            let severity = (severity != Severity::High).then_some(severity);
            seen.push(Seen { at, name, severity, detail: Vec::new() });
        }
    });
    group::report(scene.mail, seen, hits, |_| {
        "The name pretends to be a document or picture, and its last extension runs something.".to_owned()
    });
}

/// A spelling of the name that ends in a trusted extension and then in one that runs something.
fn two_faced(item: &Item) -> Option<(String, super::danger::Danger)> {
    item.names.iter().filter(|n| !filename::is_folder(&n.text)).find_map(|name| {
        filename::saved_as(&name.text).iter().find_map(|saved| {
            let found = danger(&filename::extension(saved))?;
            let front = filename::extension(filename::stem(saved));
            is_trusted(&front).then(|| (name.text.clone(), found))
        })
    })
}

/// Extensions of what people open without a thought. Words that are parts of library names (`System.Xml.dll`) are not here.
fn is_trusted(extension: &str) -> bool {
    matches!(
        extension,
        "avi"
            | "bmp"
            | "csv"
            | "doc"
            | "docx"
            | "eml"
            | "gif"
            | "htm"
            | "html"
            | "jpeg"
            | "jpg"
            | "jtd"
            | "lzh"
            | "mov"
            | "mp3"
            | "mp4"
            | "msg"
            | "odp"
            | "ods"
            | "odt"
            | "pdf"
            | "png"
            | "ppt"
            | "pptx"
            | "rar"
            | "rtf"
            | "tif"
            | "tiff"
            | "txt"
            | "wav"
            | "xdw"
            | "xls"
            | "xlsm"
            | "xlsx"
            | "zip"
    )
}
