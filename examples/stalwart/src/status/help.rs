//! The help pages, in the frame of the other pages.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::view::View;
use super::{Status, missing};
use crate::help::body;

pub async fn list(State(status): State<Status>, view: View) -> Response {
    let title = view.lang.say("Rules", "規則一覧");
    view.page(StatusCode::OK, title, &status.catalogue.list(view.lang))
}

pub async fn show(State(status): State<Status>, Path(page): Path<String>, view: View) -> Response {
    let rule = page.strip_suffix(".html").and_then(|id| status.catalogue.get(id));
    match rule {
        Some(rule) => view.page(StatusCode::OK, &rule.id, &body(rule, view.lang)),
        None => missing(view).await,
    }
}
