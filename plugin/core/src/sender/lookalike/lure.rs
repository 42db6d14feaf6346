//! Words that stand beside a brand in made-up domains: how much of the rest of a label do they explain?

use crate::text::fold::{Key, fold, is_wide};
use crate::text::lexicon::Lexicon;

use super::index::flat;

/// The words, from `data/lists/lures.txt`.
static WORDS: &[u8] = include_bytes!("../../../data/lures.bin");

/// Those that ask for something (log in, pay, confirm) or promise it.
static ASKING: &[u8] = include_bytes!("../../../data/asking.bin");

/// Words in kana and ideographs, and whether they ask for something.
const WIDE: &[(&str, bool)] = &[
    ("ログイン", true),
    ("サインイン", true),
    ("パスワード", true),
    ("アカウント", true),
    ("ポイント", true),
    ("サポート", true),
    ("サービス", true),
    ("キャンペーン", true),
    ("プレゼント", true),
    ("セキュリティ", true),
    ("メール", false),
    ("カード", false),
    ("オンライン", false),
    ("ショップ", false),
    ("ストア", false),
    ("グループ", false),
    ("センター", false),
    ("お知らせ", true),
    ("お問い合わせ", true),
    ("お客様", true),
    ("会員", true),
    ("登録", true),
    ("確認", true),
    ("本人", true),
    ("認証", true),
    ("更新", true),
    ("請求", true),
    ("支払", true),
    ("支払い", true),
    ("決済", true),
    ("振込", true),
    ("返金", true),
    ("配達", true),
    ("配送", true),
    ("荷物", true),
    ("重要", true),
    ("緊急", true),
    ("窓口", true),
    ("公式", false),
    ("通販", false),
    ("株式会社", false),
    ("銀行", false),
    ("日本", false),
    ("東京", false),
];

/// The longest of [`WIDE`] at the start of a folded text: its bytes, and whether it asks for something.
fn wide_word(text: &[u8]) -> Option<(usize, bool)> {
    if !text.first().is_some_and(|b| is_wide(*b)) {
        return None;
    }
    let at_start = |(word, asks): &(&str, bool)| {
        let word = fold(word);
        text.starts_with(word.as_bytes()).then_some((word.len(), *asks))
    };
    WIDE.iter().filter_map(at_start).max()
}

/// How the rest of a label is explained.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Explained {
    /// Letters that belong to known words, or are digits.
    pub letters: usize,
    /// All letters, hyphens apart.
    pub all: usize,
    /// One of the words asks for something.
    pub asking: bool,
}

impl Explained {
    /// Explains more text.
    pub(super) fn add(&mut self, text: &[u8]) {
        for part in text.split(|b| *b == b'-').filter(|p| !p.is_empty()) {
            self.all = self.all.saturating_add(part.len());
            self.part(part);
        }
    }

    /// The best way to cut one part into words, right to left: letters explained from each place on.
    fn part(&mut self, part: &[u8]) {
        let words = Lexicon::new(WORDS);
        let mut best = [(0usize, false); 65];
        let folded = flat(&Key::of(part));
        let length = folded.len();
        for from in (0..length).rev() {
            let after = |to: usize| best.get(to).copied().unwrap_or_default();
            let mut here = after(from.saturating_add(1));
            if part.get(from).is_some_and(u8::is_ascii_digit) {
                here.0 = here.0.saturating_add(1);
            }
            if let Some((length, asks)) = wide_word(part.get(from..).unwrap_or_default()) {
                let (letters, asking) = after(from.saturating_add(length));
                here = here.max((letters.saturating_add(length), asking || asks));
            }
            for to in from.saturating_add(2)..=length.min(from.saturating_add(16)) {
                let Some(word) = folded.as_bytes().get(from..to) else { continue };
                if words.has(word) {
                    let (letters, asking) = after(to);
                    let found = letters.saturating_add(word.len());
                    here = here.max((found, asking || Lexicon::new(ASKING).has(word)));
                }
            }
            if let Some(slot) = best.get_mut(from) {
                *slot = here;
            }
        }
        let (letters, asking) = best.first().copied().unwrap_or_default();
        self.letters = self.letters.saturating_add(letters);
        self.asking |= asking;
    }

    /// The share of letters explained, in hundredths; all of nothing.
    pub(super) fn share(self) -> i32 {
        let share = self.letters.saturating_mul(100).checked_div(self.all).unwrap_or(100);
        i32::try_from(share).unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rests_are_explained() {
        let explain = |text: &str| {
            let mut e = Explained::default();
            e.add(text.as_bytes());
            (e.share(), e.asking)
        };
        assert_eq!(explain("-billing"), (100, true));
        assert_eq!(explain("-l0gin"), (100, true));
        assert_eq!(explain("kaiintouroku-2024"), (100, true));
        let mut japanese = Explained::default();
        japanese.add(fold("会員登録-ログイン").as_bytes());
        assert_eq!((japanese.share(), japanese.asking), (100, true));
        assert_eq!(explain("xkwv"), (0, false));
        assert_eq!(explain(""), (100, false));
    }
}
