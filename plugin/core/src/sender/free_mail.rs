//! Where anybody gets an address: the one list of it, for those who judge senders and those who judge where mail goes.

use crate::text::domain::Domain;
use crate::text::lexicon::Lexicon;

/// The packed list of `data/lists/free-mail.txt`. Domains of a special sort stand in it twice, once behind its name.
static PACKED: &[u8] = include_bytes!("../../data/free-mail.bin");

/// Which sort of address anybody gets at this domain or the one it lies below: `free`, `carrier`, `relay`, `disposable`.
#[must_use]
pub fn sort_of(domain: &Domain<'_>) -> Option<&'static str> {
    let list = Lexicon::new(PACKED);
    let name = [&*domain.ascii, domain.registrable()].into_iter().find(|name| list.has(name.as_bytes()))?;
    let sorts = ["carrier", "relay", "disposable"];
    Some(sorts.into_iter().find(|sort| list.has(format!("{sort}:{name}").as_bytes())).unwrap_or("free"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sort_of_a_mailbox() {
        let sort = |name| sort_of(&Domain::parse(name));
        assert_eq!(sort("gmail.com"), Some("free"));
        assert_eq!(sort("u7.mozmail.com"), Some("relay"));
        assert_eq!(sort("docomo.ne.jp"), Some("carrier"));
        assert_eq!(sort("yopmail.com"), Some("disposable"));
        assert_eq!(sort("corp.example"), None);
        assert_eq!(sort("ne.jp"), None);
    }
}
