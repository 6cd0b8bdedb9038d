//! The dashboard's palette: new sessions, the way to those that there are, files and settings.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::SessionId;

use crate::api::session::{list_sessions, session_choices};
use crate::components::errands;
use crate::components::maker::Maker;
use crate::components::palette::{Entry, Palette, What};
use crate::components::session_actions::Act;
use crate::contexts::desk::{Desk, Over};
use crate::contexts::panels::{Panel, Panels};
use crate::contexts::toasts::Toasts;
use crate::model::agent::Agent;
use crate::model::session::{CreateSession, Session};

#[component]
pub fn Commands(maker: Maker) -> impl IntoView {
    let (desk, panels, toasts) = (Desk::get(), Panels::get(), Toasts::get());
    let over = desk.over();
    let open = Memo::new(move |_| over.get() == Some(Over::Palette));
    let sessions = RwSignal::new(Vec::<Session>::new());
    let agents = RwSignal::new(Vec::<Agent>::new());
    Effect::new(move |_| {
        if open.get() {
            // Unread, the rest is still there; the page itself says when the server can't be reached.
            spawn_local(async move {
                let _ = sessions.try_set(list_sessions().await.unwrap_or_default());
            });
            spawn_local(async move {
                let _ = agents.try_set(session_choices().await.map(|choices| choices.agents).unwrap_or_default());
            });
        }
    });
    let entries = Signal::derive(move || sessions.with(|sessions| agents.with(|agents| all(sessions, agents))));
    let choose = Callback::new(move |what: What| match what {
        What::Open(id) => maker.go(format!("/sessions/{id}")),
        What::Start(id) => act(id, Act::Start { resume: false }, toasts),
        What::Stop(id) => act(id, Act::Stop, toasts),
        What::New(agent) => maker.make(CreateSession { agent: Some(agent), ..CreateSession::default() }),
        What::ChooseAgent => desk.open(Over::Agents),
        What::Files => panels.open(Panel::Files),
        What::Settings => panels.open(Panel::Settings),
        // Of a session's page.
        What::Command(_) | What::ApplyPreset(_) => {}
    });
    view! { <Palette open entries on_choose=choose on_close=Callback::new(move |_| desk.close())/> }
}

/// All that can be done, sessions with the latest activity first.
fn all(sessions: &[Session], agents: &[Agent]) -> Vec<Entry> {
    let mut entries = vec![Entry::new(What::ChooseAgent, "New session with options…")];
    entries.extend(
        agents.iter().map(|agent| Entry::new(What::New(agent.id.clone()), format!("New session: {}", agent.name))),
    );
    let named = |what: What, verb: &str, session: &Session| Entry::new(what, format!("{verb}: {}", session.name));
    entries.extend(sessions.iter().map(|session| named(What::Open(session.id.clone()), "Open", session)));
    for session in sessions {
        if session.state.can_start() {
            entries.push(named(What::Start(session.id.clone()), "Start", session));
        }
        if session.state.can_stop() {
            entries.push(named(What::Stop(session.id.clone()), "Stop", session));
        }
    }
    entries.push(Entry::new(What::Files, "Files"));
    entries.push(Entry::new(What::Settings, "Settings"));
    entries
}

/// What comes of it the list of sessions shows by itself.
fn act(id: SessionId, act: Act, toasts: Toasts) {
    let what = act.failed();
    spawn_local(async move {
        if let Err(error) = errands::run(id, act).await {
            toasts.fail(what, &error);
        }
    });
}
