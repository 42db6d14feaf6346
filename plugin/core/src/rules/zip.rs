//! The `zip` family: encrypted archives, and archives that readers take differently (APPNOTE 6.3). What the reader of
//! archives describes once per archive is said once per archive.

use super::Rule;
use crate::container::zip::{Sign, Tally, ZipFacts};
use crate::container::{Item, Mail};

mod archive_damaged;
mod archive_part;
mod zip_encrypted;
mod zip_encryption_flag;
mod zip_headers_disagree;
mod zip_headers_hidden;
mod zip_readings;
mod zip_surroundings;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[
    &zip_encrypted::ENCRYPTED,
    &zip_encrypted::PARTLY,
    &zip_headers_hidden::RULE,
    &zip_encryption_flag::HIDDEN,
    &zip_encryption_flag::FALSE,
    &zip_surroundings::PREPENDED,
    &zip_surroundings::SELF_EXTRACTING,
    &zip_surroundings::POLYGLOT,
    &zip_readings::CONCATENATED,
    &zip_headers_disagree::RULE,
    &zip_readings::MANY_ENDS,
    &zip_readings::NO_DIRECTORY,
    &zip_readings::ODD_ZIP64,
    &zip_readings::METHOD_LIE,
    &zip_readings::OVERLAP,
    &archive_part::RULE,
    &zip_surroundings::TRAILING,
    &archive_damaged::RULE,
];

/// Names and values a finding rests on.
type Pairs = Vec<(&'static str, String)>;

/// Calls `look` for the archives of every item, until it has said something about the item: several readings of one
/// part can hold the same archive.
fn each_archive(mail: &Mail, mut look: impl FnMut(usize, &Item, &ZipFacts) -> bool) {
    for (index, item) in mail.items.iter().enumerate() {
        item.zips().any(|zip| look(index, item, zip));
    }
}

/// A sign as evidence; what it does not say is left out.
fn pairs(sign: &Sign) -> Pairs {
    let all = [
        ("member", sign.member.clone()),
        ("offset", sign.offset.to_string()),
        ("field", sign.field.to_owned()),
        ("value", sign.value.clone()),
        ("detail", sign.detail.clone()),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// A tally as evidence: how often, the first sign in full, the members of the others.
fn evidence(tally: &Tally) -> Pairs {
    let mut out = vec![("count", tally.count.to_string())];
    out.extend(tally.signs.first().map(pairs).into_iter().flatten());
    let others = tally.signs.iter().skip(1).filter(|s| !s.member.is_empty());
    out.extend(others.map(|s| ("member", s.member.clone())));
    out
}
