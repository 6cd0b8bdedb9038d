//! The person's sessions.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use protocol::SessionId;

use crate::api::session::list_sessions;
use crate::components::failure::LoadFailure;
use crate::components::files::{BottomNavigation, FilesButton};
use crate::components::icons;
use crate::components::new_session::NewSession;
use crate::components::session_actions::SessionActions;
use crate::components::session_card::SessionCard;
use crate::components::settings::SettingsButton;
use crate::model::session::Session;
use crate::sessions;
use crate::time::Clock;

#[component]
pub fn Dashboard() -> impl IntoView {
    let clock = Clock::start();
    let read = Resource::new(|| (), |()| list_sessions());
    view! {
        <Title text="Sessions"/>
        <header class="bar">
            <span class="brand">"Berth"</span>
            <span class="bar-end">
                // A page without scripts, which the router knows nothing of.
                <a class="button button-quiet button-icon" href="/account" rel="external" aria-label="Account" title="Account">
                    {icons::account()}
                </a>
                <FilesButton/>
                <SettingsButton/>
                <NewSession/>
            </span>
        </header>
        <main class="dashboard">
            <h1 class="page-title">"Sessions"</h1>
            <Suspense fallback=|| {
                view! { <p class="quiet">"Reading your sessions…"</p> }
            }>
                {move || Suspend::new(async move {
                    match read.await {
                        Ok(initial) => Either::Left(view! { <SessionList initial clock/> }),
                        Err(error) => Either::Right(view! { <LoadFailure what="Your sessions could not be read" error/> }),
                    }
                })}
            </Suspense>
        </main>
        <BottomNavigation/>
    }
}

#[component]
fn SessionList(initial: Vec<Session>, clock: Clock) -> impl IntoView {
    let list = RwSignal::new(initial);
    #[cfg(feature = "hydrate")]
    follow(list);

    view! {
        <Show when=move || list.with(|list| !list.is_empty()) fallback=NoSessions>
            <ul class="session-list" aria-label="Sessions">
                <For
                    each=move || list.with(|list| list.iter().map(|session| session.id.clone()).collect::<Vec<_>>())
                    key=Clone::clone
                    let(id)
                >
                    <Listed id list clock/>
                </For>
            </ul>
        </Show>
    }
}

#[component]
fn NoSessions() -> impl IntoView {
    view! {
        <div class="empty">
            <p class="empty-title">"No sessions yet"</p>
            <p>"Press “New session”. It makes a container of its own for you and opens a shell in it, in about a second."</p>
        </div>
    }
}

/// One of the list, kept up to date.
#[component]
fn Listed(id: SessionId, list: RwSignal<Vec<Session>>, clock: Clock) -> impl IntoView {
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
    let on_change = Callback::new(move |changed| list.update(|list| sessions::update_list(list, changed)));
    let on_delete = Callback::new(move |()| list.update(|list| sessions::remove(list, &id)));
    let actions = SessionActions::new(session, on_change, on_delete);
    Some(view! { <SessionCard session actions clock/> })
}

/// Keeps the list as the server has it.
#[cfg(feature = "hydrate")]
fn follow(list: RwSignal<Vec<Session>>) {
    use leptos::task::spawn_local;

    use crate::contexts::toasts::Toasts;
    use crate::live::{self, Event};

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
        Event::Unsure => reread(),
        Event::Changed(session) => {
            let _ = list.try_update(|list| sessions::update_list(list, session));
        }
        Event::Deleted(id) => {
            let _ = list.try_update(|list| sessions::remove(list, &id));
        }
    });
}
