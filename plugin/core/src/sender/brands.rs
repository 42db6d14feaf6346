//! The built-in brands: who is imitated most, and what else belongs to them. `data/lists/brands.txt` is written by hand;
//! the example `pack-lists` packs it.

use super::lookalike::{Index, IndexBuilder, Source};

/// The packed index of the brands of `data/lists/brands.txt`.
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

/// Packs a list of brands.
#[must_use]
pub fn pack(list: &str) -> Vec<u8> {
    let mut builder = IndexBuilder::default();
    for (owner, brand) in (0u32..).zip(read(list)) {
        for target in brand.targets {
            builder.add(target, Source::Brand, owner, false);
        }
        for alias in brand.aliases {
            builder.add(alias, Source::Brand, owner, true);
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

    #[test]
    fn the_packed_brands_are_those_of_the_list() {
        assert!(PACKED == pack(include_str!("../../data/lists/brands.txt")), "run the example pack-lists");
        assert!(index().unwrap().len() > 1000);
    }
}
