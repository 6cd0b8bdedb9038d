//! The person's sessions.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_navigate;
use protocol::SessionId;

use crate::api::session::list_sessions;
use crate::components::desk::{DeskHost, FirstAgents};
use crate::components::failure::LoadFailure;
use crate::components::files::{BottomNavigation, FilesButton};
use crate::components::icons;
use crate::components::maker::Maker;
use crate::components::new_session::NewSession;
use crate::components::runtime_banner::RuntimeBanner;
use crate::components::session_actions::{Listeners, SessionActions};
use crate::components::session_card::SessionCard;
use crate::components::settings::SettingsButton;
use crate::contexts::desk::{Desk, Over};
use crate::contexts::toasts::Toasts;
use crate::model::session::Session;
use crate::sessions;
use crate::time::Clock;
use crate::usage::Usages;

#[component]
pub fn Dashboard() -> impl IntoView {
    let clock = Clock::start();
    let usages = Usages::new();
    let navigate = use_navigate();
    let maker = Maker::new(Callback::new(move |path: String| navigate(&path, Default::default())));
    let desk = Desk::get();
    let read = Resource::new(|| (), |()| list_sessions());
    #[cfg(feature = "hydrate")]
    {
        hear(desk);
        Effect::new(|_| set_timeout(crate::components::errands::prepare, PREPARE_AFTER));
    }
    view! {
        <Title text="Sessions"/>
        <header class="bar">
            <span class="brand">"Berth"</span>
            <span class="bar-end">
                <button
                    class="button button-quiet button-icon desk-only"
                    aria-label="Commands"
                    title="Commands"
                    on:click=move |_| desk.open(Over::Palette)
                >
                    {icons::commands()}
                </button>
                // A page without scripts, which the router knows nothing of.
                <a class="button button-quiet button-icon" href="/account" rel="external" aria-label="Account" title="Account">
                    {icons::account()}
                </a>
                <FilesButton/>
                <SettingsButton/>
                <NewSession maker/>
            </span>
        </header>
        <main class="dashboard">
            <h1 class="page-title">"Sessions"</h1>
            <RuntimeBanner troubles=usages.troubles clock/>
            <Suspense fallback=Loading>
                {move || Suspend::new(async move {
                    match read.await {
                        Ok(initial) => Either::Left(view! { <SessionList initial maker usages clock/> }),
                        Err(error) => Either::Right(view! { <LoadFailure what="Your sessions could not be read" error/> }),
                    }
                })}
            </Suspense>
        </main>
        <BottomNavigation/>
        <DeskHost maker/>
    }
}

/// When the code of the first press is fetched: after all that the page needs to be seen.
#[cfg(feature = "hydrate")]
const PREPARE_AFTER: std::time::Duration = std::time::Duration::from_secs(1);

#[component]
fn Loading() -> impl IntoView {
    view! {
        <div class="session-list" aria-busy="true">
            <p class="visually-hidden" role="status">"Reading your sessions…"</p>
            <div class="card skeleton"></div>
            <div class="card skeleton"></div>
            <div class="card skeleton"></div>
        </div>
    }
}

#[component]
fn SessionList(initial: Vec<Session>, maker: Maker, usages: Usages, clock: Clock) -> impl IntoView {
    let list = RwSignal::new(initial);
    #[cfg(feature = "hydrate")]
    follow(list, usages);

    view! {
        <Show when=move || list.with(|list| !list.is_empty()) fallback=move || view! { <NoSessions maker/> }>
            <ul class="session-list" aria-label="Sessions">
                <For
                    each=move || list.with(|list| list.iter().map(|session| session.id.clone()).collect::<Vec<_>>())
                    key=Clone::clone
                    let(id)
                >
                    <Listed id list usages clock/>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn NoSessions(maker: Maker) -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"No sessions yet"</p>
            <p>
                "Choose who is to work in the first. Each session is a container of its own, and is ready in about a second. \
                 Press “New session” for one of what you chose last."
            </p>
            <FirstAgents maker/>
        </div>
    }
}

/// One of the list, kept up to date.
#[component]
fn Listed(id: SessionId, list: RwSignal<Vec<Session>>, usages: Usages, clock: Clock) -> impl IntoView {
    let find = {
        let id = id.clone();
        move |list: &Vec<Session>| list.iter().find(|session| session.id == id).cloned()
    };
    let first = list.with_untracked(&find)?;
    // A card outlives its session by the moment in which the list lets it go.
    let session = Memo::new(move |last: Option<&Session>| {
        list.with(&find).or_else(|| last.cloned()).unwrap_or_else(|| first.clone())
    });
    let session = Signal::from(session);
    let toasts = Toasts::get();
    let listeners = Listeners {
        on_change: Callback::new(move |changed| list.update(|list| sessions::update_list(list, changed))),
        on_made: Callback::new(move |made: Session| {
            toasts.tell(format!("“{}” is made, and not started yet.", made.name));
            list.update(|list| sessions::update_list(list, made));
        }),
        on_delete: Callback::new(move |()| list.update(|list| sessions::remove(list, &id))),
    };
    let actions = SessionActions::new(session, listeners);
    Some(view! { <SessionCard session actions usages clock/> })
}

/// The palette's keys.
#[cfg(feature = "hydrate")]
fn hear(desk: Desk) {
    Effect::new(move |_| {
        let listener = window_event_listener(leptos::ev::keydown, move |event| {
            let main = if crate::browser::is_mac() { event.meta_key() } else { event.ctrl_key() };
            let is_ours = main && !event.shift_key() && !event.alt_key() && event.code() == "KeyK" && !event.repeat();
            if !is_ours {
                return;
            }
            event.prevent_default();
            // What lies over the page has the keyboard to itself, but for the keys that opened it.
            if desk.is_open(&Over::Palette) {
                desk.close();
            } else if document().query_selector("dialog:modal").is_ok_and(|dialog| dialog.is_none()) {
                desk.open(Over::Palette);
            }
        });
        on_cleanup(move || listener.remove());
    });
}

/// Keeps the list as the server has it.
#[cfg(feature = "hydrate")]
fn follow(list: RwSignal<Vec<Session>>, usages: Usages) {
    use leptos::task::spawn_local;

    use crate::live::{self, Event};
    use crate::model::session::SessionState;
    use crate::usage::news::{self, News};

    let toasts = Toasts::get();
    let reread = move || {
        spawn_local(async move {
            match list_sessions().await {
                Ok(read) => {
                    let _ = list.try_update(|list| sessions::replace_list(list, read));
                }
                Err(error) => toasts.fail("Your sessions could not be read", &error),
            }
        });
    };
    live::follow(move |event| match event {
        Event::Unsure => {
            reread();
            news::take(usages, News::Beginning);
        }
        Event::Changed(session) => {
            if session.state != SessionState::Running {
                usages.forget(&session.id);
            }
            let _ = list.try_update(|list| sessions::update_list(list, session));
        }
        Event::Deleted(id) => {
            let _ = list.try_update(|list| sessions::remove(list, &id));
        }
        Event::News(news) => news::take(usages, news),
    });
}
