//! Guards the forwarding rules of a mail server. As a proxy it stands before ManageSieve (RFC 5804) and lints every
//! script before the server gets it; as a tool it pulls the scripts of all users, lints them and reports.
//!
//! `wire` knows the letters of ManageSieve, `client` talks to a server, `session` is one client at the proxy, `judge` asks
//! the plugin, `pull` and `jmap` visit servers; `setup` turns the command line into them.

pub mod args;
pub mod client;
pub mod clock;
pub mod http;
pub mod jmap;
pub mod judge;
pub mod login;
pub mod policy;
pub mod proxy;
pub mod pull;
pub mod session;
pub mod setup;
pub mod tls;
pub mod wire;
