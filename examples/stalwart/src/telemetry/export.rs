//! The OpenTelemetry SDK, and what it is told.

use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use opentelemetry::trace::{Span as _, SpanKind, Status, Tracer as _, TracerProvider as _};
use opentelemetry::{Array, KeyValue, StringValue, Value};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, SdkTracer, SdkTracerProvider};

use super::Span;
use crate::config::Telemetry as Settings;

/// Spans that wait for the thread.
const WAITING: usize = 2048;
/// How many go out together.
const BATCH: usize = 256;
/// How long a span waits for others to go with.
const EVERY: Duration = Duration::from_secs(5);
/// How long a collector may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Sends spans.
#[derive(Debug)]
pub struct Telemetry {
    provider: SdkTracerProvider,
    tracer: SdkTracer,
}

impl Telemetry {
    /// Starts the thread. Whether there is a collector shows with the first mail, in the log.
    ///
    /// # Errors
    /// An address nothing can be sent to.
    pub fn start(settings: &Settings) -> anyhow::Result<Self> {
        let mut exporter =
            SpanExporter::builder().with_http().with_protocol(Protocol::HttpBinary).with_timeout(PATIENCE);
        if let Some(endpoint) = &settings.endpoint {
            exporter = exporter.with_endpoint(endpoint.traces());
        }
        let exporter = exporter.build().context("telemetry")?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(WAITING)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(EVERY)
            .build();
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource = Resource::builder().with_service_name("sekisho-gate").with_attribute(version).build();
        let provider = SdkTracerProvider::builder()
            .with_resource(resource)
            .with_span_processor(BatchSpanProcessor::builder(exporter).with_batch_config(batches).build())
            .build();
        let tracer = provider.tracer("sekisho-gate");
        Ok(Self { provider, tracer })
    }

    /// Tells of a mail whose verdict is there.
    pub fn mail(&self, told: Span<'_>) {
        let entry = told.entry;
        let rules: Vec<StringValue> = entry.rules.iter().map(|rule| rule.clone().into()).collect();
        let attributes = [
            KeyValue::new("sekisho.reference", entry.reference.clone()),
            KeyValue::new("sekisho.listener", entry.listener.clone()),
            KeyValue::new("sekisho.action", entry.action.clone()),
            KeyValue::new("sekisho.rules", Value::Array(Array::String(rules))),
            KeyValue::new("sekisho.risk", i64::from(told.risk)),
            KeyValue::new("sekisho.size", i64::try_from(entry.size).unwrap_or(i64::MAX)),
        ];
        let span = self.tracer.span_builder("mail").with_kind(SpanKind::Server);
        let mut span = span.with_start_time(told.start).with_attributes(attributes).start(&self.tracer);
        if matches!(entry.action.as_str(), "tempfail" | "unscanned") {
            span.set_status(Status::error("no verdict"));
        }
        span.end_with_timestamp(SystemTime::now());
    }

    /// Sends what still waits, and ends the thread. Takes [`PATIENCE`] at most.
    pub fn finish(&self) {
        if let Err(error) = self.provider.shutdown_with_timeout(PATIENCE) {
            tracing::warn!("telemetry: the last spans were not sent: {error}");
        }
    }
}

#[cfg(test)]
mod tests;
