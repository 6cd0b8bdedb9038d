//! One session: its terminals while it runs, and how to get there while it doesn't.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;
use leptos_router::hooks::{use_navigate, use_params_map};
use protocol::SessionId;

use super::not_found::not_found;
use crate::api::session::get_session;
use crate::components::delete_dialog::DeleteDialog;
use crate::components::desk::DeskHost;
use crate::components::failure::{LoadFailure, SessionFailure};
use crate::components::files::FilesButton;
use crate::components::icons;
use crate::components::maker::Maker;
use crate::components::rename_form::RenameForm;
use crate::components::session_actions::{Act, Listeners, SessionActions};
use crate::components::session_card::{Resume, StartStop, StoppedNote};
use crate::components::session_menu::SessionMenu;
use crate::components::session_page::{Panel, SessionEvents, SessionPage};
use crate::components::settings::SettingsButton;
use crate::components::start_progress::{ReadyIn, StartProgress};
use crate::components::state_badge::StateBadge;
use crate::components::terminal_status::TerminalStatus;
use crate::components::workbench::Workbench;
use crate::contexts::toasts::Toasts;
use crate::model::error::{ApiError, ErrorCode};
use crate::model::session::{Session, SessionState};
use crate::sessions;
use crate::terminal::tabs::Tabs;
use crate::time::Clock;

#[component]
pub fn TerminalPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<SessionId>().ok()));
    view! {
        // Another session is another page: nothing of the one before stays.
        <For each=move || [id.get()] key=Clone::clone let(id)>
            <ReadSession id/>
        </For>
    }
}

#[component]
fn ReadSession(id: Option<SessionId>) -> impl IntoView {
    let read = Resource::new(
        move || id.clone(),
        |id| async move {
            match id {
                Some(id) => get_session(id).await,
                None => Err(ApiError::not_found("session")),
            }
        },
    );
    view! {
        <Suspense fallback=|| {
            view! { <p class="centered-page quiet">"Reading the session…"</p> }
        }>
            {move || Suspend::new(async move {
                match read.await {
                    Ok(initial) => Either::Left(view! { <SessionView initial/> }),
                    Err(error) => Either::Right(view! { <NoSession error/> }),
                }
            })}
        </Suspense>
    }
}

#[component]
fn NoSession(error: ApiError) -> impl IntoView {
    if error.code == ErrorCode::NotFound {
        not_found();
    }
    view! {
        <Title text="Session"/>
        <main class="centered-page">
            <div class="card">
                <h1>"No session here"</h1>
                <LoadFailure what="The session could not be read" error/>
                <A href="/" attr:class="button button-primary">"All sessions"</A>
            </div>
        </main>
    }
}

#[component]
fn SessionView(initial: Session) -> impl IntoView {
    // The server writes the title into the head when the rest is rendered, which may be after the end of what
    // renders it and of its memos; asked for then without `try`, it answered 500.
    let first_name = initial.name.clone();
    let session = RwSignal::new(initial);
    let name = Memo::new(move |_| session.with(|session| session.name.clone()));
    let title = move || name.try_get().unwrap_or_else(|| first_name.clone());
    let state = Memo::new(move |_| session.with(|session| session.state.clone()));
    let running = Memo::new(move |_| state.get() == SessionState::Running);
    // Once there was a screen it stays, under a notice: a stop doesn't take away what it said.
    let shown = Memo::new(move |was: Option<&bool>| running.get() || was.copied().unwrap_or(false));

    let navigate = use_navigate();
    let go = Callback::new(move |path: String| navigate(&path, Default::default()));
    let leave = Callback::new(move |()| go.run("/".to_owned()));
    let clock = Clock::start();
    let toasts = Toasts::get();
    let listeners = Listeners {
        on_change: Callback::new(move |changed| session.update(|session| sessions::update(session, changed))),
        on_made: Callback::new(move |made: Session| {
            toasts.tell(format!("This is “{}”, made like the one before.", made.name));
            go.run(format!("/sessions/{}", made.id));
        }),
        on_delete: leave,
    };
    let actions = SessionActions::new(session.into(), listeners);
    let events = SessionEvents { session, is_deleting: actions.is_deleting(), leave };
    let page = SessionPage::new(session.into(), running.into(), actions, go);
    let active = Signal::derive(move || page.states.of(page.tabs.with(Tabs::active)));

    view! {
        <Title text=title/>
        <div class="terminal-page">
            <header class="bar">
                <A href="/" attr:class="button button-quiet button-icon" attr:aria-label="All sessions">
                    {icons::back()}
                </A>
                <div class="bar-title">
                    <Show
                        when=move || actions.renaming.get()
                        fallback=move || view! { <h1 class="session-name">{move || name.get()}</h1> }
                    >
                        <RenameForm
                            name=name.get_untracked()
                            id="name"
                            refused=actions.rename_refused()
                            on_rename=Callback::new(move |to| actions.run(Act::Rename(to)))
                            on_cancel=Callback::new(move |()| actions.renaming.set(false))
                        />
                    </Show>
                    <span class="chip" role="status">
                        <Show when=move || running.get() fallback=move || view! { <StateBadge state/> }>
                            <TerminalStatus state=active/>
                        </Show>
                    </span>
                </div>
                // What is told of it while it runs; of the workbench.
                <span class="fetched" node_ref=page.bar></span>
                <ReadyIn session/>
                <span class="bar-end">
                    <button
                        class="button button-quiet button-icon"
                        aria-label="Commands"
                        title="Commands"
                        on:click=move |_| page.panel.set(Some(Panel::Palette))
                    >
                        {icons::commands()}
                    </button>
                    <StartStop state actions/>
                    <FilesButton/>
                    <SettingsButton/>
                    <SessionMenu session=session.into() actions/>
                </span>
            </header>
            <main class="terminal-main">
                <Workbench page shown events clock/>
                <Show when=move || !running.get()>
                    <NotRunning session=session.into() state=state.into() actions/>
                </Show>
            </main>
            <DeleteDialog session=session.into() actions/>
            <DeskHost maker=Maker::new(go)/>
        </div>
    }
}

/// What a session that doesn't run is doing instead, and what to do next.
#[component]
fn NotRunning(session: Signal<Session>, state: Signal<SessionState>, actions: SessionActions) -> impl IntoView {
    let changing = actions.is_changing();
    let said = move || match state.get() {
        SessionState::Created => "This session has not been started yet.",
        SessionState::Starting { .. } => "Starting",
        SessionState::Stopping => "Stopping: its programs are ending.",
        SessionState::Stopped => "This session is stopped. Its files are kept.",
        SessionState::Failed { .. } => "This session failed.",
        SessionState::Deleting => "Deleting: its container and files are being removed.",
        SessionState::Running => "",
    };
    let is_starting = Memo::new(move |_| state.with(|state| matches!(state, SessionState::Starting { .. })));
    let can_start = Memo::new(move |_| state.with(SessionState::can_start));
    view! {
        <div class="not-running">
            <div class="card">
                <p class="not-running-title">{said}</p>
                <Show when=move || is_starting.get()>
                    <StartProgress session/>
                </Show>
                <StoppedNote session/>
                <SessionFailure session/>
                <Resume session actions/>
                <Show when=move || can_start.get()>
                    <button
                        class="button"
                        class:button-primary=move || !session.with(|session| session.can_resume)
                        disabled=changing
                        on:click=move |_| actions.run(Act::Start { resume: false })
                    >
                        {icons::play()}
                        "Start session"
                    </button>
                </Show>
            </div>
        </div>
    }
}
