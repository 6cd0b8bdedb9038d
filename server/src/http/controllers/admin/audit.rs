//! `GET /api/admin/audit`

use app::model::account::{AuditEntry, AuditQuery};
use app::model::error::ApiError;
use axum::Json;
use axum::extract::State;
use garde::Validate as _;

use crate::app::App;
use crate::http::openapi::Failures;
use crate::http::{HttpError, Parameters, SignedIn};

/// The audit log, latest first, a hundred entries at most; for administrators
#[utoipa::path(
    get,
    path = "/api/admin/audit",
    tag = "admin",
    params(AuditQuery),
    responses((status = 200, description = "The entries", body = [AuditEntry]), Failures)
)]
pub async fn audit(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Parameters(query): Parameters<AuditQuery>,
) -> Result<Json<Vec<AuditEntry>>, HttpError> {
    query.validate().map_err(ApiError::from)?;
    Ok(Json(app.accounts.audit(&actor, query).await?))
}
