//! Logging in and out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use tokio::time::timeout;

use super::html::text;
use super::sessions::LONGEST;
use super::view::View;
use super::{Desk, Status, field, form};

/// How long a login waits while others are looked at.
const WAIT: Duration = Duration::from_secs(10);

pub async fn show(State(status): State<Status>, view: View) -> Response {
    match (&status.desk, &view.visitor) {
        (None, _) => super::missing(view).await,
        (Some(_), Some(_)) => view.go("/quarantine"),
        (Some(_), None) => view.page(StatusCode::OK, title(&view), &page(&view, "")),
    }
}

pub async fn enter(State(status): State<Status>, view: View, body: Body) -> Response {
    let Some(desk) = status.desk.clone() else { return super::missing(view).await };
    if !view.is_ours {
        let said = view.lang.say("This form came from elsewhere.", "このフォームは別のサイトから送信されました。");
        return view.word(StatusCode::FORBIDDEN, title(&view), said);
    }
    let fields = form(body).await;
    let (name, password) = (field(&fields, "name").to_owned(), field(&fields, "password").to_owned());
    if let Err(wait) = desk.backoff.attempt(view.address, &name, Instant::now()) {
        return later(&view, wait);
    }
    let Some(right) = verify(&desk, &name, password).await else { return later(&view, WAIT) };
    // Names of nobody are not written down: some are passwords in the wrong field.
    let known = desk.operators.iter().any(|operator| operator.name.as_str() == name);
    let operator = if known { name.as_str() } else { "(unknown)" };
    let token = if right { desk.sessions.begin(&name, Instant::now()) } else { None };
    let Some(token) = token else {
        tracing::warn!(operator, address = %view.address, "login refused");
        let said = view.lang.say("Name or password is wrong.", "名前またはパスワードが違います。");
        return view.page(StatusCode::FORBIDDEN, title(&view), &page(&view, said));
    };
    desk.backoff.succeeded(view.address, &name);
    tracing::info!(operator, address = %view.address, "login");
    if let Some(old) = &view.token {
        desk.sessions.end(old);
    }
    let mut answer = view.go("/quarantine");
    view.keep(&mut answer, &token, LONGEST.as_secs());
    answer
}

pub async fn leave(State(status): State<Status>, view: View, body: Body) -> Response {
    let fields = form(body).await;
    if let (Some(desk), Some(visitor), Some(token)) = (&status.desk, &view.visitor, &view.token) {
        if !view.is_meant(visitor, &fields) {
            let said = view.lang.say("This form came from elsewhere.", "このフォームは別のサイトから送信されました。");
            return view.word(StatusCode::FORBIDDEN, view.lang.say("Log out", "ログアウト"), said);
        }
        desk.sessions.end(token);
        tracing::info!(operator = visitor.operator, "logout");
    }
    let mut answer = view.go("/");
    view.keep(&mut answer, "", 0);
    answer
}

/// Is it the password of this operator? The work is the same for a name that nobody has. Nothing when too many wait.
async fn verify(desk: &Arc<Desk>, name: &str, password: String) -> Option<bool> {
    let turn = timeout(WAIT, Arc::clone(&desk.turns).acquire_owned()).await.ok()?.ok()?;
    let own = desk.operators.iter().find(|operator| operator.name.as_str() == name);
    let (is_known, hashed) = (own.is_some(), own.or(desk.operators.first())?.password.clone());
    let work = move || {
        let _turn = turn;
        // Looked at first, whoever it is.
        hashed.is_of(&password) && is_known
    };
    tokio::task::spawn_blocking(work).await.ok()
}

fn title(view: &View) -> &'static str {
    view.lang.say("Log in", "ログイン")
}

fn later(view: &View, wait: Duration) -> Response {
    let seconds = wait.as_secs().saturating_add(1);
    let said = match view.lang {
        crate::lang::Lang::En => format!("Too many wrong passwords. Try again in {seconds} seconds."),
        crate::lang::Lang::Ja => format!("パスワードの誤りが続いています。{seconds} 秒後にもう一度お試しください。"),
    };
    let mut answer = view.page(StatusCode::TOO_MANY_REQUESTS, title(view), &page(view, &said));
    if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
        answer.headers_mut().insert(header::RETRY_AFTER, value);
    }
    answer
}

fn page(view: &View, wrong: &str) -> String {
    let alert = if wrong.is_empty() {
        String::new()
    } else {
        format!("<p class=\"note bad\" role=\"alert\">{}</p>\n", text(wrong))
    };
    format!(
        "{alert}<form class=\"card\" method=\"post\" action=\"/login\">\
         <p class=\"soft\">{}</p>\
         <label for=\"name\">{}</label><input type=\"text\" id=\"name\" name=\"name\" required maxlength=\"64\" \
         autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\">\
         <label for=\"password\">{}</label><input type=\"password\" id=\"password\" name=\"password\" required \
         autocomplete=\"current-password\"><p><button>{}</button></p></form>\n",
        view.lang.say(
            "For operators: quarantined mail can be looked at, released and deleted.",
            "担当者用:隔離されたメールの確認・解放・削除ができます。"
        ),
        view.lang.say("Name", "名前"),
        view.lang.say("Password", "パスワード"),
        title(view),
    )
}
