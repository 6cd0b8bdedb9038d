//! "New session": makes one, starts it and opens its terminal, in one press.

use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::icons;
use super::session_actions::settled;
use crate::api::session::{create_session, start_session};
use crate::contexts::toasts::Toasts;
use crate::contexts::working::Working;
use crate::model::error::ApiError;
use crate::model::session::{CreateSession, Session, StartSession};

/// A session made, and what went wrong with its start, if anything did.
type Made = (Session, Option<ApiError>);

async fn make() -> Result<Made, ApiError> {
    let session = create_session(CreateSession::default()).await?;
    match start_session(session.id.clone(), StartSession::default()).await {
        Ok(session) => Ok((session, None)),
        // It exists: its page says what to do next.
        Err(error) => Ok((session, Some(error))),
    }
}

#[component]
pub fn NewSession() -> impl IntoView {
    let toasts = Toasts::get();
    let making: Action<(), Result<Made, ApiError>> = Action::new_local(|()| make());
    let (pending, value) = (making.pending(), making.value());
    Working::get().watch(pending);

    let navigate = use_navigate();
    settled(
        move || value.get(),
        move |made| match made {
            Ok((session, refused)) => {
                if let Some(error) = refused {
                    toasts.fail("It was made, but could not be started", &error);
                }
                navigate(&format!("/sessions/{}", session.id), Default::default());
            }
            Err(error) => toasts.fail("No session could be made", &error),
        },
    );

    view! {
        <button
            class="button button-primary"
            disabled=pending
            on:click=move |_| {
                making.dispatch(());
            }
        >
            {icons::plus()}
            "New session"
        </button>
    }
}
