//! `sekisho rules`: what is looked for.

use std::io::Write;

use crate::Exit;
use crate::args::RulesArgs;
use crate::engine::Engine;

pub fn run(args: &RulesArgs) -> anyhow::Result<Exit> {
    let rules = Engine::new(args.engine, 1)?.rules()?;
    let mut out = anstream::stdout().lock();
    for rule in rules {
        if args.json {
            writeln!(out, "{}", serde_json::to_string(&rule)?)?;
        } else {
            writeln!(out, "{:<9} {:<32} {}", rule.severity.as_str(), rule.id, rule.summary)?;
        }
    }
    Ok(Exit::Delivered)
}
