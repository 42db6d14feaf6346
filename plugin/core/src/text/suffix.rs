//! The public suffix list, packed: which part of a name a registry hands out. Compared exactly.

use super::table::u24;
use crate::bytes::u16_le;

/// The packed tree of labels; `data/build/build.py` has the layout. The ICANN part of the list and a few private
/// registries (`com.de` and the like).
static DATA: &[u8] = include_bytes!("../../data/suffix.bin");

/// The date of the list, for `data-version`.
pub const VERSION: &str = include_str!("../../data/suffix.version").trim_ascii();

/// A rule ends here.
const RULE: u8 = 1;
/// An exception to a wildcard.
const EXCEPTION: u8 = 2;
/// Every label below is a suffix.
const WILDCARD: u8 = 4;
/// Children follow.
const CHILDREN: u8 = 8;

/// One label of the tree.
#[derive(Clone, Copy)]
struct Node<'a> {
    flags: u8,
    label: &'a [u8],
    children: &'a [u8],
}

/// The node at the start of `bytes`, and what follows it.
fn node(bytes: &[u8]) -> Option<(Node<'_>, &[u8])> {
    let (flags, length) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let label = bytes.get(2..)?.get(..length)?;
    let rest = bytes.get(2..)?.get(length..)?;
    if flags & CHILDREN == 0 {
        return Some((Node { flags, label, children: &[] }, rest));
    }
    let below = usize::from(u16_le(rest, 0)?);
    let children = rest.get(2..)?.get(..below)?;
    Some((Node { flags, label, children }, rest.get(2..)?.get(below..)?))
}

fn top(label: &[u8]) -> Option<Node<'static>> {
    let count = usize::from(u16_le(DATA, 0)?);
    let nodes = DATA.get(count.checked_mul(3)?.checked_add(2)?..)?;
    let at = |i: usize| Some(node(nodes.get(u24(DATA, i.checked_mul(3)?.checked_add(2)?)? as usize..)?)?.0);
    let (mut low, mut high) = (0usize, count);
    while low < high {
        let middle = low.midpoint(high);
        let found = at(middle)?;
        match found.label.cmp(label) {
            core::cmp::Ordering::Equal => return Some(found),
            core::cmp::Ordering::Less => low = middle.saturating_add(1),
            core::cmp::Ordering::Greater => high = middle,
        }
    }
    None
}

fn child<'a>(parent: Node<'a>, label: &[u8]) -> Option<Node<'a>> {
    let mut rest = parent.children;
    while let Some((found, after)) = node(rest) {
        if found.label == label {
            return Some(found);
        }
        if found.label > label {
            return None;
        }
        rest = after;
    }
    None
}

/// Is this a top-level domain of the list?
#[must_use]
pub fn is_top_level(label: &str) -> bool {
    top(label.as_bytes()).is_some()
}

/// The length in bytes of the public suffix of a lower-case A-label name without a root dot. A name of one label is all
/// suffix; a top-level domain that is not in the list is a suffix by the rule `*`.
#[must_use]
pub fn suffix_len(domain: &str) -> usize {
    let mut labels = domain.as_bytes().rsplit(|b| *b == b'.');
    let Some(first) = labels.next() else { return 0 };
    let (mut best, mut length) = (first.len(), first.len());
    let mut here = top(first);
    for label in labels {
        let Some(parent) = here else { break };
        let before = length;
        length = length.saturating_add(label.len()).saturating_add(1);
        here = child(parent, label);
        match here {
            Some(n) if n.flags & EXCEPTION != 0 => return before,
            Some(n) if n.flags & RULE != 0 => best = length,
            _ if parent.flags & WILDCARD != 0 => best = length,
            _ => {}
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suffix(domain: &str) -> &str {
        domain.get(domain.len().saturating_sub(suffix_len(domain))..).unwrap()
    }

    #[test]
    fn suffixes_are_those_of_the_list() {
        for (domain, want) in [
            ("merrowmint.com", "com"),
            ("a.hoshimaru.co.jp", "co.jp"),
            ("x.chiyoda.tokyo.jp", "chiyoda.tokyo.jp"),
            ("www.city.kawasaki.jp", "kawasaki.jp"),
            ("a.b.kawasaki.jp", "b.kawasaki.jp"),
            ("www.ck", "ck"),
            ("a.other.ck", "other.ck"),
            ("shop.example", "example"),
            ("localhost", "localhost"),
            ("a.com.de", "com.de"),
            ("x.xn--55qx5d.cn", "xn--55qx5d.cn"),
        ] {
            assert_eq!(suffix(domain), want, "{domain}");
        }
    }
}
