//! `sekisho rules`: what is looked for.

use std::io::Write;

use crate::Exit;
use crate::args::RulesArgs;
use crate::engine::Engine;
use crate::output::terminal::{clean, dim, severity};

pub fn run(args: &RulesArgs) -> anyhow::Result<Exit> {
    let rules = Engine::new(&args.engine, 1)?.rules()?;
    let mut out = anstream::stdout().lock();
    if args.json {
        for rule in &rules {
            writeln!(out, "{}", serde_json::to_string(rule)?)?;
        }
        return Ok(Exit::Delivered);
    }
    let width = rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let mut family = "";
    for rule in &rules {
        if rule.family != family {
            family = &rule.family;
            writeln!(out, "{}", dim(&clean(family)))?;
        }
        let word = severity(rule.severity, 8);
        writeln!(out, "  {word}  {:<width$}  {}", clean(&rule.id), clean(&rule.summary))?;
    }
    Ok(Exit::Delivered)
}
