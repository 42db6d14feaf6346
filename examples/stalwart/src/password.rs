//! Passwords of operators: Argon2id (RFC 9106), kept as PHC strings.

use std::io::{BufRead as _, IsTerminal as _};

use anyhow::{Context as _, anyhow, bail};
use argon2::password_hash::{PasswordHash, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params};
use serde::Deserialize;

use crate::random;

/// The most memory and passes a hash may ask for: KiB, and times.
const MOST_MEMORY: u32 = 1 << 20;
const MOST_PASSES: u32 = 64;

/// The shortest and the longest password that is taken, in characters and bytes.
const SHORTEST: usize = 12;
const LONGEST: usize = 1024;

/// What is kept of a password.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Hashed(String);

impl std::fmt::Debug for Hashed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hashed(…)")
    }
}

impl TryFrom<String> for Hashed {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let hash = PasswordHash::new(&text).map_err(|_| "no hash of a password; `sekisho-gate password` prints one")?;
        if hash.algorithm != Algorithm::Argon2id.ident() || hash.hash.is_none() || hash.salt.is_none() {
            return Err("not a whole hash of argon2id; `sekisho-gate password` prints one");
        }
        let params = Params::try_from(&hash).map_err(|_| "parameters that argon2id does not have")?;
        if params.m_cost() > MOST_MEMORY || params.t_cost() > MOST_PASSES {
            return Err("more than m=1048576 or t=64: a login would take too much");
        }
        Ok(Self(text))
    }
}

impl Hashed {
    /// Is it this password? Takes as long for a wrong one as for the right one: tens of milliseconds and megabytes.
    #[must_use]
    pub fn is_of(&self, password: &str) -> bool {
        let hash = PasswordHash::new(&self.0);
        hash.is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
    }
}

/// What is to be kept of a password: 19 MiB, two passes, a salt of 16 bytes.
///
/// # Errors
/// It is too short or too long, or the system has no randomness.
pub fn hash(password: &str) -> anyhow::Result<String> {
    if password.chars().count() < SHORTEST {
        bail!("a password has at least {SHORTEST} characters");
    }
    if password.len() > LONGEST {
        bail!("a password has at most {LONGEST} bytes");
    }
    let salt = random::bytes::<16>().context("no randomness from the system")?;
    let salt = SaltString::encode_b64(&salt).map_err(|error| anyhow!("{error}"))?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
    Ok(hash.map_err(|error| anyhow!("{error}"))?.to_string())
}

/// `sekisho-gate password`: asks twice on a terminal, reads a line of standard input otherwise, and prints what belongs
/// into the configuration.
///
/// # Errors
/// One line: why there is nothing to print.
pub fn command() -> anyhow::Result<()> {
    let stdin = std::io::stdin();
    let password = if stdin.is_terminal() {
        let first = rpassword::prompt_password("Password: ")?;
        if first != rpassword::prompt_password("Once more: ")? {
            bail!("the two differ");
        }
        first
    } else {
        let mut line = String::new();
        stdin.lock().read_line(&mut line)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    println!("{}", hash(&password)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_and_no_other() {
        let text = hash("correct horse 関所").unwrap();
        assert!(text.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{text}");
        assert_ne!(text, hash("correct horse 関所").unwrap(), "the salt is another each time");
        let hashed = Hashed::try_from(text).unwrap();
        assert!(hashed.is_of("correct horse 関所"));
        assert!(!hashed.is_of("correct horse 関") && !hashed.is_of(""));
        assert!(!format!("{hashed:?}").contains("argon2"), "nothing of it goes to a log");
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        let right = hash("correct horse").unwrap();
        for wrong in [
            "secret".to_owned(),
            right.replace("argon2id", "argon2i"),
            right.replace("m=19456", "m=4000000"),
            right.replace("t=2", "t=65"),
            right.rsplit_once('$').unwrap().0.to_owned(),
        ] {
            assert!(Hashed::try_from(wrong.clone()).is_err(), "{wrong}");
        }
        assert!(hash("short").is_err() && hash(&"x".repeat(2000)).is_err());
    }
}
