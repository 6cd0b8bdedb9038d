//! Server functions, one noun a folder and one verb a file. Each authenticates, calls the service
//! and adds nothing: REST calls the same trait.

pub mod preferences;
pub mod preset;
pub mod session;
pub mod storage;
pub mod terminal;

#[cfg(feature = "ssr")]
use crate::backend::{Actor, RequestContext};
#[cfg(feature = "ssr")]
use crate::model::error::ApiError;

/// Calls a service for whoever is signed in. A failure gets the request's id, and sets the
/// response's status, so that a page about a thing that isn't there is a 404.
#[cfg(feature = "ssr")]
async fn call<T, F>(service: impl FnOnce(RequestContext, Actor) -> F) -> Result<T, ApiError>
where
    F: Future<Output = Result<T, ApiError>>,
{
    let request_id = leptos::prelude::use_context::<RequestContext>().map(|context| context.request_id);
    let answer = match RequestContext::authenticated() {
        Ok((context, actor)) => service(context, actor).await,
        Err(error) => Err(error),
    };
    answer.map_err(|error| {
        let status = http::StatusCode::from_u16(error.code.status());
        if let (Ok(status), Some(response)) = (status, leptos::prelude::use_context::<leptos_axum::ResponseOptions>()) {
            response.set_status(status);
        }
        ApiError { request_id: request_id.unwrap_or_default(), ..error }
    })
}
