//! The committed schema of policy documents is the generated one; `UPDATE=1 cargo test -p sekisho-core --test schema` writes
//! it.

#![allow(clippy::panic, clippy::disallowed_methods, reason = "tests stop at the first surprise, and read files")]

#[path = "../../../host-test/judge/src/golden.rs"]
mod golden;

#[test]
fn the_committed_schema_is_the_generated_one() {
    golden::compare(&golden::repository("wit/policy.schema.json"), &sekisho_core::wire::policy_schema());
}
