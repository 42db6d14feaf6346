//! RULES.md: all rules in one table, made from their pages.

use std::fmt::Write as _;

use sekisho_core::RuleInfo;

/// The page that lists all rules by family.
#[must_use]
pub fn rulebook(rules: &[RuleInfo]) -> String {
    let mut out = String::from(
        "# Rules\n\nGenerated from the rules' own pages (`UPDATE=1 cargo test -p sekisho-judge`); each id links to its page. \
         `sekisho explain ID` prints the page.\n",
    );
    let mut family = "";
    for rule in rules {
        if rule.family != family {
            family = &rule.family;
            let _ = write!(out, "\n## {family}\n\n| rule | severity | what it sees |\n|---|---|---|\n");
        }
        let _ = writeln!(
            out,
            "| [`{id}`](plugin/core/src/rules/{family}/{id}.md) | {severity} | {summary} |",
            id = rule.id,
            severity = rule.severity.as_str(),
            summary = rule.summary.replace('|', "\\|"),
        );
    }
    out
}
