//! What an operator sees of a held mail itself: subject, and who the header says it is to. Nothing of its body is looked at.

use mail_parser::{Address, HeaderName, MessageParser};

/// Fields of a header, decoded. A sender wrote them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// `From`.
    pub from: String,
    /// `Subject`.
    pub subject: String,
    /// The addresses in `To` and `Cc`.
    pub to: Vec<String>,
}

impl Letter {
    /// Reads the header of a message, or of its beginning.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        let mut header = crate::fields::Split::of(message).header.to_vec();
        header.extend_from_slice(b"\r\n");
        let parser = MessageParser::new()
            .header_text(HeaderName::Subject)
            .header_address(HeaderName::From)
            .header_address(HeaderName::To)
            .header_address(HeaderName::Cc)
            .default_header_ignore();
        let Some(read) = parser.parse_headers(&header[..]) else { return Self::default() };
        let addresses = |of: Option<&Address<'_>>| -> Vec<String> {
            of.into_iter().flat_map(Address::iter).filter_map(|one| Some(one.address.as_deref()?.to_owned())).collect()
        };
        let mut to = addresses(read.to());
        to.extend(addresses(read.cc()));
        let from = read.from().and_then(|from| from.first()).map_or(String::new(), |one| {
            let address = one.address.as_deref().unwrap_or("");
            one.name.as_deref().map_or_else(|| address.to_owned(), |name| format!("{name} <{address}>"))
        });
        Self { from, subject: read.subject().unwrap_or("").to_owned(), to }
    }

    /// The recipients that the header shows, and how many it does not: blind copies stay blind.
    #[must_use]
    pub fn shown<'r>(&self, recipients: &'r [String]) -> (Vec<&'r str>, usize) {
        let is_shown = |recipient: &&String| self.to.iter().any(|to| to.eq_ignore_ascii_case(recipient));
        let shown: Vec<_> = recipients.iter().filter(is_shown).map(String::as_str).collect();
        let blind = recipients.len().saturating_sub(shown.len());
        (shown, blind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_decoded_and_blind_copies_stay_blind() {
        let letter = Letter::of(
            "From: =?UTF-8?B?5bGx55Sw?= <yamada@example.jp>\r\nTo: B <b@here.example>, c@here.example\r\n\
             Subject: =?ISO-2022-JP?B?GyRCOCtAUT1xGyhC?=\r\n =?UTF-8?Q?_v2?=\r\n\r\nSubject: body\r\n"
                .as_bytes(),
        );
        assert_eq!((letter.from.as_str(), letter.subject.as_str()), ("山田 <yamada@example.jp>", "見積書 v2"));
        let recipients = ["B@here.example", "c@here.example", "hidden@here.example"].map(str::to_owned);
        assert_eq!(letter.shown(&recipients), (vec!["B@here.example", "c@here.example"], 1));
        assert_eq!(Letter::of(b""), Letter::default());
        assert_eq!(Letter::of(b"\xff\x00 no header").subject, "");
    }
}
