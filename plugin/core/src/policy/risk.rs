//! Risk: how bad is what was seen, as one number.

use crate::report::{Kind, Severity};

/// The risk of several rules, 0 to 100: noisy-or, as if each rule told of harm independently of the others, in whole
/// numbers so that every machine gets the same. What could not be seen counts half: encrypted is not infected.
///
/// Takes each rule once, with the worst severity of its findings.
#[must_use]
pub fn risk(rules: impl Iterator<Item = (Kind, Severity)>) -> u8 {
    // Multiplied in the order of the weights, so that rounding does not depend on the order of the rules.
    let mut weights: Vec<u64> = rules.map(|(kind, severity)| weight(kind, severity)).collect();
    weights.sort_unstable();
    let harmless = weights
        .into_iter()
        .fold(WHOLE, |left, w| left.saturating_mul(1000u64.saturating_sub(w)).checked_div(1000).unwrap_or(0));
    let percent = WHOLE.saturating_sub(harmless).saturating_add(WHOLE / 200).checked_div(WHOLE / 100).unwrap_or(100);
    u8::try_from(percent).unwrap_or(100).min(100)
}

/// The probability one, in parts.
const WHOLE: u64 = 1_000_000_000;

/// How much one rule tells of harm, in thousandths.
fn weight(kind: Kind, severity: Severity) -> u64 {
    let seen = match severity {
        Severity::Info => 0,
        Severity::Low => 40,
        Severity::Medium => 200,
        Severity::High => 450,
        Severity::Critical => 850,
    };
    match kind {
        Kind::Encryption | Kind::Opaque => seen / 2,
        Kind::Danger | Kind::Deception | Kind::Note => seen,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn risk_grows_with_every_rule_and_stays_below_101() {
        let high = (Kind::Deception, Severity::High);
        assert_eq!(risk([].into_iter()), 0);
        assert_eq!(risk([(Kind::Note, Severity::Info)].into_iter()), 0);
        assert_eq!(risk([high].into_iter()), 45);
        assert_eq!(risk([high, high].into_iter()), 70);
        assert_eq!(risk([high, (Kind::Encryption, Severity::Medium)].into_iter()), 51);
        assert_eq!(risk([(Kind::Encryption, Severity::High)].into_iter()), 23);
        assert_eq!(risk([(Kind::Danger, Severity::Critical); 50].into_iter()), 100);
    }
}
