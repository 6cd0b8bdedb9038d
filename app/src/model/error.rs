//! The one error that page and REST are told of.

use serde::{Deserialize, Serialize};

/// What kind of failure, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ErrorCode {
    NotFound,
    ValidationError,
    AuthError,
    Forbidden,
    Conflict,
    /// There is something of this name where something was to come.
    NameTaken,
    RateLimited,
    QuotaExceeded,
    RuntimeUnavailable,
    Internal,
}

impl ErrorCode {
    /// The HTTP status that goes with it.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::ValidationError => 422,
            Self::AuthError => 401,
            Self::QuotaExceeded => 402,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict | Self::NameTaken => 409,
            Self::RateLimited => 429,
            Self::Internal => 500,
            Self::RuntimeUnavailable => 503,
        }
    }
}

/// A failure as the person is told of it: `{error, code, request_id}`, and `fields` with
/// VALIDATION_ERROR. What is only for the log never gets in here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[error("{error}")]
pub struct ApiError {
    /// What happened, why, and what to do, in a sentence or two.
    pub error: String,
    pub code: ErrorCode,
    /// The id of the request, as in the `x-request-id` header and the log.
    #[serde(default)]
    pub request_id: String,
    /// Which fields were wrong, and how.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldError>,
}

/// One field that broke its rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct FieldError {
    pub field: String,
    pub message: String,
}

impl ApiError {
    /// A failure of `code`, told as `error`.
    #[must_use]
    pub fn new(code: ErrorCode, error: impl Into<String>) -> Self {
        Self { error: error.into(), code, request_id: String::new(), fields: Vec::new() }
    }

    /// No such thing, or not yours: the two are told apart by nobody.
    #[must_use]
    pub fn not_found(what: &str) -> Self {
        Self::new(ErrorCode::NotFound, format!("There is no such {what}."))
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn not_signed_in() -> Self {
        Self::new(ErrorCode::AuthError, "Sign in first.")
    }

    /// What can't be done in the thing's present state.
    #[must_use]
    pub fn conflict(why: impl Into<String>) -> Self {
        Self::new(ErrorCode::Conflict, why)
    }

    /// A fault of ours; the cause is in the log under the request's id.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(
            ErrorCode::Internal,
            "Something went wrong on the server. The log has the cause under this request's id.",
        )
    }
}

impl From<garde::Report> for ApiError {
    fn from(report: garde::Report) -> Self {
        let fields = report
            .iter()
            .map(|(path, error)| FieldError { field: path.to_string(), message: error.message().to_owned() })
            .collect();
        Self { fields, ..Self::new(ErrorCode::ValidationError, "Some of what you entered can't be used.") }
    }
}

impl server_fn::error::FromServerFnError for ApiError {
    type Encoder = server_fn::codec::JsonEncoding;

    fn from_server_fn_error(error: server_fn::error::ServerFnErrorErr) -> Self {
        use server_fn::error::ServerFnErrorErr as E;
        match error {
            E::Args(_) | E::MissingArg(_) | E::Deserialization(_) => {
                Self::new(ErrorCode::ValidationError, "The request was malformed.")
            }
            E::Request(_) => {
                Self::new(ErrorCode::Internal, "The server could not be reached. Check the connection and try again.")
            }
            _ => Self::internal(),
        }
    }
}
