//! The first page: numbers, and the last verdicts. Nothing of a mail's text or addresses stands there.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::Status;
use super::html::{Table, rules, size, text, time};
use super::view::View;
use crate::lang::Lang;
use crate::metrics::{Metrics, Tally};
use crate::recent::Entry;

pub async fn show(State(status): State<Status>, view: View) -> Response {
    let metrics = &status.house.metrics;
    let tally = metrics.tally();
    let mut body = tiles(view.lang, metrics, &tally);
    body.push_str(&verdicts(view.lang, &metrics.recent.all()));
    body.push_str(&counts(view.lang, &tally));
    view.page(StatusCode::OK, view.lang.say("Mail checkpoint", "メールの関所"), &body)
}

fn tiles(lang: Lang, metrics: &Metrics, tally: &Tally) -> String {
    let sum = |counts: &mut dyn Iterator<Item = u64>| counts.fold(0, u64::saturating_add).to_string();
    let mut tiles = vec![
        (lang.say("mails judged", "判定したメール"), sum(&mut tally.verdicts.values().copied())),
        (lang.say("without a verdict", "判定できなかったもの"), sum(&mut tally.failures.values().copied())),
        (lang.say("under way", "判定中"), metrics.judging.get().to_string()),
        (lang.say("held in memory", "メモリー使用"), size(metrics.in_flight.get())),
        (lang.say("connections", "接続"), metrics.connections.get().to_string()),
    ];
    if let Some(survey) = metrics.quarantine.last() {
        tiles.push((lang.say("in quarantine", "隔離中"), survey.mails.to_string()));
        tiles.push((lang.say("size of the quarantine", "隔離の容量"), size(survey.bytes)));
        if survey.releasing > 0 {
            tiles.push((lang.say("releases that broke off", "中断した解放"), survey.releasing.to_string()));
        }
    }
    let tile = |(name, value): &(&str, String)| format!("<div><dt>{name}</dt><dd>{}</dd></div>", text(value));
    let tiles: String = tiles.iter().map(tile).collect();
    format!("<dl class=\"tiles\">{tiles}</dl>\n")
}

fn verdicts(lang: Lang, entries: &[Entry]) -> String {
    let mut out = format!("<h2>{}</h2>\n", lang.say("Last verdicts", "最近の判定"));
    if entries.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", lang.say("No mail yet.", "まだメールはありません。"));
        return out;
    }
    let heads = [
        lang.say("Time", "時刻"),
        lang.say("Reference", "照会番号"),
        lang.say("Listener", "入口"),
        lang.say("Action", "処置"),
        lang.say("Why", "理由"),
        lang.say("Size", "サイズ"),
        lang.say("ms", "ミリ秒"),
    ];
    let mut table = Table::new(lang.say("The newest first, at most 200", "新しい順、最大200件"), &heads, 2);
    for entry in entries {
        let why = if entry.reason.is_empty() {
            String::new()
        } else {
            format!("<span lang=\"en\">{}</span><br>", text(&entry.reason))
        };
        table
            .row()
            .cell(time(&entry.time))
            .cell(format!("<span class=\"ref\">{}</span>", text(&entry.reference)))
            .cell(text(&entry.listener))
            .cell(action(lang, &entry.action))
            .cell(format!("{why}{}", rules(&entry.rules)))
            .number(size(u64::try_from(entry.size).unwrap_or(u64::MAX)))
            .number(entry.ms);
    }
    out.push_str(&table.end());
    out
}

/// Verdicts by listener and action, failures by reason.
fn counts(lang: Lang, tally: &Tally) -> String {
    let mut out = String::new();
    if !tally.verdicts.is_empty() {
        let listeners: BTreeSet<_> = tally.verdicts.keys().map(|(listener, _)| listener).collect();
        let actions: BTreeSet<_> = tally.verdicts.keys().map(|(_, action)| action).collect();
        let names: Vec<_> = actions.iter().map(|action| named(lang, action)).collect();
        let heads: Vec<_> =
            std::iter::once(lang.say("Listener", "入口")).chain(names.iter().map(String::as_str)).collect();
        let _ = writeln!(out, "<h2>{}</h2>", lang.say("Since the start", "起動以来の件数"));
        let mut table =
            Table::new(lang.say("Mails by listener and action", "入口と処置ごとの件数"), &heads, actions.len());
        for listener in listeners {
            table.row().cell(text(listener));
            for action in &actions {
                let key = (listener.clone(), (*action).clone());
                table.number(tally.verdicts.get(&key).copied().unwrap_or(0));
            }
        }
        out.push_str(&table.end());
    }
    if !tally.failures.is_empty() {
        let heads = [lang.say("Reason", "原因"), lang.say("Mails", "件数")];
        let mut table = Table::new(lang.say("Mails without a verdict", "判定できなかったメール"), &heads, 1);
        for (reason, count) in &tally.failures {
            table.row().cell(format!("<code>{}</code>", text(reason))).number(count);
        }
        out.push_str(&table.end());
    }
    let _ = writeln!(
        out,
        "<p class=\"soft\">{} <a href=\"/metrics\">/metrics</a></p>",
        lang.say("All counters, for Prometheus:", "全カウンター(Prometheus 用):")
    );
    out
}

/// An action, in its colour.
pub fn action(lang: Lang, action: &str) -> String {
    format!("<span class=\"action {0}\">{1}</span>", text(action), text(&named(lang, action)))
}

/// The name of an action. One that is new has no Japanese one yet.
fn named(lang: Lang, action: &str) -> String {
    let ja = match action {
        "deliver" => "配送",
        "tag" => "印を付けて配送",
        "strip" => "一部除去",
        "hold" => "保留",
        "quarantine" => "隔離",
        "defer" => "延期",
        "reject" => "拒否",
        "tempfail" => "一時拒否",
        "too-large" => "サイズ超過",
        "unscanned" => "未検査",
        other => other,
    };
    lang.say(action, ja).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Entry {
        Entry {
            time: "2026-11-24T00:00:00Z".into(),
            reference: "T43FJ-HRM00".into(),
            listener: "<script>\"".into(),
            action: "reject".into(),
            rules: vec!["zip-encrypted".into()],
            reason: "A & B.".into(),
            size: 5,
            ms: 1,
        }
    }

    #[test]
    fn verdicts_are_told_in_both_languages_and_nothing_breaks_out() {
        let en = verdicts(Lang::En, &[entry()]);
        for told in [
            "<div>&lt;script&gt;&quot;</div>",
            "<span class=\"action reject\">reject</span>",
            "A &amp; B.</span><br><a class=\"rule\" href=\"/help/zip-encrypted.html\">zip-encrypted</a>",
            ">2026-11-24 00:00:00</time>",
        ] {
            assert!(en.contains(told), "{told}\n{en}");
        }
        assert!(verdicts(Lang::Ja, &[entry()]).contains("<span class=\"action reject\">拒否</span>"));
        assert!(verdicts(Lang::En, &[]).contains("No mail yet"));
    }

    #[test]
    fn counts_are_by_listener_and_action() {
        let metrics = Metrics::default();
        for action in ["reject", "reject", "deliver"] {
            metrics.verdict("mx", action, &[], 1, std::time::Duration::ZERO);
        }
        metrics.failure("deadline");
        let told = counts(Lang::En, &metrics.tally());
        assert!(
            told.contains(
                "data-head=\"deliver\"><div>1</div></td><td role=\"cell\" class=\"n\" data-head=\"reject\"><div>2<"
            ),
            "{told}"
        );
        assert!(told.contains("<code>deadline</code>"), "{told}");
        assert!(tiles(Lang::En, &metrics, &metrics.tally()).contains("<dt>mails judged</dt><dd>3</dd>"));
    }
}
