//! What the server counts of itself, in the words of OpenMetrics. Owns the names, units and labels; whoever does
//! something says so here, and nothing here knows how it was done.
//!
//! No label holds an id, a name or an address: there are as many series as routes, states, stages and runtimes.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use app::model::session::{SessionState, Stage};
use http::{Method, StatusCode};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Bounds of requests' times, seconds: from a page out of memory to the longest request there may be.
const REQUEST_BOUNDS: [f64; 9] = [0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0, 120.0];
/// Bounds of a start's stages, seconds: from a container that is there to one whose image has to come first.
const STAGE_BOUNDS: [f64; 10] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 20.0, 75.0];
/// Bounds of echoes, seconds: 5 ms is what people don't feel, 100 ms what they complain of.
const ECHO_BOUNDS: [f64; 10] = [0.0001, 0.000_25, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5];

/// Every word of [`SessionState::word`].
const STATES: [&str; 7] = ["created", "starting", "running", "stopping", "stopped", "failed", "deleting"];

/// The server's counters. Clones share them.
#[derive(Clone, Debug)]
pub struct Metrics {
    all: Arc<All>,
}

#[derive(Debug)]
struct All {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<RouteLabels, Histogram>,
    sessions: Family<StateLabels, Gauge>,
    stages: Family<StageLabels, Histogram>,
    starts: Family<OutcomeLabels, Counter>,
    runtime_errors: Family<StageLabels, Counter>,
    breakers: Family<RuntimeLabels, Gauge>,
    sockets: Gauge,
    sockets_opened: Counter,
    bytes: Family<DirectionLabels, Counter>,
    echoes: Histogram,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StateLabels {
    state: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct StageLabels {
    stage: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RuntimeLabels {
    runtime: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct DirectionLabels {
    direction: &'static str,
}

/// What is known at the moment of a reading, and counted by nobody.
#[derive(Debug, Default)]
pub struct Moment {
    /// The state of each session.
    pub sessions: Vec<SessionState>,
    /// The runtimes, and whether each is let be.
    pub runtimes: Vec<(String, bool)>,
}

/// The counters of terminals' sockets, for those who copy.
#[derive(Clone, Debug)]
pub struct Traffic {
    pub from_browsers: Counter<u64, AtomicU64>,
    pub to_browsers: Counter<u64, AtomicU64>,
    pub echoes: Histogram,
}

/// A socket that is open, until it is dropped.
#[derive(Debug)]
pub struct OpenSocket {
    sockets: Gauge,
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.sockets.dec();
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("berth");
        let requests = Family::default();
        registry.register("http_requests", "Requests answered, by route", requests.clone());
        let request_seconds = Family::new_with_constructor((|| Histogram::new(REQUEST_BOUNDS)) as fn() -> Histogram);
        let (help, name) = ("From a request's head to its answer's", "http_request_duration");
        registry.register_with_unit(name, help, Unit::Seconds, request_seconds.clone());
        let sessions = Family::default();
        registry.register("sessions", "Sessions, by state", sessions.clone());
        let stages = Family::new_with_constructor((|| Histogram::new(STAGE_BOUNDS)) as fn() -> Histogram);
        registry.register_with_unit("start_stage", "Stages of starts", Unit::Seconds, stages.clone());
        let starts = Family::default();
        registry.register("starts", "Starts that ended, by how", starts.clone());
        let runtime_errors = Family::default();
        registry.register("runtime_errors", "Failures of a runtime, by the stage they came in", runtime_errors.clone());
        let breakers = Family::default();
        registry.register("runtime_let_be", "1 while a runtime is let be, for it failed too often", breakers.clone());
        let sockets = Gauge::default();
        registry.register("sockets", "Terminals' sockets that are open", sockets.clone());
        let sockets_opened = Counter::default();
        registry.register("sockets_opened", "Terminals' sockets that were opened", sockets_opened.clone());
        let bytes = Family::default();
        registry.register_with_unit("terminal", "Bytes of terminals' sockets", Unit::Bytes, bytes.clone());
        let echoes = Histogram::new(ECHO_BOUNDS);
        let help = "From a key in a quiet terminal to the next output, as the server sees it; a sample each second";
        registry.register_with_unit("echo", help, Unit::Seconds, echoes.clone());
        let all = All {
            registry,
            requests,
            request_seconds,
            sessions,
            stages,
            starts,
            runtime_errors,
            breakers,
            sockets,
            sockets_opened,
            bytes,
            echoes,
        };
        Self { all: Arc::new(all) }
    }
}

impl Metrics {
    /// A request was answered. `route` is its pattern, not its address.
    pub fn answered(&self, method: &Method, route: Option<&str>, status: StatusCode, took: Duration) {
        let route = route.unwrap_or("other").to_owned();
        let labels = RequestLabels { method: word_of(method), route: route.clone(), status: class_of(status) };
        self.all.requests.get_or_create(&labels).inc();
        self.all.request_seconds.get_or_create(&RouteLabels { route }).observe(took.as_secs_f64());
    }

    /// A stage of a start is over.
    pub fn stage_ended(&self, stage: Stage, took: Duration) {
        self.all.stages.get_or_create(&StageLabels { stage: name_of(stage) }).observe(took.as_secs_f64());
    }

    /// A start is over.
    pub fn start_ended(&self, is_ready: bool) {
        let outcome = if is_ready { "ready" } else { "failed" };
        self.all.starts.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// A runtime failed.
    pub fn runtime_failed(&self, stage: Stage) {
        self.all.runtime_errors.get_or_create(&StageLabels { stage: name_of(stage) }).inc();
    }

    /// A terminal's socket is open until the answer is dropped.
    #[must_use]
    pub fn socket_opened(&self) -> OpenSocket {
        self.all.sockets_opened.inc();
        self.all.sockets.inc();
        OpenSocket { sockets: self.all.sockets.clone() }
    }

    /// What the copying of one socket counts.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        let counter = |direction| self.all.bytes.get_or_create(&DirectionLabels { direction }).clone();
        Traffic {
            from_browsers: counter("from_browsers"),
            to_browsers: counter("to_browsers"),
            echoes: self.all.echoes.clone(),
        }
    }

    /// All of it, as text.
    #[must_use]
    pub fn read(&self, moment: &Moment) -> String {
        for state in STATES {
            let count = moment.sessions.iter().filter(|other| other.word() == state).count();
            self.all.sessions.get_or_create(&StateLabels { state }).set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        for (runtime, is_let_be) in &moment.runtimes {
            self.all.breakers.get_or_create(&RuntimeLabels { runtime: runtime.clone() }).set(i64::from(*is_let_be));
        }
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.all.registry) {
            // A string takes all that is written.
            let _ = write!(text, "# {error}");
        }
        text
    }
}

/// Methods that are told apart; anybody can make up others.
fn word_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

fn class_of(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..=199 => "1xx",
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        _ => "5xx",
    }
}

fn name_of(stage: Stage) -> &'static str {
    match stage {
        Stage::Creating => "creating",
        Stage::Starting => "starting",
        Stage::Verifying => "verifying",
        Stage::Warming => "warming",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted() -> (Metrics, String) {
        let metrics = Metrics::default();
        let took = Duration::from_millis(3);
        metrics.answered(&Method::GET, Some("/api/sessions/{id}"), StatusCode::OK, took);
        metrics.answered(&Method::from_bytes(b"EVIL").expect("a method"), None, StatusCode::NOT_FOUND, took);
        metrics.stage_ended(Stage::Creating, took);
        metrics.start_ended(true);
        metrics.runtime_failed(Stage::Starting);
        metrics.traffic().from_browsers.inc_by(7);
        metrics.traffic().to_browsers.inc_by(8);
        metrics.traffic().echoes.observe(0.0003);
        let socket = metrics.socket_opened();
        let moment = Moment {
            sessions: vec![SessionState::Running, SessionState::Stopped, SessionState::Running],
            runtimes: vec![("embedded".into(), false), ("docker".into(), true)],
        };
        let told = metrics.read(&moment);
        drop(socket);
        (metrics, told)
    }

    #[test]
    fn everything_is_told_under_its_name() {
        let (metrics, told) = counted();
        for line in [
            r#"berth_http_requests_total{method="GET",route="/api/sessions/{id}",status="2xx"} 1"#,
            r#"berth_http_requests_total{method="other",route="other",status="4xx"} 1"#,
            r#"berth_http_request_duration_seconds_bucket{le="0.005",route="other"} 1"#,
            r#"berth_sessions{state="running"} 2"#,
            r#"berth_sessions{state="stopped"} 1"#,
            r#"berth_start_stage_seconds_count{stage="creating"} 1"#,
            r#"berth_starts_total{outcome="ready"} 1"#,
            r#"berth_runtime_errors_total{stage="starting"} 1"#,
            r#"berth_runtime_let_be{runtime="docker"} 1"#,
            r#"berth_runtime_let_be{runtime="embedded"} 0"#,
            "berth_sockets 1",
            "berth_sockets_opened_total 1",
            r#"berth_terminal_bytes_total{direction="from_browsers"} 7"#,
            r#"berth_echo_seconds_bucket{le="0.0005"} 1"#,
        ] {
            assert!(told.lines().any(|found| found == line), "{line} in\n{told}");
        }
        let later = metrics.read(&Moment::default());
        assert!(later.contains("berth_sockets 0") && later.contains(r#"berth_sessions{state="running"} 0"#), "{later}");
    }

    #[test]
    fn the_dashboard_asks_for_nothing_that_there_is_not() {
        let dashboard = include_str!("../../docs/grafana.json");
        serde_json::from_str::<serde_json::Value>(dashboard).expect("JSON");
        let (_, told) = counted();
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let asked: std::collections::BTreeSet<&str> =
            dashboard.split(|c| !is_part(c)).filter(|word| word.starts_with("berth_")).collect();
        assert!(asked.len() > 8, "{asked:?}");
        for name in asked {
            assert!(told.lines().any(|line| line.split(['{', ' ']).next() == Some(name)), "{name} in\n{told}");
        }
    }
}
