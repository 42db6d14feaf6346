//! One component, pre-linked; a fresh sandbox for every call.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::{Component, Linker};
use wasmtime::{Engine, Store, Trap};

use crate::bindings::{self, Plugin, PluginPre};
use crate::clock::Clock;
use crate::config::{ComponentSource, HostConfig};
use crate::error::{CallError, HostError};
use crate::gate::Gate;
use crate::guard::{Guard, MemoryLimitReached};
use crate::metrics::{Call, Function, Metrics, Outcome};
use crate::record::sha256;
use crate::types::{Context, Edit, Need, Report, RuleInfo};
use crate::{COMPONENT, cache, engine};

/// A loaded plugin. Share one among all threads; every call gets a sandbox of its own.
pub struct Host {
    engine: Engine,
    plugin: PluginPre<Guard>,
    gate: Gate,
    clock: Option<Clock>,
    config: HostConfig,
    metrics: Option<Arc<dyn Metrics>>,
    component: String,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Host {
    /// Loads a component.
    ///
    /// # Errors
    /// [`HostError`]: it cannot be read, is no component, imports something, or does not export what `wit/` says.
    pub fn new(config: HostConfig) -> Result<Self, HostError> {
        let engine = engine::engine(&config)?;
        let bytes = match &config.component {
            ComponentSource::Embedded => Cow::Borrowed(COMPONENT),
            ComponentSource::File(path) => {
                let read = std::fs::read(path);
                Cow::Owned(read.map_err(|error| HostError::Unreadable { path: path.clone(), error })?)
            }
        };
        let plugin = link(&engine, &cache::component(&engine, &bytes, &config)?)?;
        let component = sha256(&bytes);
        let clock = match config.deadline {
            Some(deadline) => Some(
                Clock::start(engine.clone(), deadline)
                    .map_err(|error| HostError::Setup(format!("no thread for the clock: {error}")))?,
            ),
            None => None,
        };
        Ok(Self { gate: Gate::new(config.concurrency.max(1)), engine, plugin, clock, config, metrics: None, component })
    }

    /// The component this crate was built with, default bounds, nothing kept on disk.
    ///
    /// # Errors
    /// [`HostError::Setup`] when this machine cannot run the sandbox.
    pub fn embedded() -> Result<Self, HostError> {
        Self::new(HostConfig::default())
    }

    /// Has every call told to `metrics`.
    #[must_use]
    pub fn with_metrics(mut self, metrics: Arc<dyn Metrics>) -> Self {
        self.metrics = Some(metrics);
        self
    }

    /// SHA-256 of the component, hexadecimal: which plugin it is that answers.
    #[must_use]
    pub fn component_sha256(&self) -> &str {
        &self.component
    }

    /// How it is set up.
    #[must_use]
    pub fn config(&self) -> &HostConfig {
        &self.config
    }

    /// Which facts would make the verdict on a message better? `head` is its header section; a whole message will do.
    ///
    /// # Errors
    /// [`CallError`]; no message makes a [`CallError::Policy`].
    pub fn needs(&self, head: &[u8], context: &Context, policy: &str) -> Result<Vec<Need>, CallError> {
        let context = bindings::context_in(context);
        self.call(Function::Needs, head.len(), |plugin, store| {
            let answer = plugin.sekisho_mail_scanner().call_needs(store, head, &context, policy)?;
            let out = |needs: Vec<_>| needs.into_iter().map(bindings::need_out).collect();
            Ok(answer.map(out).map_err(|e| CallError::Policy(bindings::policy_error_out(e))))
        })
    }

    /// May this message pass? `policy` is one JSON document; the empty string means the defaults.
    ///
    /// # Errors
    /// [`CallError`]; no message makes a [`CallError::Policy`].
    pub fn scan_message(&self, message: &[u8], context: &Context, policy: &str) -> Result<Report, CallError> {
        let context = bindings::context_in(context);
        self.call(Function::ScanMessage, message.len(), |plugin, store| {
            let answer = plugin.sekisho_mail_scanner().call_scan_message(store, message, &context, policy)?;
            Ok(answer.map(bindings::report_out).map_err(|e| CallError::Policy(bindings::policy_error_out(e))))
        })
    }

    /// Is this sender who he seems to be? `sender` is a header section, the value of a From field, or a bare domain.
    ///
    /// # Errors
    /// [`CallError`]; no sender makes a [`CallError::Policy`].
    pub fn check_sender(&self, sender: &[u8], context: &Context, policy: &str) -> Result<Report, CallError> {
        let context = bindings::context_in(context);
        self.call(Function::CheckSender, sender.len(), |plugin, store| {
            let answer = plugin.sekisho_mail_scanner().call_check_sender(store, sender, &context, policy)?;
            Ok(answer.map(bindings::report_out).map_err(|e| CallError::Policy(bindings::policy_error_out(e))))
        })
    }

    /// Where does this rule document send mail? `dialect` is the name of the dialect or of the file; empty to have it
    /// recognised by content.
    ///
    /// # Errors
    /// [`CallError`]; no document makes a [`CallError::Policy`].
    pub fn lint_forwarding(
        &self,
        document: &[u8],
        dialect: &str,
        context: &Context,
        policy: &str,
    ) -> Result<Report, CallError> {
        let context = bindings::context_in(context);
        self.call(Function::LintForwarding, document.len(), |plugin, store| {
            let scanner = plugin.sekisho_mail_scanner();
            let answer = scanner.call_lint_forwarding(store, document, dialect, &context, policy)?;
            Ok(answer.map(bindings::report_out).map_err(|e| CallError::Policy(bindings::policy_error_out(e))))
        })
    }

    /// Carries out edits. Every byte an edit does not concern stays as it was.
    ///
    /// # Errors
    /// [`CallError`], never [`CallError::Policy`].
    pub fn rewrite(&self, message: &[u8], edits: &[Edit]) -> Result<Vec<u8>, CallError> {
        let edits: Vec<_> = edits.iter().map(bindings::edit_in).collect();
        self.call(Function::Rewrite, message.len(), |plugin, store| {
            plugin.sekisho_mail_scanner().call_rewrite(store, message, &edits).map(Ok)
        })
    }

    /// All rules of the plugin, in the order they run.
    ///
    /// # Errors
    /// [`CallError`], never [`CallError::Policy`].
    pub fn rules(&self) -> Result<Vec<RuleInfo>, CallError> {
        self.call(Function::Rules, 0, |plugin, store| {
            let rules = plugin.sekisho_mail_scanner().call_rules(store)?;
            Ok(Ok(rules.into_iter().map(bindings::rule_out).collect()))
        })
    }

    /// One call in a fresh sandbox.
    fn call<T>(
        &self,
        function: Function,
        message: usize,
        ask: impl FnOnce(&Plugin, &mut Store<Guard>) -> wasmtime::Result<Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let (permit, waited) = self.gate.enter(self.config.wait);
        let Some(_permit) = permit else {
            let busy = Err(CallError::Busy { waited });
            self.tell(function, message, waited, Duration::ZERO, None, &busy);
            return busy;
        };
        let start = Instant::now();
        let _running = self.clock.as_ref().map(Clock::running);
        let mut store = self.store();
        let answer = self
            .plugin
            .instantiate(&mut store)
            .and_then(|plugin| ask(&plugin, &mut store))
            .unwrap_or_else(|error| Err(self.call_error(&error)));
        let used = Used { memory: store.data().peak, fuel_left: store.get_fuel().ok() };
        drop(store);
        self.tell(function, message, waited, start.elapsed(), Some(used), &answer);
        answer
    }

    fn store(&self) -> Store<Guard> {
        let mut store = Store::new(&self.engine, Guard::new(self.config.memory));
        store.limiter(|guard| guard);
        if let (Some(clock), Some(deadline)) = (&self.clock, self.config.deadline) {
            store.set_epoch_deadline(clock.ticks(deadline));
        }
        if let Some(fuel) = self.config.fuel {
            // Fails only when the engine does not count fuel, and it does.
            let _ = store.set_fuel(fuel);
        }
        store
    }

    fn call_error(&self, error: &wasmtime::Error) -> CallError {
        if error.downcast_ref::<MemoryLimitReached>().is_some() {
            return CallError::OutOfMemory { limit: self.config.memory };
        }
        match (error.downcast_ref::<Trap>(), self.config.deadline, self.config.fuel) {
            (Some(Trap::Interrupt), Some(deadline), _) => CallError::OutOfTime { deadline },
            (Some(Trap::OutOfFuel), _, Some(fuel)) => CallError::OutOfFuel { fuel },
            (Some(trap), ..) => {
                CallError::Trapped { reason: trap.to_string().trim_start_matches("wasm trap: ").to_owned() }
            }
            (None, ..) => CallError::Trapped { reason: format!("{error:#}") },
        }
    }

    fn tell<T>(
        &self,
        function: Function,
        message: usize,
        waited: Duration,
        took: Duration,
        used: Option<Used>,
        answer: &Result<T, CallError>,
    ) {
        let Some(metrics) = &self.metrics else { return };
        let outcome = match answer {
            Ok(_) => Outcome::Answered,
            Err(CallError::Policy(_)) => Outcome::Policy,
            Err(CallError::Trapped { .. }) => Outcome::Trapped,
            Err(CallError::OutOfTime { .. }) => Outcome::OutOfTime,
            Err(CallError::OutOfFuel { .. }) => Outcome::OutOfFuel,
            Err(CallError::OutOfMemory { .. }) => Outcome::OutOfMemory,
            Err(CallError::Busy { .. }) => Outcome::Busy,
        };
        let memory = used.as_ref().map_or(0, |u| u.memory);
        let fuel = self.config.fuel.zip(used.and_then(|u| u.fuel_left)).map(|(all, left)| all.saturating_sub(left));
        metrics.call(&Call { function, outcome, message, waited, took, memory, fuel });
    }
}

/// What a sandbox used.
struct Used {
    memory: usize,
    fuel_left: Option<u64>,
}

/// Lets in what imports nothing and exports the world of `wit/`.
fn link(engine: &Engine, component: &Component) -> Result<PluginPre<Guard>, HostError> {
    let imports: Vec<_> = component.component_type().imports(engine).map(|(name, _)| name.to_owned()).collect();
    if !imports.is_empty() {
        return Err(HostError::Imports(imports));
    }
    Linker::new(engine)
        .instantiate_pre(component)
        .and_then(PluginPre::new)
        .map_err(|error| HostError::NotAPlugin(format!("{error:#}")))
}
