//! `POST /uploads`: from a request's body to the disk, a few pieces at a time.

use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use protocol::guest::Uploaded;
use protocol::upload::{MAX_UPLOAD, UploadName};
use tokio::time::timeout;

use super::respond::{Answer, Refusal, json, problem};
use crate::Guest;
use crate::uploads::{self, Piece, UploadError};

/// How long no byte may come: a phone that changes networks takes half of it.
const PAUSE_LIMIT: Duration = Duration::from_secs(60);

/// Keeps the body as a file.
pub async fn receive(guest: &Guest, request: Request<Incoming>) -> Result<Answer, Refusal> {
    let name = name(request.uri().query()).map_err(|why| problem(StatusCode::BAD_REQUEST, why))?;
    if guest.stopping.get() {
        return Err(problem(StatusCode::SERVICE_UNAVAILABLE, "the session stops"));
    }
    let Some(_place) = guest.uploads.enter() else {
        return Err(problem(StatusCode::SERVICE_UNAVAILABLE, "too many uploads at once"));
    };
    let mut body = request.into_body();
    if hyper::body::Body::size_hint(&body).lower() > MAX_UPLOAD {
        return Err(too_large());
    }
    let begun = uploads::begin(&guest.config, name);
    let (pieces, outcome) = begun.map_err(|error| problem(StatusCode::INTERNAL_SERVER_ERROR, error))?;
    let mut length = 0;
    loop {
        match timeout(PAUSE_LIMIT, body.frame()).await {
            Err(_) => return Err(problem(StatusCode::REQUEST_TIMEOUT, "the file did not arrive")),
            Ok(Some(Err(error))) => return Err(problem(StatusCode::BAD_REQUEST, error)),
            Ok(Some(Ok(frame))) => {
                let Ok(bytes) = frame.into_data() else { continue };
                length += bytes.len() as u64;
                if length > MAX_UPLOAD {
                    return Err(too_large());
                }
                // When the writer has given up, the rest is read for nothing, so that whoever sends it
                // gets to see the answer.
                let _ = pieces.send(Piece::Bytes(bytes)).await;
            }
            Ok(None) => break,
        }
    }
    // As above.
    let _ = pieces.send(Piece::End).await;
    match outcome.await {
        Ok(Ok(path)) => Ok(json(StatusCode::CREATED, &Uploaded { path })),
        Ok(Err(error)) => {
            let status = match error {
                UploadError::Full => StatusCode::INSUFFICIENT_STORAGE,
                UploadError::Folder(_) | UploadError::Taken => StatusCode::CONFLICT,
                UploadError::BrokenOff => StatusCode::BAD_REQUEST,
                UploadError::Other(_) => StatusCode::INTERNAL_SERVER_ERROR,
            };
            if status == StatusCode::INTERNAL_SERVER_ERROR {
                eprintln!("berth-guest: an upload failed: {error}");
            }
            Err(problem(status, error))
        }
        Err(_) => Err(problem(StatusCode::INTERNAL_SERVER_ERROR, "the writer ended")),
    }
}

fn too_large() -> Refusal {
    problem(StatusCode::PAYLOAD_TOO_LARGE, "a file is at most 100 MiB")
}

/// The name in a query that is nothing but a name.
fn name(query: Option<&str>) -> Result<UploadName, String> {
    let encoded = query.and_then(|query| query.strip_prefix("name=")).ok_or("the query has no name")?;
    let bytes = percent_decoded(encoded).ok_or("the name is not percent-encoded as it should be")?;
    let text = String::from_utf8(bytes).map_err(|_| "the name is not UTF-8")?;
    text.parse().map_err(|error: protocol::upload::InvalidName| error.to_string())
}

fn percent_decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes();
    let mut decoded = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            b'&' | b'+' => return None,
            plain => plain,
        });
    }
    Some(decoded)
}
