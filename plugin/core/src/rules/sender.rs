//! The `sender` family: who the mail says it is from. Scores are those of [`crate::sender`]; from `warn` on a sign is
//! reported, from `quarantine` on it is held to be true.

use super::Rule;

mod domain;
mod elsewhere;
mod facts;
mod header;
mod lookalike;
mod name;
mod origin;
mod sender_suspicious;

/// Its rules, in the order they run.
pub static RULES: &[&Rule] = &[
    &lookalike::SENDER,
    &lookalike::REPLY_TO,
    &domain::UNSAFE,
    &domain::INVALID,
    &facts::NO_MAIL,
    &name::ADDRESS,
    &name::BRAND,
    &name::VIP,
    &name::ORGANISATION,
    &name::ROLE,
    &name::HIDDEN,
    &header::MULTIPLE,
    &header::ODD,
    &header::MISSING,
    &header::DUPLICATE,
    &elsewhere::REPLY_TO,
    &elsewhere::ENVELOPE,
    &origin::FORGED,
    &origin::DMARC,
    &origin::CONTRADICTS,
    &sender_suspicious::RULE,
    &facts::UNAVAILABLE,
];
