//! `GET /api/terminal/{session}-{terminal}/scrollback`

use axum::extract::State;
use http::{HeaderName, header};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::http::extract::Parameters;
use crate::http::openapi::{Conflict, Failures, NotFound};
use crate::http::{HttpError, SignedIn, TerminalAddress};

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
pub struct How {
    /// `text` without colours, which is the default, or `ansi` with its escapes.
    format: Format,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    #[default]
    Text,
    Ansi,
}

/// A terminal's screen and scrollback
#[utoipa::path(
    get,
    path = "/api/terminal/{address}/scrollback",
    tag = "terminals",
    params(("address" = String, Path, description = "`{session}-{terminal}`"), How),
    responses(
        (status = 200, description = "Lines, oldest first", content_type = "text/plain", body = String),
        NotFound,
        Conflict,
        Failures
    )
)]
pub async fn scrollback(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    address: TerminalAddress,
    Parameters(how): Parameters<How>,
) -> Result<([(HeaderName, &'static str); 1], Vec<u8>), HttpError> {
    let ansi = how.format == Format::Ansi;
    let bytes = app.sessions.scrollback(&actor, &address.session, address.terminal, ansi).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], bytes))
}
