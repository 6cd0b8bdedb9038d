//! `GET /api/storage/download`

use app::backend::storage::Download;
use app::model::error::{ApiError, ErrorCode};
use app::model::storage::{At, FilePath, MAX_ITEMS};
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Response};
use http::{HeaderMap, HeaderValue, header};
use protocol::SessionId;

use super::content;
use crate::app::App;
use crate::http::openapi::{BodyFailures, Conflict, Failures, NotFound};
use crate::http::{HttpError, SignedIn};

/// One file as it is, with `Range`, `ETag` and `If-None-Match`; a folder, or several things, as a zip that is made while it is sent
#[utoipa::path(
    get,
    path = "/api/storage/download",
    tag = "storage",
    params(
        ("session" = Option<String>, Query, description = "The session whose workspace they are in; none for home"),
        ("path" = Vec<String>, Query, description = "Each of them, as often as there are"),
    ),
    responses(
        (status = 200, description = "All of it", content_type = "application/octet-stream", body = String),
        (status = 206, description = "The range that was asked for"),
        (status = 304, description = "It is what the caller has"),
        (status = 416, description = "It has no such range"),
        NotFound,
        Conflict,
        BodyFailures,
        Failures
    )
)]
pub async fn download(
    State(app): State<App>,
    SignedIn(actor): SignedIn,
    RawQuery(query): RawQuery,
    asked: HeaderMap,
) -> Result<Response, HttpError> {
    let items = items(&query.unwrap_or_default())?;
    let (mut response, name) = match app.storage.download(&actor, &items).await? {
        Download::File(file) => (content::answer(&*file, &asked), file.name().to_owned()),
        Download::Archive(name, bytes) => {
            let mut response = Body::from_stream(bytes).into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/zip"));
            (response, name)
        }
    };
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_DISPOSITION, content::attachment(&name));
    Ok(response)
}

fn items(query: &str) -> Result<Vec<At>, ApiError> {
    let unusable = |why: String| ApiError::new(ErrorCode::ValidationError, format!("The query can't be used: {why}"));
    let (mut session, mut paths) = (None, Vec::new());
    for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*key {
            "session" => session = Some(value.parse::<SessionId>().map_err(|error| unusable(error.to_string()))?),
            "path" => paths.push(value.parse::<FilePath>().map_err(|error| unusable(error.to_string()))?),
            other => return Err(unusable(format!("there is no parameter `{other}`."))),
        }
    }
    if paths.len() > MAX_ITEMS {
        let told = format!("At most {MAX_ITEMS} things are downloaded at once.");
        return Err(ApiError::new(ErrorCode::ValidationError, told));
    }
    Ok(paths.into_iter().map(|path| At { session: session.clone(), path }).collect())
}
