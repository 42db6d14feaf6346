//! Randomness of the system, for what nobody may guess.

use ring::rand::{SecureRandom as _, SystemRandom};

/// So many random bytes; nothing when the system has none.
#[must_use]
pub fn bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).ok()?;
    Some(bytes)
}

/// A token of 256 bits, in letters that stand in cookies and forms as they are.
#[must_use]
pub fn token() -> Option<String> {
    Some(base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes::<32>()?))
}
