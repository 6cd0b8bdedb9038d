//! `POST /api/terminal/{session}-{terminal}/uploads`

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use app::backend::sessions::FileBytes;
use app::model::error::{ApiError, ErrorCode, FieldError};
use app::model::terminal::Uploaded;
use axum::Json;
use axum::extract::{Request, State};
use futures::{StreamExt as _, TryStreamExt as _};
use http::StatusCode;
use protocol::upload::{InvalidName, MAX_UPLOAD, UploadName};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::extract::{Parameters, is_too_large};
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, SignedIn, TerminalAddress};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// One component of a path, at most 255 bytes, without control characters.
    name: String,
}

/// Puts a file into `~/uploads`, at most 100 MiB; under another name when its own is taken
#[utoipa::path(
    post,
    path = "/api/terminal/{address}/uploads",
    tag = "terminals",
    params(("address" = String, Path, description = "`{session}-{terminal}`"), Named),
    request_body(content = String, content_type = "application/octet-stream", description = "The file, byte for byte"),
    responses(
        (status = 201, description = "It is there, whole", body = Uploaded),
        NotFound,
        Conflict,
        BodyFailures,
        Failures
    )
)]
pub async fn uploads(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: TerminalAddress,
    Parameters(named): Parameters<Named>,
    request: Request,
) -> Result<(StatusCode, Json<Uploaded>), HttpError> {
    let name: UploadName = named.name.parse().map_err(refused_name)?;
    let too_large = Arc::new(AtomicBool::new(false));
    let file = file(request, Arc::clone(&too_large));
    match app.sessions.upload(&actor, &address.session, &name, file).await {
        Ok(path) => Ok((StatusCode::CREATED, Json(Uploaded { path }))),
        Err(_) if too_large.load(Ordering::Relaxed) => Err(HttpError::too_large(MAX_UPLOAD)),
        Err(error) => Err(error.into()),
    }
}

/// The body, which the outer layer limits to [`MAX_UPLOAD`]; tells when it was over.
fn file(request: Request, too_large: Arc<AtomicBool>) -> FileBytes {
    let body = request.into_body().into_data_stream();
    let body = body.inspect_err(move |error| too_large.store(is_too_large(error), Ordering::Relaxed));
    body.map_err(io::Error::other).boxed()
}

fn refused_name(why: InvalidName) -> ApiError {
    let fields = vec![FieldError { field: "name".to_owned(), message: why.to_string() }];
    ApiError { fields, ..ApiError::new(ErrorCode::ValidationError, "A file of this name can't be uploaded.") }
}
