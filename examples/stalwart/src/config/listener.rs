//! The sections of listeners: `[[milter]]`, `[[hooks]]`, `[[mta-hooks]]`, `[[clamd]]`.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Deserialize;

use super::{Listen, Mailbox, SocketMode, Spooled, Way, WayDirection};
use crate::verdict::{OnFailure, WithoutHold};

/// A section with the keys that all listeners have, and its own. `for mail servers` adds what only they need: they can be
/// told to hold mail or to send it elsewhere, and may be on another machine.
///
/// `serde(flatten)` would do without a macro, but with it neither an unknown key is found nor the line of a wrong one.
macro_rules! listener {
    ($(#[$about:meta])* pub struct $name:ident for mail servers { $($own:tt)* }) => {
        listener! { @struct $(#[$about])* $name {
            /// Certificate and key; without them there is no TLS.
            pub tls: Option<Tls>,
            /// See [`Way`].
            #[serde(default)]
            pub without_hold: WithoutHold,
            /// See [`Way`].
            #[serde(default)]
            pub spool: Spooled,
            /// See [`Way`].
            pub quarantine_to: Option<Mailbox>,
            $($own)*
        } }

        impl $name {
            /// What is set for each listener.
            #[must_use]
            pub fn way(&self) -> Way {
                Way {
                    direction: self.direction,
                    policy: self.policy.clone(),
                    on_failure: self.on_failure,
                    without_hold: self.without_hold,
                    spool: self.spool.clone(),
                    quarantine_to: self.quarantine_to.clone(),
                }
            }

            /// The files it names.
            pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
                let tls = self.tls.iter_mut().flat_map(|tls| [&mut tls.certificate, &mut tls.key]);
                self.policy.iter_mut().chain(tls)
            }
        }
    };
    ($(#[$about:meta])* pub struct $name:ident { $($own:tt)* }) => {
        listener! { @struct $(#[$about])* $name { $($own)* } }

        impl $name {
            /// What is set for each listener. There is no way to have its mail dropped, or delivered elsewhere.
            #[must_use]
            pub fn way(&self) -> Way {
                Way {
                    direction: self.direction,
                    policy: self.policy.clone(),
                    on_failure: self.on_failure,
                    without_hold: WithoutHold::default(),
                    spool: Spooled::nothing(),
                    quarantine_to: None,
                }
            }

            /// The files it names.
            pub(super) fn files(&mut self) -> impl Iterator<Item = &mut PathBuf> {
                self.policy.iter_mut()
            }
        }
    };
    (@struct $(#[$about:meta])* $name:ident { $($own:tt)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(rename_all = "kebab-case", deny_unknown_fields)]
        pub struct $name {
            /// Its name in logs and metrics.
            pub name: String,
            /// See [`Way`].
            #[serde(default)]
            pub direction: WayDirection,
            /// See [`Way`].
            pub policy: Option<PathBuf>,
            /// See [`Way`].
            #[serde(default)]
            pub on_failure: OnFailure,
            $($own)*
        }
    };
}

/// What a listener shows its clients: PEM files.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tls {
    /// The certificate, and those it is vouched for by.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

listener! {
    /// `[[milter]]`
    pub struct Milter for mail servers {
        /// Where it listens.
        pub listen: Listen,
        /// The mode of a Unix socket, octal.
        #[serde(default)]
        pub socket_mode: SocketMode,
    }
}

listener! {
    /// `[[hooks]]`
    pub struct Hooks for mail servers {
        /// Where it listens.
        pub listen: SocketAddr,
        /// The path of the hook.
        #[serde(default = "hook_path")]
        pub path: String,
        /// Who may call: name and password (basic authentication).
        pub username: Option<String>,
        /// See `username`.
        pub secret: Option<String>,
        /// Who may call: a bearer token.
        pub token: Option<String>,
    }
}

fn hook_path() -> String {
    "/mta-hook".to_owned()
}

listener! {
    /// `[[mta-hooks]]`
    pub struct MtaHooks for mail servers {
        /// Where it listens.
        pub listen: SocketAddr,
        /// Below which path everything but discovery is.
        #[serde(default = "mta_hooks_path")]
        pub path: String,
        /// Who may call: name and password (basic authentication).
        pub username: Option<String>,
        /// See `username`.
        pub secret: Option<String>,
        /// Who may call: a bearer token.
        pub token: Option<String>,
        /// The most registrations.
        #[serde(default = "registrations")]
        pub registrations: usize,
        /// How long a registration holds.
        #[serde(default = "registration_hours")]
        pub registration_hours: u64,
        /// What answers may change (JSON pointers) when the registration does not say it.
        #[serde(default = "update_properties")]
        pub update_properties: Vec<String>,
    }
}

fn mta_hooks_path() -> String {
    "/mta-hooks".to_owned()
}

fn registrations() -> usize {
    16
}

fn registration_hours() -> u64 {
    24
}

fn update_properties() -> Vec<String> {
    ["/action", "/response", "/message/headers"].map(str::to_owned).to_vec()
}

listener! {
    /// `[[clamd]]`
    pub struct Clamd {
        /// Where it listens: loopback or a Unix socket, for the protocol knows no credentials.
        pub listen: Listen,
        /// The mode of a Unix socket, octal.
        #[serde(default)]
        pub socket_mode: SocketMode,
        /// How long a client waits.
        #[serde(default = "clamd_deadline")]
        pub deadline_ms: u64,
    }
}

fn clamd_deadline() -> u64 {
    2000
}

/// Are these credentials of which nothing is missing?
fn are_whole(username: Option<&String>, secret: Option<&String>) -> Result<(), &'static str> {
    if username.is_some() == secret.is_some() { Ok(()) } else { Err("`username` and `secret` go together") }
}

fn is_path(path: &str) -> Result<(), &'static str> {
    if path.starts_with('/') && !path.contains(['{', '}']) { Ok(()) } else { Err("`path` begins with /, no braces") }
}

impl Hooks {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        are_whole(self.username.as_ref(), self.secret.as_ref())?;
        is_path(&self.path)?;
        if self.secret.is_none() && self.token.is_none() && !self.listen.ip().is_loopback() {
            return Err("beyond loopback a hook needs `token`, or `username` and `secret`");
        }
        Ok(())
    }
}

impl MtaHooks {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        are_whole(self.username.as_ref(), self.secret.as_ref())?;
        is_path(&self.path)?;
        if self.path.ends_with('/') || self.path.starts_with("/.well-known") {
            return Err("`path` does not end with /, and is not where discovery is");
        }
        if self.secret.is_none() && self.token.is_none() {
            return Err("needs `token`, or `username` and `secret`: every call is authenticated");
        }
        if self.tls.is_none() && !self.listen.ip().is_loopback() {
            return Err("beyond loopback it needs `tls`");
        }
        if self.registrations == 0 || self.registration_hours == 0 {
            return Err("`registrations` and `registration-hours` are at least 1");
        }
        let updates = |pointer: &str| self.update_properties.iter().any(|granted| granted == pointer);
        if !updates("/action") || !updates("/response") {
            return Err("without /action and /response in `update-properties` nothing could be refused");
        }
        Ok(())
    }
}

impl Clamd {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        match self.listen {
            Listen::Tcp(address) if !address.ip().is_loopback() => {
                Err("listens on loopback or a Unix socket only: anybody may ask")
            }
            _ => Ok(()),
        }
    }
}
