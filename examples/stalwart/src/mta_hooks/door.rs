//! HTTP: discovery, registration, and the hook.
//!
//! To a mail server a 4xx says "as if nobody had been asked", and the mail passes. So once it is known who calls, what cannot be
//! answered is answered with 200 and a refusal for now.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use http_body_util::BodyExt as _;
use sekisho_protocol::fields::Split;
use sekisho_protocol::mta_hooks::answer::{Manner, Patch, refuse};
use sekisho_protocol::mta_hooks::format::Format;
use sekisho_protocol::mta_hooks::register::{Offer, Register, Status, Terms, error};
use sekisho_protocol::mta_hooks::request::{Asked, Hook};
use serde_json::Value;
use tokio::time::timeout;

use super::answers::{Answers, Claim, Promise, Said};
use super::registry::{Registration, Registry};
use crate::clock;
use crate::config::MtaHooks;
use crate::hooks::http::{Credentials, READ, read, unauthorized};
use crate::house::{House, Place};
use crate::judge::Course;
use crate::mail::{Mail, Refused};
use crate::verdict::Refusal;

/// The header that names the registration.
const REGISTRATION: &str = "x-mta-hooks-registration";

/// The header that names the call; the same one on retries.
const REQUEST: &str = "x-mta-hooks-request-id";

/// The longest name of a call.
const REQUEST_BYTES: usize = 128;

/// The longest request for a registration.
const REGISTER_BYTES: usize = 64 << 10;

/// What all calls of a listener share.
#[derive(Debug)]
pub struct Door {
    house: Arc<House>,
    course: Arc<Course>,
    path: String,
    credentials: Credentials,
    updates: Vec<String>,
    most: usize,
    longest: Duration,
    registry: Registry,
    answers: Arc<Answers>,
}

impl Door {
    /// A door as it is configured. A verdict takes `longest` at most.
    #[must_use]
    pub fn new(house: Arc<House>, course: Arc<Course>, config: &MtaHooks, longest: Duration) -> Self {
        let lifetime = Duration::from_secs(config.registration_hours.saturating_mul(3600));
        Self {
            house,
            course,
            path: config.path.clone(),
            credentials: Credentials::new(config.username.as_ref(), config.secret.as_ref(), config.token.as_ref()),
            updates: config.update_properties.clone(),
            most: config.registrations,
            longest,
            registry: Registry::new(config.registrations, lifetime),
            answers: Arc::default(),
        }
    }

    /// Discovery, and what is below its path.
    pub fn router(self) -> Router {
        let path = self.path.clone();
        Router::new()
            .route("/.well-known/mta-hooks", get(discovery))
            .route(&format!("{path}/register"), post(register))
            .route(&format!("{path}/register/{{id}}"), delete(end))
            .route(&format!("{path}/register/{{id}}/status"), get(status))
            .route(&format!("{path}/hook"), post(hook))
            .with_state(Arc::new(self))
    }

    fn longest_ms(&self) -> u64 {
        u64::try_from(self.longest.as_millis()).unwrap_or(u64::MAX)
    }

    fn not_found(&self) -> Response {
        tracing::info!(
            listener = self.course.name,
            "a registration that is not known: the mail server registers again"
        );
        failed(StatusCode::NOT_FOUND, "REGISTRATION_NOT_FOUND", "register again")
    }

    /// The answer to a call; `None` when it broke off.
    async fn say(&self, terms: &Terms, format: Option<Format>, body: Body) -> Option<Said> {
        let mut place = Place::new(&self.house);
        let largest = self.house.largest();
        // Base64 is longer by a third, and what is about the mail is short.
        let limit = largest.saturating_add(largest / 2).saturating_add(1 << 20);
        let (mail, given) = match timeout(READ, read(body, limit, &mut place)).await {
            Ok(Ok(Ok(_))) if format != Some(terms.format) => {
                return self.not_now(terms, "a call that is not written as was agreed");
            }
            Ok(Ok(Ok(document))) => match terms.format.read::<Hook>(&document) {
                Ok(hook) => match hook.asked() {
                    Ok(Asked::Mail(mail, given)) => (*mail, given),
                    Ok(Asked::Early) => return write(&Patch::default(), terms.format),
                    Err(unclear) => return self.not_now(terms, unclear),
                },
                Err(error) => return self.not_now(terms, error),
            },
            Ok(Ok(Err((refused, size)))) => (Mail { size, refused: Some(refused), ..Mail::default() }, String::new()),
            Ok(Err(error)) => {
                tracing::warn!(listener = self.course.name, "a call broke off: {error}");
                return None;
            }
            Err(_) => return self.not_now(terms, "a call that takes too long to come"),
        };
        let mail = if mail.bytes.len() > largest {
            Mail { bytes: Vec::new(), refused: Some(Refused::TooLarge), ..mail }
        } else {
            mail
        };
        // Places of fields are counted in the message as it was, and a rewritten one is made from it.
        let message = match terms.may("/rawMessage") {
            true => mail.bytes.clone(),
            false => Split::of(&mail.bytes).header.to_vec(),
        };
        let verdict = self.house.judge.judge(mail, &self.course).await;
        let without_hold = self.course.way.without_hold;
        let manner = Manner { terms, without_hold, message: &message, given: &given };
        write(&manner.answer(&verdict), terms.format)
    }

    /// A mail about which nothing can be said comes again.
    fn not_now(&self, terms: &Terms, why: impl std::fmt::Display) -> Option<Said> {
        tracing::warn!(listener = self.course.name, "refused for now: {why}");
        let refusal = Refusal::for_now("The checkpoint could not read this message, try again later");
        write(&refuse(&refusal), terms.format)
    }
}

/// `GET /.well-known/mta-hooks`: the one call that anybody may make.
async fn discovery(State(door): State<Arc<Door>>) -> Response {
    let (path, message) = (door.path.as_str(), door.house.largest());
    let offer = Offer { path, message, registrations: door.most, timeout_ms: door.longest_ms() };
    says(StatusCode::OK, Format::Json, &offer.discovery())
}

/// `POST …/register`
async fn register(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    if !door.credentials.let_in(&headers) {
        return unauthorized();
    }
    let Some(format) = format(&headers) else {
        let message = "a registration is application/json or application/cbor";
        return failed(StatusCode::UNSUPPORTED_MEDIA_TYPE, "INVALID_REQUEST", message);
    };
    let Ok(Ok(document)) = timeout(READ, to_bytes(body, REGISTER_BYTES)).await else {
        return failed(StatusCode::PAYLOAD_TOO_LARGE, "INVALID_REQUEST", "a registration has 65536 bytes at most");
    };
    let terms = match format.read::<Register>(&document) {
        Ok(register) => register.negotiate(&door.updates),
        Err(error) => {
            tracing::warn!(listener = door.course.name, "not a registration: {error}");
            return failed(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "not a registration");
        }
    };
    let terms = match terms {
        Ok(terms) => terms,
        Err(unfit) => {
            tracing::warn!(listener = door.course.name, "no registration: {unfit}");
            let status = StatusCode::from_u16(unfit.status).unwrap_or(StatusCode::BAD_REQUEST);
            return failed(status, unfit.code, unfit.message);
        }
    };
    let now = clock::seconds();
    let until = terms.expires_at.as_deref().map(|text| clock::read(text).filter(|until| *until > now));
    if until == Some(None) {
        return failed(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "`expiresAt` is no time to come");
    }
    if terms.timeout_ms.is_some_and(|ms| ms < door.longest_ms()) {
        let (waits, needed) = (terms.timeout_ms, door.longest_ms());
        tracing::warn!(listener = door.course.name, waits, needed, "the mail server may not wait for every verdict");
    }
    let Ok((id, one)) = door.registry.register(terms, until.flatten(), now) else {
        tracing::warn!(listener = door.course.name, "no registration: {} are there", door.most);
        return failed(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", "there are as many registrations as may be");
    };
    tracing::info!(listener = door.course.name, id, name = ?one.terms.name, format = one.terms.format.name(), "registered");
    says(StatusCode::CREATED, format, &told(&door, &id, &one))
}

/// `GET …/register/ID/status`
async fn status(State(door): State<Arc<Door>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if !door.credentials.let_in(&headers) {
        return unauthorized();
    }
    match door.registry.find(&id, clock::seconds()) {
        Some(one) => says(StatusCode::OK, Format::Json, &told(&door, &id, &one)),
        None => door.not_found(),
    }
}

/// `DELETE …/register/ID`
async fn end(State(door): State<Arc<Door>>, Path(id): Path<String>, headers: HeaderMap) -> Response {
    if !door.credentials.let_in(&headers) {
        return unauthorized();
    }
    match door.registry.end(&id, clock::seconds()) {
        Some(one) => {
            tracing::info!(listener = door.course.name, id, "deregistered");
            says(StatusCode::OK, Format::Json, &told(&door, &id, &one))
        }
        None => door.not_found(),
    }
}

/// `POST …/hook`
async fn hook(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    if !door.credentials.let_in(&headers) {
        return unauthorized();
    }
    let named = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(registration) = named(REGISTRATION) else {
        tracing::warn!(
            listener = door.course.name,
            "a call without a registration: not a mail server that speaks the draft"
        );
        drain(body).await;
        return failed(StatusCode::BAD_REQUEST, "INVALID_REQUEST", "X-MTA-Hooks-Registration is missing");
    };
    let terms = match door.registry.find(registration, clock::seconds()) {
        Some(Registration { status: Status::Active, terms, .. }) => terms,
        Some(_) => {
            drain(body).await;
            return failed(StatusCode::GONE, "REGISTRATION_DEREGISTERED", "the mail server ended it");
        }
        None => {
            drain(body).await;
            return door.not_found();
        }
    };
    let Some(request) = named(REQUEST).filter(|id| !id.is_empty() && id.len() <= REQUEST_BYTES) else {
        drain(body).await;
        return answered(door.not_now(&terms, "a call whose X-MTA-Hooks-Request-Id is missing or too long"));
    };
    loop {
        match door.answers.claim(registration, request) {
            Claim::Again(mut answer) => {
                let answer = answer.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
                if answer.is_some() {
                    drain(body).await;
                    return answered(answer);
                }
            }
            Claim::First(promise) => {
                // A task of its own: when the mail server hangs up, what has begun comes to its end, and the answer is kept.
                let finding = tokio::spawn(find(Arc::clone(&door), terms, format(&headers), body, promise));
                return answered(finding.await.ok().flatten());
            }
        }
    }
}

async fn find(
    door: Arc<Door>,
    terms: Arc<Terms>,
    format: Option<Format>,
    body: Body,
    promise: Promise,
) -> Option<Said> {
    let said = door.say(&terms, format, body).await?;
    promise.keep(said.clone());
    Some(said)
}

fn told(door: &Door, id: &str, one: &Registration) -> Value {
    one.terms.registration(&door.path, id, one.status, &clock::spell(one.created), &clock::spell(one.expires))
}

fn format(headers: &HeaderMap) -> Option<Format> {
    Format::of_content_type(headers.get(header::CONTENT_TYPE)?.to_str().ok()?)
}

/// Reads to the end what nobody needs, or the mail server would not read our answer.
async fn drain(mut body: Body) {
    let all = async { while let Some(Ok(_)) = body.frame().await {} };
    let _ = timeout(READ, all).await;
}

fn write(patch: &Patch, format: Format) -> Option<Said> {
    if patch.is_empty() {
        return Some(Said { status: StatusCode::NO_CONTENT, format, body: Vec::new().into() });
    }
    match format.write(patch) {
        Ok(body) => Some(Said { status: StatusCode::OK, format, body: body.into() }),
        Err(error) => {
            tracing::error!("{error}");
            None
        }
    }
}

/// Without an answer the mail server does what it does when nobody is there.
fn answered(said: Option<Said>) -> Response {
    said.map_or_else(|| StatusCode::SERVICE_UNAVAILABLE.into_response(), Said::into_response)
}

fn failed(status: StatusCode, code: &str, message: &str) -> Response {
    says(status, Format::Json, &error(code, message))
}

fn says(status: StatusCode, format: Format, document: &Value) -> Response {
    match format.write(document) {
        Ok(body) => (status, [(header::CONTENT_TYPE, format.content_type())], body).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests;
