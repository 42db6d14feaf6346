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
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostConfig {
    /// Where the component comes from.
    pub component: ComponentSource,
    /// The most memory one sandbox may have, bytes. Default 256 MiB; a message of 25 MB with its attachments needs
    /// about 60 MiB.
    pub memory: usize,
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
            deadline: Some(Duration::from_secs(10)),
            fuel: None,
            concurrency: std::thread::available_parallelism().map_or(1, usize::from),
            wait: Duration::from_secs(10),
            cache: None,
        }
    }
}
