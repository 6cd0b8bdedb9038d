//! `POST /api/storage/upload/part`

use app::model::error::{ApiError, ErrorCode};
use app::model::storage::Upload;
use axum::Json;
use axum::extract::{Request, State};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, HeaderName};
use serde::Deserialize;
use utoipa::IntoParams;

use super::upload::body;
use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, Parameters, SignedIn};

/// RFC 9530.
const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Part {
    upload: String,
    /// The first is 0.
    number: u32,
}

/// Takes a part of a file, in any order, again if need be
///
/// With `Content-Digest: sha-256=:…:` (RFC 9530) it is refused when other bytes came than were sent.
#[utoipa::path(
    post,
    path = "/api/storage/upload/part",
    tag = "storage",
    params(Part),
    request_body(content = String, content_type = "application/octet-stream", description = "The part, byte for byte"),
    responses((status = 200, description = "It is here", body = Upload), NotFound, Conflict, BodyFailures, Failures)
)]
pub async fn part(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Parameters(part): Parameters<Part>,
    request: Request,
) -> Result<Json<Upload>, HttpError> {
    let sha256 = digest(request.headers())?;
    Ok(Json(app.storage.part(&actor, &part.upload, part.number, sha256, body(request)).await?))
}

/// The SHA-256 that the sender gave; none when they gave none, or only others that nobody here knows.
fn digest(headers: &HeaderMap) -> Result<Option<[u8; 32]>, ApiError> {
    let told = "Content-Digest can't be used: expected sha-256=:BASE64:";
    let unusable = || ApiError::new(ErrorCode::ValidationError, told);
    let Some(value) = headers.get(CONTENT_DIGEST) else { return Ok(None) };
    let text = value.to_str().map_err(|_| unusable())?;
    let Some(digest) = text.split(',').find_map(|one| one.trim().strip_prefix("sha-256=")) else { return Ok(None) };
    let base64 = digest.strip_prefix(':').and_then(|text| text.strip_suffix(':')).ok_or_else(unusable)?;
    let bytes = BASE64_STANDARD.decode(base64).map_err(|_| unusable())?;
    Ok(Some(bytes.try_into().map_err(|_| unusable())?))
}
