//! `senderAuth`: what the mail server found out about the sender, as facts for the plugin.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::format::{Few, Word};
use crate::mail::{Known, Transaction};

/// Signatures whose results are kept.
const SIGNATURES: usize = 32;

/// Results of SPF (RFC 7208), DKIM (RFC 6376) and DMARC (RFC 9989). How each is told is not settled in the draft: a word, or an
/// object with `result`, `domain` and `policy`. What is told otherwise is not known, and no error.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "kebab-case")]
pub struct SenderAuth {
    spf_ehlo: Option<Outcome>,
    spf_mail: Option<Outcome>,
    dkim: Option<Few<Outcome, SIGNATURES>>,
    dmarc: Option<Outcome>,
}

/// One result.
#[derive(Debug, Default)]
struct Outcome {
    result: String,
    domain: String,
    policy: String,
}

impl<'de> Deserialize<'de> for Outcome {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Fields {
            result: Word,
            domain: Word,
            policy: Word,
        }
        struct Told;
        impl<'de> Visitor<'de> for Told {
            type Value = Outcome;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a result, or an object with one")
            }

            fn visit_str<E>(self, text: &str) -> Result<Outcome, E> {
                Ok(Outcome { result: text.to_ascii_lowercase(), ..Outcome::default() })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Outcome, A::Error> {
                let fields = Fields::deserialize(MapAccessDeserializer::new(map))?;
                let lower = |word: Word| word.0.unwrap_or_default().to_ascii_lowercase();
                Ok(Outcome { result: lower(fields.result), domain: lower(fields.domain), policy: lower(fields.policy) })
            }
        }
        deserializer.deserialize_any(Told)
    }
}

impl SenderAuth {
    /// The facts, for a mail that came like this.
    #[must_use]
    pub fn facts(self, transaction: &Transaction) -> Vec<Known> {
        let mut facts = Vec::new();
        let mut tell = |kind, key: &str, value: &str| {
            if is_word(value) && key.len() <= 255 {
                facts.push(Known { kind, key: key.to_owned(), value: value.to_owned() });
            }
        };
        // RFC 7208 section 2.4: without a reverse-path it is HELO that is checked.
        let (spf, identity) = match transaction.mail_from.rsplit_once('@') {
            Some((_, domain)) => (self.spf_mail, domain),
            None => (self.spf_mail.or(self.spf_ehlo), transaction.helo.as_str()),
        };
        if let Some(spf) = spf {
            let domain = if spf.domain.is_empty() { identity.to_ascii_lowercase() } else { spf.domain };
            tell("spf", &domain, &spf.result);
        }
        for dkim in self.dkim.unwrap_or_default().0 {
            tell("dkim", &dkim.domain, &dkim.result);
        }
        if let Some(dmarc) = self.dmarc {
            tell("dmarc", &dmarc.domain, &dmarc.result);
            if matches!(dmarc.policy.as_str(), "none" | "quarantine" | "reject") {
                tell("dmarc-policy", &dmarc.domain, &dmarc.policy);
            }
            if dmarc.result == "pass" && !dmarc.domain.is_empty() {
                tell("authenticated-domain", &dmarc.domain, "dmarc");
            }
        }
        facts
    }
}

/// Is it a word, as results are?
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 16 && text.bytes().all(|b| b.is_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(json: &str, mail_from: &str) -> Vec<String> {
        let told: SenderAuth = serde_json::from_str(json).unwrap();
        let transaction =
            Transaction { mail_from: mail_from.into(), helo: "MX.a.test".into(), ..Transaction::default() };
        told.facts(&transaction).iter().map(|f| format!("{} {} {}", f.kind, f.key, f.value)).collect()
    }

    #[test]
    fn results_become_facts_however_they_are_told() {
        let told = r#"{"spf-ehlo":{"result":"none"},"spf-mail":{"result":"Pass","domain":"B.test","x":[1]},"arc":{"result":"none"},
            "dkim":[{"result":"pass","domain":"a.test"},{"result":"fail"}],
            "dmarc":{"result":"pass","domain":"a.test","policy":"reject"}}"#;
        let wanted = [
            "spf b.test pass",
            "dkim a.test pass",
            "dkim  fail",
            "dmarc a.test pass",
            "dmarc-policy a.test reject",
            "authenticated-domain a.test dmarc",
        ];
        assert_eq!(facts(told, "x@b.test"), wanted);
        let words = r#"{"spf-mail":"softfail","dkim":"none","dmarc":"fail"}"#;
        assert_eq!(facts(words, "x@C.test"), ["spf c.test softfail", "dkim  none", "dmarc  fail"]);
    }

    #[test]
    fn without_a_reverse_path_the_name_of_the_client_counts() {
        let told = r#"{"spf-ehlo":"pass","spf-mail":null}"#;
        assert_eq!(facts(told, ""), ["spf mx.a.test pass"]);
        assert_eq!(facts(told, "x@b.test"), [""; 0]);
    }

    #[test]
    fn what_is_told_otherwise_is_not_known() {
        let odd = r#"{"spf-mail":{"result":7,"domain":["a"]},"dkim":[{"domain":null}],"dmarc":{"result":"pass; x=y"}}"#;
        assert_eq!(facts(odd, "x@b.test"), [""; 0]);
    }
}
