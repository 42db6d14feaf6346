//! Who logs in, as far as the exchange of SASL (RFC 4422) tells. The proxy passes everything on; it only listens.

/// Who logged in, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Login {
    /// Whose mailbox: the authorisation identity, or the one who proved himself.
    pub owner: String,
    /// Who proved himself.
    pub actor: String,
    /// The mechanism.
    pub method: String,
    /// From which address.
    pub address: String,
}

impl Login {
    /// What a mechanism's first message says. Mechanisms that hide the name leave it empty.
    #[must_use]
    pub fn of(mechanism: &str, message: &[u8]) -> Self {
        let method = mechanism.to_ascii_uppercase();
        let decoded = base64_simd::forgiving_decode_to_vec(message).unwrap_or_default();
        let (owner, actor) = match method.as_str() {
            "PLAIN" => plain(&decoded),
            "EXTERNAL" => (text(&decoded), String::new()),
            "XOAUTH2" => (field(&decoded, b"user=", 1), String::new()),
            "OAUTHBEARER" => (field(&decoded, b"a=", b','), String::new()),
            name if name.starts_with("SCRAM-") => (field(&decoded, b"n=", b','), String::new()),
            // LOGIN sends the bare name.
            "LOGIN" => (text(&decoded), String::new()),
            _ => (String::new(), String::new()),
        };
        let actor = if actor.is_empty() { owner.clone() } else { actor };
        Self { owner: if owner.is_empty() { actor.clone() } else { owner }, actor, method, address: String::new() }
    }

    /// The same, names without a domain completed.
    #[must_use]
    pub fn at(mut self, domain: Option<&str>) -> Self {
        for name in [&mut self.owner, &mut self.actor] {
            if let Some(domain) = domain.filter(|_| !name.is_empty() && !name.contains('@')) {
                name.push('@');
                name.push_str(domain);
            }
        }
        self
    }
}

/// RFC 4616: authorisation identity, NUL, authentication identity, NUL, password. The password is not looked at.
fn plain(message: &[u8]) -> (String, String) {
    let mut parts = message.split(|b| *b == 0);
    let (owner, actor) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    (text(owner), text(actor))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What stands behind a mark, up to another.
fn field(message: &[u8], mark: &[u8], end: u8) -> String {
    let from = message.windows(mark.len()).position(|w| w == mark).map(|at| at.saturating_add(mark.len()));
    let rest = from.and_then(|at| message.get(at..)).unwrap_or_default();
    text(rest.split(|b| *b == end || *b == 1).next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(mechanism: &str, message: &[u8]) -> (String, String) {
        let login = Login::of(mechanism, base64_simd::STANDARD.encode_to_string(message).as_bytes());
        (login.owner, login.actor)
    }

    #[test]
    fn names_are_heard() {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(of("PLAIN", b"\0sato\0secret"), pair("sato", "sato"));
        assert_eq!(of("plain", b"sato\0admin\0secret"), pair("sato", "admin"));
        assert_eq!(
            of("OAUTHBEARER", b"n,a=sato@corp.example,\x01auth=Bearer x\x01\x01"),
            pair("sato@corp.example", "sato@corp.example")
        );
        assert_eq!(
            of("XOAUTH2", b"user=sato@corp.example\x01auth=Bearer x\x01\x01"),
            pair("sato@corp.example", "sato@corp.example")
        );
        assert_eq!(of("SCRAM-SHA-256", b"n,,n=sato,r=abc"), pair("sato", "sato"));
        assert_eq!(of("GSSAPI", b"x"), pair("", ""));
    }

    #[test]
    fn names_without_a_domain_are_completed() {
        let login = Login { owner: "sato".into(), actor: "a@b.example".into(), ..Login::default() };
        assert_eq!(login.at(Some("corp.example")).owner, "sato@corp.example");
    }
}
