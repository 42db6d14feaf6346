//! Kana and ideographs that read as something else where they stand (the context rules browsers apply to Japanese and
//! Chinese labels).

use super::idn::Unsafe;
use crate::text::script::{Script, ScriptSet, scripts_of};

fn is(c: char, scripts: &[Script]) -> bool {
    let set = scripts_of(c);
    set != ScriptSet::ALL && scripts.iter().any(|s| set.has(*s))
}

fn is_east_asian(c: char) -> bool {
    is(c, &[Script::KATAKANA, Script::HIRAGANA, Script::HAN])
}

/// Ideographs and Bopomofo that read as a Latin letter, a `+` or a hyphen beside one.
const AS_LATIN: &str = "一ㄧ丨乛七丅十〇ㄒㄚㄟㄨㄩㄈㆺㆳ工ㆲ讠丁丶亅二亠冖宀巛";
/// Kana and strokes that read as a slash between Latin letters.
const AS_SLASH: &str = "ノンソゾ丶乀乁丿";

/// What a label with kana or ideographs breaks.
pub(super) fn judge(text: &[char]) -> Option<Unsafe> {
    let neighbours = |i: usize| {
        let before = i.checked_sub(1).and_then(|i| text.get(i)).copied();
        (before, text.get(i.saturating_add(1)).copied())
    };
    let latin = |c: char| c.is_ascii_lowercase();
    let outside = |c: Option<char>| c.is_some_and(|c| !is_east_asian(c));
    let beside = |c: Option<char>| c.is_some_and(|c| !is_east_asian(c) && !is(c, &[Script::BOPOMOFO]));
    let bad = text.iter().enumerate().any(|(i, c)| {
        let (before, after) = neighbours(i);
        if AS_SLASH.contains(*c) && outside(before) && outside(after) {
            return true;
        }
        if AS_LATIN.contains(*c) && (beside(before) || beside(after)) {
            return true;
        }
        match c {
            'ー' => !before.is_some_and(|b| is(b, &[Script::HIRAGANA, Script::KATAKANA])),
            '・' => before.is_some_and(latin) || after.is_some_and(latin),
            'ヽ' | 'ヾ' => !before.is_some_and(|b| is(b, &[Script::KATAKANA])),
            _ => false,
        }
    });
    (bad || odd_one_out(text)).then_some(Unsafe::Kana)
}

/// `へ` in an otherwise katakana label, `ヘ` in an otherwise hiragana one; `り` and `リ` likewise.
fn odd_one_out(text: &[char]) -> bool {
    let twin = |c: &char| matches!(c, 'へ' | 'べ' | 'ぺ' | 'り' | 'ヘ' | 'ベ' | 'ペ' | 'リ');
    let hiragana = |c: &char| matches!(c, 'ぁ'..='ゖ');
    let katakana = |c: &char| matches!(c, 'ァ'..='ヺ');
    let others: Vec<char> = text.iter().copied().filter(|c| !twin(c) && (hiragana(c) || katakana(c))).collect();
    if others.is_empty() {
        return text.iter().any(|c| twin(c) && hiragana(c)) && text.iter().any(|c| twin(c) && katakana(c));
    }
    others.iter().all(katakana) && text.iter().any(|c| twin(c) && hiragana(c))
        || others.iter().all(hiragana) && text.iter().any(|c| twin(c) && katakana(c))
}
