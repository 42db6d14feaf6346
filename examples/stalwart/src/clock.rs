//! The time as the plugin takes it (fact `time`): RFC 3339, UTC.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Now.
#[must_use]
pub fn now() -> String {
    spell(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()))
}

/// This long ago.
#[must_use]
pub fn before(age: Duration) -> String {
    spell(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.saturating_sub(age).as_secs()))
}

/// Now, in seconds since 1970.
#[must_use]
pub fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs())
}

/// A time as it is spelled (RFC 3339, with any offset), in seconds since 1970; `None` when it is none, or before 1970. Dates to
/// days after Howard Hinnant, `days_from_civil`.
#[must_use]
#[allow(clippy::arithmetic_side_effects, reason = "numbers of four digits at most")]
pub fn read(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        text.get(from..to).filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
    };
    let signs = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let bytes = text.as_bytes();
    let right = signs.iter().all(|(at, sign)| bytes.get(*at).is_some_and(|b| b.eq_ignore_ascii_case(sign)));
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let in_bounds = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    if !right || !in_bounds {
        return None;
    }
    let rest = text.get(19..)?;
    let zone = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    let offset = match zone {
        "Z" | "z" => 0,
        _ => {
            let sign = if zone.starts_with('-') { -1 } else { 1 };
            let (hours, minutes) = zone.strip_prefix(['+', '-'])?.split_once(':')?;
            let digits = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok()).flatten().map(i64::from);
            sign * (digits(hours)? * 3600 + digits(minutes)? * 60)
        }
    };
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let from_march = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    u64::try_from(days * 86_400 + hour * 3600 + minute * 60 + second - offset).ok()
}

/// Seconds since 1970 as a date and a time. Days to dates after Howard Hinnant, "chrono-Compatible Low-Level Date
/// Algorithms", `civil_from_days`.
#[must_use]
#[allow(clippy::arithmetic_side_effects, reason = "far from the bounds of i64 for every time that fits the format")]
pub fn spell(seconds: u64) -> String {
    // The year 9999 ends there.
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX).min(253_402_300_799);
    let (days, clock) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (clock / 3600, clock / 60 % 60, clock % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_right() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_825_600, "2000-02-29T12:00:00Z"),
            (1_795_478_400, "2026-11-24T00:00:00Z"),
            (4_107_542_399, "2100-02-28T23:59:59Z"),
            (u64::MAX, "9999-12-31T23:59:59Z"),
        ] {
            assert_eq!(spell(seconds), text);
            assert_eq!(read(text), Some(seconds.min(253_402_300_799)));
        }
    }

    #[test]
    fn times_are_read_in_every_zone() {
        for (text, wanted) in [
            ("1970-01-01T09:00:01.5+09:00", Some(1)),
            ("1969-12-31t23:30:00-01:00", Some(1800)),
            ("1969-12-31T23:59:59Z", None),
            ("2026-11-24 00:00:00Z", None),
            ("2026-13-24T00:00:00Z", None),
            ("2026-11-24T00:00:00", None),
            ("2026-11-24T00:00:00+0900", None),
            ("2026-11-+4T00:00:00Z", None),
            ("2026-11-24T00:00:00\u{e9}", None),
            ("", None),
        ] {
            assert_eq!(read(text), wanted, "{text}");
        }
    }
}
