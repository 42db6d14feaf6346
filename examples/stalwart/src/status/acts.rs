//! Requests about the quarantine. Without a session there is none of it to see, and nothing to do.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::held::{self, Note};
use super::letter::Letter;
use super::sessions::Visitor;
use super::view::View;
use super::{Desk, Status, form};
use crate::lang::Lang;
use crate::quarantine::release::Outcome;
use crate::quarantine::{Spool, SpoolError, State as Stand};

/// What an operator may do with a mail.
#[derive(Clone, Copy, Debug)]
enum Act {
    Release { again: bool },
    Delete,
}

pub async fn list(State(status): State<Status>, view: View) -> Response {
    let Some((desk, _)) = admitted(&status, &view) else { return turned_away(&status, view).await };
    let Some(spool) = desk.spool.clone() else { return no_spool(&view) };
    let listed = tokio::task::spawn_blocking(move || {
        let (entries, broken) = spool.list()?;
        for error in &broken {
            tracing::error!("quarantine: {error}");
        }
        Ok::<_, SpoolError>((entries, broken.len()))
    });
    let Ok(Ok((entries, broken))) = listed.await else { return failed(&view) };
    let body = note(&desk, &view) + &held::list(view.lang, &entries, broken, view.number);
    view.page(StatusCode::OK, view.lang.say("Quarantine", "隔離"), &body)
}

pub async fn show(State(status): State<Status>, Path(reference): Path<String>, view: View) -> Response {
    let Some((desk, visitor)) = admitted(&status, &view) else { return turned_away(&status, view).await };
    let Some(spool) = desk.spool.clone() else { return no_spool(&view) };
    let looked = tokio::task::spawn_blocking(move || {
        let entry = spool.get(&reference)?;
        let letter = Letter::of(&spool.beginning(&entry.reference)?);
        Ok::<_, SpoolError>((entry, letter))
    });
    match looked.await {
        Ok(Ok((entry, letter))) => {
            let told = held::one(view.lang, &entry, &letter, &visitor, desk.server.is_some());
            view.page(StatusCode::OK, &entry.reference, &(note(&desk, &view) + &told))
        }
        Ok(Err(SpoolError::Unknown(_))) => {
            let title = view.lang.say("Not here", "ありません");
            view.page(StatusCode::NOT_FOUND, title, &(note(&desk, &view) + &Note::Gone.html(view.lang)))
        }
        Ok(Err(error)) => {
            tracing::error!("quarantine: {error}");
            failed(&view)
        }
        Err(_) => failed(&view),
    }
}

pub async fn release(State(status): State<Status>, Path(reference): Path<String>, view: View, body: Body) -> Response {
    let fields = form(body).await;
    let again = fields.iter().any(|(key, value)| key == "again" && value == "yes");
    act(status, reference, view, &fields, Act::Release { again }).await
}

pub async fn delete(State(status): State<Status>, Path(reference): Path<String>, view: View, body: Body) -> Response {
    let fields = form(body).await;
    act(status, reference, view, &fields, Act::Delete).await
}

async fn act(status: Status, reference: String, view: View, fields: &[(String, String)], act: Act) -> Response {
    let Some((desk, visitor)) = admitted(&status, &view).filter(|(_, visitor)| view.is_meant(visitor, fields)) else {
        return forbidden(&view);
    };
    let Some(spool) = desk.spool.clone() else { return no_spool(&view) };
    let (operator, task, metrics) = (visitor.operator, Arc::clone(&desk), Arc::clone(&status.house.metrics));
    // On a thread of its own to its end, even when the browser does not wait for it.
    let done = tokio::task::spawn_blocking(move || {
        let note = carry_out(&task, &spool, &reference, act, &operator);
        if let Ok(survey) = spool.survey() {
            metrics.quarantine.set(&survey);
        }
        (note, reference)
    });
    let Ok((note, reference)) = done.await else { return failed(&view) };
    let there = match note {
        Note::Deleted | Note::Gone => "/quarantine".to_owned(),
        // It is the name of a mail that is there: letters, digits and hyphens.
        _ => format!("/quarantine/{reference}"),
    };
    if let Some(token) = &view.token {
        desk.sessions.leave(token, note);
    }
    view.go(&there)
}

/// Does it, and writes into the log who did what.
fn carry_out(desk: &Desk, spool: &Spool, reference: &str, act: Act, operator: &str) -> Note {
    let (done, word) = match (act, &desk.server) {
        (Act::Delete, _) => (spool.delete(reference).map(|()| Note::Deleted), "delete"),
        (Act::Release { .. }, None) => return Note::Failed,
        (Act::Release { again }, Some(server)) => {
            let done = spool.release(reference, server, again).map(|outcome| match outcome {
                Outcome::Released => Note::Released,
                Outcome::Partly { said } => Note::Partly(said),
                Outcome::Refused { said } => Note::Refused(said),
                Outcome::Unknown { said } => Note::Unknown(said),
            });
            (done, if again { "release-again" } else { "release" })
        }
    };
    let note = done.unwrap_or_else(|error| match error {
        SpoolError::Unknown(_) => Note::Gone,
        SpoolError::Busy(_) => Note::Busy,
        SpoolError::State { state, .. } => Note::Stands(state),
        error => {
            tracing::error!("quarantine: {error}");
            Note::Failed
        }
    });
    let outcome = match note {
        Note::Released => "released",
        Note::Partly(_) => "partly-released",
        Note::Refused(_) => "refused",
        Note::Unknown(_) => "unknown",
        Note::Deleted => "deleted",
        Note::Busy => "busy",
        Note::Stands(Stand::Released) => "released-before",
        Note::Stands(_) => "broke-off-before",
        Note::Gone => "gone",
        Note::Failed => "failed",
    };
    // Whoever logged in may have written anything where a reference belongs.
    let reference: String = reference.chars().filter(char::is_ascii_graphic).take(40).collect();
    tracing::info!(operator, reference, action = word, outcome, "quarantine");
    note
}

/// The desk, and who is logged in at it.
fn admitted(status: &Status, view: &View) -> Option<(Arc<Desk>, Visitor)> {
    Some((Arc::clone(status.desk.as_ref()?), view.visitor.clone()?))
}

/// To the login, where there is one.
async fn turned_away(status: &Status, view: View) -> Response {
    if status.desk.is_some() { view.go("/login") } else { super::missing(view).await }
}

fn note(desk: &Desk, view: &View) -> String {
    let note = view.token.as_ref().and_then(|token| desk.sessions.take(token));
    note.map_or_else(String::new, |note| note.html(view.lang))
}

fn forbidden(view: &View) -> Response {
    let said = view.lang.say(
        "Nothing was done: this needs a login, and a form of this page. Log in and try again.",
        "何も実行していません。ログインのうえ、このページのフォームから操作してください。",
    );
    view.word(StatusCode::FORBIDDEN, view.lang.say("Not allowed", "許可されていません"), said)
}

fn no_spool(view: &View) -> Response {
    let said = match view.lang {
        Lang::En => "The configuration has no section [quarantine]: the mail servers hold mail themselves.",
        Lang::Ja => "設定に [quarantine] がありません。メールはメールサーバー側で保留されます。",
    };
    view.word(StatusCode::NOT_FOUND, view.lang.say("Quarantine", "隔離"), said)
}

fn failed(view: &View) -> Response {
    view.page(StatusCode::INTERNAL_SERVER_ERROR, view.lang.say("Quarantine", "隔離"), &Note::Failed.html(view.lang))
}
