//! Wrong passwords cost time: each one more doubles how long the same address, and the same name, must wait.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many wrong ones cost nothing: people mistype.
const FREE: u32 = 3;

/// The longest an address waits. One of this machine may be a proxy that stands for many.
const ADDRESS: Duration = Duration::from_secs(15 * 60);

/// The longest a name waits, and this machine: else strangers could keep an operator out for long.
const NAME: Duration = Duration::from_secs(30);

/// So long after the last wrong one all is forgotten.
const FORGOTTEN: Duration = Duration::from_secs(3600);

/// The most addresses and names; one more and the one that was wrong least lately is forgotten.
const MOST: usize = 4096;

/// Who was wrong, how often, and when last.
#[derive(Debug, Default)]
pub struct Backoff(Mutex<BTreeMap<Who, Wrong>>);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Address(IpAddr),
    Name(String),
}

#[derive(Clone, Copy, Debug)]
struct Wrong {
    times: u32,
    last: Instant,
}

impl Backoff {
    /// May somebody try? Counts as wrong until [`succeeded`](Self::succeeded): many tries at once gain nothing.
    ///
    /// # Errors
    /// How long to wait.
    pub fn attempt(&self, address: IpAddr, name: &str, now: Instant) -> Result<(), Duration> {
        let mut wrongs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let both = [Who::of_address(address), Who::of_name(name)];
        let waits = both.iter().map(|who| wrongs.get(who).map_or(Duration::ZERO, |wrong| wrong.wait(who, now)));
        let wait = waits.max().unwrap_or_default();
        if !wait.is_zero() {
            return Err(wait);
        }
        for who in both {
            let times = wrongs.get(&who).filter(|wrong| wrong.counts(now)).map_or(0, |wrong| wrong.times);
            wrongs.insert(who, Wrong { times: times.saturating_add(1), last: now });
        }
        if wrongs.len() > MOST {
            wrongs.retain(|_, wrong| wrong.counts(now));
        }
        while wrongs.len() > MOST {
            let oldest = wrongs.iter().min_by_key(|(_, wrong)| wrong.last).map(|(who, _)| who.clone());
            oldest.and_then(|who| wrongs.remove(&who));
        }
        Ok(())
    }

    /// The password was right.
    pub fn succeeded(&self, address: IpAddr, name: &str) {
        let mut wrongs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        wrongs.remove(&Who::of_address(address));
        wrongs.remove(&Who::of_name(name));
    }
}

impl Who {
    /// Of IPv6 the network of 64 bits: one subscriber has all of it.
    fn of_address(address: IpAddr) -> Self {
        Self::Address(match address.to_canonical() {
            IpAddr::V6(address) => IpAddr::V6((address.to_bits() & (u128::MAX << 64)).into()),
            address => address,
        })
    }

    fn of_name(name: &str) -> Self {
        Self::Name(name.chars().take(64).collect())
    }

    fn longest(&self) -> Duration {
        match self {
            // `::1` without its lower half is `::`.
            Self::Address(address) if address.is_loopback() || address.is_unspecified() => NAME,
            Self::Address(_) => ADDRESS,
            Self::Name(_) => NAME,
        }
    }
}

impl Wrong {
    fn counts(&self, now: Instant) -> bool {
        now.saturating_duration_since(self.last) < FORGOTTEN
    }

    /// What is left of the wait: 1, 2, 4, … seconds after the last of the wrong ones that cost.
    fn wait(&self, who: &Who, now: Instant) -> Duration {
        let Some(paid) = self.times.checked_sub(FREE) else { return Duration::ZERO };
        let whole = Duration::from_secs(1_u64.checked_shl(paid).unwrap_or(u64::MAX)).min(who.longest());
        whole.saturating_sub(now.saturating_duration_since(self.last))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "192.0.2.1";

    fn at(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn the_wait_doubles_up_to_a_bound_and_ends_with_the_right_one() {
        let (backoff, mut now) = (Backoff::default(), Instant::now());
        for _ in 0..FREE {
            backoff.attempt(at(HOME), "aiko", now).unwrap();
        }
        let mut waits = Vec::new();
        for _ in 0..12 {
            let wait = backoff.attempt(at(HOME), "aiko", now).unwrap_err();
            waits.push(wait.as_secs());
            now += wait;
            backoff.attempt(at(HOME), "aiko", now).unwrap();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        backoff.succeeded(at(HOME), "aiko");
        backoff.attempt(at(HOME), "aiko", now).unwrap();
    }

    #[test]
    fn neither_other_names_nor_other_addresses_help() {
        let (backoff, now) = (Backoff::default(), Instant::now());
        for name in ["a", "b", "c"] {
            backoff.attempt(at(HOME), name, now).unwrap();
        }
        assert!(backoff.attempt(at(HOME), "d", now).is_err(), "one address, many names");
        for address in ["2001:db8::1", "2001:db8::2", "2001:db8::ffff"] {
            backoff.attempt(at(address), address, now).unwrap();
        }
        assert!(backoff.attempt(at("2001:db8::3"), "x", now).is_err(), "one network");
        for n in 1..=3 {
            backoff.attempt(at(&format!("198.51.100.{n}")), "aiko", now).unwrap();
        }
        assert_eq!(backoff.attempt(at("198.51.100.9"), "aiko", now), Err(Duration::from_secs(1)));
        backoff.attempt(at("198.51.100.9"), "emi", now).unwrap();
        backoff.attempt(at(HOME), "d", now + FORGOTTEN).unwrap();
    }

    #[test]
    fn who_was_wrong_is_not_kept_without_bound() {
        let (backoff, start) = (Backoff::default(), Instant::now());
        for n in 0..MOST {
            let address = IpAddr::from(u32::try_from(n).unwrap().to_be_bytes());
            backoff.attempt(address, &n.to_string(), start + Duration::from_millis(n as u64)).unwrap();
        }
        let wrongs = backoff.0.lock().unwrap();
        assert_eq!(wrongs.len(), MOST);
        assert!(!wrongs.contains_key(&Who::of_name("0")) && wrongs.contains_key(&Who::of_name("4095")));
    }
}
