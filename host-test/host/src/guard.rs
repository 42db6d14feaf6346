//! The memory a guest may have.

use wasmtime::ResourceLimiter;

/// The bounds of one sandbox, and the most it used.
#[derive(Debug)]
pub(crate) struct Guard {
    limit: usize,
    /// The largest linear memory so far, bytes. A memory never shrinks.
    pub(crate) peak: usize,
}

/// The guest asked for more memory than it may have.
#[derive(Debug, thiserror::Error)]
#[error("the memory limit was reached")]
pub(crate) struct MemoryLimitReached;

impl Guard {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, peak: 0 }
    }
}

impl ResourceLimiter for Guard {
    /// Refusal is an error and not a failed `memory.grow`: the guest could only abort on it, and the host would not
    /// learn why.
    fn memory_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        if desired > self.limit {
            return Err(MemoryLimitReached.into());
        }
        self.peak = self.peak.max(desired);
        Ok(true)
    }

    fn table_growing(&mut self, _current: usize, desired: usize, _maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= crate::engine::TABLE_ELEMENTS)
    }

    fn instances(&self) -> usize {
        crate::engine::CORE_INSTANCES
    }

    fn tables(&self) -> usize {
        crate::engine::TABLES
    }

    fn memories(&self) -> usize {
        1
    }
}
