//! How a host is set up.

use std::path::PathBuf;
use std::time::Duration;

/// Where the component comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ComponentSource {
    /// The one this crate was built with ([`COMPONENT`](crate::COMPONENT)).
    #[default]
    Embedded,
    /// A `.wasm` file. It must export the world of `wit/` and import nothing.
    File(PathBuf),
}

/// Bounds of a host and its calls.
///
/// Two bounds on time hold together. The *deterministic* one is the core's own `Budget`: the same mail spends the same on
/// every machine, it costs nothing measurable, and it answers with a `limit-…` finding. The *wall clock* is `deadline`
/// (wasmtime epochs): for what a budget cannot see, a bug or a hostile component. Its checks at every loop cost about an
/// eighth on small mail and a quarter on large (p50 with none / deadline / fuel, µs: 1.3 KB 34 / 38 / 41; 6.8 MB 2,970 /
/// 3,770 / 3,740; 25 MB 11,500 / 14,300 / 15,100; `sekisho bench --bounds none|deadline|fuel` repeats it). `fuel` counts
/// instructions, costs the same and is off by default: it would say "too much" without saying of what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// Where the component comes from.
    pub component: ComponentSource,
    /// The most memory one sandbox may have, bytes. Default 256 MiB; a message of 25 MB with its attachments needs
    /// about 60 MiB.
    pub memory: usize,
    /// How much memory of each sandbox stays with the process between two messages, bytes. It saves time on messages that
    /// need as much, and it is what an idle process occupies. Default 96 MiB. Without Linux 6.7 none stays.
    pub resident: usize,
    /// The longest a call may run. Default 10 s. `None` leaves the check out of the compiled code.
    pub deadline: Option<Duration>,
    /// The most fuel a call may use (one unit is about one wasm instruction). Default `None`.
    pub fuel: Option<u64>,
    /// How many sandboxes may be open at once. Default: one a hardware thread.
    pub concurrency: usize,
    /// How long a call waits for a free sandbox. Default 10 s.
    pub wait: Duration,
    /// Where compiled code is kept; `None` (the default) compiles every time, in about half a second. Compiled code is
    /// native code, so it is only read from a directory and a file that belong to the user of this process and that
    /// nobody else can touch. Anything odd there means: compile again.
    pub cache: Option<PathBuf>,
}

impl Default for HostConfig {
    fn default() -> Self {
        Self {
            component: ComponentSource::Embedded,
            memory: 256 << 20,
            resident: 96 << 20,
            deadline: Some(Duration::from_secs(10)),
            fuel: None,
            concurrency: std::thread::available_parallelism().map_or(1, usize::from),
            wait: Duration::from_secs(10),
            cache: None,
        }
    }
}
