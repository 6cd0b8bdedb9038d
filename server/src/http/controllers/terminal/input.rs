//! `POST /api/terminal/{session}-{terminal}/input`

use axum::extract::{Request, State};
use http::StatusCode;

use crate::app::App;
use crate::http::extract::{content_type, read_body};
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, SignedIn, TerminalAddress};

/// The most that one request may type, bytes: as much as a frame of the socket.
const MAX_INPUT: usize = protocol::frame::MAX_CLIENT_FRAME;
/// The body is what is typed, byte for byte. No form can send this type, so no foreign page can either.
const CONTENT_TYPE: &str = "application/octet-stream";

/// Types into a terminal, at most 64 KiB at once
#[utoipa::path(
    post,
    path = "/api/terminal/{address}/input",
    tag = "terminals",
    params(("address" = String, Path, description = "`{session}-{terminal}`")),
    request_body(content = String, content_type = "application/octet-stream", description = "What to type, byte for byte"),
    responses((status = 204, description = "It is typed"), NotFound, Conflict, BodyFailures, Failures)
)]
pub async fn input(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: TerminalAddress,
    request: Request,
) -> Result<StatusCode, HttpError> {
    if content_type(&request) != Some(CONTENT_TYPE) {
        return Err(HttpError::unsupported_type(CONTENT_TYPE));
    }
    let bytes = read_body(request).await?;
    if bytes.len() > MAX_INPUT {
        return Err(HttpError::too_large(MAX_INPUT as u64));
    }
    app.sessions.input(&actor, &address.session, address.terminal, bytes.into()).await?;
    Ok(StatusCode::NO_CONTENT)
}
