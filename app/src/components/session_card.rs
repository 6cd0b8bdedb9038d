//! One session in the list.

use leptos::ev::MouseEvent;
use leptos::prelude::*;
use leptos_router::components::A;
use leptos_router::hooks::use_navigate;

use super::agent_icon::AgentIcon;
use super::delete_dialog::DeleteDialog;
use super::failure::SessionFailure;
use super::icons;
use super::rename_form::RenameForm;
use super::session_actions::{Act, SessionActions};
use super::session_menu::SessionMenu;
use super::sleep::SleepsIn;
use super::start_progress::{ReadyIn, StartProgress};
use super::state_badge::{ActivityWord, StateBadge};
use super::usage_meters::UsageMeters;
use crate::model::session::{Session, SessionState, StoppedBy};
use crate::time::Clock;
use crate::usage::Usages;

#[component]
pub fn SessionCard(session: Signal<Session>, actions: SessionActions, usages: Usages, clock: Clock) -> impl IntoView {
    let name = Memo::new(move |_| session.with(|session| session.name.clone()));
    let state = Memo::new(move |_| session.with(|session| session.state.clone()));
    let active_at = Memo::new(move |_| session.with(|session| session.active_at.clone()));
    let is_starting = Memo::new(move |_| state.with(|state| matches!(state, SessionState::Starting { .. })));
    let is_running = Memo::new(move |_| state.with(|state| *state == SessionState::Running));
    let id = actions.id();
    let shown = StoredValue::new(usages.of(&id));
    let href = format!("/sessions/{id}");
    let link = href.clone();
    let navigate = use_navigate();
    let open = Callback::new(move |event: MouseEvent| {
        #[cfg(feature = "hydrate")]
        super::grow::open(&event, format!("/sessions/{}", actions.id()), navigate.clone());
        #[cfg(not(feature = "hydrate"))]
        let _ = (&event, &navigate);
    });
    let (agent, tier) = session.with_untracked(|session| (session.agent.clone(), session.tier.clone()));

    view! {
        <li class="card session-card">
            <div class="session-head">
                <AgentIcon agent/>
                <div class="session-title">
                    <Show
                        when=move || actions.renaming.get()
                        fallback=move || {
                            view! {
                                <h2 class="session-name">
                                    <A href=link.clone() on:click=move |event| open.run(event)>
                                        {move || name.get()}
                                    </A>
                                </h2>
                            }
                        }
                    >
                        <RenameForm
                            name=name.get_untracked()
                            id=format!("name-{}", actions.id())
                            refused=actions.rename_refused()
                            on_rename=Callback::new(move |to| actions.run(Act::Rename(to)))
                            on_cancel=Callback::new(move |()| actions.renaming.set(false))
                        />
                    </Show>
                    <p class="session-facts">
                        <StateBadge state/>
                        <Show when=move || is_running.get()>
                            <ActivityWord shown=shown.get_value()/>
                        </Show>
                        <span>{tier}</span>
                        <time datetime=move || active_at.get() title=move || active_at.get()>
                            {move || active_at.with(|at| clock.ago(at))}
                        </time>
                    </p>
                </div>
                <SessionMenu session actions/>
            </div>
            <Show when=move || is_running.get()>
                <UsageMeters shown=shown.get_value()/>
            </Show>
            <Show when=move || is_starting.get()>
                <StartProgress session/>
            </Show>
            <StoppedNote session/>
            <SessionFailure session/>
            <div class="session-foot">
                <p class="session-facts">
                    <Show when=move || is_running.get()>
                        <SleepsIn shown=shown.get_value() clock/>
                    </Show>
                    <ReadyIn session/>
                </p>
                <div class="session-buttons">
                    <A href=href attr:class="button" on:click=move |event| open.run(event)>
                        {icons::terminal()}
                        "Open"
                    </A>
                    <StartStop state actions/>
                </div>
                <Resume session actions/>
            </div>
            <DeleteDialog session actions/>
        </li>
    }
}

/// Who stopped it, while it is stopped.
#[component]
pub fn StoppedNote(session: Signal<Session>) -> impl IntoView {
    let by = Memo::new(move |_| {
        session.with(|session| session.stopped_by.filter(|_| session.state == SessionState::Stopped))
    });
    move || by.get().map(|by: StoppedBy| view! { <p class="session-note">{by.sentence()}</p> })
}

/// The button that takes up an agent's last conversation, where there is one.
#[component]
pub fn Resume(session: Signal<Session>, actions: SessionActions) -> impl IntoView {
    let changing = actions.is_changing();
    let can = Memo::new(move |_| {
        session
            .with(|session| session.can_resume && session.state != SessionState::Created && session.state.can_start())
    });
    view! {
        <Show when=move || can.get()>
            <button
                class="button button-primary resume"
                disabled=changing
                on:click=move |_| actions.run(Act::Start { resume: true })
            >
                {icons::play()}
                "Restart and resume the conversation"
            </button>
        </Show>
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
            <button class="button" disabled=changing on:click=move |_| actions.run(Act::Start { resume: false })>
                {icons::play()}
                "Start"
            </button>
        </Show>
        <Show when=move || can_stop.get()>
            <button class="button" disabled=changing on:click=move |_| actions.run(Act::Stop)>
                {icons::stop()}
                "Stop"
            </button>
        </Show>
    }
}
