//! Who is logged in. Kept in memory alone: a restart logs everybody out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ring::digest::{SHA256, digest};

use super::held::Note;
use crate::random;

/// So long without a request ends a session.
const IDLE: Duration = Duration::from_secs(30 * 60);

/// So long after the login it ends whatever happens.
pub const LONGEST: Duration = Duration::from_secs(8 * 3600);

/// The most sessions; one more ends the one that was used least lately.
const MOST: usize = 64;

/// The sessions, by the SHA-256 of their token: who reads this memory cannot log in with it.
#[derive(Debug, Default)]
pub struct Sessions(Mutex<BTreeMap<Vec<u8>, Session>>);

#[derive(Debug)]
struct Session {
    visitor: Visitor,
    began: Instant,
    used: Instant,
    note: Option<Note>,
}

/// Somebody who is logged in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visitor {
    /// The name of the operator.
    pub operator: String,
    /// What every form of the session carries: another site cannot know it.
    pub csrf: String,
}

impl Sessions {
    /// Begins a session; its token goes into the cookie. Nothing when the system has no randomness.
    pub fn begin(&self, operator: &str, now: Instant) -> Option<String> {
        let (token, csrf) = (random::token()?, random::token()?);
        let mut sessions = self.lock();
        sessions.retain(|_, session| session.lives(now));
        if sessions.len() >= MOST
            && let Some(oldest) = sessions.iter().min_by_key(|(_, s)| s.used).map(|(key, _)| key.clone())
        {
            sessions.remove(&oldest);
        }
        let visitor = Visitor { operator: operator.to_owned(), csrf };
        sessions.insert(key(&token), Session { visitor, began: now, used: now, note: None });
        Some(token)
    }

    /// Whose session it is, if it lives.
    pub fn find(&self, token: &str, now: Instant) -> Option<Visitor> {
        let (mut sessions, key) = (self.lock(), key(token));
        let session = sessions.get_mut(&key)?;
        if !session.lives(now) {
            sessions.remove(&key);
            return None;
        }
        session.used = now;
        Some(session.visitor.clone())
    }

    /// Ends a session.
    pub fn end(&self, token: &str) {
        self.lock().remove(&key(token));
    }

    /// Leaves word for the next page of a session.
    pub fn leave(&self, token: &str, note: Note) {
        if let Some(session) = self.lock().get_mut(&key(token)) {
            session.note = Some(note);
        }
    }

    /// What was left for this page.
    pub fn take(&self, token: &str) -> Option<Note> {
        self.lock().get_mut(&key(token))?.note.take()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Vec<u8>, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    fn lives(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.used) < IDLE && now.saturating_duration_since(self.began) < LONGEST
    }
}

fn key(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_by_logout_idleness_and_age() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let token = sessions.begin("aiko", start).unwrap();
        let visitor = sessions.find(&token, start).unwrap();
        assert_eq!(visitor.operator, "aiko");
        assert!(visitor.csrf.len() == 43 && visitor.csrf != token);
        assert_eq!(sessions.find("else", start), None);
        sessions.end(&token);
        assert_eq!(sessions.find(&token, start), None);

        let token = sessions.begin("aiko", start).unwrap();
        assert_eq!(sessions.find(&token, start + IDLE), None, "idle");
        assert_eq!(sessions.find(&token, start), None, "what has ended stays so");

        let token = sessions.begin("aiko", start).unwrap();
        let steps = (1..).map(|n| start + IDLE / 2 * n);
        let lived = steps.take_while(|now| sessions.find(&token, *now).is_some()).count();
        assert_eq!(lived, 31, "used all the time, until it is too old");
    }

    #[test]
    fn sessions_are_not_more_than_the_bound() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let first = sessions.begin("a", start).unwrap();
        let second = sessions.begin("a", start).unwrap();
        let later = start + Duration::from_secs(1);
        sessions.find(&first, later).unwrap();
        for _ in 2..=MOST {
            sessions.begin("b", later).unwrap();
        }
        assert_eq!(sessions.lock().len(), MOST);
        assert!(sessions.find(&first, later).is_some() && sessions.find(&second, later).is_none());
    }

    #[test]
    fn a_note_is_read_once() {
        let (sessions, start) = (Sessions::default(), Instant::now());
        let token = sessions.begin("a", start).unwrap();
        sessions.leave(&token, Note::Deleted);
        assert_eq!((sessions.take(&token), sessions.take(&token)), (Some(Note::Deleted), None));
    }
}
