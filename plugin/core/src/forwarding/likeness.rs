//! Domains that look like others: a target one slip or one trick away from a domain that is meant.

use super::providers::well_known;

/// How a domain is like another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Letters that look alike.
    Confusable,
    /// One letter more, less, other, or two swapped.
    OneEdit,
    /// The name before the ending is the same.
    OtherEnding,
}

impl Likeness {
    /// The word that stands for it in reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confusable => "confusable",
            Self::OneEdit => "one-edit",
            Self::OtherEnding => "other-ending",
        }
    }
}

/// Shorter domains have too many neighbours.
const SHORTEST: usize = 8;

/// Is `domain` like `meant` without being it?
#[must_use]
pub fn like(domain: &str, meant: &str) -> Option<Likeness> {
    Looks::of(domain).like(meant)
}

/// A domain and its skeleton, to be held against many others.
struct Looks<'d> {
    domain: &'d str,
    skeleton: String,
}

impl<'d> Looks<'d> {
    fn of(domain: &'d str) -> Self {
        Self { domain, skeleton: skeleton(domain) }
    }

    fn like(&self, meant: &str) -> Option<Likeness> {
        if self.domain == meant || meant.len() < SHORTEST {
            return None;
        }
        // Skeletons are never longer than their text, and lose one letter of two at most.
        let near = meant.len() >= self.skeleton.len() && meant.len() <= self.skeleton.len().saturating_mul(2);
        if near && self.skeleton == skeleton(meant) {
            return Some(Likeness::Confusable);
        }
        one_edit(self.domain, meant).then_some(Likeness::OneEdit)
    }
}

/// Like [`like`]; a domain with the same name and another ending counts too.
#[must_use]
pub fn like_own(domain: &str, meant: &str) -> Option<Likeness> {
    like(domain, meant).or_else(|| {
        let (name, ending) = domain.split_once('.')?;
        let (meant_name, meant_ending) = meant.split_once('.')?;
        (name == meant_name && ending != meant_ending && name.len() >= 5).then_some(Likeness::OtherEnding)
    })
}

/// The well-known provider a domain is a slip of.
#[must_use]
pub fn slip_of_provider(domain: &str) -> Option<&'static str> {
    if let Some((_, meant)) = SLIPS.iter().find(|(slip, _)| *slip == domain) {
        return Some(meant);
    }
    if super::providers::open_to_all(domain).is_some() || REAL.contains(&domain) {
        return None;
    }
    let looks = Looks::of(domain);
    let near = |meant: &&str| meant.len().abs_diff(looks.skeleton.len()) <= 4;
    well_known().filter(near).find(|meant| looks.like(meant).is_some())
}

/// Slips further than one letter off, all of them seen to swallow mail.
const SLIPS: &[(&str, &str)] = &[
    ("gmai.com", "gmail.com"),
    ("gmial.com", "gmail.com"),
    ("gmeil.com", "gmail.com"),
    ("gmail.co", "gmail.com"),
    ("gmail.co.jp", "gmail.com"),
    ("gmail.ne.jp", "gmail.com"),
    ("gmail.jp", "gmail.com"),
    ("yahoo.ne.jp", "yahoo.co.jp"),
    ("yahoo.or.jp", "yahoo.co.jp"),
    ("docomo.co.jp", "docomo.ne.jp"),
    ("ezweb.co.jp", "ezweb.ne.jp"),
    ("i.softbank.ne.jp", "i.softbank.jp"),
    ("icloud.co.jp", "icloud.com"),
    ("icloud.ne.jp", "icloud.com"),
    ("icloud.jp", "icloud.com"),
    ("outlook.co.jp", "outlook.jp"),
    ("hotmail.ne.jp", "hotmail.co.jp"),
];

/// Real domains one letter off a well-known one.
const REAL: &[&str] =
    &["email.com", "gmx.com", "fmail.com", "imail.com", "oulook.fr", "apple.com", "inbox.com", "hotmail.com"];

/// Latin letters for what looks like them.
fn skeleton(domain: &str) -> String {
    let mut out = String::with_capacity(domain.len());
    for c in domain.chars() {
        out.push(match c {
            '0' | 'о' | 'ο' => 'o',
            '1' | 'l' | '|' | 'ӏ' | 'ı' | 'і' | 'i' => 'l',
            'а' | 'α' => 'a',
            'е' | 'ё' => 'e',
            'р' | 'ρ' => 'p',
            'с' => 'c',
            'у' => 'y',
            'х' => 'x',
            'ѕ' => 's',
            'ԁ' => 'd',
            'ո' | 'п' => 'n',
            'ν' => 'v',
            c => c,
        });
    }
    out.replace("rn", "m").replace("vv", "w").replace("cl", "d")
}

/// Is one a single insertion, deletion, replacement or swap of neighbours away from the other?
fn one_edit(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if long.len().saturating_sub(short.len()) > 4 {
        return false; // one character is four bytes at most
    }
    let same: usize = short.chars().zip(long.chars()).take_while(|(x, y)| x == y).map(|(x, _)| x.len_utf8()).sum();
    let (rest, other) = (short.get(same..).unwrap_or(""), long.get(same..).unwrap_or(""));
    let (x, y) = (rest.chars().next(), other.chars().next());
    let swapped = x.is_some() && x == other.chars().nth(1) && y == rest.chars().nth(1);
    rest == behind(other, 1) && other != rest
        || (x.is_some() && behind(rest, 1) == behind(other, 1))
        || (swapped && behind(rest, 2) == behind(other, 2))
}

/// The text behind its first `n` characters.
fn behind(text: &str, n: usize) -> &str {
    text.char_indices().nth(n).and_then(|(at, _)| text.get(at..)).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_and_tricks() {
        assert_eq!(slip_of_provider("gmai.com"), Some("gmail.com"));
        assert_eq!(slip_of_provider("gmeil.com"), Some("gmail.com"));
        assert_eq!(slip_of_provider("gamil.com"), Some("gmail.com"));
        assert_eq!(slip_of_provider("yahoo.ne.jp"), Some("yahoo.co.jp"));
        assert_eq!(slip_of_provider("gmail.com"), None);
        assert_eq!(slip_of_provider("email.com"), None);
        assert_eq!(slip_of_provider("corp.example"), None);
        assert_eq!(like("c0rp.example", "corp.example"), Some(Likeness::Confusable));
        assert_eq!(like("соrp.example", "corp.example"), Some(Likeness::Confusable));
        assert_eq!(like("crop.example", "corp.example"), Some(Likeness::OneEdit));
        assert_eq!(like("corpp.example", "corp.example"), Some(Likeness::OneEdit));
        assert_eq!(like("other.example", "corp.example"), None);
        assert_eq!(like_own("company.co", "company.example"), Some(Likeness::OtherEnding));
    }
}
