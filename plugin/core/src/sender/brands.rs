//! The built-in targets: brands that are imitated most, popular sites besides, and what else belongs to them.
//! `data/lists/brands.txt` and `popular.txt` are written by hand; the example `pack-lists` packs them. Longer lists come
//! from the host.

use super::lookalike::{Index, IndexBuilder, Source};

/// The packed index of `data/lists/brands.txt` and `popular.txt`.
static PACKED: &[u8] = include_bytes!("../../data/brands.bin");

/// One line of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brand<'a> {
    /// Names as people write them.
    pub names: Vec<&'a str>,
    /// Domains worth imitating.
    pub targets: Vec<&'a str>,
    /// Other domains of the owner.
    pub aliases: Vec<&'a str>,
}

/// Reads a list of brands: `names, … : domains | other domains`, `#` begins a comment line. Names in parentheses are words
/// of everyday language and left out.
pub fn read(list: &str) -> impl Iterator<Item = Brand<'_>> {
    list.lines().filter(|l| !l.trim_start().starts_with('#')).filter_map(|line| {
        let (names, domains) = line.split_once(": ").or_else(|| line.split_once(':'))?;
        let (targets, aliases) = domains.split_once('|').unwrap_or((domains, ""));
        let names = names.split(',').map(str::trim).filter(|n| !n.is_empty() && !n.starts_with('(')).collect();
        Some(Brand {
            names,
            targets: targets.split_whitespace().collect(),
            aliases: aliases.split_whitespace().collect(),
        })
    })
}

/// Reads a list of popular sites: `domains | other domains`, `#` begins a comment line.
fn read_popular(list: &str) -> impl Iterator<Item = Brand<'_>> {
    list.lines().filter(|l| !l.trim_start().starts_with('#')).map(|line| {
        let (targets, aliases) = line.split_once('|').unwrap_or((line, ""));
        let (targets, aliases) = (targets.split_whitespace().collect(), aliases.split_whitespace().collect());
        Brand { names: Vec::new(), targets, aliases }
    })
}

/// Packs a list of brands and a list of popular sites.
#[must_use]
pub fn pack(brands: &str, popular: &str) -> Vec<u8> {
    let mut builder = IndexBuilder::default();
    let brands = read(brands).map(|one| (Source::Brand, one));
    let popular = read_popular(popular).map(|one| (Source::Top, one));
    for (owner, (source, one)) in (0u32..).zip(brands.chain(popular)) {
        for target in one.targets {
            builder.add(target, source, owner, false);
        }
        for alias in one.aliases {
            builder.add(alias, source, owner, true);
        }
    }
    builder.pack()
}

/// The built-in index.
#[must_use]
pub fn index() -> Option<Index<'static>> {
    Index::open(PACKED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::fold::fold;
    use crate::text::skeleton::skeleton;

    #[test]
    fn the_packed_brands_are_those_of_the_list() {
        let (brands, popular) =
            (include_str!("../../data/lists/brands.txt"), include_str!("../../data/lists/popular.txt"));
        assert!(PACKED == pack(brands, popular), "run the example pack-lists");
        assert!(index().unwrap().len() > 1000);
    }

    #[test]
    fn popular_sites_stand_beside_the_brands() {
        let source = |name: &str| {
            let key = skeleton(&fold(name.split('.').next().unwrap()));
            index().unwrap().exact(name, &key).map(|target| target.source)
        };
        assert_eq!(source("paypal.com"), Some(Source::Brand));
        assert_eq!(source("sourceforge.net"), Some(Source::Top));
        assert_eq!(source("nobody-knows-this.net"), None);
    }
}
