//! The ⋮ menu of a session.

use leptos::prelude::*;

use super::icons;
use super::menu::Menu;
use super::session_actions::SessionActions;
use crate::contexts::panels::Panels;
use crate::model::session::Session;
use crate::model::storage::{At, FilePath};

#[component]
pub fn SessionMenu(session: Signal<Session>, actions: SessionActions) -> impl IntoView {
    let open = RwSignal::new(false);
    let panels = Panels::get();
    let show_files = move |_| {
        let session = session.with_untracked(|session| session.id.clone());
        panels.open_files_at(At { session: Some(session), path: FilePath::default() });
    };
    let can_stop = move || session.with(|session| session.state.can_stop());
    let label = Signal::derive(move || format!("More for {}", session.with(|session| session.name.clone())));
    view! {
        <Menu open label icon=icons::more().into_any()>
            <button class="menu-item" role="menuitem" tabindex="-1" on:click=move |_| actions.renaming.set(true)>
                "Rename"
            </button>
            <button class="menu-item" role="menuitem" tabindex="-1" on:click=show_files>
                "Files"
            </button>
            <Show when=can_stop>
                <button class="menu-item" role="menuitem" tabindex="-1" on:click=move |_| actions.stop()>
                    "Stop"
                </button>
            </Show>
            <button
                class="menu-item menu-item-danger"
                role="menuitem"
                tabindex="-1"
                on:click=move |_| actions.deleting.set(true)
            >
                "Delete…"
            </button>
        </Menu>
    }
}
