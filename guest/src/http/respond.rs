//! Answers: JSON, bytes, nothing, or a problem.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use protocol::guest::Problem;
use serde::Serialize;

/// What every route answers with.
pub type Answer = Response<Full<Bytes>>;

/// `value` as JSON.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Answer {
    match serde_json::to_vec(value) {
        Ok(body) => bytes(status, "application/json", body),
        Err(_) => empty(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

/// Bytes of a type.
pub fn bytes(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

/// Nothing but a status.
pub fn empty(status: StatusCode) -> Answer {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = status;
    answer
}

/// A request that is not done, and why, as a sentence.
pub struct Refusal {
    status: StatusCode,
    error: String,
}

impl Refusal {
    /// As an answer.
    pub fn answer(self) -> Answer {
        json(self.status, &Problem { error: self.error })
    }
}

/// A refusal.
pub fn problem(status: StatusCode, error: impl ToString) -> Refusal {
    Refusal { status, error: error.to_string() }
}
