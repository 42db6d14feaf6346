//! The status page: what the gate did, and for operators the quarantine. Also `/metrics`, `/healthz` and `/readyz`.
//!
//! Everything is plain HTML and forms. Whoever reaches the port may read verdicts and counters, which hold neither
//! addresses nor text of mails; the quarantine is for who has logged in.

use std::sync::Arc;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use tokio::sync::{Semaphore, watch};

use crate::config::Operator;
use crate::help::Catalogue;
use crate::hooks::http::Listening;
use crate::house::House;
use crate::quarantine::{Server, Spool};

mod acts;
mod backoff;
mod held;
mod help;
pub(crate) mod html;
mod letter;
mod login;
mod overview;
mod sessions;
#[cfg(test)]
mod tests;
mod view;

use backoff::Backoff;
use sessions::{Sessions, Visitor};
use view::{Peer, View};

/// The largest form, bytes.
const FORM: usize = 8 << 10;

/// Passwords that are looked at side by side; each takes the memory its hash says.
const LOGINS: usize = 2;

/// What the pages tell of.
#[derive(Clone, Debug)]
pub struct Status {
    /// Judge and counters.
    pub house: Arc<House>,
    /// Is the gate told to stop?
    pub stop: watch::Receiver<bool>,
    /// The rules and what senders can do.
    pub catalogue: Arc<Catalogue>,
    /// Where operators work; nowhere without operators.
    pub desk: Option<Arc<Desk>>,
    /// Do browsers speak TLS with us?
    pub has_tls: bool,
}

/// Where operators work.
#[derive(Debug)]
pub struct Desk {
    operators: Vec<Operator>,
    spool: Option<Arc<Spool>>,
    server: Option<Server>,
    sessions: Sessions,
    backoff: Backoff,
    turns: Arc<Semaphore>,
}

impl Desk {
    /// For these operators; nothing without any.
    #[must_use]
    pub fn new(operators: &[Operator], spool: Option<Arc<Spool>>, server: Option<Server>) -> Option<Self> {
        let turns = Arc::new(Semaphore::new(LOGINS));
        let (sessions, backoff) = (Sessions::default(), Backoff::default());
        let operators = operators.to_vec();
        (!operators.is_empty()).then_some(Self { operators, spool, server, sessions, backoff, turns })
    }
}

/// Serves the pages until the gate stops.
pub async fn serve(listening: Listening, status: Status) {
    let mut stop = status.stop.clone();
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    let pages = router(status).into_make_service_with_connect_info::<Peer>();
    if let Err(error) = axum::serve(listening, pages).with_graceful_shutdown(stopped).await {
        tracing::error!("status pages: {error}");
    }
}

fn router(status: Status) -> Router {
    Router::new()
        .route("/", get(overview::show))
        .route("/help/", get(help::list))
        .route("/help/{page}", get(help::show))
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/quarantine", get(acts::list))
        .route("/quarantine/{reference}", get(acts::show))
        .route("/quarantine/{reference}/release", post(acts::release))
        .route("/quarantine/{reference}/delete", post(acts::delete))
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readiness))
        .fallback(missing)
        .with_state(status)
}

async fn missing(view: View) -> Response {
    let said = view.lang.say("There is no such page.", "そのページはありません。");
    view.word(StatusCode::NOT_FOUND, view.lang.say("Not here", "ありません"), said)
}

async fn metrics(State(status): State<Status>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], status.house.metrics.text())
}

/// Ready is who takes new mail and can judge it.
async fn readiness(State(status): State<Status>) -> impl IntoResponse {
    let stopping = *status.stop.borrow();
    if !stopping && status.house.judge.is_ready().await {
        (StatusCode::OK, "ready\n")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, if stopping { "stopping\n" } else { "the sandbox does not answer\n" })
    }
}

/// The fields of a form; none of one that is too large.
async fn form(body: Body) -> Vec<(String, String)> {
    let read = axum::body::to_bytes(body, FORM).await.context("form").unwrap_or_default();
    form_urlencoded::parse(&read).into_owned().collect()
}

fn field<'f>(fields: &'f [(String, String)], name: &str) -> &'f str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

impl View {
    /// Did this visitor send this form from a page of ours?
    fn is_meant(&self, visitor: &Visitor, fields: &[(String, String)]) -> bool {
        self.is_ours && crate::hooks::http::same(visitor.csrf.as_bytes(), field(fields, "csrf").as_bytes())
    }
}
