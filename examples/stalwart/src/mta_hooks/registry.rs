//! Who is registered. Nothing is kept over a restart: mail servers that hear 404 register again.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sekisho_protocol::mta_hooks::register::{Status, Terms};

use crate::reference;

/// All registrations of a listener.
#[derive(Debug)]
pub struct Registry {
    most: usize,
    lifetime: u64,
    all: Mutex<BTreeMap<String, Registration>>,
}

/// One mail server. Times are seconds since 1970.
#[derive(Clone, Debug)]
pub struct Registration {
    /// What was agreed.
    pub terms: Arc<Terms>,
    /// When it registered.
    pub created: u64,
    /// Until when it is.
    pub expires: u64,
    /// Did it end it?
    pub status: Status,
}

/// There is no room for another one.
#[derive(Debug, PartialEq, Eq)]
pub struct Full;

impl Registry {
    /// Room for so many, for so long.
    pub fn new(most: usize, lifetime: Duration) -> Self {
        Self { most, lifetime: lifetime.as_secs(), all: Mutex::default() }
    }

    /// Takes one in, until `until` or as long as all may be. When there is no room, another one of the same name goes first: a
    /// mail server that starts again and again registers each time.
    pub fn register(&self, terms: Terms, until: Option<u64>, now: u64) -> Result<(String, Registration), Full> {
        let mut all = self.all();
        all.retain(|_, one| one.expires > now);
        while all.len() >= self.most {
            let ended = all.iter().find(|(_, one)| one.status == Status::Deregistered);
            // Ids sort by time.
            let before = ended.or_else(|| all.iter().find(|(_, one)| one.terms.name == terms.name));
            let id = before.map(|(id, _)| id.clone()).ok_or(Full)?;
            all.remove(&id);
        }
        let longest = now.saturating_add(self.lifetime);
        let expires = until.unwrap_or(longest).min(longest);
        let one = Registration { terms: Arc::new(terms), created: now, expires, status: Status::Active };
        let id = reference::next();
        all.insert(id.clone(), one.clone());
        Ok((id, one))
    }

    /// One that did not run out.
    pub fn find(&self, id: &str, now: u64) -> Option<Registration> {
        self.all().get(id).filter(|one| one.expires > now).cloned()
    }

    /// Ends one. It is remembered until it would have run out, so that calls hear that it ended.
    pub fn end(&self, id: &str, now: u64) -> Option<Registration> {
        let mut all = self.all();
        let one = all.get_mut(id).filter(|one| one.expires > now)?;
        one.status = Status::Deregistered;
        Some(one.clone())
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Registration>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_protocol::mta_hooks::register::Register;

    fn terms(name: &str) -> Terms {
        let request = serde_json::json!({"name": name, "inbound": {}});
        let updates = ["/action", "/response", "/message"].map(str::to_owned);
        serde_json::from_value::<Register>(request).unwrap().negotiate(&updates).unwrap()
    }

    #[test]
    fn a_registration_runs_out() {
        let registry = Registry::new(2, Duration::from_secs(100));
        let (long, one) = registry.register(terms("a"), Some(9999), 1000).unwrap();
        assert_eq!(one.expires, 1100, "no longer than all");
        let (short, one) = registry.register(terms("b"), Some(1050), 1000).unwrap();
        assert_eq!(one.expires, 1050);
        assert!(registry.find(&short, 1049).is_some() && registry.find(&short, 1050).is_none());
        assert!(registry.register(terms("c"), None, 1050).is_ok(), "there is room again");
        assert!(registry.find(&long, 1050).is_some());
    }

    #[test]
    fn there_are_never_more_than_the_limit() {
        let registry = Registry::new(2, Duration::from_secs(100));
        let (first, _) = registry.register(terms("a"), None, 0).unwrap();
        let (second, _) = registry.register(terms("b"), None, 0).unwrap();
        assert_eq!(registry.register(terms("c"), None, 0).unwrap_err(), Full);
        let (third, _) = registry.register(terms("a"), None, 0).unwrap();
        assert!(registry.find(&first, 0).is_none() && registry.find(&third, 0).is_some());
        assert_eq!(registry.end(&second, 0).unwrap().status, Status::Deregistered);
        assert!(registry.register(terms("c"), None, 0).is_ok(), "one that ended gives way");
        assert!(registry.find(&third, 0).is_some());
    }
}
