//! What happened, why, and what to do.

use leptos::prelude::*;

use super::toaster::CopyDetails;
use crate::contexts::toasts::details;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::session::{Cause, Session, SessionState};

/// What a person can do about a session that failed.
fn advice(cause: &Cause) -> &'static str {
    match cause {
        Cause::OutOfMemory => "Its files are kept. Start it again, and run less at once.",
        Cause::Exited { .. } | Cause::Killed { .. } | Cause::HostRestarted => "Its files are kept. Start it again.",
        Cause::ContainerGone => "Start it again, with an empty home, or delete it.",
        Cause::GuestUnresponsive => "Start it again. If that repeats, send the details to whoever runs this server.",
        Cause::DiskFull => "Delete sessions that you don't need, or have room made on the server; then start it again.",
        Cause::RuntimeUnavailable { .. } => "Whoever runs this server has to mend that; then start it again.",
        Cause::StartFailed { .. } => "Start it again. If that repeats, send the details to whoever runs this server.",
        Cause::StartTimeout { .. } => "The server may be busy. Start it again in a minute.",
    }
}

/// Why a session failed; nothing while it has not.
#[component]
pub fn SessionFailure(#[prop(into)] session: Signal<Session>) -> impl IntoView {
    let cause = Memo::new(move |_| {
        session.with(|session| match &session.state {
            SessionState::Failed { cause } => Some(cause.clone()),
            _ => None,
        })
    });
    move || {
        cause.get().map(|cause| {
            let details = session.with_untracked(|session| {
                format!("session {}: {}\ncause: {cause:?}\nsince: {}", session.id, cause.sentence(), session.active_at)
            });
            view! {
                <div class="failure" role="alert">
                    <p><strong>{cause.sentence()}</strong></p>
                    <p>{advice(&cause)}</p>
                    <CopyDetails details/>
                </div>
            }
        })
    }
}

/// A page, or a part of one, that could not be read.
#[component]
pub fn LoadFailure(what: &'static str, error: ApiError) -> impl IntoView {
    let gone = error.code == ErrorCode::NotFound;
    let advice = if gone { "It may have been deleted." } else { "Reload the page to try again." };
    view! {
        <div class="failure" role="alert">
            <p><strong>{format!("{what}: {}", error.error)}</strong></p>
            <p>{advice}</p>
            <CopyDetails details=details(what, &error)/>
        </div>
    }
}
