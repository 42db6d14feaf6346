//! A progress bar for long work, on a terminal only.

use std::cell::OnceCell;
use std::io::{self, IsTerminal};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// Work shorter than this shows none.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much has been read of how much.
#[derive(Debug)]
pub struct Progress {
    bar: OnceCell<ProgressBar>,
    start: Instant,
    total: u64,
    done: std::cell::Cell<u64>,
    terminal: bool,
}

impl Progress {
    /// For `total` bytes; 0 when nobody knows.
    pub fn new(total: u64) -> Self {
        let terminal = io::stderr().is_terminal();
        Self { bar: OnceCell::new(), start: Instant::now(), total, done: std::cell::Cell::new(0), terminal }
    }

    /// So many bytes more.
    pub fn advance(&self, bytes: u64) {
        self.done.set(self.done.get().saturating_add(bytes));
        if self.terminal && self.start.elapsed() >= PATIENCE {
            self.bar.get_or_init(|| bar(self.total)).set_position(self.done.get());
        }
    }

    /// Takes the bar away while something is printed.
    pub fn pause<T>(&self, print: impl FnOnce() -> T) -> T {
        match self.bar.get() {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    /// Takes the bar away for good.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

fn bar(total: u64) -> ProgressBar {
    let template = if total > 0 {
        "  {bar:30} {percent:>3} %  {binary_bytes_per_sec}  {eta} left"
    } else {
        "  {spinner} {binary_bytes}  {binary_bytes_per_sec}"
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = if total > 0 { ProgressBar::new(total) } else { ProgressBar::no_length() };
    bar.with_style(style.progress_chars("█▌ "))
}
