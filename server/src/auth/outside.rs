//! Requests to other servers: providers' and proxies' keys, codes for tokens, Turnstile's word.

use std::sync::OnceLock;
use std::time::Duration;

use serde::de::DeserializeOwned;
use thiserror::Error;

/// How long connecting may take, and the whole of an answer.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// The largest answer, bytes. A set of keys has a few thousand.
const MAX_ANSWER: usize = 1 << 20;

/// Why another server gave no answer of use.
#[derive(Debug, Error)]
pub enum OutsideError {
    #[error("{}", chain(.0))]
    Request(#[from] reqwest::Error),
    #[error("it answered {0}")]
    Status(http::StatusCode),
    #[error("its answer is longer than {MAX_ANSWER} bytes")]
    TooLong,
    #[error("its answer can't be read: {0}")]
    Malformed(serde_json::Error),
    #[error("a request could not be made: {0}")]
    Http(#[from] http::Error),
}

/// What is wrong is often told by the last cause only.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// The client for such requests, made when it is first needed: it reads the system's certificates.
#[derive(Debug, Default)]
pub struct Outside(OnceLock<reqwest::Client>);

impl Outside {
    fn client(&self) -> Result<&reqwest::Client, OutsideError> {
        if let Some(client) = self.0.get() {
            return Ok(client);
        }
        crate::tls::install();
        // No redirects: what is to be asked is configured, and where it leads on is not.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_LIMIT)
            .timeout(ANSWER_LIMIT)
            .user_agent(concat!("berth/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(self.0.get_or_init(|| client))
    }

    /// Sends `request` and reads the whole of its answer.
    ///
    /// # Errors
    /// See [`OutsideError`]; a status is the caller's to look at.
    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, OutsideError> {
        let mut answer = self.client()?.execute(request.try_into()?).await?;
        let mut response = http::Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            *headers = std::mem::take(answer.headers_mut());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(OutsideError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(response.body(body)?)
    }

    /// The JSON that `request` is answered with.
    ///
    /// # Errors
    /// See [`OutsideError`].
    pub async fn json<T: DeserializeOwned>(&self, request: http::Request<Vec<u8>>) -> Result<T, OutsideError> {
        let response = self.send(request).await?;
        if !response.status().is_success() {
            return Err(OutsideError::Status(response.status()));
        }
        serde_json::from_slice(response.body()).map_err(OutsideError::Malformed)
    }
}
