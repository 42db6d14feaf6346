//! What the engine would like to know before it looks at a message: only what a rule or the policy would use for this
//! sender, and what the context does not have yet.

use super::rule_names;
use super::sender::prepare;
use crate::policy::Policy;
use crate::report::{Context, Direction, Need, PolicyError};
use crate::sender::authentication::Outcome;
use crate::sender::{self, Identity, Role, Sender};

/// From this score on a sign weighs more when it comes from a stranger.
const STRANGE: u16 = 200;

/// The most authors that are asked about.
const AUTHORS: usize = 4;

/// Which facts would make the verdict on a message better? `head` is its header section; a whole message will do.
///
/// # Errors
/// Only a policy can be wrong; mail never is.
pub fn needs(head: &[u8], context: &Context, policy: &str) -> Result<Vec<Need>, PolicyError> {
    let policy = Policy::parse(policy, context.direction, rule_names())?;
    let mut wanted = Wanted { context, needs: Vec::new() };
    if policy.has_expiry() {
        wanted.want("time", "");
    }
    for index in &policy.sender.indexes {
        wanted.want("sender-index", index);
    }
    if context.direction == Direction::Inbound && context.login.is_empty() {
        let sender = sender::read(head, &prepare(policy.sender.clone(), context), context);
        wanted.of_sender(&sender, policy.asks_for_senders());
    }
    Ok(wanted.needs)
}

struct Wanted<'a> {
    context: &'a Context,
    needs: Vec<Need>,
}

impl Wanted<'_> {
    fn of_sender(&mut self, sender: &Sender, exceptions: bool) {
        let authors: Vec<&Identity> = sender.of(Role::From).take(AUTHORS).collect();
        let (scores, known) = (sender.scores, &sender.authentication);
        if let [author] = authors[..]
            && !author.domain.is_empty()
        {
            if exceptions && !known.is_vouched_for() {
                self.want("authenticated-domain", &author.domain);
            }
            if known.dmarc == Outcome::Fail && known.policy.is_empty() {
                self.want("dmarc-policy", &author.domain);
            }
            if takes_mail_matters(sender, author) {
                self.want("domain-mail", &author.domain);
            }
        }
        for author in authors.into_iter().filter(|a| a.address.contains('@')) {
            let address = author.address.to_ascii_lowercase();
            if scores.domain >= STRANGE || scores.name >= STRANGE || scores.reply >= STRANGE {
                self.want("first-contact", &address);
                if !author.registrable.is_empty() {
                    self.want("domain-age", &author.registrable);
                }
            }
            if known.is_proved() && (scores.name > 0 || scores.reply > 0) {
                self.want("known-correspondent", &address);
            }
        }
    }

    fn want(&mut self, kind: &str, key: &str) {
        let need = Need { kind: kind.to_owned(), key: key.to_owned() };
        let has = self.context.fact(kind, Some(key).filter(|k| !k.is_empty())).is_some();
        if !has && !self.needs.contains(&need) {
            self.needs.push(need);
        }
    }
}

/// A domain that proved itself, or where everybody has a mailbox, is there; a name that cannot exist has its own rule.
fn takes_mail_matters(sender: &Sender, author: &Identity) -> bool {
    let flawed = sender.domains.iter().any(|d| d.role == Role::From && d.flaw.is_some());
    !sender.authentication.is_proved() && !author.free_mail && !flawed
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::report::Fact;

    fn ask(head: &str, context: &Context, policy: &str) -> Vec<String> {
        let needs = needs(head.as_bytes(), context, policy).unwrap();
        needs.into_iter().map(|n| format!("{} {}", n.kind, n.key)).collect()
    }

    fn fact(kind: &str, key: &str, value: &str) -> Fact {
        Fact { kind: kind.into(), key: key.into(), value: value.into() }
    }

    const PLAIN: &str = "From: a@Shop.example\r\nTo: b@here.example\r\n\r\n";
    const TRUST: &str = r#"{"sender":{"trusted-authserv":["mx.here.example"],"protected":["hoshimaru.co.jp"]}}"#;

    #[test]
    fn plain_mail_needs_little_and_asks_once() {
        assert_eq!(ask(PLAIN, &Context::default(), ""), ["domain-mail shop.example"]);
        let told = Context { facts: vec![fact("domain-mail", "SHOP.example", "mx")], ..Context::default() };
        assert!(ask(PLAIN, &told, "").is_empty());
    }

    #[test]
    fn our_own_users_are_not_looked_up() {
        let outbound = Context { direction: Direction::Outbound, ..Context::default() };
        let user = Context { login: "a".into(), ..Context::default() };
        assert!(ask(PLAIN, &outbound, "").is_empty() && ask(PLAIN, &user, "").is_empty());
    }

    #[test]
    fn who_failed_is_asked_for_his_policy() {
        let head = |results: &str| format!("Authentication-Results: mx.here.example; {results}\r\n{PLAIN}");
        let context = Context::default();
        let failed = head("dmarc=fail header.from=shop.example");
        assert_eq!(ask(&failed, &context, TRUST), ["dmarc-policy shop.example", "domain-mail shop.example"]);
        let told = head("dmarc=fail policy.dmarc=none header.from=shop.example");
        assert_eq!(ask(&told, &context, TRUST), ["domain-mail shop.example"]);
        assert!(ask(&head("dmarc=pass header.from=shop.example"), &context, TRUST).is_empty());
    }

    #[test]
    fn strangers_matter_where_there_are_signs() {
        let head = "Authentication-Results: mx.here.example; dmarc=pass header.from=hoshimaru-pay.example\r\n\
                    From: pay@hoshimaru-pay.example\r\nReply-To: x@gmail.com\r\nTo: b@here.example\r\n\r\n";
        let asked = ask(head, &Context::default(), TRUST);
        for wanted in ["first-contact pay@hoshimaru-pay.example", "known-correspondent pay@hoshimaru-pay.example"] {
            assert!(asked.iter().any(|a| a == wanted), "{asked:?}");
        }
        assert!(!asked.iter().any(|a| a.starts_with("domain-mail")), "it proved itself: {asked:?}");
    }

    #[test]
    fn policies_ask_for_what_they_use() {
        let policy = r#"{"sender":{"indexes":["mine"]},"exceptions":[
            {"id":"x","rules":["zip"],"senders":["partner.example"],"expires":"2027-01-01"}]}"#;
        let asked = ask(PLAIN, &Context::default(), policy);
        assert_eq!(
            asked,
            ["time ", "sender-index mine", "authenticated-domain shop.example", "domain-mail shop.example"]
        );
        assert!(needs(b"", &Context::default(), "{\"x\":1}").is_err());
        let vouched =
            format!("Authentication-Results: mx.here.example; dmarc=pass header.from=shop.example\r\n{PLAIN}");
        let policy = r#"{"sender":{"trusted-authserv":["mx.here.example"]},
            "exceptions":[{"id":"x","rules":["zip"],"senders":["partner.example"]}]}"#;
        assert!(ask(&vouched, &Context::default(), policy).is_empty(), "a host we trust has said it");
    }

    #[test]
    fn no_sender_asks_for_nothing() {
        for head in ["", "\r\n", "From: \r\n\r\n", "From: a@[192.0.2.1]\r\n\r\n", "From: x\r\n\r\n"] {
            assert!(ask(head, &Context::default(), "").is_empty(), "{head:?}");
        }
    }
}
