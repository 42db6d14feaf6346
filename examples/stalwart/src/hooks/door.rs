//! HTTP: who may call, how much, and the answer in one write.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt as _;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

use super::answer::{answer, go_on};
use super::request::Request;
use crate::config::Hooks;
use crate::house::{House, Place};
use crate::judge::Course;
use crate::mail::{Mail, Refused};

/// How long a body may take to come.
const READ: Duration = Duration::from_secs(60);

/// What all calls of a listener share.
#[derive(Debug)]
pub struct Door {
    house: Arc<House>,
    course: Arc<Course>,
    path: String,
    /// Values of `Authorization` that are let in; empty: everybody is.
    credentials: Vec<String>,
}

impl Door {
    /// A door as it is configured.
    #[must_use]
    pub fn new(house: Arc<House>, course: Arc<Course>, config: &Hooks) -> Self {
        let mut credentials = Vec::new();
        if let (Some(username), Some(secret)) = (&config.username, &config.secret) {
            let pair = format!("{username}:{secret}");
            credentials.push(format!("Basic {}", base64_simd::STANDARD.encode_to_string(pair)));
        }
        credentials.extend(config.token.as_ref().map(|token| format!("Bearer {token}")));
        Self { house, course, path: config.path.clone(), credentials }
    }

    fn lets_in(&self, headers: &HeaderMap) -> bool {
        let shown = headers.get(header::AUTHORIZATION).map_or(&b""[..], |value| value.as_bytes());
        // All are compared, each to its end: time tells nothing.
        let matching = self.credentials.iter().filter(|known| same(known.as_bytes(), shown)).count();
        self.credentials.is_empty() || matching > 0
    }
}

/// Are they equal? Takes as long whatever differs.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
}

/// Serves calls until the gate stops; calls under way are finished.
pub async fn serve(listener: TcpListener, door: Door, mut stop: watch::Receiver<bool>) {
    // Without this the second packet of an answer would wait for the acknowledgement of the first.
    let listener = listener.tap_io(|stream| {
        let _ = stream.set_nodelay(true);
    });
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, router(door)).with_graceful_shutdown(stopped).await {
        tracing::error!("MTA Hooks door: {error}");
    }
}

fn router(door: Door) -> Router {
    Router::new().route(&door.path.clone(), post(hook)).with_state(Arc::new(door))
}

async fn hook(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    if !door.lets_in(&headers) {
        return (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"sekisho\"")]).into_response();
    }
    let mut place = Place::new(&door.house);
    // JSON of mail is hardly longer than the mail; what is twice as long at this size gets a decision as well.
    let limit = door.house.largest().saturating_mul(2).saturating_add(1 << 20);
    let mail = match timeout(READ, read(body, limit, &mut place)).await {
        Ok(Ok(Ok(json))) => match serde_json::from_slice::<Request>(&json) {
            Ok(request) => match request.into_mail() {
                Some(mail) => mail,
                None => return says(&go_on()),
            },
            Err(error) => {
                tracing::warn!(listener = door.course.name, "not a call of MTA Hooks version 1: {error}");
                return StatusCode::BAD_REQUEST.into_response();
            }
        },
        Ok(Ok(Err((refused, size)))) => Mail { size, refused: Some(refused), ..Mail::default() },
        Ok(Err(error)) => {
            tracing::warn!(listener = door.course.name, "a call broke off: {error}");
            return StatusCode::BAD_REQUEST.into_response();
        }
        Err(_) => return StatusCode::REQUEST_TIMEOUT.into_response(),
    };
    let mail = fitting(mail, door.house.largest());
    let damaged = mail.damaged;
    let verdict = door.house.judge.judge(mail, &door.course).await;
    says(&answer(&verdict, door.course.way.without_hold, damaged))
}

/// A message over the limit gets a decision; an HTTP error would mean "not now" for days.
fn fitting(mail: Mail, largest: usize) -> Mail {
    if mail.bytes.len() <= largest {
        return mail;
    }
    Mail { bytes: Vec::new(), refused: Some(Refused::TooLarge), ..mail }
}

fn says(answer: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], answer.to_string()).into_response()
}

/// The whole body. What is too much is still read to its end (or the caller would not read our answer), and not kept.
async fn read(
    mut body: Body,
    limit: usize,
    place: &mut Place<'_>,
) -> Result<Result<Vec<u8>, (Refused, usize)>, axum::Error> {
    let (mut bytes, mut size, mut refused) = (Vec::new(), 0_usize, None);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame?.into_data() else { continue };
        size = size.saturating_add(data.len());
        if size > limit {
            refused.get_or_insert(Refused::TooLarge);
        } else if refused.is_none() && !place.fit(size).await {
            refused = Some(Refused::Overload);
        }
        match refused {
            None => bytes.extend_from_slice(&data),
            Some(_) => bytes = Vec::new(),
        }
    }
    Ok(refused.map_or(Ok(bytes), |why| Err((why, size))))
}

#[cfg(test)]
mod tests;
