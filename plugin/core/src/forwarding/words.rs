//! Words that tell what a rule is after, in Japanese, English, German, French and Chinese: money, and the notices that
//! would warn the owner.

/// What a word is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Invoices, payments, wages.
    Money,
    /// Logins, warnings, bounces, help desks.
    Security,
    /// What people honestly throw away: advertising, spam.
    Junk,
}

/// Text for comparison: lower case, full-width letters and digits as their ordinary ones, Latin letters without
/// accents, runs of white space as one space.
#[must_use]
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        if c.is_whitespace() {
            gap = !out.is_empty();
            continue;
        }
        if crate::text::is_invisible(c) || crate::text::is_bidi_control(c) || matches!(c, '\u{300}'..='\u{36F}') {
            continue;
        }
        if core::mem::take(&mut gap) {
            out.push(' ');
        }
        if c.is_ascii() {
            out.push(c.to_ascii_lowercase());
            continue;
        }
        for lower in c.to_lowercase() {
            match unaccented(lower) {
                Some(base) => out.push_str(base),
                None => out.push(ordinary_width(lower)),
            }
        }
    }
    out
}

/// Full-width ASCII as ASCII.
fn ordinary_width(c: char) -> char {
    match c {
        '！'..='～' => {
            char::from_u32(u32::from(c).wrapping_sub(0xFEE0)).map_or(c, |ascii| ascii.to_ascii_lowercase())
        }
        c => c,
    }
}

fn unaccented(c: char) -> Option<&'static str> {
    Some(match c {
        'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' => "a",
        'ç' => "c",
        'è' | 'é' | 'ê' | 'ë' => "e",
        'ì' | 'í' | 'î' | 'ï' => "i",
        'ñ' => "n",
        'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' => "o",
        'ù' | 'ú' | 'û' | 'ü' => "u",
        'ý' | 'ÿ' => "y",
        'ß' => "ss",
        'œ' => "oe",
        'æ' => "ae",
        _ => return None,
    })
}

/// The first listed word that a value of a rule is about. Values may be cut short (`請求`, `rechn`), so a value that
/// begins a listed word counts too, from two CJK or four other characters on.
#[must_use]
pub fn topic_of(value: &str) -> Option<(Topic, &'static str)> {
    let text = plain(value.trim_matches(['*', '%', '.', '^', '$', ' ']));
    if text.is_empty() {
        return None;
    }
    within(&text).or_else(|| beginning(&text))
}

/// A listed word inside the text.
fn within(text: &str) -> Option<(Topic, &'static str)> {
    let mut previous: Option<char> = None;
    for (at, c) in text.char_indices() {
        let starts_word = previous.is_none_or(|p| !p.is_alphanumeric());
        previous = Some(c);
        let rest = text.get(at..).unwrap_or("");
        for entry in starting_with(c) {
            let Some(after) = rest.strip_prefix(entry.word) else { continue };
            let ends_word = after.chars().next().is_none_or(|n| !n.is_alphanumeric());
            let plural = after.strip_prefix('s').is_some_and(|a| a.chars().next().is_none_or(|n| !n.is_alphanumeric()));
            let compound = matches!(entry.word.chars().next(), Some(first) if !first.is_ascii()) || entry.inside;
            if compound || (starts_word && (ends_word || plural)) {
                return Some((entry.topic, entry.word));
            }
        }
    }
    None
}

/// A listed word the text is the beginning of.
fn beginning(text: &str) -> Option<(Topic, &'static str)> {
    let long_enough = text.chars().count() >= if text.is_ascii() { 4 } else { 2 };
    let first = text.chars().next()?;
    long_enough
        .then(|| starting_with(first).find(|entry| entry.word.starts_with(text)).map(|entry| (entry.topic, entry.word)))
        .flatten()
}

/// One listed word.
#[derive(Clone, Copy)]
struct Entry {
    word: &'static str,
    topic: Topic,
    /// German: counts inside a compound too.
    inside: bool,
}

/// The listed words that begin with a character. The lists are sorted by it, which a test holds them to.
fn starting_with(first: char) -> impl Iterator<Item = Entry> {
    [(MONEY, Topic::Money, false), (SECURITY, Topic::Security, false), (JUNK, Topic::Junk, false)]
        .into_iter()
        .chain([(MONEY_DE, Topic::Money, true), (SECURITY_DE, Topic::Security, true)])
        .flat_map(move |(words, topic, inside)| {
            let from = words.partition_point(|w| w.chars().next() < Some(first));
            words.get(from..).unwrap_or(&[]).iter().take_while(move |w| w.starts_with(first)).map(move |word| Entry {
                word,
                topic,
                inside,
            })
        })
}

/// Money words, as [`plain`] leaves them, sorted.
const MONEY: &[&str] = &[
    "account change",
    "accounts payable",
    "acompte",
    "bank account",
    "bank details",
    "beneficiary",
    "bon de commande",
    "bonus",
    "bulletin de paie",
    "coordonnees bancaires",
    "devis",
    "direct deposit",
    "echeance",
    "escrow",
    "facture",
    "fournisseur",
    "iban",
    "invoice",
    "letter of credit",
    "overdue",
    "paiement",
    "payment",
    "payroll",
    "purchase order",
    "quotation",
    "refund",
    "reglement",
    "relance",
    "remittance",
    "rib",
    "routing number",
    "salaire",
    "salary",
    "settlement",
    "swift",
    "virement",
    "wire",
    "wire transfer",
    "インボイス",
    "付款",
    "信用状",
    "信用狀",
    "信用证",
    "入金",
    "匯款",
    "发票",
    "口座変更",
    "合同",
    "合約",
    "報銷",
    "売掛",
    "契約書",
    "定金",
    "对账单",
    "對帳單",
    "工资",
    "帳號變更",
    "报销",
    "振込",
    "振込先",
    "採購訂單",
    "支払",
    "收款人",
    "汇款",
    "決済",
    "注文書",
    "源泉徴収",
    "為替",
    "発注",
    "發票",
    "稟議",
    "納品",
    "給与",
    "船積書類",
    "薪資",
    "見積",
    "訂金",
    "請求",
    "貨款",
    "買掛",
    "賞与",
    "账号变更",
    "货款",
    "轉帳",
    "转账",
    "送金",
    "采购订单",
    "銀行帳戶",
    "银行账户",
    "領収",
];

/// German money words; they stand inside compounds too.
const MONEY_DE: &[&str] = &[
    "angebot",
    "auftragsbestatigung",
    "bankverbindung",
    "bestellung",
    "fallig",
    "gehalt",
    "gutschrift",
    "kontoanderung",
    "kontonummer",
    "lastschrift",
    "lohnabrechnung",
    "mahnung",
    "rechnung",
    "uberweisung",
    "zahlung",
];

/// Words of notices that would warn the owner, sorted.
const SECURITY: &[&str] = &[
    "alerte de securite",
    "code de verification",
    "compromised",
    "connexion inhabituelle",
    "double authentification",
    "forwarding rule",
    "hacked",
    "hameconnage",
    "help desk",
    "helpdesk",
    "it support",
    "mailer-daemon",
    "mfa",
    "mot de passe",
    "multi-factor",
    "new device",
    "non remis",
    "nouvel appareil",
    "one-time",
    "passcode",
    "password",
    "phishing",
    "pirate",
    "quarantine",
    "security alert",
    "security notice",
    "service informatique",
    "spoof",
    "spoofed",
    "suspect",
    "suspicious",
    "transfert automatique",
    "two-step",
    "undeliverable",
    "unusual sign-in",
    "verification code",
    "なりすまし",
    "ウイルス",
    "サインイン",
    "セキュリティ通知",
    "パスワード",
    "フィッシング",
    "ヘルプデスク",
    "ログイン",
    "ワンタイム",
    "不審",
    "不正アクセス",
    "两步验证",
    "乗っ取り",
    "二段階認証",
    "信息技术部",
    "兩步驟驗證",
    "可疑",
    "多要素",
    "安全提醒",
    "密码",
    "密碼",
    "帳戶異常",
    "异常登录",
    "情報システム",
    "新裝置",
    "新设备",
    "異常登入",
    "自动转发",
    "自動轉寄",
    "被盗",
    "被盜",
    "認証コード",
    "資訊部",
    "账户异常",
    "転送設定",
    "迷惑メール報告",
    "退信",
    "配信不能",
    "釣魚",
    "钓鱼",
    "驗證碼",
    "验证码",
];

/// German words of such notices; they stand inside compounds too.
const SECURITY_DE: &[&str] = &[
    "anmeldung",
    "gehackt",
    "it-abteilung",
    "kennwort",
    "neues gerat",
    "passwort",
    "sicherheitscode",
    "sicherheitswarnung",
    "unzustellbar",
    "verdachtig",
    "weiterleitung",
    "zwei-faktor",
];

/// Words of mail that people honestly throw away, sorted.
const JUNK: &[&str] = &[
    "abmelden",
    "advert",
    "advertisement",
    "casino",
    "cialis",
    "coupon",
    "desabonner",
    "desinscrire",
    "discount",
    "junk",
    "lettre d'information",
    "lottery",
    "newsletter",
    "porn",
    "promo",
    "promotion",
    "publicite",
    "rabatt",
    "sex",
    "soldes",
    "spam",
    "unsubscribe",
    "viagra",
    "webinar",
    "werbung",
    "キャンペーン",
    "クーポン",
    "セール",
    "メルマガ",
    "メールマガジン",
    "促銷",
    "促销",
    "垃圾邮件",
    "垃圾郵件",
    "广告",
    "広告",
    "廣告",
    "未承諾広告",
    "迷惑メール",
    "退訂",
    "退订",
    "配信停止",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted_and_plain() {
        for list in [MONEY, MONEY_DE, SECURITY, SECURITY_DE, JUNK] {
            assert!(list.is_sorted(), "{list:?}");
            for word in list {
                assert_eq!(plain(word), *word);
            }
        }
    }

    #[test]
    fn words_are_found_whole_cut_and_in_compounds() {
        for (value, want) in [
            ("invoice", Some(Topic::Money)),
            ("Your Invoices for May", Some(Topic::Money)),
            ("invo", Some(Topic::Money)),
            ("請求", Some(Topic::Money)),
            ("【重要】お振込先のご案内", Some(Topic::Money)),
            ("Telefonrechnung", Some(Topic::Money)),
            ("rechn", Some(Topic::Money)),
            ("Échéance", Some(Topic::Money)),
            ("ＩＮＶＯＩＣＥ", Some(Topic::Money)),
            ("發票", Some(Topic::Money)),
            ("認証コード", Some(Topic::Security)),
            ("Passwort vergessen", Some(Topic::Security)),
            ("phish", Some(Topic::Security)),
            ("newsletter", Some(Topic::Junk)),
            ("wired", None),
            ("caribou", None),
            ("lunch", None),
            ("会議", None),
            ("inv", None),
        ] {
            assert_eq!(topic_of(value).map(|(t, _)| t), want, "{value}");
        }
    }
}
