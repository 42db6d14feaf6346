//! Dates and times of RFC 3339, as far as expiries and logs need them: seconds since 1970, no time zones but offsets.

/// The last second a text stands for: the end of the day (UTC) for a date, the moment itself for a date and time.
#[must_use]
pub fn last_moment(text: &str) -> Option<i64> {
    match moment(text) {
        Some(moment) => Some(moment),
        None => day(text)?.checked_mul(86_400)?.checked_add(86_399),
    }
}

/// A `date-time` (RFC 3339 section 5.6). Fractions of a second are dropped, a leap second counts as the next one.
#[must_use]
pub fn moment(text: &str) -> Option<i64> {
    let date = text.get(..10)?;
    let rest = text.get(10..)?.strip_prefix(['T', 't', ' '])?;
    let (hour, minute, second) = (number(rest.get(..2)?)?, number(rest.get(3..5)?)?, number(rest.get(6..8)?)?);
    if rest.get(2..3)? != ":" || rest.get(5..6)? != ":" || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let mut rest = rest.get(8..)?;
    if let Some(fraction) = rest.strip_prefix('.') {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit).count();
        rest = fraction.get(digits..).filter(|_| digits > 0)?;
    }
    let clock = hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_add(second)?;
    day(date)?.checked_mul(86_400)?.checked_add(clock)?.checked_sub(offset(rest)?)
}

/// `Z`, `+09:00`: seconds east of Greenwich.
fn offset(text: &str) -> Option<i64> {
    let (sign, text) = match text.split_at_checked(1)? {
        ("Z" | "z", "") => return Some(0),
        ("+", rest) => (1, rest),
        ("-", rest) => (-1i64, rest),
        _ => return None,
    };
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute) = (two(hour)?, two(minute)?);
    if hour > 23 || minute > 59 {
        return None;
    }
    hour.checked_mul(3600)?.checked_add(minute.checked_mul(60)?)?.checked_mul(sign)
}

/// A `full-date`, as days since 1970-01-01 in the proleptic Gregorian calendar.
fn day(text: &str) -> Option<i64> {
    let mut fields = text.split('-');
    let (year, month, day) = (fields.next()?, fields.next()?, fields.next()?);
    if fields.next().is_some() || year.len() != 4 {
        return None;
    }
    let (year, month, day) = (number(year)?, two(month)?, two(day)?);
    let leap = (year.checked_rem(4)? == 0 && year.checked_rem(100)? != 0) || year.checked_rem(400)? == 0;
    let longest = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=longest).contains(&day) {
        return None;
    }
    // Years begin in March, so that the leap day is the last: 306 days before March 1970 is January 1970.
    let (year, month) =
        if month > 2 { (year, month.checked_sub(3)?) } else { (year.checked_sub(1)?, month.checked_add(9)?) };
    let months = month.checked_mul(153)?.checked_add(2)?.checked_div(5)?;
    let leaps = year.div_euclid(4).checked_sub(year.div_euclid(100))?.checked_add(year.div_euclid(400))?;
    year.checked_mul(365)?.checked_add(leaps)?.checked_add(months)?.checked_add(day)?.checked_sub(719_469)
}

fn two(text: &str) -> Option<i64> {
    (text.len() == 2).then(|| number(text)).flatten()
}

fn number(text: &str) -> Option<i64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn moments_are_seconds_since_1970() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1969-12-31T23:59:59Z", -1),
            ("2000-02-29T12:00:00Z", 951_825_600),
            ("2026-11-24T09:00:00+09:00", 1_795_478_400),
            ("2026-11-24t00:00:00.25z", 1_795_478_400),
            ("2026-11-23T19:00:00-05:00", 1_795_478_400),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(moment(text), Some(seconds), "{text}");
        }
        assert_eq!(last_moment("1970-01-01"), Some(86_399));
    }

    #[test]
    fn what_is_not_a_time_is_none() {
        for text in [
            "",
            "2026",
            "2026-1-1",
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-04-31",
            "26-01-01",
            "2026-01-01T",
            "2026-01-01T00:00:00",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:00+9:00",
            "2026-01-01T00:00:00.Z",
            "2026-01-01T00:00:00Zx",
            "２０２６-01-01",
            "2026-01-01T00:00:00+09",
            "+026-01-01",
        ] {
            assert_eq!(last_moment(text), None, "{text}");
        }
    }
}
