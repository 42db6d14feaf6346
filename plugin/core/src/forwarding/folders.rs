//! Folders nobody reads, by their names in five languages. Names differ between versions of a product, so they are hints;
//! a special use (RFC 6154) or a fact of the host comes first.

use std::borrow::Cow;

use super::words::plain;
use crate::text::fold::fold;
use crate::text::skeleton::skeleton;

/// What a folder is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Where mail arrives.
    Inbox,
    /// Feeds; nobody opens it.
    Rss,
    /// Logs of chats; nobody opens it.
    History,
    /// Unwanted mail.
    Junk,
    /// Deleted mail.
    Trash,
    /// Mail put away.
    Archive,
    /// Reports of synchronisation; hidden by default.
    Sync,
    /// Calendars, notes, tasks and the like.
    NotMail,
    /// A name that cannot be seen or told from nothing.
    Obscure,
}

impl Role {
    /// The word that stands for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Rss => "rss",
            Self::History => "history",
            Self::Junk => "junk",
            Self::Trash => "trash",
            Self::Archive => "archive",
            Self::Sync => "sync",
            Self::NotMail => "not-mail",
            Self::Obscure => "obscure",
        }
    }

    /// The role a special use or a well-known name stands for.
    #[must_use]
    pub fn of_special_use(word: &str) -> Option<Self> {
        if word.is_empty() {
            return None;
        }
        Some(match word.trim_start_matches('\\').to_ascii_lowercase().as_str() {
            "inbox" => Self::Inbox,
            "junk" | "junkemail" | "spam" => Self::Junk,
            "trash" | "deleteditems" | "recoverableitemsdeletions" => Self::Trash,
            "archive" | "all" | "archivemsgfolderroot" => Self::Archive,
            "conversationhistory" => Self::History,
            "syncissues" | "conflicts" | "localfailures" | "serverfailures" => Self::Sync,
            "drafts" | "outbox" | "sent" | "sentitems" | "calendar" | "contacts" | "tasks" | "notes" | "journal" => {
                Self::NotMail
            }
            "rss" => Self::Rss,
            _ => return None,
        })
    }

    /// The role a name hints at. A child of a system folder has the role of its parent.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        let plain_name = plain(&decode(name));
        let path = plain_name.trim_start_matches(['/', '\\', ':']);
        let path = ["inbox/", "inbox.", "inbox\\"].iter().find_map(|p| path.strip_prefix(p)).unwrap_or(path);
        if path.chars().all(|c| !c.is_alphanumeric()) {
            return Some(Self::Obscure);
        }
        if path == "inbox" || path == "受信トレイ" || path == "posteingang" || path == "boite de reception" {
            return Some(Self::Inbox);
        }
        let segment = |s: &str| {
            let at = NAMES.binary_search_by(|(name, _)| (*name).cmp(s.trim())).ok()?;
            NAMES.get(at).map(|(_, role)| *role)
        };
        segment(path).or_else(|| path.split(['/', '\\']).find_map(segment)).or_else(|| {
            let dotted = path.split('.').find_map(segment);
            dotted.or_else(|| looks_like_inbox(path).then_some(Self::Obscure))
        })
    }

    /// Does mail in it go unseen? An archive alone is weak evidence.
    #[must_use]
    pub fn is_unread(self) -> bool {
        !matches!(self, Self::Inbox | Self::Archive)
    }
}

/// `lnbox`, `1NBOX`, `INB0X`: the inbox by its looks only.
fn looks_like_inbox(path: &str) -> bool {
    path != "inbox" && path.chars().count() <= 8 && skeleton(&fold(path)) == skeleton(&fold("inbox"))
}

/// The name a folder path or URI stands for: percent escapes of a Thunderbird URI and modified UTF-7 (RFC 3501 section
/// 5.1.3) decoded.
#[must_use]
pub fn decode(name: &str) -> Cow<'_, str> {
    let name = match name.split_once("://") {
        Some(("imap" | "mailbox" | "maildir" | "imaps" | "ews" | "owl", rest)) => {
            Cow::Owned(super::address::percent_decode(rest.split_once('/').map_or("", |(_, path)| path)))
        }
        _ => Cow::Borrowed(name),
    };
    if name.contains('&') && name.is_ascii() && name.contains('-') { Cow::Owned(from_utf7(&name)) } else { name }
}

fn from_utf7(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut rest = name;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let Some((coded, tail)) = after.split_once('-') else {
            out.push('&');
            rest = after;
            continue;
        };
        match if coded.is_empty() { Some("&".to_owned()) } else { utf16_of(coded) } {
            Some(text) => out.push_str(&text),
            None => out.extend(["&", coded, "-"]),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// UTF-16BE in base64 with `,` for `/` and no padding.
fn utf16_of(coded: &str) -> Option<String> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";
    let mut units = Vec::new();
    let (mut bits, mut held) = (0u32, 0u32);
    for b in coded.bytes() {
        let value = ALPHABET.iter().position(|a| *a == b)?;
        bits = (bits << 6) | u32::try_from(value).ok()?;
        held = held.saturating_add(6);
        if held >= 16 {
            held = held.saturating_sub(16);
            units.push(u16::try_from((bits >> held) & 0xFFFF).ok()?);
            bits &= (1u32 << held).wrapping_sub(1);
        }
    }
    String::from_utf16(&units).ok()
}

/// Names, as [`plain`] leaves them, sorted.
const NAMES: &[(&str, Role)] = &[
    ("all mail", Role::Archive),
    ("archiv", Role::Archive),
    ("archive", Role::Archive),
    ("archives", Role::Archive),
    ("aufgaben", Role::NotMail),
    ("aufgezeichnete unterhaltungen", Role::History),
    ("bin", Role::Trash),
    ("boite d'envoi", Role::NotMail),
    ("bulk", Role::Junk),
    ("bulk mail", Role::Junk),
    ("calendar", Role::NotMail),
    ("calendrier", Role::NotMail),
    ("conflicts", Role::Sync),
    ("conflits", Role::Sync),
    ("contacts", Role::NotMail),
    ("conversation history", Role::History),
    ("corbeille", Role::Trash),
    ("courrier indesirable", Role::Junk),
    ("deleted items", Role::Trash),
    ("deleted messages", Role::Trash),
    ("elements supprimes", Role::Trash),
    ("flux rss", Role::Rss),
    ("geloschte elemente", Role::Trash),
    ("historique des conversations", Role::History),
    ("journal", Role::NotMail),
    ("junk", Role::Junk),
    ("junk e-mail", Role::Junk),
    ("junk email", Role::Junk),
    ("junk-e-mail", Role::Junk),
    ("kalender", Role::NotMail),
    ("konflikte", Role::Sync),
    ("local failures", Role::Sync),
    ("notes", Role::NotMail),
    ("notizen", Role::NotMail),
    ("outbox", Role::NotMail),
    ("papierkorb", Role::Trash),
    ("pourriel", Role::Junk),
    ("problemes de synchronisation", Role::Sync),
    ("rss", Role::Rss),
    ("rss feeds", Role::Rss),
    ("rss subscriptions", Role::Rss),
    ("rss フィード", Role::Rss),
    ("rss 摘要", Role::Rss),
    ("rss 源", Role::Rss),
    ("rss 订阅", Role::Rss),
    ("rss 購読", Role::Rss),
    ("rss-abonnements", Role::Rss),
    ("rss-feeds", Role::Rss),
    ("rssフィード", Role::Rss),
    ("server failures", Role::Sync),
    ("spam", Role::Junk),
    ("sync issues", Role::Sync),
    ("synchronisierungsprobleme", Role::Sync),
    ("taches", Role::NotMail),
    ("tasks", Role::NotMail),
    ("tous les messages", Role::Archive),
    ("trash", Role::Trash),
    ("unerwunscht", Role::Junk),
    ("unterhaltungsverlauf", Role::History),
    ("ごみ箱", Role::Trash),
    ("すべてのメール", Role::Archive),
    ("アーカイブ", Role::Archive),
    ("ゴミ箱", Role::Trash),
    ("サーバーの失敗", Role::Sync),
    ("タスク", Role::NotMail),
    ("メモ", Role::NotMail),
    ("ローカルの失敗", Role::Sync),
    ("予定表", Role::NotMail),
    ("交談記錄", Role::History),
    ("任务", Role::NotMail),
    ("会話の履歴", Role::History),
    ("便笺", Role::NotMail),
    ("冲突", Role::Sync),
    ("刪除的郵件", Role::Trash),
    ("削除済みアイテム", Role::Trash),
    ("发件箱", Role::NotMail),
    ("同期の失敗", Role::Sync),
    ("同步问题", Role::Sync),
    ("垃圾邮件", Role::Junk),
    ("垃圾郵件", Role::Junk),
    ("存档", Role::Archive),
    ("对话历史记录", Role::History),
    ("封存", Role::Archive),
    ("履歴", Role::NotMail),
    ("已删除邮件", Role::Trash),
    ("归档", Role::Archive),
    ("日历", Role::NotMail),
    ("競合", Role::Sync),
    ("迷惑メール", Role::Junk),
    ("送信トレイ", Role::NotMail),
    ("連絡先", Role::NotMail),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted_and_plain() {
        assert!(NAMES.is_sorted_by_key(|(name, _)| *name));
        assert!(NAMES.iter().all(|(name, _)| plain(name) == *name));
    }

    #[test]
    fn system_folders_in_many_spellings() {
        for (name, role) in [
            ("RSS Feeds", Some(Role::Rss)),
            ("INBOX/RSS フィード", Some(Role::Rss)),
            ("imap://sato@mail.example/INBOX/RSS%20Feeds", Some(Role::Rss)),
            ("&j,dg0TDhMPww6w-", Some(Role::Junk)),
            ("INBOX.Trash", Some(Role::Trash)),
            ("Gelöschte Elemente", Some(Role::Trash)),
            ("Trash/2024", Some(Role::Trash)),
            ("...", Some(Role::Obscure)),
            ("lNBOX", Some(Role::Obscure)),
            ("INBOX", Some(Role::Inbox)),
            ("Invoices", None),
            ("Projects/Notebook", None),
            ("会議", None),
        ] {
            assert_eq!(Role::of_name(name), role, "{name}");
        }
    }
}
