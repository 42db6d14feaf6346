//! The quarantine on the status page, for who is logged in: the list, one mail, and what can be done with it.

use std::fmt::Write as _;

use super::html::{Table, cut, rules, size, text, time};
use super::letter::Letter;
use super::overview;
use super::sessions::Visitor;
use super::view::hidden;
use crate::lang::Lang;
use crate::quarantine::{Entry, State};

/// Mails on one page of the list.
pub const PAGE: usize = 50;

/// As much of a text from outside as is shown, letters.
const SHOWN: usize = 300;

/// Recipients that are named.
const NAMED: usize = 20;

/// What came of an action; told on the next page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The mail server took it.
    Released,
    /// It took it for some recipients; what it said of another.
    Partly(String),
    /// It did not take it; what it said.
    Refused(String),
    /// Nobody knows.
    Unknown(String),
    /// It is gone.
    Deleted,
    /// Somebody else is at it right now.
    Busy,
    /// It is not to be released any more, or not again unasked.
    Stands(State),
    /// There is no such mail.
    Gone,
    /// The disk.
    Failed,
}

impl Note {
    /// As HTML.
    #[must_use]
    pub fn html(&self, lang: Lang) -> String {
        let (class, words, said) = match self {
            Self::Released => (
                "good",
                lang.say("Released: the mail server took it.", "解放しました。メールサーバーが受け取りました。"),
                "",
            ),
            Self::Partly(said) => (
                "bad",
                lang.say(
                    "Released for some recipients; it stays for the others:",
                    "一部の宛先だけに解放しました。残りの宛先の分は隔離されたままです:",
                ),
                said.as_str(),
            ),
            Self::Refused(said) => (
                "bad",
                lang.say("Not released; it stays here:", "解放できませんでした。隔離されたままです:"),
                said.as_str(),
            ),
            Self::Unknown(said) => (
                "bad",
                lang.say(
                    "It may have arrived or not; look before you release it again:",
                    "届いたかどうか分かりません。再度解放する前に確認してください:",
                ),
                said.as_str(),
            ),
            Self::Deleted => ("good", lang.say("Deleted.", "削除しました。"), ""),
            Self::Busy => (
                "bad",
                lang.say(
                    "Somebody else is releasing or deleting it right now.",
                    "ほかの担当者が解放または削除の処理中です。",
                ),
                "",
            ),
            Self::Stands(State::Released) => (
                "bad",
                lang.say("It was released before; nothing was sent.", "すでに解放済みです。何も送信していません。"),
                "",
            ),
            Self::Stands(_) => (
                "bad",
                lang.say(
                    "An earlier release broke off; nothing was sent.",
                    "以前の解放が中断しています。何も送信していません。",
                ),
                "",
            ),
            Self::Gone => {
                ("bad", lang.say("It is not in quarantine any more.", "このメールはもう隔離されていません。"), "")
            }
            Self::Failed => (
                "bad",
                lang.say("The disk failed; the log says more.", "ディスクのエラーです。詳細はログをご覧ください。"),
                "",
            ),
        };
        let said = if said.is_empty() {
            String::new()
        } else {
            format!(" <code lang=\"en\">{}</code>", text(&cut(said, SHOWN)))
        };
        format!("<p class=\"note {class}\" role=\"status\">{words}{said}</p>\n")
    }
}

/// One page of the list, the newest first. `all` is oldest first.
#[must_use]
pub fn list(lang: Lang, all: &[Entry], broken: usize, number: usize) -> String {
    let mut out = String::new();
    if broken > 0 {
        let words = lang
            .say("Envelopes that cannot be read (the log names them):", "読めない封筒ファイルがあります(ログに記録):");
        let _ = writeln!(out, "<p class=\"note bad\">{words} {broken}</p>");
    }
    if all.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", lang.say("Nothing is in quarantine.", "隔離中のメールはありません。"));
        return out;
    }
    let heads = [
        lang.say("Time", "時刻"),
        lang.say("Reference", "照会番号"),
        lang.say("State", "状態"),
        lang.say("Sender", "差出人"),
        lang.say("Why", "理由"),
        lang.say("Size", "サイズ"),
    ];
    let mut table = Table::new(lang.say("The newest first", "新しい順"), &heads, 1);
    let skipped = number.saturating_sub(1).saturating_mul(PAGE);
    for entry in all.iter().rev().skip(skipped).take(PAGE) {
        let reference = text(&entry.reference);
        table
            .row()
            .cell(time(&entry.time))
            .cell(format!("<a class=\"ref\" href=\"/quarantine/{reference}\">{reference}</a>"))
            .cell(state(lang, entry.state))
            .cell(format!("<bdi>{}</bdi>", sender(lang, &entry.mail_from)))
            .cell(rules(&entry.rules))
            .number(size(entry.size));
    }
    out.push_str(&table.end());
    let mut links = Vec::new();
    if number > 1 {
        links.push(format!(
            "<a href=\"/quarantine?page={}\">{}</a>",
            number.saturating_sub(1),
            lang.say("Newer", "新しいもの")
        ));
    }
    if all.len() > skipped.saturating_add(PAGE) {
        links.push(format!(
            "<a href=\"/quarantine?page={}\">{}</a>",
            number.saturating_add(1),
            lang.say("Older", "古いもの")
        ));
    }
    if !links.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", links.join(" · "));
    }
    out
}

fn state(lang: Lang, state: State) -> String {
    let (class, words) = match state {
        State::Held => ("held", lang.say("held", "隔離中")),
        State::Releasing => ("releasing", lang.say("releasing", "解放が中断")),
        State::Released => ("released", lang.say("released", "解放済み")),
    };
    format!("<span class=\"action {class}\">{words}</span>")
}

fn sender(lang: Lang, address: &str) -> String {
    if address.is_empty() {
        lang.say("(none: a notice of a mail system)", "(なし:配送通知)").to_owned()
    } else {
        text(&cut(address, SHOWN))
    }
}

/// One mail.
#[must_use]
pub fn one(lang: Lang, entry: &Entry, letter: &Letter, visitor: &Visitor, can_release: bool) -> String {
    let mut out = facts(lang, entry, letter);
    if entry.state != State::Released {
        out.push_str(&forms(lang, entry, visitor, can_release));
    }
    let _ = writeln!(out, "<p><a href=\"/quarantine\">{}</a></p>", lang.say("Back to the list", "一覧へ戻る"));
    out
}

fn facts(lang: Lang, entry: &Entry, letter: &Letter) -> String {
    let bdi = |raw: &str| match raw {
        "" => String::new(),
        raw => format!("<bdi>{}</bdi>", text(&cut(raw, SHOWN))),
    };
    let (shown, blind) = letter.shown(&entry.recipients);
    let mut to: Vec<_> = shown.iter().take(NAMED).map(|recipient| bdi(recipient)).collect();
    let more = shown.len().saturating_sub(NAMED);
    if more > 0 {
        to.push(match lang {
            Lang::En => format!("{more} more"),
            Lang::Ja => format!("ほか {more} 件"),
        });
    }
    if blind > 0 {
        to.push(match lang {
            Lang::En => format!("{blind} that the header does not name"),
            Lang::Ja => format!("ヘッダーに記載のない宛先 {blind} 件"),
        });
    }
    let why = format!("<span lang=\"en\">{}</span><br>{}", text(&entry.reason), rules(&entry.rules));
    let mut facts = vec![
        (lang.say("State", "状態"), state(lang, entry.state)),
        (lang.say("Subject", "件名"), bdi(&letter.subject)),
        (lang.say("From, as the mail says", "差出人(メールの表示)"), bdi(&letter.from)),
        (lang.say("Sender of the envelope", "差出人(封筒)"), format!("<bdi>{}</bdi>", sender(lang, &entry.mail_from))),
        (lang.say("Recipients", "宛先"), to.join(", ")),
        (lang.say("Why", "理由"), why),
        (lang.say("Action", "処置"), overview::action(lang, &entry.action)),
        (lang.say("Risk", "危険度"), format!("{} / 100", entry.risk)),
        (lang.say("Size", "サイズ"), format!("{} ({})", size(entry.size), entry.size)),
        (lang.say("Came", "受信"), time(&entry.time)),
        (lang.say("From the address", "送信元アドレス"), bdi(&entry.client_ip)),
        (lang.say("Through the listener", "入口"), text(&entry.listener)),
        (lang.say("Queue id of the mail server", "メールサーバーのキュー ID"), bdi(&entry.queue_id)),
    ];
    if entry.state != State::Held {
        facts.push((lang.say("State since", "状態の変更"), time(&entry.changed)));
    }
    if !entry.trouble.is_empty() {
        facts.push((lang.say("The mail server said", "メールサーバーの応答"), bdi(&entry.trouble)));
    }
    facts.retain(|(_, value)| !value.is_empty());
    let rows: String = facts.iter().map(|(name, value)| format!("<dt>{name}</dt><dd>{value}</dd>\n")).collect();
    format!("<section class=\"card\"><dl class=\"facts\">{rows}</dl></section>\n")
}

fn forms(lang: Lang, entry: &Entry, visitor: &Visitor, can_release: bool) -> String {
    let (reference, csrf) = (text(&entry.reference), hidden(&visitor.csrf));
    let release = match entry.state {
        _ if !can_release => format!(
            "<p class=\"note\">{}</p>",
            lang.say(
                "Nothing can be released: the configuration has no release-to.",
                "設定に release-to がないため、解放できません。"
            )
        ),
        State::Releasing => format!(
            "<form method=\"post\" action=\"/quarantine/{reference}/release\">{csrf}<p>{}</p>\
             <label class=\"check\"><input type=\"checkbox\" name=\"again\" value=\"yes\" required> {}</label>\
             <button>{}</button></form>",
            lang.say(
                "A release runs, or broke off after the message was sent: nobody knows whether the mail arrived.",
                "解放中、または送信後に中断しました。届いたかどうか分かりません。"
            ),
            lang.say(
                "I looked: it did not arrive, or may arrive twice",
                "確認しました。届いていないか、二重に届いてもかまいません"
            ),
            lang.say("Release again", "もう一度解放する"),
        ),
        _ => format!(
            "<form method=\"post\" action=\"/quarantine/{reference}/release\">{csrf}<button>{}</button></form>",
            lang.say("Release to the recipients", "宛先へ解放する")
        ),
    };
    format!(
        "<section class=\"card\" aria-label=\"{}\"><div class=\"acts\">{release}<details><summary>{}</summary>\
         <form method=\"post\" action=\"/quarantine/{reference}/delete\">{csrf}<p>{}</p><button class=\"danger\">{}</button></form>\
         </details></div></section>\n",
        lang.say("What to do", "操作"),
        lang.say("Delete…", "削除…"),
        lang.say("It is gone for good; nobody is told.", "元に戻せません。誰にも通知されません。"),
        lang.say("Delete for good", "完全に削除する"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(state: State) -> Entry {
        let json = serde_json::json!({
            "reference": "T43FJ-HRM00", "time": "2026-11-24T00:00:00Z", "state": state.as_str(), "changed": "2026-11-24T00:00:00Z",
            "listener": "mx", "queue-id": "Q1", "client-ip": "192.0.2.1", "mail-from": "<script>@x.example",
            "recipients": ["b@here.example", "blind@here.example"], "size": 3453, "action": "quarantine", "risk": 10,
            "rules": ["zip-encrypted"], "reason": "It is <so>."
        });
        serde_json::from_value(json).unwrap()
    }

    fn page(state: State, can_release: bool) -> String {
        let letter = Letter { subject: "<b>\u{202e}x".into(), to: vec!["b@here.example".into()], ..Letter::default() };
        let visitor = Visitor { operator: "aiko".into(), csrf: "C5RF".into() };
        one(Lang::En, &entry(state), &letter, &visitor, can_release)
    }

    #[test]
    fn a_mail_is_told_and_nothing_breaks_out() {
        let told = page(State::Held, true);
        assert!(told.contains("<bdi>&lt;script&gt;@x.example</bdi>") && told.contains("&lt;b&gt;\u{fffd}x"), "{told}");
        assert!(
            told.contains("<bdi>b@here.example</bdi>, 1 that the header does not name") && !told.contains("blind@"),
            "{told}"
        );
        assert_eq!(told.matches("name=\"csrf\" value=\"C5RF\"").count(), 2, "each form carries it");
        assert!(!told.contains("again"));
    }

    #[test]
    fn what_can_be_done_depends_on_where_it_stands() {
        assert!(page(State::Releasing, true).contains("name=\"again\" value=\"yes\" required"));
        assert!(!page(State::Released, true).contains("<form"));
        let alone = page(State::Held, false);
        assert!(!alone.contains("/release\"") && alone.contains("/delete\"") && alone.contains("release-to"));
    }

    #[test]
    fn the_list_has_pages() {
        let entries: Vec<_> =
            (0..PAGE + 1).map(|n| Entry { reference: format!("R{n:03}"), ..entry(State::Held) }).collect();
        let (first, second) = (list(Lang::En, &entries, 0, 1), list(Lang::En, &entries, 2, 2));
        assert!(first.contains(">R050<") && !first.contains(">R000<") && first.contains("?page=2"), "the newest first");
        assert!(
            second.contains(">R000<")
                && !second.contains(">R001<")
                && second.contains("?page=1")
                && second.contains("read")
        );
        assert!(list(Lang::Ja, &[], 0, 1).contains("ありません"));
    }
}
