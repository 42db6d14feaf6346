//! `sekisho schema`: the JSON Schema of policy files.

use std::io::Write;

use crate::Exit;

pub fn run() -> anyhow::Result<Exit> {
    writeln!(anstream::stdout().lock(), "{}", sekisho_core::wire::policy_schema().trim_end())?;
    Ok(Exit::Delivered)
}
