//! The writes to sessions as they go to the server. Their code is in the part of the cards: the page of a session fetches
//! it with the first press.

use futures::future::LocalBoxFuture;
use leptos::wasm_split::SplitLoaderError;
use protocol::SessionId;

use super::session_actions::{Act, Done};
use crate::api::session::{
    create_session, delete_session, duplicate_session, rename_session, restart_session, start_session, stop_session,
    touch_session,
};
use crate::model::error::{ApiError, ErrorCode};
use crate::model::session::{CreateSession, Session, StartSession};

/// A session made, and what went wrong with its start, if anything did.
pub type Made = (Session, Option<ApiError>);

type Answer<T> = LocalBoxFuture<'static, Result<T, ApiError>>;

/// Does `act` to a session.
pub async fn run(id: SessionId, act: Act) -> Result<Done, ApiError> {
    #[cfg(not(test))]
    let errand = errand(id, act).await;
    #[cfg(test)]
    let errand = errand(id, act);
    errand.map_err(|_| not_loaded())?.await
}

/// Makes a session and starts it.
pub async fn make(new: CreateSession) -> Result<Made, ApiError> {
    #[cfg(not(test))]
    let making = making(new).await;
    #[cfg(test)]
    let making = making(new);
    making.map_err(|_| not_loaded())?.await
}

fn not_loaded() -> ApiError {
    ApiError::new(
        ErrorCode::Internal,
        "A part of the page could not be loaded. Check the connection to the server; if it was updated, reload the page.",
    )
}

#[cfg_attr(not(test), leptos::wasm_split::wasm_split(cards, wasm_split_path = leptos::wasm_split, fallible))]
fn errand(id: SessionId, act: Act) -> Result<Answer<Done>, SplitLoaderError> {
    Ok(Box::pin(async move {
        Ok(match act {
            Act::Start { resume } => Done::Changed(start_session(id, StartSession { resume }).await?),
            Act::Restart { resume } => Done::Changed(restart_session(id, StartSession { resume }).await?),
            Act::Stop => Done::Changed(stop_session(id).await?),
            Act::Rename(to) => Done::Changed(rename_session(id, to).await?),
            Act::Duplicate => Done::Made(duplicate_session(id).await?),
            Act::KeepAwake => {
                touch_session(id).await?;
                Done::Nothing
            }
            Act::Delete => {
                delete_session(id).await?;
                Done::Nothing
            }
        })
    }))
}

#[cfg_attr(not(test), leptos::wasm_split::wasm_split(cards, wasm_split_path = leptos::wasm_split, fallible))]
fn making(new: CreateSession) -> Result<Answer<Made>, SplitLoaderError> {
    Ok(Box::pin(async move {
        let session = create_session(new).await?;
        match start_session(session.id.clone(), StartSession::default()).await {
            Ok(session) => Ok((session, None)),
            // It exists: its page says what to do next.
            Err(error) => Ok((session, Some(error))),
        }
    }))
}
