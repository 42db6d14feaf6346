//! The fields of a header that say who sent a mail, as tolerantly as the most tolerant reader finds them: odd spellings of
//! a field name hide a field from one reader and show it to another.

/// The fields of interest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// `From`
    From,
    /// `Sender`
    Sender,
    /// `Reply-To`
    ReplyTo,
    /// `Return-Path`
    ReturnPath,
    /// `Resent-From`
    ResentFrom,
    /// `To`
    To,
    /// `Cc`
    Cc,
    /// `Received`
    Received,
    /// `Authentication-Results` (RFC 8601)
    AuthenticationResults,
    /// `ARC-Authentication-Results` (RFC 8617)
    ArcAuthenticationResults,
    /// `ARC-Message-Signature`
    ArcMessageSignature,
    /// `ARC-Seal`
    ArcSeal,
    /// `DKIM-Signature`
    DkimSignature,
    /// `List-Id`
    ListId,
    /// `Auto-Submitted`
    AutoSubmitted,
    /// `Content-Type`
    ContentType,
}

/// All names with their spelling.
const NAMES: &[(&str, Name)] = &[
    ("from", Name::From),
    ("sender", Name::Sender),
    ("reply-to", Name::ReplyTo),
    ("return-path", Name::ReturnPath),
    ("resent-from", Name::ResentFrom),
    ("to", Name::To),
    ("cc", Name::Cc),
    ("received", Name::Received),
    ("authentication-results", Name::AuthenticationResults),
    ("arc-authentication-results", Name::ArcAuthenticationResults),
    ("arc-message-signature", Name::ArcMessageSignature),
    ("arc-seal", Name::ArcSeal),
    ("dkim-signature", Name::DkimSignature),
    ("list-id", Name::ListId),
    ("auto-submitted", Name::AutoSubmitted),
    ("content-type", Name::ContentType),
];

/// One field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Which field.
    pub name: Name,
    /// Its value with folding, as it stood.
    pub value: &'a [u8],
    /// The name was spelled so that some readers do not see the field: blanks before the name or the colon, control or
    /// non-ASCII bytes in it.
    pub odd: bool,
}

/// A header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    /// Its fields of interest, from the top.
    pub fields: Vec<Field<'a>>,
    /// More fields or bytes than are looked at.
    pub cut: bool,
}

/// The most bytes of a header that are looked at.
pub const MOST_BYTES: usize = 1 << 20;
/// The most fields of interest.
pub const MOST_FIELDS: usize = 400;

impl<'a> Header<'a> {
    /// Reads a header section, or a whole message up to the first empty line.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Self {
        let mut header = Self { cut: bytes.len() > MOST_BYTES, ..Self::default() };
        let mut rest = bytes.get(..bytes.len().min(MOST_BYTES)).unwrap_or_default();
        if let Some(after) = rest.strip_prefix(b"\xEF\xBB\xBF") {
            rest = after;
        }
        let mut first = true;
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            if line.is_empty() {
                // Empty lines before the first field are skipped by readers; later ones end the header.
                if header.fields.is_empty() && first {
                    rest = after;
                    continue;
                }
                header.cut = false;
                break;
            }
            first = false;
            let (field, next) = folded(rest, after);
            header.take(field);
            rest = next;
        }
        header
    }

    /// Takes one unfolded field, and looks for hidden fields in its continuation lines.
    fn take(&mut self, field: &'a [u8]) {
        self.push(field);
        let (_, mut rest) = split_line(field);
        while !rest.is_empty() {
            let (line, after) = split_line(rest);
            // A continuation line that reads `From: …@…` is a field to readers that trim lines.
            if let Some((Name::From, value)) = parse(line.trim_ascii_start())
                && value.contains(&b'@')
            {
                self.add(Field { name: Name::From, value, odd: true });
            }
            rest = after;
        }
    }

    fn push(&mut self, field: &'a [u8]) {
        let Some((name, value)) = parse(field) else { return };
        let spelled = field.get(..field.len().saturating_sub(value.len())).unwrap_or_default();
        let plain = spelled.strip_suffix(b":").is_some_and(|n| n.iter().all(u8::is_ascii_graphic));
        self.add(Field { name, value, odd: !plain });
    }

    fn add(&mut self, field: Field<'a>) {
        if self.fields.len() < MOST_FIELDS {
            self.fields.push(field);
        } else {
            self.cut = true;
        }
    }

    /// The values of a field, from the top.
    pub fn all(&self, name: Name) -> impl Iterator<Item = &Field<'a>> {
        self.fields.iter().filter(move |f| f.name == name)
    }
}

/// Is this a header section, and not the value of one field? It has a field of interest.
#[must_use]
pub fn is_section(bytes: &[u8]) -> bool {
    !Header::read(bytes).fields.is_empty()
}

/// The line at the start and what follows it. Lines end in LF, CR LF or a bare CR.
fn split_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let Some(end) = memchr::memchr2(b'\r', b'\n', bytes) else { return (bytes, &[]) };
    let (line, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..)).unwrap_or_default();
    (line, rest)
}

/// The whole field at the start of `bytes`, whose first line ends before `after`, and what follows it.
fn folded<'a>(bytes: &'a [u8], mut after: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    while after.first().is_some_and(|b| matches!(b, b' ' | b'\t')) {
        (_, after) = split_line(after);
    }
    let length = bytes.len().saturating_sub(after.len());
    (bytes.get(..length).unwrap_or_default(), after)
}

/// The longest a field name may be, odd bytes included.
const LONGEST: usize = 120;

/// Which field of interest a line begins, in whatever spelling, and its value.
fn parse(field: &[u8]) -> Option<(Name, &[u8])> {
    let colon = memchr::memchr(b':', field.get(..field.len().min(LONGEST)).unwrap_or_default())?;
    let spelled = field.get(..colon)?;
    let mut name = [0u8; 32];
    let mut length = 0usize;
    for b in spelled.iter().filter(|b| b.is_ascii_graphic()) {
        *name.get_mut(length)? = b.to_ascii_lowercase();
        length = length.saturating_add(1);
    }
    let name = name.get(..length)?;
    let (_, found) = NAMES.iter().find(|(n, _)| n.as_bytes() == name)?;
    // Words with blanks inside are prose, not a field: only blanks around the name are forgiven.
    let inner = spelled.trim_ascii();
    if inner.iter().any(|b| matches!(b, b' ' | b'\t')) {
        return None;
    }
    Some((*found, field.get(colon.saturating_add(1)..)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn froms(header: &[u8]) -> Vec<(bool, String)> {
        let header = Header::read(header);
        header.all(Name::From).map(|f| (f.odd, String::from_utf8_lossy(f.value).trim().to_owned())).collect()
    }

    #[test]
    fn fields_are_found_in_every_spelling() {
        assert_eq!(froms(b"From: a@b\r\n\r\nFrom: c@d"), [(false, "a@b".to_owned())]);
        for odd in ["FROM\t: a@b", "From : a@b", "From\r\n : a@b", "Fr\0om: a@b", "From\u{a0}: a@b", " From: a@b"] {
            let found = froms(format!("{odd}\r\nTo: x@y\r\n\r\n").as_bytes());
            assert_eq!(found, [(true, "a@b".to_owned())], "{odd:?}");
        }
        assert_eq!(froms(b"Subject: x\r\n From: a@b\r\nFrom: c@d\r\n\r\n").len(), 2);
        assert_eq!(froms(b"Subject: From a friend: hello\nfrom: a@b\n\n"), [(false, "a@b".to_owned())]);
    }

    #[test]
    fn a_value_is_no_section() {
        assert!(is_section(b"Subject: x\r\nFrom: a@b\r\n") && is_section(b"From: a@b") && is_section(b"\nfrom : a@b"));
        assert!(
            !is_section("佐倉: 遥 <a@b>".as_bytes())
                && !is_section(b"a@b")
                && !is_section(b"shop.example")
                && !is_section(b"")
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Header::read(&bytes);
        }
    }
}
