//! Where a rule sends mail: the many spellings of a mail address, told apart from what only looks like one.

/// Where something is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A mail address.
    Address(Address),
    /// An address that is only known when a message comes.
    Template {
        /// As the rule spells it.
        raw: String,
        /// What of it is known already.
        constant: String,
    },
    /// A list kept elsewhere (Sieve `:list`, `:include:`).
    List(String),
    /// A user of this server, by a bare name.
    Local(String),
    /// An entry of the tenant's directory, by its path.
    Directory(String),
    /// A telephone number, chat handle or other place that is not mail.
    Elsewhere(String),
    /// Something that is no address.
    Odd(String),
}

/// A mail address.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// As the rule spells it.
    pub raw: String,
    /// What stands before the last `@`, case kept: Sieve engines tell `A@x` from `a@x` (RFC 5321 section 2.4).
    pub local: String,
    /// What stands after it, lower case, without a trailing dot.
    pub domain: String,
    /// Peculiarities that few honest addresses have.
    pub odd: Vec<&'static str>,
}

impl Target {
    /// Reads one target: `a@x`, `<a@x>`, `Name <a@x>`, `smtp:a@x`, `mailto:a%40x`, `"Name" [SMTP:a@x]`,
    /// `"Name" [EX:/o=…]`, a bare local name.
    #[must_use]
    pub fn parse(raw: &str) -> Self {
        let text = raw.trim();
        if let Some((scheme, value)) = bracketed(text) {
            return match scheme.as_str() {
                "smtp" => address(raw, value),
                "ex" | "x500" => Self::Directory(value.to_owned()),
                _ => Self::Elsewhere(value.to_owned()),
            };
        }
        if text.starts_with("/o=") || text.starts_with("/O=") {
            return Self::Directory(text.to_owned());
        }
        match text.split_once(':') {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("smtp") => address(raw, rest),
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("mailto") => {
                let path = rest.split('?').next().unwrap_or("");
                address(raw, &percent_decode(path))
            }
            Some((scheme, _)) if is_other_scheme(scheme) => Self::Elsewhere(text.to_owned()),
            _ => address(raw, angle(text)),
        }
    }

    /// How it is written in a report: in full for the operator.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Address(a) => a.shown(),
            Self::Template { raw, .. } | Self::Odd(raw) => raw.clone(),
            Self::List(name) | Self::Local(name) | Self::Directory(name) | Self::Elsewhere(name) => name.clone(),
        }
    }

    /// The mail address, if it is one.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Address(a) => Some(a),
            _ => None,
        }
    }
}

impl Address {
    /// The address without name and brackets.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{}@{}", self.local, self.domain)
    }

    /// The address with its local part covered, as it stands in evidence: `x***@outside.example`.
    #[must_use]
    pub fn masked(&self) -> String {
        let first = self.local.chars().next().map(String::from).unwrap_or_default();
        format!("{first}***@{}", self.domain)
    }
}

/// `"Name" [SMTP:a@x]`, the way Exchange shows recipients: the scheme in lower case, and what follows it.
fn bracketed(text: &str) -> Option<(String, &str)> {
    let inner = text.strip_suffix(']')?;
    let open = inner.rfind('[')?;
    let (scheme, value) = inner.get(open.saturating_add(1)..)?.split_once(':')?;
    let plain = !scheme.is_empty() && scheme.len() <= 8 && scheme.chars().all(|c| c.is_ascii_alphanumeric());
    (plain && !scheme.eq_ignore_ascii_case("ipv6")).then(|| (scheme.to_ascii_lowercase(), value.trim()))
}

/// Notice methods and address types that are not mail.
fn is_other_scheme(scheme: &str) -> bool {
    const SCHEMES: &[&str] =
        &["xmpp", "sip", "sips", "tel", "sms", "http", "https", "fax", "mobile", "x400", "zalo", "urn"];
    SCHEMES.iter().any(|s| scheme.eq_ignore_ascii_case(s))
}

/// What stands in the last angle brackets outside quotes, or the text itself.
fn angle(text: &str) -> &str {
    let Some(inner) = text.strip_suffix('>') else { return text };
    let mut quoted = false;
    let mut escaped = false;
    let mut open = None;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' if !quoted => open = Some(at.saturating_add(1)),
            _ => {}
        }
    }
    open.and_then(|at| inner.get(at..)).unwrap_or(text).trim()
}

fn address(raw: &str, spec: &str) -> Target {
    let mut spec = spec.trim();
    let mut odd = Vec::new();
    if let Some(rest) = spec.strip_prefix('@').and_then(|s| s.split_once(':')) {
        odd.push("source route");
        spec = rest.1;
    }
    let Some((local, domain)) = spec.rsplit_once('@') else {
        let bare = !spec.is_empty()
            && spec.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '=' | '\'' | '&'));
        return if bare { Target::Local(spec.to_owned()) } else { bang(raw, spec) };
    };
    let domain = normal_domain(domain);
    if local.is_empty() || !is_domain(&domain) {
        return Target::Odd(raw.to_owned());
    }
    let quoted = local.len() > 1 && local.starts_with('"') && local.ends_with('"');
    let inside = if quoted { local.get(1..local.len().saturating_sub(1)).unwrap_or("") } else { local };
    if !quoted && inside.chars().any(|c| c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '(' | ')' | '"')) {
        return Target::Odd(raw.to_owned());
    }
    let peculiar: [(&'static str, bool); 6] = [
        ("quoted local part", quoted),
        ("address literal", domain.starts_with('[')),
        ("percent path", inside.contains('%')),
        ("bang path", inside.contains('!')),
        ("several at signs", inside.contains('@')),
        (
            "control character",
            spec.chars().any(|c| c.is_control() || crate::text::is_bidi_control(c) || crate::text::is_invisible(c)),
        ),
    ];
    odd.extend(peculiar.into_iter().filter(|(_, is)| *is).map(|(what, _)| what));
    Target::Address(Address { raw: raw.to_owned(), local: local.to_owned(), domain, odd })
}

/// `host!user`, the path of UUCP.
fn bang(raw: &str, spec: &str) -> Target {
    match spec.split_once('!') {
        Some((host, user)) if host.contains('.') && is_domain(host) && !user.is_empty() => Target::Address(Address {
            raw: raw.to_owned(),
            local: user.to_owned(),
            domain: normal_domain(host),
            odd: vec!["bang path"],
        }),
        _ => Target::Odd(raw.to_owned()),
    }
}

/// A domain for comparison: lower case, no trailing dot, no white space.
#[must_use]
pub fn normal_domain(domain: &str) -> String {
    domain.trim().trim_end_matches('.').to_lowercase()
}

/// Could this be a domain or an address literal (RFC 5321 section 4.1.2, with U-labels)?
fn is_domain(domain: &str) -> bool {
    if domain.starts_with('[') {
        return domain.len() > 2 && domain.ends_with(']');
    }
    !domain.is_empty()
        && domain.len() <= 255
        && domain.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-' || c == '_' || !c.is_ascii())
        })
}

/// Decodes `%41` (RFC 3986 section 2.1); what is no such triplet stays.
#[must_use]
pub fn percent_decode(text: &str) -> String {
    if !text.contains('%') {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        let decoded = match (first, tail) {
            (b'%', [high, low, ..]) => hex(*high).zip(hex(*low)).map(|(h, l)| (h << 4) | l),
            _ => None,
        };
        out.push(decoded.unwrap_or(*first));
        rest = if decoded.is_some() { tail.get(2..).unwrap_or(&[]) } else { tail };
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// Splits a list of addresses at commas and semicolons outside quotes and angle brackets.
pub fn split_list(text: &str) -> Vec<(usize, &str)> {
    let mut out = Vec::new();
    let (mut start, mut quoted, mut escaped, mut nested) = (0usize, false, false, 0u32);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '<' | '[' if !quoted => nested = nested.saturating_add(1),
            '>' | ']' if !quoted => nested = nested.saturating_sub(1),
            ',' | ';' if !quoted && nested == 0 => {
                push_trimmed(&mut out, text, start, at);
                start = at.saturating_add(1);
            }
            _ => {}
        }
    }
    push_trimmed(&mut out, text, start, text.len());
    out
}

fn push_trimmed<'a>(out: &mut Vec<(usize, &'a str)>, text: &'a str, start: usize, end: usize) {
    let item = text.get(start..end).unwrap_or("");
    let lead = item.len().saturating_sub(item.trim_start().len());
    if !item.trim().is_empty() {
        out.push((start.saturating_add(lead), item.trim()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(raw: &str) -> String {
        match Target::parse(raw) {
            Target::Address(a) => format!("{}@{}{:?}", a.local, a.domain, a.odd),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn every_spelling_of_an_address() {
        for raw in [
            "a@x.example",
            "<a@x.example>",
            "Name <a@x.example>",
            "\"N, <q>\" <a@X.EXAMPLE.>",
            "smtp:a@x.example",
            "SMTP:a@x.example",
            "mailto:a%40x.example?subject=z",
            "\"X\" [SMTP:a@x.example]",
            " a@x.example ",
        ] {
            assert_eq!(shown(raw), "a@x.example[]", "{raw}");
        }
        assert_eq!(shown("A@x.example"), "A@x.example[]");
    }

    #[test]
    fn what_is_no_plain_address() {
        assert_eq!(shown("sato"), "Local(\"sato\")");
        assert_eq!(shown("\"N\" [EX:/o=Org/cn=a]"), "Directory(\"/o=Org/cn=a\")");
        assert_eq!(shown("a@[192.0.2.1]"), "a@[192.0.2.1][\"address literal\"]");
        assert_eq!(shown("a%b@x.example"), "a%b@x.example[\"percent path\"]");
        assert_eq!(shown("@r.example:a@x.example"), "a@x.example[\"source route\"]");
        assert_eq!(shown("host.example!a"), "a@host.example[\"bang path\"]");
        assert_eq!(shown("\"a b\"@x.example"), "\"a b\"@x.example[\"quoted local part\"]");
        assert_eq!(shown("tel:+81312345678"), "Elsewhere(\"tel:+81312345678\")");
        assert!(matches!(Target::parse("a@x.example, b@y.example"), Target::Odd(_)));
        assert!(matches!(Target::parse(""), Target::Odd(_)));
    }

    #[test]
    fn lists_are_split_outside_quotes() {
        let parts: Vec<&str> = split_list("a@x, \"b, c\" <d@y> ;e@z").into_iter().map(|(_, s)| s).collect();
        assert_eq!(parts, ["a@x", "\"b, c\" <d@y>", "e@z"]);
    }
}
