//! What a client of clamd hands in: a mail, a mail as Exim wraps it, or a bare file.

use crate::fields::{Split, each_field};
use crate::mail::{Mail, Transaction};

/// Fields by which a mail is told from a text file with a colon in its first line.
const FIELDS: &[&[u8]] = &[
    b"received",
    b"return-path",
    b"delivered-to",
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"mime-version",
    b"content-type",
    b"dkim-signature",
    b"authentication-results",
    b"arc-seal",
];

/// The longest header section looked at to tell a mail from a file.
const HEADER: usize = 1 << 20;

/// Makes a mail of content. A bare file becomes the only part of one, so that rules for attachments see it.
#[must_use]
pub fn mail(content: Vec<u8>) -> Mail {
    let mut transaction = Transaction::default();
    let bytes = match wrapped_by_exim(&content, &mut transaction) {
        // Exim spools with LF; the mail on the wire had CRLF, but readers of mail take both.
        Some(message) => message.to_vec(),
        None if is_mail(&content) => content,
        None => as_part(&content),
    };
    Mail { size: bytes.len(), bytes, transaction, ..Mail::default() }
}

/// Exim puts an mbox line, `X-Envelope-From:` and `X-Envelope-To:` above the mail. Only those directly below the first line
/// are Exim's: a sender can write more of them.
fn wrapped_by_exim<'c>(content: &'c [u8], transaction: &mut Transaction) -> Option<&'c [u8]> {
    let rest = content.strip_prefix(b"From ").map(after_line)?;
    let mut rest = rest;
    if let Some((value, below)) = envelope_line(rest, b"X-Envelope-From:") {
        transaction.mail_from = text(value).trim_matches(['<', '>']).to_owned();
        rest = below;
    }
    if let Some((value, below)) = envelope_line(rest, b"X-Envelope-To:") {
        let list = text(value);
        let paths = list.split(',').map(|path| path.trim().trim_matches(['<', '>']).to_owned());
        transaction.recipients = paths.filter(|path| !path.is_empty()).collect();
        rest = below;
    }
    Some(rest)
}

fn envelope_line<'c>(content: &'c [u8], name: &[u8]) -> Option<(&'c [u8], &'c [u8])> {
    let value = content.strip_prefix(name)?;
    let below = after_line(value);
    Some((value.get(..value.len().saturating_sub(below.len()))?.trim_ascii(), below))
}

fn after_line(content: &[u8]) -> &[u8] {
    let end = content.iter().position(|b| *b == b'\n').map_or(content.len(), |at| at.saturating_add(1));
    content.get(end..).unwrap_or(&[])
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Does it begin with fields of which one is of a mail, and nothing that is no field before the empty line?
fn is_mail(content: &[u8]) -> bool {
    let head = content.get(..HEADER).unwrap_or(content);
    let mut fields = each_field(Split::of(head).header);
    fields.clone().all(|field| is_name(field.name)) && fields.any(|field| FIELDS.iter().any(|n| field.is_named(n)))
}

/// A field name (RFC 5322 section 2.2).
fn is_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(u8::is_ascii_graphic)
}

fn as_part(file: &[u8]) -> Vec<u8> {
    let head = b"From: <file@clamd.invalid>\r\nMIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n\
        Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n";
    let mut out = head.to_vec();
    // Lines of 57 bytes become 76 characters.
    for line in file.chunks(57) {
        out.extend_from_slice(base64_simd::STANDARD.encode_to_string(line).as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_stays_as_it_is() {
        for text in ["Received: from x\n\tby y\nX-Y: z\n\nbody", "Subject: a\r\n\r\n"] {
            assert_eq!(mail(text.into()).bytes, text.as_bytes());
        }
    }

    #[test]
    fn a_file_becomes_a_part() {
        for file in
            [b"PK\x03\x04From: x".as_slice(), b"Note: buy milk\n\nSubject: no", b"", b"Subject: a\nno field\n\n"]
        {
            let bytes = mail(file.to_vec()).bytes;
            let split = Split::of(&bytes);
            assert!(split.header.starts_with(b"From: <file@clamd.invalid>\r\nMIME-Version: 1.0\r\n"), "{}", text(file));
            let coded: Vec<u8> = split.body.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect();
            assert_eq!(base64_simd::STANDARD.decode_to_vec(coded).unwrap(), file);
        }
    }

    #[test]
    fn the_envelope_of_exim_is_read_once() {
        let content = b"From a@a.test Tue Nov 24 09:00:00 2026\nX-Envelope-From: <a@a.test>\n\
            X-Envelope-To: b@b.test, c@b.test\nReceived: x\nX-Envelope-To: forged@b.test\n\nbody\n";
        let mail = mail(content.to_vec());
        assert_eq!(mail.transaction.mail_from, "a@a.test");
        assert_eq!(mail.transaction.recipients, ["b@b.test", "c@b.test"]);
        assert!(mail.bytes.starts_with(b"Received: x\nX-Envelope-To: forged"));
    }
}
