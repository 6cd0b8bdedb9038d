//! `GET /metrics` on a listener of its own, for Prometheus.
//!
//! Nobody is asked who they are there: it is for an address that only Prometheus reaches.

use std::future::Future;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::{StatusCode, header};
use tokio::net::TcpListener;

use crate::app::App;
use crate::metrics::Moment;

/// The text that OpenMetrics 1.0 is written in.
const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Serves until `end`.
pub async fn serve_metrics(listener: TcpListener, app: App, end: impl Future<Output = ()> + Send + 'static) {
    let router = Router::new().route("/metrics", get(metrics)).with_state(app);
    if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(end).await {
        tracing::error!(%error, "metrics are not served any more");
    }
}

async fn metrics(State(app): State<App>) -> Response {
    let sessions = match app.database.session_states().await {
        Ok(states) => states,
        Err(error) => {
            tracing::error!(%error, "the sessions could not be counted");
            return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response();
        }
    };
    let troubles = app.runtime.troubles();
    let names = std::iter::once(app.runtime.name()).chain(app.runtime.others().iter().map(|other| other.name()));
    let runtimes = names.map(|name| (name.to_owned(), troubles.iter().any(|trouble| trouble.runtime == name)));
    let moment = Moment { sessions, runtimes: runtimes.collect() };
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], app.metrics.read(&moment)).into_response()
}
