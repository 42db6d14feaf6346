//! What [`Policy::decide`](crate::policy::Policy::decide) reports about itself.

use crate::rules::{Hits, Scene};

declare_rule! { MATCHED, id: "policy-matched", family: "policy", severity: Info, kind: Note, check: silent }
declare_rule! { EXEMPTED, id: "policy-exempted", family: "policy", severity: Info, kind: Note, check: silent }

/// Rules look before the policy decides, so there is nothing to see yet.
fn silent(_scene: &Scene<'_>, _hits: &mut Hits) {}
