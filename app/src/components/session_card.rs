//! One session in the list.

use leptos::prelude::*;
use leptos_router::components::A;

use super::delete_dialog::DeleteDialog;
use super::failure::SessionFailure;
use super::icons;
use super::rename_form::RenameForm;
use super::session_actions::SessionActions;
use super::session_menu::SessionMenu;
use super::start_progress::{ReadyIn, StartProgress};
use super::state_badge::StateBadge;
use crate::model::session::{Session, SessionState};
use crate::time::Clock;

#[component]
pub fn SessionCard(session: Signal<Session>, actions: SessionActions, clock: Clock) -> impl IntoView {
    let name = Memo::new(move |_| session.with(|session| session.name.clone()));
    let state = Memo::new(move |_| session.with(|session| session.state.clone()));
    let active_at = Memo::new(move |_| session.with(|session| session.active_at.clone()));
    let is_starting = Memo::new(move |_| state.with(|state| matches!(state, SessionState::Starting { .. })));
    let href = session.with_untracked(|session| format!("/sessions/{}", session.id));
    let link = href.clone();

    view! {
        <li class="card session-card">
            <div class="session-head">
                <Show
                    when=move || actions.renaming.get()
                    fallback=move || {
                        view! {
                            <h2 class="session-name">
                                <A href=link.clone()>{move || name.get()}</A>
                            </h2>
                        }
                    }
                >
                    <RenameForm
                        name=name.get_untracked()
                        id=session.with_untracked(|session| format!("name-{}", session.id))
                        refused=actions.rename_refused()
                        on_rename=Callback::new(move |to| actions.rename(to))
                        on_cancel=Callback::new(move |()| actions.renaming.set(false))
                    />
                </Show>
            </div>
            <p class="session-facts">
                <StateBadge state/>
                <time datetime=move || active_at.get() title=move || active_at.get()>
                    {move || active_at.with(|at| clock.ago(at))}
                </time>
                <ReadyIn session/>
            </p>
            <Show when=move || is_starting.get()>
                <StartProgress session/>
            </Show>
            <SessionFailure session/>
            <div class="session-buttons">
                <A href=href attr:class="button">{icons::terminal()} "Open"</A>
                <StartStop state actions/>
                <SessionMenu session actions/>
            </div>
            <DeleteDialog session actions/>
        </li>
    }
}

/// The button that a state permits, if any.
#[component]
pub fn StartStop(#[prop(into)] state: Signal<SessionState>, actions: SessionActions) -> impl IntoView {
    let changing = actions.is_changing();
    let can_start = Memo::new(move |_| state.with(SessionState::can_start));
    let can_stop = Memo::new(move |_| state.with(SessionState::can_stop));
    view! {
        <Show when=move || can_start.get()>
            <button class="button" disabled=changing on:click=move |_| actions.start()>
                {icons::play()}
                "Start"
            </button>
        </Show>
        <Show when=move || can_stop.get()>
            <button class="button" disabled=changing on:click=move |_| actions.stop()>
                {icons::stop()}
                "Stop"
            </button>
        </Show>
    }
}
