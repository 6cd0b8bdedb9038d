//! Files of the site: wasm, scripts, styles, fonts, icons. Public, for they are the same for everybody.

use std::path::Path;

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderValue, Method, StatusCode, header};
use tower::ServiceExt as _;
use tower_http::services::ServeDir;

use super::error::HttpError;

/// Folders of the site root that are served, and nothing else in it.
const FOLDERS: [&str; 5] = ["/pkg/", "/vendor/", "/modules/", "/fonts/", "/icons/"];
/// Kinds of files at its root: icons, the manifest, the modules that the import map names. No page's
/// address ends so.
const KINDS: [&str; 7] = ["ico", "js", "mjs", "png", "svg", "txt", "webmanifest"];

/// Whether `path` can only be a file of the site.
pub(super) fn is_asset(path: &str) -> bool {
    let is_root_file = || {
        let name = path.strip_prefix('/').filter(|name| !name.contains('/'));
        name.and_then(|name| name.rsplit_once('.')).is_some_and(|(_, kind)| KINDS.contains(&kind))
    };
    FOLDERS.iter().any(|folder| path.starts_with(folder)) || is_root_file()
}

/// The file that the request names, precompressed when there is such a one and the browser takes it.
pub(super) async fn serve(site_root: &Path, request: Request) -> Result<Response, HttpError> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Ok(super::error::method_not_allowed().await.into_response());
    }
    let files =
        ServeDir::new(site_root).append_index_html_on_directories(false).precompressed_br().precompressed_gzip();
    let response = match files.oneshot(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    };
    if response.status() == StatusCode::NOT_FOUND {
        return Err(HttpError::not_found("file"));
    }
    let mut response = response.map(axum::body::Body::new).into_response();
    let headers = response.headers_mut();
    // Names carry no hash: a browser asks each time, and is answered 304 by the file's time.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::is_asset;

    #[test]
    fn only_files_of_the_site_are_public() {
        for file in
            ["/pkg/berth.js", "/vendor/xterm/xterm.mjs", "/modules/xterm.mjs", "/favicon.ico", "/fonts/inter.woff2"]
        {
            assert!(is_asset(file), "{file}");
        }
        for other in [
            "/",
            "/pkg",
            "/sessions/abcdefghij01",
            "/api/openapi.json",
            "/api/docs/try.js",
            "/a/b.js",
            "/.env",
            "/x.html",
        ] {
            assert!(!is_asset(other), "{other}");
        }
    }
}
