//! Departments and roles: a name that is nothing else asks to be taken for the recipient's own house.

use super::brand_names::Names;
use crate::text::kana::NameKey;

/// The packed list of `data/lists/roles.txt`.
static ROLES: Names = Names(include_bytes!("../../data/roles.bin"));

/// The role this name is, if it is nothing else.
pub(super) fn whole(name: &NameKey) -> Option<String> {
    ROLES.whole(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packed_roles_are_those_of_the_list() {
        let list = include_str!("../../data/lists/roles.txt");
        assert!(ROLES.0 == super::super::brand_names::pack_whole(list), "run the example pack-lists");
        let role = |name: &str| whole(&NameKey::of(name).joined());
        assert_eq!(role("経理部").as_deref(), Some("経理部"));
        assert_eq!(role("HELP  DESK").as_deref(), Some("help desk"));
        assert_eq!(role("IT Help Desk").as_deref(), Some("it helpdesk"));
        assert_eq!(role("経理部 佐倉"), None);
    }
}
