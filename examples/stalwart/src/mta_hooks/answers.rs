//! The same answer to the same call: a mail server that did not hear it asks again, and its mail is neither judged nor put
//! away twice.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use sekisho_protocol::mta_hooks::format::Format;
use tokio::sync::watch;
use tokio::time::Instant;

/// Answers that are kept.
const MOST: usize = 4096;

/// Their bytes. One that is longer by itself (a whole message anew) is not kept; judged again it is the same.
const BYTES: usize = 16 << 20;

/// How long they are kept. Mail servers ask again within their own timeout.
const AGE: Duration = Duration::from_secs(600);

/// Registration and request.
type Key = (String, String);

/// An answer, ready to be sent any number of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// 200 or 204.
    pub status: StatusCode,
    /// What the body is.
    pub format: Format,
    /// The body; empty with 204.
    pub body: Bytes,
}

impl IntoResponse for Said {
    fn into_response(self) -> Response {
        if self.body.is_empty() {
            return self.status.into_response();
        }
        (self.status, [(header::CONTENT_TYPE, self.format.content_type())], Body::from(self.body)).into_response()
    }
}

/// Answers that were given, and those that are being found.
#[derive(Debug, Default)]
pub struct Answers(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    calls: BTreeMap<Key, watch::Receiver<Option<Said>>>,
    /// Those that have their answer, the oldest first, with its bytes.
    answered: VecDeque<(Key, usize, Instant)>,
    bytes: usize,
}

/// Is a call new?
#[derive(Debug)]
pub enum Claim {
    /// Its answer is to be found.
    First(Promise),
    /// It came before. The answer is or will be here; none comes when the first call was broken off.
    Again(watch::Receiver<Option<Said>>),
}

/// Whoever holds it finds the answer to a call. Dropped without one, the call may come anew.
#[derive(Debug)]
pub struct Promise {
    answers: Arc<Answers>,
    key: Key,
    sender: watch::Sender<Option<Said>>,
}

impl Answers {
    /// A call comes.
    pub fn claim(self: &Arc<Self>, registration: &str, request: &str) -> Claim {
        let key = (registration.to_owned(), request.to_owned());
        let mut kept = self.kept();
        kept.forget_old();
        if let Some(answer) = kept.calls.get(&key) {
            return Claim::Again(answer.clone());
        }
        let (sender, receiver) = watch::channel(None);
        kept.calls.insert(key.clone(), receiver);
        Claim::First(Promise { answers: Arc::clone(self), key, sender })
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget_old(&mut self) {
        let now = Instant::now();
        while let Some((_, _, since)) = self.answered.front() {
            let fits = self.answered.len() <= MOST && self.bytes <= BYTES;
            if fits && now.saturating_duration_since(*since) < AGE {
                break;
            }
            if let Some((key, bytes, _)) = self.answered.pop_front() {
                self.calls.remove(&key);
                self.bytes = self.bytes.saturating_sub(bytes);
            }
        }
    }
}

impl Promise {
    /// Here it is.
    pub fn keep(self, answer: Said) {
        let bytes = answer.body.len();
        if bytes <= BYTES {
            let mut kept = self.answers.kept();
            kept.answered.push_back((self.key.clone(), bytes, Instant::now()));
            kept.bytes = kept.bytes.saturating_add(bytes);
            kept.forget_old();
        }
        self.sender.send_replace(Some(answer));
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        let mut kept = self.answers.kept();
        if self.sender.borrow().is_none() || !kept.answered.iter().rev().any(|(key, _, _)| *key == self.key) {
            kept.calls.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: usize) -> Said {
        Said { status: StatusCode::OK, format: Format::Json, body: vec![b'x'; bytes].into() }
    }

    fn first(answers: &Arc<Answers>, request: &str) -> Promise {
        match answers.claim("r", request) {
            Claim::First(promise) => promise,
            Claim::Again(_) => panic!("{request} came before"),
        }
    }

    fn again(answers: &Arc<Answers>, request: &str) -> watch::Receiver<Option<Said>> {
        match answers.claim("r", request) {
            Claim::Again(answer) => answer,
            Claim::First(_) => panic!("{request} is new"),
        }
    }

    #[tokio::test]
    async fn a_call_has_one_answer() {
        let answers = Arc::new(Answers::default());
        let promise = first(&answers, "1");
        let mut early = again(&answers, "1");
        assert!(matches!(answers.claim("other", "1"), Claim::First(_)), "each registration has its own");
        promise.keep(said(3));
        assert_eq!(early.wait_for(Option::is_some).await.unwrap().clone(), Some(said(3)));
        assert_eq!(again(&answers, "1").borrow().clone(), Some(said(3)));
    }

    #[tokio::test]
    async fn a_call_that_was_broken_off_may_come_anew() {
        let answers = Arc::new(Answers::default());
        let promise = first(&answers, "1");
        let mut early = again(&answers, "1");
        drop(promise);
        assert!(early.wait_for(Option::is_some).await.is_err());
        first(&answers, "1").keep(said(1));
        assert_eq!(again(&answers, "1").borrow().clone(), Some(said(1)));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_kept_is_bounded() {
        let answers = Arc::new(Answers::default());
        for number in 0..=MOST {
            first(&answers, &number.to_string()).keep(said(1));
        }
        let fresh = first(&answers, "0");
        assert_eq!(answers.kept().calls.len(), MOST + 1, "those that are kept, and one without an answer");
        drop(fresh);
        first(&answers, "large").keep(said(BYTES));
        assert_eq!(answers.kept().calls.len(), 1, "the bytes count");
        first(&answers, "too large").keep(said(BYTES + 1));
        assert_eq!(answers.kept().calls.len(), 1);
        tokio::time::advance(AGE).await;
        drop(first(&answers, "large"));
        let kept = answers.kept();
        assert_eq!((kept.calls.len(), kept.bytes), (0, 0));
    }
}
