//! The person's sessions as cards. The server draws them, and a part of the page's wasm of its own builds them in their
//! place: so they are seen at once, and the code that would take over what was drawn, which is more than that which
//! builds it, is left out. See docs/decisions/005.

use leptos::prelude::*;
use protocol::SessionId;

use super::desk::FirstAgents;
use super::maker::Maker;
use super::part::{Part, PartNotice};
use super::runtime_banner::RuntimeBanner;
use super::session_actions::{Listeners, SessionActions};
use super::session_card::SessionCard;
#[cfg(feature = "hydrate")]
use crate::api::session::list_sessions;
use crate::contexts::toasts::Toasts;
use crate::model::session::Session;
use crate::sessions;
use crate::time::Clock;
use crate::usage::Usages;

/// The cards; until their code is there, as the server drew them.
#[component]
pub fn SessionList(initial: Vec<Session>, maker: Maker, clock: Clock) -> impl IntoView {
    let part = Part::new("The list of sessions");
    #[cfg(feature = "hydrate")]
    let drawn = {
        use super::fetched::{call, fetch};
        fetch(part, move |owner, parent| call(cards(owner, parent, initial.clone(), maker, clock)));
        // What is there is kept.
        String::new()
    };
    #[cfg(not(feature = "hydrate"))]
    let drawn = view! { <Cards initial maker clock/> }.to_html();
    view! {
        <div node_ref=part.place class="fetched drawn" inner_html=drawn></div>
        <PartNotice part on_close=None/>
    }
}

#[cfg(feature = "hydrate")]
#[cfg_attr(not(test), leptos::wasm_split::wasm_split(cards, wasm_split_path = leptos::wasm_split, fallible))]
fn cards(
    owner: Owner,
    parent: web_sys::Element,
    initial: Vec<Session>,
    maker: Maker,
    clock: Clock,
) -> super::fetched::Fetched {
    Ok(super::fetched::attach_over(&owner, &parent, move || view! { <Cards initial maker clock/> }))
}

#[component]
fn Cards(initial: Vec<Session>, maker: Maker, clock: Clock) -> impl IntoView {
    let list = RwSignal::new(initial);
    let usages = Usages::new();
    #[cfg(feature = "hydrate")]
    follow(list, usages);

    view! {
        <RuntimeBanner troubles=usages.troubles clock/>
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
                "Choose an agent to begin with. Each session is a container of its own, ready in about a second. \
                 Press “New session” for another of what you chose last."
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
