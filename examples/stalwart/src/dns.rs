//! What the DNS says of a sender's domain: does it take mail, and what does it want done with mail that is not its own?
//!
//! A mail decides which names are asked for, so everything is bounded: the names of one mail, the questions a name may cost,
//! the questions under way at once. A mail waits until its deadline and is judged without what did not come; what comes
//! later is in the cache for the next one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use sekisho_host::{Fact, Need};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::metrics::Metrics;
use crate::sources::{fact, unavailable};

mod dmarc;

/// The kinds of facts the DNS can tell.
const KINDS: [&str; 2] = ["domain-mail", "dmarc-policy"];

/// The most facts of one mail. The plugin needs one of each kind; a component of somebody else may want more.
const MOST: usize = 4;

/// How a resolver is to be.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whom to ask; nobody: those of `/etc/resolv.conf`.
    pub servers: Vec<SocketAddr>,
    /// How long one attempt of a question waits for its answer. There are two.
    pub timeout: Duration,
    /// The most answers held.
    pub cache: u64,
    /// How long "there is none" is held at least and at most.
    pub negative: (Duration, Duration),
    /// Questions under way at once.
    pub concurrency: usize,
}

/// A resolver with its cache.
#[derive(Debug)]
pub struct Dns {
    resolver: TokioResolver,
    places: Semaphore,
    metrics: Arc<Metrics>,
}

/// Why a question has no records for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Without {
    /// The name is there and has no such records.
    Records,
    /// The name does not exist.
    Name,
    /// Nobody knows: the word for the report.
    Answer(&'static str),
}

impl Dns {
    /// A resolver that has asked nothing yet. To be called inside a runtime.
    ///
    /// # Errors
    /// No servers were given, and `/etc/resolv.conf` names none.
    pub fn new(settings: &Settings, metrics: Arc<Metrics>) -> anyhow::Result<Self> {
        let servers = if settings.servers.is_empty() {
            let (system, _) = hickory_resolver::system_conf::read_system_conf().context("/etc/resolv.conf")?;
            system.name_servers().to_vec()
        } else {
            settings.servers.iter().map(server).collect()
        };
        let mut options = ResolverOpts::default();
        options.timeout = settings.timeout;
        options.attempts = 1;
        options.cache_size = settings.cache;
        options.negative_min_ttl = Some(settings.negative.0);
        options.negative_max_ttl = Some(settings.negative.1.max(settings.negative.0));
        // A week, whatever a record says.
        options.positive_max_ttl = Some(Duration::from_secs(7 * 86_400));
        options.use_hosts_file = ResolveHosts::Never;
        let config = ResolverConfig::from_name_servers(servers);
        let builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let resolver = builder.with_options(options).build()?;
        let places = Semaphore::new(settings.concurrency.clamp(1, Semaphore::MAX_PERMITS));
        Ok(Self { resolver, places, metrics })
    }

    /// What the DNS says of what the plugin needs. What it could not say in time is a fact of kind `unavailable`.
    pub async fn facts(self: &Arc<Self>, needs: &[Need], until: Instant) -> Vec<Fact> {
        let wanted = needs.iter().filter(|need| KINDS.contains(&need.kind.as_str())).take(MOST);
        let asked: Vec<_> = wanted
            .filter_map(|need| {
                let (dns, kind, name) = (Arc::clone(self), need.kind.clone(), name(&need.key)?);
                // A task of its own: when the mail does not wait any more the answer still comes into the cache.
                let answer = tokio::spawn(async move {
                    match kind.as_str() {
                        "dmarc-policy" => dns.dmarc(&name, until).await,
                        _ => dns.takes_mail(&name, until).await.map(Some),
                    }
                });
                Some((need, answer))
            })
            .collect();
        let mut out = Vec::new();
        for (need, answer) in asked {
            out.extend(match timeout_at(until, answer).await {
                Ok(Ok(Ok(value))) => value.map(|value| fact(&need.kind, &need.key, value)),
                Ok(Ok(Err(why))) => Some(unavailable(&need.kind, why)),
                Ok(Err(_)) => Some(unavailable(&need.kind, "failed")),
                Err(_) => Some(unavailable(&need.kind, "timeout")),
            });
        }
        out
    }

    /// Is there anybody who could be answered? RFC 5321 section 5.1, RFC 7505.
    async fn takes_mail(&self, domain: &Name, until: Instant) -> Result<&'static str, &'static str> {
        match self.ask(domain, RecordType::MX, until).await {
            Ok(records) => Ok(match records.as_slice() {
                [RData::MX(only)] if only.exchange.is_root() => "null-mx",
                _ => "mx",
            }),
            Err(Without::Name) => Ok("nxdomain"),
            Err(Without::Answer(why)) => Err(why),
            Err(Without::Records) => {
                let (four, six) =
                    tokio::join!(self.ask(domain, RecordType::A, until), self.ask(domain, RecordType::AAAA, until));
                match (four, six) {
                    (Ok(_), _) | (_, Ok(_)) => Ok("address"),
                    (Err(Without::Answer(why)), _) | (_, Err(Without::Answer(why))) => Err(why),
                    _ => Ok("none"),
                }
            }
        }
    }

    /// What a domain publishes for its mail, or the organisation it belongs to; `None` when nothing.
    async fn dmarc(&self, domain: &Name, until: Instant) -> Result<Option<&'static str>, &'static str> {
        let mut walk = dmarc::Walk::new(domain);
        while let Some(name) = walk.next() {
            let texts = match self.ask(&name, RecordType::TXT, until).await {
                Ok(records) => records.iter().filter_map(text).collect::<Vec<_>>(),
                Err(Without::Records | Without::Name) => Vec::new(),
                Err(Without::Answer(why)) => return Err(why),
            };
            walk.found(&texts);
        }
        Ok(walk.policy())
    }

    /// The records of one type, never none.
    async fn ask(&self, name: &Name, record: RecordType, until: Instant) -> Result<Vec<RData>, Without> {
        let start = Instant::now();
        let Ok(Ok(_place)) = timeout_at(until, self.places.acquire()).await else {
            self.metrics.facts.question("busy", start.elapsed());
            return Err(Without::Answer("busy"));
        };
        let answer = match self.resolver.lookup(name.clone(), record).await {
            Ok(lookup) => {
                let records = lookup.answers().iter().filter(|r| r.record_type() == record);
                let records: Vec<_> = records.map(|r| r.data.clone()).collect();
                if records.is_empty() { Err(Without::Records) } else { Ok(records) }
            }
            Err(error) => Err(without(&error)),
        };
        let result = match answer {
            Ok(_) => "found",
            Err(Without::Records) => "none",
            Err(Without::Name) => "nxdomain",
            Err(Without::Answer(why)) => why,
        };
        self.metrics.facts.question(result, start.elapsed());
        answer
    }
}

fn without(error: &NetError) -> Without {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => Without::Name,
            ResponseCode::NoError => Without::Records,
            _ => Without::Answer("failed"),
        },
        NetError::Timeout => Without::Answer("timeout"),
        NetError::Busy => Without::Answer("busy"),
        _ => Without::Answer("failed"),
    }
}

/// A server that is asked over UDP, and over TCP when an answer did not fit.
fn server(address: &SocketAddr) -> NameServerConfig {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = address.port();
        connection
    });
    NameServerConfig::new(address.ip(), true, connections.into())
}

/// A domain of a mail as a name that can be asked for; the mail may have put anything there. Letters, digits, hyphens and
/// underscores in labels of at most 63 bytes, 253 together (RFC 1035 section 2.3.4); no address.
fn name(domain: &str) -> Option<Name> {
    let domain = domain.strip_suffix('.').unwrap_or(domain);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    let last = domain.rsplit('.').next().unwrap_or_default();
    if domain.len() > 253 || !domain.chars().all(plain) || last.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mut name = Name::from_utf8(domain.to_lowercase()).ok().filter(|name| !name.is_root())?;
    name.set_fqdn(true);
    Some(name)
}

/// The strings of a TXT record are one text (RFC 7208 section 3.3).
fn text(record: &RData) -> Option<String> {
    let RData::TXT(strings) = record else { return None };
    Some(String::from_utf8_lossy(&strings.txt_data.concat()).into_owned())
}

#[cfg(test)]
mod tests;
