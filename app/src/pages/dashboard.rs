//! The person's sessions.

use leptos::either::Either;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_navigate;

use crate::api::session::list_sessions;
use crate::components::desk::DeskHost;
use crate::components::failure::LoadFailure;
use crate::components::files::{BottomNavigation, FilesButton};
use crate::components::icons;
use crate::components::maker::Maker;
use crate::components::new_session::NewSession;
use crate::components::session_list::SessionList;
use crate::components::settings::SettingsButton;
use crate::contexts::desk::{Desk, Over};
use crate::time::Clock;

#[component]
pub fn Dashboard() -> impl IntoView {
    let clock = Clock::start();
    let navigate = use_navigate();
    let maker = Maker::new(Callback::new(move |path: String| navigate(&path, Default::default())));
    let desk = Desk::get();
    let read = Resource::new(|| (), |()| list_sessions());
    #[cfg(feature = "hydrate")]
    hear(desk);
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
            <Suspense fallback=Loading>
                {move || Suspend::new(async move {
                    match read.await {
                        Ok(initial) => Either::Left(view! { <SessionList initial maker clock/> }),
                        Err(error) => Either::Right(view! { <LoadFailure what="Your sessions could not be read" error/> }),
                    }
                })}
            </Suspense>
        </main>
        <BottomNavigation/>
        <DeskHost maker/>
    }
}

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
