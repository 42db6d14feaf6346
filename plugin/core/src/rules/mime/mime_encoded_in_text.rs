//! Files encoded inside a text.

use super::label;
use crate::container::Mail;
use crate::container::encoded::{Found, Transport};
use crate::container::sniff::Class;
use crate::rules::{Hits, Scene, each_item};

declare_rule! {
    id: "mime-encoded-in-text",
    family: "mime",
    severity: Low,
    kind: Deception,
    check: check,
}

fn check(scene: &Scene<'_>, hits: &mut Hits) {
    each_item(scene.mail, |index, item| {
        let mut found = item.encoded().flat_map(|e| &e.found).filter(|f| is_told(scene.mail, index, f));
        let Some(first) = found.next() else { return };
        hits.push(
            index,
            "A file stands encoded inside this text; a mail reader or a person can take it out.",
            [
                ("transport", first.transport.as_str()),
                ("offset", &first.offset.to_string()),
                ("files", &found.count().saturating_add(1).to_string()),
            ],
        );
    });
}

/// Is this file worth a finding? What announces itself is. Bare base64 is where it is no picture, key or certificate:
/// those stand in web pages and PEM files every day.
fn is_told(mail: &Mail, text: usize, found: &Found) -> bool {
    found.transport != Transport::Base64
        || mail.children(text).any(|(_, child)| {
            label(&child.step) == Some(&found.label)
                && !matches!(
                    child.format.class,
                    Class::Media | Class::Crypto | Class::Text | Class::Data | Class::Empty
                )
        })
}
