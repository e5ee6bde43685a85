//! What is counted, for Prometheus. Labels are the provider, the status and the outcome, and never an account, a user or a role.

use std::{
    fmt,
    sync::atomic::{AtomicI64, AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::text::encode,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};

use crate::outbound::{Exchange, Observer};

use super::log::Log;

type Labels = Vec<(&'static str, String)>;
type Counts = Family<Labels, Counter>;

/// The outcomes of the contract; a label has no other value but `other`.
const OUTCOMES: [&str; 11] = [
    "removed",
    "already_absent",
    "held",
    "inherited",
    "not_found",
    "refused",
    "failed",
    "unverified",
    "unknown",
    "not_attempted",
    "planned",
];

/// The counters of a service.
pub struct Metrics {
    registry: Registry,
    requests: Counts,
    request_duration: Family<Labels, Histogram>,
    refused: Counts,
    operations: Counts,
    outcomes: Counts,
    unverified: Counts,
    provider_requests: Counts,
    provider_duration: Family<Labels, Histogram>,
    provider_waits: Family<Labels, Counter<f64, AtomicU64>>,
    reloads: Counts,
    unwritten_lines: Counter,
    calls: Gauge<i64, AtomicI64>,
    connections: Gauge<i64, AtomicI64>,
    ready: Gauge<i64, AtomicI64>,
}

impl Metrics {
    /// The counters of a service with this log, which counts its own lines.
    pub fn new(log: &Log) -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("unassign_role"),
            requests: Family::default(),
            request_duration: Family::new_with_constructor(durations),
            refused: Family::default(),
            operations: Family::default(),
            outcomes: Family::default(),
            unverified: Family::default(),
            provider_requests: Family::default(),
            provider_duration: Family::new_with_constructor(durations),
            provider_waits: Family::default(),
            reloads: Family::default(),
            unwritten_lines: log.unwritten().clone(),
            calls: Gauge::default(),
            connections: Gauge::default(),
            ready: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        registry.register("requests", "HTTP requests answered", self.requests.clone());
        registry.register_with_unit(
            "request_duration",
            "From the request's head to the answer's",
            Unit::Seconds,
            self.request_duration.clone(),
        );
        registry.register("refused_requests", "Requests that were not begun", self.refused.clone());
        registry.register(
            "operations",
            "Operations that reached a provider's account",
            self.operations.clone(),
        );
        registry.register("outcomes", "Outcomes of requested roles", self.outcomes.clone());
        registry.register(
            "unverified",
            "Removals that the provider acknowledged and no read has shown yet",
            self.unverified.clone(),
        );
        registry.register(
            "provider_requests",
            "Requests to providers, by their status or `failed`",
            self.provider_requests.clone(),
        );
        registry.register_with_unit(
            "provider_request_duration",
            "From a request to a provider to the head of its answer",
            Unit::Seconds,
            self.provider_duration.clone(),
        );
        registry.register_with_unit(
            "provider_requested_wait",
            "Waits that providers asked for",
            Unit::Seconds,
            self.provider_waits.clone(),
        );
        registry.register(
            "reloads",
            "Changed configurations and certificates",
            self.reloads.clone(),
        );
        registry.register(
            "unwritten_lines",
            "Lines of the log that could not be written: records of removals may be among them",
            self.unwritten_lines.clone(),
        );
        registry.register("calls_in_progress", "Calls under way", self.calls.clone());
        registry.register("connections", "Open connections of clients", self.connections.clone());
        registry.register("ready", "1 if /readyz says so", self.ready.clone());
    }

    /// The text that Prometheus reads.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _: fmt::Result = encode(&mut text, &self.registry);
        text
    }

    pub(super) fn answered(&self, status: u16, duration: Duration) {
        self.requests.get_or_create(&status_label(status)).inc();
        self.request_duration
            .get_or_create(&Labels::new())
            .observe(duration.as_secs_f64());
    }

    /// `reason`: `busy` or `stopping`.
    pub(super) fn refused(&self, reason: &'static str) {
        self.refused.get_or_create(&vec![("reason", reason.to_owned())]).inc();
    }

    pub(super) fn operation<'a>(&self, provider: &str, status: u16, outcomes: impl Iterator<Item = &'a str>) {
        let provider = provider_label(provider);
        let mut labels = vec![provider.clone()];
        labels.extend(status_label(status));
        self.operations.get_or_create(&labels).inc();
        for outcome in outcomes {
            let name = if OUTCOMES.contains(&outcome) { outcome } else { "other" };
            let labels = vec![provider.clone(), ("outcome", name.to_owned())];
            self.outcomes.get_or_create(&labels).inc();
            if outcome == "unverified" {
                self.unverified.get_or_create(&vec![provider.clone()]).inc();
            }
        }
    }

    /// `what`: `configuration` or `certificate`.
    pub(super) fn reloaded(&self, what: &'static str, is_taken: bool) {
        let result = if is_taken { "taken" } else { "refused" };
        let labels = vec![("what", what.to_owned()), ("result", result.to_owned())];
        self.reloads.get_or_create(&labels).inc();
    }

    pub(super) fn set_ready(&self, is_ready: bool) {
        self.ready.set(i64::from(is_ready));
    }

    pub(super) const fn calls(&self) -> &Gauge<i64, AtomicI64> {
        &self.calls
    }

    pub(super) const fn connections(&self) -> &Gauge<i64, AtomicI64> {
        &self.connections
    }

    fn exchanged(&self, exchange: &Exchange<'_>) {
        let provider = provider_label(exchange.provider);
        let status = exchange
            .result
            .map_or_else(|_| String::from("failed"), |status| status.as_u16().to_string());
        self.provider_requests
            .get_or_create(&vec![provider.clone(), ("status", status)])
            .inc();
        let labels = vec![provider];
        self.provider_duration
            .get_or_create(&labels)
            .observe(exchange.duration.as_secs_f64());
        if let Some(wait) = exchange.wait {
            self.provider_waits.get_or_create(&labels).inc_by(wait.as_secs_f64());
        }
    }
}

/// Counts exchanges, and logs those that failed.
pub(super) struct Exchanges {
    pub metrics: std::sync::Arc<Metrics>,
    pub log: Log,
}

impl Observer for Exchanges {
    fn exchanged(&self, exchange: &Exchange<'_>) {
        self.metrics.exchanged(exchange);
        if let Err(reason) = exchange.result {
            let fields = serde_json::json!({
                "provider": exchange.provider,
                "origin": exchange.origin.to_string(),
                "milliseconds": u64::try_from(exchange.duration.as_millis()).unwrap_or(u64::MAX),
                "reason": reason,
            });
            self.log.event("provider_request_failed", fields);
        }
    }

    fn denied(&self, origin: &str) {
        self.log
            .event("provider_request_denied", serde_json::json!({"origin": origin}));
    }
}

/// From 5 ms to 164 s.
fn durations() -> Histogram {
    Histogram::new(exponential_buckets(0.005, 2.0, 16))
}

fn status_label(status: u16) -> Labels {
    vec![("status", status.to_string())]
}

/// A provider's name as the contract spells it; nothing else becomes a label.
fn provider_label(name: &str) -> (&'static str, String) {
    let is_name = (1..=32).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    ("provider", if is_name { name } else { "other" }.to_owned())
}
