//! Names that claim a document, a picture or a text where the bytes are a program or an archive.

use crate::container::package::{self, Package};
use crate::container::sniff::Class;
use crate::container::{Item, Mail};
use crate::report::Severity;
use crate::rules::group::{self, Seen};
use crate::rules::{Hits, Scene, each_item};
use crate::text::filename;

declare_rule! { id: "name-type-mismatch", family: "name", severity: Medium, kind: Deception, check: check }

/// What a name, or a declared media type where the name says nothing, promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Claim {
    /// Text, as people or programs read it.
    Text,
    /// Something shown or played.
    Media,
    /// A document that is no archive.
    Document,
    /// A document that is a ZIP archive by its format.
    PackedDocument,
}

/// What an extension (lower case) promises.
fn promise(extension: &str) -> Option<Claim> {
    Some(match extension {
        "csv" | "eml" | "htm" | "html" | "ics" | "json" | "log" | "md" | "text" | "tsv" | "txt" | "vcf" | "xml" => {
            Claim::Text
        }
        "3gp" | "aac" | "avi" | "avif" | "bmp" | "dib" | "flac" | "gif" | "heic" | "heif" | "ico" | "jfif" | "jpe"
        | "jpeg" | "jpg" | "m4a" | "m4v" | "mkv" | "mov" | "mp3" | "mp4" | "mpeg" | "mpg" | "ogg" | "png" | "tif"
        | "tiff" | "wav" | "webm" | "webp" | "wma" | "wmv" => Claim::Media,
        "doc" | "dot" | "msg" | "pdf" | "pps" | "ppt" | "rtf" | "vsd" | "xls" | "xlt" => Claim::Document,
        "docm" | "docx" | "dotm" | "dotx" | "odg" | "odp" | "ods" | "odt" | "potx" | "ppsm" | "ppsx" | "pptm"
        | "pptx" | "vsdx" | "xlsb" | "xlsm" | "xlsx" | "xltx" => Claim::PackedDocument,
        _ => return None,
    })
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    let packages = package::packages(scene.mail);
    let mut seen = Vec::new();
    each_item(scene.mail, |at, item| {
        let Some((claim, name)) = claim(item) else { return };
        let is_document = packages.get(at).is_some_and(|p| *p == Some(Package::Document));
        if is_document && matches!(claim, Claim::Document | Claim::PackedDocument | Claim::Text) {
            return; // an office document under an older or a plainer name
        }
        let Some(severity) = contradiction(scene.mail, at, item, claim) else { return };
        let severity = (severity != Severity::Medium).then_some(severity);
        seen.push(Seen { at, name, severity, detail: vec![("format", item.format.id.to_owned())] });
    });
    group::report(scene.mail, seen, hits, |_| {
        "The name promises a document, picture or text, and the bytes are something else.".to_owned()
    });
}

/// What the name promises; of several spellings the first that promises something.
fn claim(item: &Item) -> Option<(Claim, String)> {
    let spelt = item.names.iter().find_map(|name| {
        filename::saved_as(&name.text)
            .iter()
            .find_map(|saved| promise(&filename::extension(saved)).map(|claim| (claim, name.text.clone())))
    });
    spelt.or_else(|| {
        let nameless = item.names.iter().all(|n| !n.text.contains('.'));
        let declared = declared(&item.media_type).filter(|_| nameless)?;
        Some((declared, item.media_type.clone()))
    })
}

/// What a media type promises.
fn declared(media_type: &str) -> Option<Claim> {
    match media_type.split_once('/')? {
        ("image" | "audio" | "video", _) => Some(Claim::Media),
        ("text", _) => Some(Claim::Text),
        ("application", "pdf" | "msword" | "rtf") => Some(Claim::Document),
        _ => None,
    }
}

/// How bad it is that the bytes are what they are; `None` when they are no contradiction, or one that deceives nobody (a
/// picture of another sort, a table that is a web page).
fn contradiction(mail: &Mail, at: usize, item: &Item, claim: Claim) -> Option<Severity> {
    match item.format.class {
        Class::Executable | Class::Shortcut => Some(Severity::High),
        Class::DiskImage | Class::Sealed => Some(Severity::Medium),
        // A packed text under the name of the text: servers and report generators do that.
        Class::Compressor if claim == Claim::Text => Some(Severity::Low),
        Class::Compressor => Some(Severity::Medium),
        // A ZIP of which nothing is known inside may well be the document it says it is.
        Class::Archive if claim == Claim::PackedDocument && item.format.id == "zip" => {
            mail.items.get(at.saturating_add(1)).filter(|i| i.parent == Some(at)).map(|_| Severity::Medium)
        }
        Class::Archive => Some(Severity::Medium),
        _ => None,
    }
}
