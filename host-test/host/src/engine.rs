//! How wasmtime is set up, decided once.

use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::config::HostConfig;
use crate::error::HostError;

/// Core instances of one component: the plugin itself and the shims a component may need.
pub(crate) const CORE_INSTANCES: usize = 4;
/// Tables of one component.
pub(crate) const TABLES: usize = 4;
/// Elements of one table.
pub(crate) const TABLE_ELEMENTS: usize = 20_000;
/// What a full table occupies, bytes.
const TABLE_BYTES: usize = TABLE_ELEMENTS * size_of::<usize>();

pub(crate) fn engine(settings: &HostConfig) -> Result<Engine, HostError> {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(settings.deadline.is_some())
        .consume_fuel(settings.fuel.is_some())
        // The guest has no symbols, so a backtrace says nothing.
        .wasm_backtrace_max_frames(None)
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    Engine::new(&config).map_err(|error| HostError::Setup(format!("{error:#}")))
}

fn pool(settings: &HostConfig) -> PoolingAllocationConfig {
    let slots = u32::try_from(settings.concurrency.max(1)).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_core_instances(slots.saturating_mul(CORE_INSTANCES as u32))
        .total_memories(slots)
        .total_tables(slots.saturating_mul(TABLES as u32))
        .max_core_instances_per_component(CORE_INSTANCES as u32)
        .max_memories_per_component(1)
        .max_tables_per_component(TABLES as u32)
        .max_memories_per_module(1)
        .max_tables_per_module(1)
        .table_elements(TABLE_ELEMENTS)
        .max_memory_size(settings.memory);
    // Kept memory is overwritten before it is used again, and only where the last message touched it, if the kernel can
    // tell (PAGEMAP_SCAN, Linux 6.7); where it cannot, keeping memory costs more than it saves.
    if PoolingAllocationConfig::is_pagemap_scan_available() {
        pool.pagemap_scan(Enabled::Yes)
            .linear_memory_keep_resident(settings.resident)
            .table_keep_resident(TABLE_BYTES.min(settings.resident));
    }
    pool
}
