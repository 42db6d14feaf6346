//! The status page, `/metrics`, `/healthz` and `/readyz`.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::house::House;

mod page;

/// What the pages tell of.
#[derive(Clone, Debug)]
pub struct Status {
    /// Judge and counters.
    pub house: Arc<House>,
    /// Is the gate told to stop?
    pub stop: watch::Receiver<bool>,
}

/// Serves the pages until the gate stops.
pub async fn serve(listener: TcpListener, status: Status) {
    let mut stop = status.stop.clone();
    let pages = Router::new()
        .route("/", get(page))
        .route("/metrics", get(metrics))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(readiness))
        .with_state(status);
    let stopped = async move {
        let _ = stop.wait_for(|stop| *stop).await;
    };
    if let Err(error) = axum::serve(listener, pages).with_graceful_shutdown(stopped).await {
        tracing::error!("status pages: {error}");
    }
}

async fn page(State(status): State<Status>) -> impl IntoResponse {
    let metrics = &status.house.metrics;
    let page = page::page(&metrics.recent.all(), metrics.judging.get(), metrics.connections.get());
    // No script, nothing from elsewhere, in no frame.
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::CACHE_CONTROL, "no-store")], Html(page))
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
