//! Whether the server is alive, and whether what it stands on works.

use app::model::error::ApiError;
use app::model::operations::Enforcement;
use axum::Json;
use axum::extract::State;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use super::extract::SignedIn;
use crate::app::App;
use crate::operations::{enforcement, healths};

/// `GET /health`: this process answers. Open to everybody, tells nothing else.
pub(super) async fn alive() -> impl axum::response::IntoResponse {
    ([(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))], "ok\n")
}

/// What the server stands on.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// Whether all of it works.
    healthy: bool,
    database: DatabaseHealth,
    storage: StorageHealth,
    /// What runs new sessions.
    runtime: RuntimeHealth,
    /// What else runs sessions.
    other_runtimes: Vec<RuntimeHealth>,
}

/// The database.
#[derive(Debug, Serialize, ToSchema)]
pub struct DatabaseHealth {
    available: bool,
}

/// People's files.
#[derive(Debug, Serialize, ToSchema)]
pub struct StorageHealth {
    /// Whether they can be written.
    available: bool,
    /// Bytes that are free on their disk.
    free_bytes: u64,
}

/// A container runtime.
#[derive(Debug, Serialize, ToSchema)]
pub struct RuntimeHealth {
    /// The driver's name, such as `embedded`.
    name: String,
    /// Whether containers can be started at all.
    available: bool,
    /// Why not, or a line that describes the engine.
    summary: String,
    /// Each limit or protection, and whether it holds on this machine.
    enforcement: Vec<Enforcement>,
}

impl RuntimeHealth {
    fn new(name: &str, health: runtime::Health) -> Self {
        Self {
            name: name.to_owned(),
            available: health.available,
            summary: health.summary,
            enforcement: health.enforcement.into_iter().map(enforcement).collect(),
        }
    }
}

/// Database, storage and runtimes, with what these enforce on this machine
#[utoipa::path(
    get,
    path = "/api/health",
    tag = "health",
    responses(
        (status = 200, description = "All of it works", body = Health),
        (status = 401, description = "Nobody is signed in", body = ApiError),
        (status = 503, description = "Some of it does not", body = Health),
    )
)]
pub(super) async fn health(State(app): State<App>, _: SignedIn) -> (StatusCode, Json<Health>) {
    let (database, storage, (runtime, others)) =
        tokio::join!(app.database.ping(), app.storage.probe(), healths(&*app.runtime));
    if let Err(error) = &database {
        tracing::error!(%error, "the database does not answer");
    }
    let is_all_there = runtime.available && others.iter().all(|(_, other)| other.available);
    let healthy = database.is_ok() && storage.is_ok() && is_all_there;
    let health = Health {
        healthy,
        database: DatabaseHealth { available: database.is_ok() },
        storage: StorageHealth { available: storage.is_ok(), free_bytes: storage.unwrap_or_default() },
        runtime: RuntimeHealth::new(app.runtime.name(), runtime),
        other_runtimes: others.into_iter().map(|(name, health)| RuntimeHealth::new(name, health)).collect(),
    };
    (if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(health))
}
