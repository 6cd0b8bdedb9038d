//! `POST /api/storage/upload`

use std::io;

use app::backend::sessions::FileBytes;
use app::backend::storage::Incoming;
use app::model::storage::{At, Clash, FilePath, Stored};
use axum::Json;
use axum::extract::{Request, State};
use futures::{StreamExt as _, TryStreamExt as _};
use http::{StatusCode, header};
use protocol::SessionId;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, Parameters, SignedIn};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct New {
    /// The session whose workspace it goes to; none for home.
    #[param(value_type = Option<String>)]
    session: Option<SessionId>,
    /// With its name. Folders above it are made.
    #[param(value_type = String)]
    path: FilePath,
    #[serde(default)]
    #[param(inline)]
    clash: Clash,
    /// Whether what is protected may be changed too.
    #[serde(default)]
    even_protected: bool,
}

/// Puts a file in its place once all of it is on the disk
///
/// There is no limit but the room that there is; a large file is better sent in parts, which survive a broken connection.
#[utoipa::path(
    post,
    path = "/api/storage/upload",
    tag = "storage",
    params(New),
    request_body(content = String, content_type = "application/octet-stream", description = "The file, byte for byte"),
    responses((status = 201, description = "It is there, whole", body = Stored), NotFound, Conflict, BodyFailures, Failures)
)]
pub async fn upload(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Parameters(new): Parameters<New>,
    request: Request,
) -> Result<(StatusCode, Json<Stored>), HttpError> {
    let size = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let at = At { session: new.session, path: new.path };
    let file = Incoming { at, size, clash: new.clash, even_protected: new.even_protected };
    let stored = app.storage.store(&actor, file, body(request)).await?;
    Ok((StatusCode::CREATED, Json(stored)))
}

/// The body, as it comes.
pub(super) fn body(request: Request) -> FileBytes {
    request.into_body().into_data_stream().map_err(io::Error::other).boxed()
}
