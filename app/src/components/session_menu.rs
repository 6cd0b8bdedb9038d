//! The ⋮ menu of a session.

use leptos::prelude::*;

use super::icons;
use super::menu::Menu;
use super::session_actions::{Act, SessionActions};
use crate::contexts::desk::{Desk, Over};
use crate::contexts::panels::Panels;
use crate::model::session::{Session, SessionState};
use crate::model::storage::{At, FilePath};

/// An item. What it does is one type for all, which is one piece of code.
fn item(text: &'static str, class: &'static str, act: Callback<()>) -> impl IntoView {
    view! {
        <button class=class role="menuitem" tabindex="-1" on:click=move |_| act.run(())>
            {text}
        </button>
    }
}

const ITEM: &str = "menu-item";

#[component]
pub fn SessionMenu(session: Signal<Session>, actions: SessionActions) -> impl IntoView {
    let open = RwSignal::new(false);
    let (panels, desk) = (Panels::get(), Desk::get());
    let does = |act: Act| Callback::new(move |()| actions.run(act.clone()));
    let rename = Callback::new(move |()| actions.renaming.set(true));
    let delete = Callback::new(move |()| actions.deleting.set(true));
    let show_files = Callback::new(move |()| {
        panels.open_files_at(At { session: Some(actions.id()), path: FilePath::default() });
    });
    let save = Callback::new(move |()| {
        let name = session.with_untracked(|session| session.name.clone());
        desk.open(Over::SavePreset { session: actions.id(), name });
    });
    let (stop, restart, duplicate) = (does(Act::Stop), does(Act::Restart { resume: false }), does(Act::Duplicate));
    let can_stop = move || session.with(|session| session.state.can_stop());
    let is_running = move || session.with(|session| session.state == SessionState::Running);
    let label = Signal::derive(move || format!("More for {}", session.with(|session| session.name.clone())));
    view! {
        <Menu open label icon=icons::more().into_any()>
            {item("Rename", ITEM, rename)}
            {item("Files", ITEM, show_files)}
            <Show when=can_stop>{item("Stop", ITEM, stop)}</Show>
            <Show when=is_running>{item("Restart", ITEM, restart)}</Show>
            {item("Duplicate", ITEM, duplicate)}
            <Show when=is_running>{item("Save tabs as preset…", ITEM, save)}</Show>
            {item("Delete…", "menu-item menu-item-danger", delete)}
        </Menu>
    }
}
