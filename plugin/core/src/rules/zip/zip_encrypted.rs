//! Members that need a secret, all or some.

use super::{Pairs, each_archive, pairs};
use crate::container::zip::{Encrypted, Scheme, ZipFacts};
use crate::rules::{Hits, Scene};

declare_rule! {
    ENCRYPTED,
    id: "zip-encrypted",
    family: "zip",
    severity: Medium,
    kind: Encryption,
    check: encrypted,
}

declare_rule! {
    PARTLY,
    id: "zip-partly-encrypted",
    family: "zip",
    severity: Medium,
    kind: Encryption,
    check: partly,
}

fn encrypted(scene: &Scene<'_>, hits: &mut Hits) {
    each_archive(scene.mail, |index, _, zip| {
        let encrypted = &zip.encrypted;
        if encrypted.count == 0 {
            return false;
        }
        let (verb, secret) = (if encrypted.count == 1 { "needs" } else { "need" }, secret(encrypted));
        let titles: Vec<_> = encrypted.schemes.iter().map(|(scheme, _)| scheme.title()).collect();
        let message = format!("{} members {verb} {secret} ({}).", count(zip), titles.join(", "));
        hits.push(index, message, evidence(zip));
        true
    });
}

fn partly(scene: &Scene<'_>, hits: &mut Hits) {
    each_archive(scene.mail, |index, _, zip| {
        if zip.encrypted.count == 0 || zip.plain == 0 {
            return false;
        }
        let message = format!("{} members are encrypted, the others are not.", count(zip));
        hits.push(index, message, evidence(zip));
        true
    });
}

/// `3 of 3`; directories do not count.
fn count(zip: &ZipFacts) -> String {
    format!("{} of {}", zip.encrypted.count, zip.files.max(zip.encrypted.count))
}

fn secret(encrypted: &Encrypted) -> &'static str {
    let certificates = encrypted.schemes.iter().all(|(scheme, _)| *scheme == Scheme::Certificate);
    if certificates { "the key of a certificate" } else { "a password" }
}

fn evidence(zip: &ZipFacts) -> Pairs {
    let encrypted = &zip.encrypted;
    let schemes: Vec<_> = encrypted.schemes.iter().map(|(scheme, _)| scheme.as_str()).collect();
    let mut out = vec![("scheme", schemes.join(", ")), ("count", count(zip))];
    out.extend(encrypted.names.iter().map(|name| ("member", name.clone())));
    let sign = encrypted.sign.iter().flat_map(pairs);
    out.extend(sign.filter(|(key, _)| *key != "member"));
    out
}
