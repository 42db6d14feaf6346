//! The life of the process: start, signals, stop.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use anyhow::Context as _;
use sekisho_host::{ComponentSource, Host, HostConfig};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::buffers::BUFFERS;
use crate::config::{self, Config, Quarantine, STATUS, Sandbox, Tls, Way};
use crate::dns::Dns;
use crate::help::Catalogue;
use crate::hooks::http::{self, Listening};
use crate::house::House;
use crate::judge::{Course, Judge};
use crate::memory;
use crate::metrics::Metrics;
use crate::milter::door::Door;
use crate::notify;
use crate::policy::Policy;
use crate::quarantine::Spool;
use crate::record::{Bounds, Recorder};
use crate::socket::{Listener, Stream};
use crate::sources::{self, Sources};
use crate::status::{self, Desk, Status};
use crate::telemetry::Telemetry;
use crate::tls::Identity;
use crate::{clamd, hooks, mta_hooks};

/// A configuration whose plugin and policies were tried.
#[derive(Debug)]
pub struct Checked {
    config: Config,
    host: Arc<Host>,
    /// One for each milter listener, in their order.
    milters: Vec<Arc<Course>>,
    /// One for each listener of MTA Hooks version 1, in their order.
    hooks: Vec<Arc<Course>>,
    /// One for each listener of the draft of MTA Hooks, in their order.
    mta_hooks: Vec<Arc<Course>>,
    /// One for each clamd listener, in their order.
    clamd: Vec<Arc<Course>>,
    /// Certificates, by the name of the listener.
    identities: BTreeMap<String, Arc<Identity>>,
}

impl Checked {
    /// Reads a configuration, loads the plugin, has it check all policies.
    ///
    /// # Errors
    /// One line that names file, line and key.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let config = Config::read(path)?;
        let host = Arc::new(Host::new(sandbox(&config.sandbox)).context("sandbox")?);
        // The compiler is done.
        memory::give_back();
        let course = |name: &str, way: Way| {
            let policy = Policy::load(way.policy.clone(), &host)
                .with_context(|| format!("{}: the policy of listener `{name}`", path.display()))?;
            Ok(Arc::new(Course { name: name.to_owned(), way, policy }))
        };
        let milters = config.milter.iter().map(|m| course(&m.name, m.way())).collect::<anyhow::Result<_>>()?;
        let hooks = config.hooks.iter().map(|h| course(&h.name, h.way())).collect::<anyhow::Result<_>>()?;
        let mta_hooks = config.mta_hooks.iter().map(|h| course(&h.name, h.way())).collect::<anyhow::Result<_>>()?;
        let clamd = config.clamd.iter().map(|c| course(&c.name, c.way())).collect::<anyhow::Result<_>>()?;
        let identity = |(name, tls): (&str, &Tls)| {
            let (path, line) = (path.display(), config.line(name));
            let identity = Identity::read(tls).with_context(|| format!("{path}:{line}: listener `{name}`"))?;
            Ok((name.to_owned(), Arc::new(identity)))
        };
        let identities = config.tls().map(identity).collect::<anyhow::Result<_>>()?;
        Ok(Self { config, host, milters, hooks, mta_hooks, clamd, identities })
    }

    /// The configuration.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Serves until SIGTERM or SIGINT, then lets mail in flight finish.
    ///
    /// # Errors
    /// A listener cannot be bound.
    pub async fn run(self) -> anyhow::Result<()> {
        let metrics = Arc::new(Metrics::default());
        let concurrency = self.host.config().concurrency;
        let wait = Duration::from_millis(self.config.sandbox.wait_ms);
        let spool = match &self.config.quarantine {
            Some(quarantine) => Some(Arc::new(quarantine.open().context("quarantine")?)),
            None => None,
        };
        let telemetry = self.config.telemetry.as_ref().map(Telemetry::start).transpose()?.map(Arc::new);
        let judge = Judge::new(Arc::clone(&self.host), concurrency, wait, Arc::clone(&metrics))
            .with_recorder(self.recorder(&metrics)?)
            .with_sources(self.sources(&metrics)?)
            .with_spool(spool.clone())
            .with_telemetry(telemetry.clone())
            .with_help(self.config.gate.help_url.clone());
        let house = Arc::new(House::new(judge, self.config.limits.clone(), Arc::clone(&metrics)));
        let (stopper, stop) = watch::channel(false);
        let mut tasks = JoinSet::new();
        if let Some(address) = self.config.gate.status {
            let listening = self.listening(STATUS, address).await?;
            let server = self.config.quarantine.as_ref().and_then(Quarantine::server);
            let status = Status {
                house: Arc::clone(&house),
                stop: stop.clone(),
                catalogue: Arc::new(Catalogue::of(&self.host).context("rules of the plugin")?),
                desk: Desk::new(&self.config.operator, spool.clone(), server).map(Arc::new),
                has_tls: self.config.gate.status_tls.is_some(),
            };
            tasks.spawn(status::serve(listening, status));
        }
        for (milter, course) in self.config.milter.iter().zip(&self.milters) {
            let listener = Listener::bind(&milter.listen, milter.socket_mode).await;
            let listener = listener.with_context(|| format!("listener `{}` on {}", milter.name, milter.listen))?;
            let door = Arc::new(Door { house: Arc::clone(&house), course: Arc::clone(course) });
            tracing::info!(listener = milter.name, on = %milter.listen, "milter door open");
            let serve = move |stream, stop| {
                let door = Arc::clone(&door);
                async move { door.serve(stream, stop).await }
            };
            let identity = self.identities.get(&milter.name).cloned();
            tasks.spawn(accept(listener, identity, self.config.limits.connections, serve, stop.clone()));
        }
        for (clamd, course) in self.config.clamd.iter().zip(&self.clamd) {
            let listener = Listener::bind(&clamd.listen, clamd.socket_mode).await;
            let listener = listener.with_context(|| format!("listener `{}` on {}", clamd.name, clamd.listen))?;
            let deadline = Duration::from_millis(clamd.deadline_ms);
            let door = Arc::new(clamd::door::Door { house: Arc::clone(&house), course: Arc::clone(course), deadline });
            tracing::info!(listener = clamd.name, on = %clamd.listen, "clamd door open");
            let serve = move |stream, stop| {
                let door = Arc::clone(&door);
                async move { door.serve(stream, stop).await }
            };
            tasks.spawn(accept(listener, None, self.config.limits.connections, serve, stop.clone()));
        }
        for (hooks, course) in self.config.hooks.iter().zip(&self.hooks) {
            let listening = self.listening(&hooks.name, hooks.listen).await?;
            let door = hooks::door::Door::new(Arc::clone(&house), Arc::clone(course), hooks);
            tracing::info!(listener = hooks.name, on = %hooks.listen, path = hooks.path, "MTA Hooks door open");
            tasks.spawn(http::serve(listening, door.router(), stop.clone()));
        }
        for (hooks, course) in self.config.mta_hooks.iter().zip(&self.mta_hooks) {
            let listening = self.listening(&hooks.name, hooks.listen).await?;
            let longest = self.config.longest();
            let door = mta_hooks::door::Door::new(Arc::clone(&house), Arc::clone(course), hooks, longest);
            tracing::info!(listener = hooks.name, on = %hooks.listen, path = hooks.path, "door for the draft of MTA Hooks open");
            tasks.spawn(http::serve(listening, door.router(), stop.clone()));
        }
        tasks.spawn(BUFFERS.tidy(stop.clone()));
        if let Some(spool) = &spool {
            tasks.spawn(keep_house(Arc::clone(spool), Arc::clone(&metrics), stop.clone()));
        }
        tracing::info!("ready");
        notify::tell("READY=1");
        self.obey_signals(&metrics).await?;
        tracing::info!("stopping: finishing mail in flight");
        notify::tell("STOPPING=1");
        let _ = stopper.send(true);
        let finished = async { while tasks.join_next().await.is_some() {} };
        if timeout(self.config.grace(), finished).await.is_err() {
            tracing::warn!("stopped with mail in flight; its clients will send it again");
        }
        if let Some(telemetry) = telemetry {
            let _ = tokio::task::spawn_blocking(move || telemetry.finish()).await;
        }
        Ok(())
    }

    /// A listener for HTTP, over TLS when it has a certificate.
    async fn listening(&self, name: &str, address: SocketAddr) -> anyhow::Result<Listening> {
        let listener = TcpListener::bind(address).await;
        let listener = listener.with_context(|| format!("listener `{name}` on {address}"))?;
        Ok(Listening::new(listener, self.identities.get(name).cloned(), self.config.limits.connections))
    }

    fn sources(&self, metrics: &Arc<Metrics>) -> anyhow::Result<Sources> {
        let dns = self.config.dns.as_ref();
        let deadline = dns.map_or(sources::DEADLINE, config::Dns::deadline);
        let resolver = dns.map(|dns| Dns::new(&dns.settings(), Arc::clone(metrics))).transpose().context("dns")?;
        let memory = match &self.config.memory {
            Some(memory) => memory.open(Arc::clone(metrics))?,
            None => None,
        };
        Ok(Sources::new(memory, resolver, deadline, Arc::clone(metrics)))
    }

    fn recorder(&self, metrics: &Arc<Metrics>) -> anyhow::Result<Option<Recorder>> {
        let Some(record) = &self.config.record else { return Ok(None) };
        let bounds = Bounds { days: record.days, bytes: record.mib.saturating_mul(1 << 20) };
        Recorder::start(&record.directory, bounds, Arc::clone(metrics)).map(Some)
    }

    /// Reloads on SIGHUP and when a policy was written; returns on SIGTERM and SIGINT.
    async fn obey_signals(&self, metrics: &Metrics) -> anyhow::Result<()> {
        let mut hangup = signal(SignalKind::hangup())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let watching = self.config.gate.watch_seconds > 0;
        let mut watch = tokio::time::interval(Duration::from_secs(self.config.gate.watch_seconds.max(1)));
        loop {
            tokio::select! {
                _ = hangup.recv() => {
                    self.reload(metrics, |_| true).await;
                    self.renew(metrics, |_| true);
                }
                _ = watch.tick(), if watching => {
                    self.reload(metrics, Policy::is_stale).await;
                    self.renew(metrics, Identity::is_stale);
                }
                _ = terminate.recv() => return Ok(()),
                _ = interrupt.recv() => return Ok(()),
            }
        }
    }

    /// Reads policies again; a wrong one changes nothing.
    async fn reload(&self, metrics: &Metrics, which: impl Fn(&Policy) -> bool) {
        let all = self.milters.iter().chain(&self.hooks).chain(&self.mta_hooks).chain(&self.clamd);
        for course in all.filter(|course| which(&course.policy)) {
            let (host, task) = (Arc::clone(&self.host), Arc::clone(course));
            let done = tokio::task::spawn_blocking(move || task.policy.reload(&host)).await;
            match done {
                Ok(Ok(true)) => tracing::info!(listener = course.name, "new policy"),
                Ok(Ok(false)) => tracing::info!(listener = course.name, "policy unchanged"),
                Ok(Err(error)) => {
                    metrics.bad_reloads.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(listener = course.name, "new policy refused, the old one stays: {error:#}");
                }
                Err(error) => tracing::error!(listener = course.name, "reload: {error}"),
            }
        }
    }
}

impl Checked {
    /// Reads certificates again; wrong ones change nothing.
    fn renew(&self, metrics: &Metrics, which: impl Fn(&Identity) -> bool) {
        for (name, identity) in self.identities.iter().filter(|(_, identity)| which(identity)) {
            match identity.renew() {
                Ok(()) => tracing::info!(listener = name, "certificate read again"),
                Err(error) => {
                    metrics.bad_reloads.fetch_add(1, Ordering::Relaxed);
                    tracing::error!(listener = name, "new certificate refused, the old one stays: {error:#}");
                }
            }
        }
    }
}

/// How often the quarantine is looked through.
const HOUSEKEEPING: Duration = Duration::from_secs(60);

/// Looks through the quarantine now and then, until the gate stops.
async fn keep_house(spool: Arc<Spool>, metrics: Arc<Metrics>, mut stop: watch::Receiver<bool>) {
    let mut ticks = tokio::time::interval(HOUSEKEEPING);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let spool = Arc::clone(&spool);
        match tokio::task::spawn_blocking(move || spool.survey()).await {
            Ok(Ok(survey)) => metrics.quarantine.set(&survey),
            Ok(Err(error)) => tracing::error!("quarantine: {error}"),
            Err(error) => tracing::error!("quarantine: {error}"),
        }
    }
}

/// What all sandboxes together keep of their memory between two mails: a gate is idle most of the time.
const RESIDENT: usize = 32 << 20;

fn sandbox(config: &Sandbox) -> HostConfig {
    let default = HostConfig::default();
    let concurrency = config.concurrency.unwrap_or(default.concurrency).max(1);
    HostConfig {
        component: config.component.clone().map_or(ComponentSource::Embedded, ComponentSource::File),
        memory: config.memory_mib.saturating_mul(1 << 20),
        deadline: Some(Duration::from_millis(config.deadline_ms)),
        resident: RESIDENT.checked_div(concurrency).unwrap_or(RESIDENT),
        concurrency,
        wait: Duration::from_millis(config.wait_ms),
        cache: config.cache.clone(),
        ..default
    }
}

/// Takes connections, as many at once as the limit says, until the gate stops; then waits for those it has.
async fn accept<S, F>(
    listener: Listener,
    identity: Option<Arc<Identity>>,
    most: usize,
    serve: S,
    mut stop: watch::Receiver<bool>,
) where
    S: Fn(Stream, watch::Receiver<bool>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let places = Arc::new(Semaphore::new(most.clamp(1, Semaphore::MAX_PERMITS)));
    let mut connections = JoinSet::new();
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stop.wait_for(|stop| *stop) => break,
            Some(_) = connections.join_next() => continue,
        };
        match accepted {
            Ok(stream) => {
                let (serve, identity, stop) = (serve.clone(), identity.clone(), stop.clone());
                connections.spawn(async move {
                    let _place = place;
                    let stream = match identity {
                        None => stream,
                        Some(identity) => match identity.secure(stream).await {
                            Ok(stream) => stream,
                            Err(error) => return tracing::warn!("no TLS with a peer: {error}"),
                        },
                    };
                    serve(stream, stop).await;
                });
            }
            Err(error) => {
                // Out of descriptors, most likely; it passes when connections end.
                tracing::error!("accept: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}
