//! `DELETE /api/terminal/{session}-{terminal}`

use axum::extract::State;
use http::StatusCode;

use crate::app::App;
use crate::http::openapi::{Conflict, Failures, NotFound};
use crate::http::{HttpError, SignedIn, TerminalAddress};

/// Ends a terminal's programs and closes it
#[utoipa::path(
    delete,
    path = "/api/terminal/{address}",
    tag = "terminals",
    params(("address" = String, Path, description = "`{session}-{terminal}`")),
    responses((status = 204, description = "It is closed"), NotFound, Conflict, Failures)
)]
pub async fn close(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: TerminalAddress,
) -> Result<StatusCode, HttpError> {
    app.sessions.close_terminal(&actor, &address.session, address.terminal).await?;
    Ok(StatusCode::NO_CONTENT)
}
