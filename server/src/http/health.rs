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
use crate::operations::enforcement;

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
    runtime: RuntimeHealth,
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

/// The container runtime.
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

/// Database, storage and runtime, with what the runtime enforces on this machine
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
    let (database, storage, runtime) = tokio::join!(app.database.ping(), app.storage.probe(), app.runtime.health());
    if let Err(error) = &database {
        tracing::error!(%error, "the database does not answer");
    }
    let healthy = database.is_ok() && storage.is_ok() && runtime.available;
    let enforcement = runtime.enforcement.into_iter().map(enforcement).collect();
    let health = Health {
        healthy,
        database: DatabaseHealth { available: database.is_ok() },
        storage: StorageHealth { available: storage.is_ok(), free_bytes: storage.unwrap_or_default() },
        runtime: RuntimeHealth {
            name: app.runtime.name().to_owned(),
            available: runtime.available,
            summary: runtime.summary,
            enforcement,
        },
    };
    (if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(health))
}
