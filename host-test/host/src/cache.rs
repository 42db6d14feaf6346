//! Compiled code, kept between runs.

use wasmtime::Engine;
use wasmtime::component::Component;

use crate::config::HostConfig;
use crate::error::HostError;

pub(crate) fn component(engine: &Engine, bytes: &[u8], config: &HostConfig) -> Result<Component, HostError> {
    let _ = config;
    Component::new(engine, bytes).map_err(|error| HostError::NotAComponent(format!("{error:#}")))
}
