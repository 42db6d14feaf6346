//! HTTP: who may call, how much, and the answer in one write.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::time::timeout;

use super::answer::{answer, go_on};
use super::http::{Credentials, READ, read, unauthorized};
use super::request::Request;
use crate::config::Hooks;
use crate::house::{House, Place};
use crate::judge::Course;
use crate::mail::{Mail, Refused};

/// What all calls of a listener share.
#[derive(Debug)]
pub struct Door {
    house: Arc<House>,
    course: Arc<Course>,
    path: String,
    credentials: Credentials,
}

impl Door {
    /// A door as it is configured.
    #[must_use]
    pub fn new(house: Arc<House>, course: Arc<Course>, config: &Hooks) -> Self {
        let credentials = Credentials::new(config.username.as_ref(), config.secret.as_ref(), config.token.as_ref());
        Self { house, course, path: config.path.clone(), credentials }
    }

    /// The one path it answers.
    pub fn router(self) -> Router {
        Router::new().route(&self.path.clone(), post(hook)).with_state(Arc::new(self))
    }
}

async fn hook(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    if !door.credentials.let_in(&headers) {
        return unauthorized();
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

#[cfg(test)]
mod tests;
