//! `GET /api/storage/preview`

use std::ops::Range;

use app::backend::Actor;
use app::backend::storage::OpenFile;
use app::model::storage::{At, FilePath, MAX_TEXT};
use axum::body::Body;
use axum::extract::State;
use axum::response::{Html, IntoResponse as _, Response};
use bytes::BytesMut;
use futures::TryStreamExt as _;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use protocol::SessionId;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::content;
use crate::app::App;
use crate::http::openapi::{Conflict, Failures, NotFound};
use crate::http::security_headers::{PDF_POLICY, PREVIEW_POLICY};
use crate::http::{HttpError, Parameters, SignedIn};

/// Types that a browser may show; every other is an attachment, or text.
const SHOWN: [&str; 6] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "application/pdf"];
/// How much of a file tells whether it is text, bytes.
const SNIFFED: u64 = 8 << 10;

const TRUNCATED: HeaderName = HeaderName::from_static("x-truncated");

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Preview {
    /// The session whose workspace it is in; none for home.
    #[param(value_type = Option<String>)]
    session: Option<SessionId>,
    #[param(value_type = String)]
    path: FilePath,
    /// `raw` for what it is, `html` for a Markdown file as a page.
    #[serde(default, rename = "as")]
    #[param(rename = "as", inline)]
    form: Form,
    /// Of that page.
    #[serde(default)]
    #[param(inline)]
    theme: Theme,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    #[default]
    Raw,
    Html,
}

#[derive(Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    #[default]
    Dark,
    Light,
}

/// A file to be looked at, in a sandbox: images and PDF as they are, text up to 1 MiB, anything else as an attachment
#[utoipa::path(
    get,
    path = "/api/storage/preview",
    tag = "storage",
    params(Preview),
    responses(
        (status = 200, description = "`X-Truncated: true` when there is more", content_type = "text/plain", body = String),
        NotFound,
        Conflict,
        Failures
    )
)]
pub async fn preview(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    Parameters(what): Parameters<Preview>,
    asked: HeaderMap,
) -> Result<Response, HttpError> {
    let at = At { session: what.session, path: what.path };
    let mut response = match what.form {
        Form::Html => Html(app.storage.render(&actor, &at, what.theme == Theme::Light).await?).into_response(),
        Form::Raw => raw(&app, &actor, &at, &asked).await?,
    };
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(PREVIEW_POLICY));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
    Ok(response)
}

async fn raw(app: &App, actor: &Actor, at: &At, asked: &HeaderMap) -> Result<Response, HttpError> {
    let file = app.storage.open(actor, at).await?;
    let media_type = file.media_type();
    if let Some(shown) = SHOWN.into_iter().find(|shown| *shown == media_type) {
        let mut response = content::answer(&*file, asked);
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(shown));
        // Viewers show the name.
        response.headers_mut().insert(header::CONTENT_DISPOSITION, content::inline(file.name()));
        if shown == "application/pdf" {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(PDF_POLICY));
        }
        return Ok(response);
    }
    // A drawing is a picture to a page that shows it as one, and nothing to look at by itself: it may hold scripts.
    if media_type != "image/svg+xml" && is_text(&read(&*file, 0..SNIFFED.min(file.size())).await?) {
        let text = read(&*file, 0..MAX_TEXT.min(file.size())).await?;
        let is_cut = file.size() > MAX_TEXT;
        let mut response = Body::from(text.freeze()).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        if is_cut {
            response.headers_mut().insert(TRUNCATED, HeaderValue::from_static("true"));
        }
        return Ok(response);
    }
    let mut response = content::answer(&*file, asked);
    let media_type = if media_type == "image/svg+xml" { "image/svg+xml" } else { "application/octet-stream" };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(header::CONTENT_DISPOSITION, content::attachment(file.name()));
    Ok(response)
}

async fn read(file: &dyn OpenFile, range: Range<u64>) -> Result<BytesMut, HttpError> {
    let read = file.read(range).try_fold(BytesMut::new(), |mut all, bytes| async move {
        all.extend_from_slice(&bytes);
        Ok(all)
    });
    // It shrank since it was opened.
    read.await.map_err(|_| app::model::error::ApiError::conflict("The file is being written. Try again.").into())
}

/// Whether a person can read it: UTF-8, but for a character that is cut at the end, without NUL.
fn is_text(start: &[u8]) -> bool {
    let is_utf8 = match std::str::from_utf8(start) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && start.len() as u64 >= SNIFFED,
    };
    is_utf8 && !start.contains(&0)
}
