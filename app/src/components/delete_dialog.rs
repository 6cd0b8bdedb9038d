//! Asks before a session is deleted, and names it.

use leptos::html::{Button, Dialog};
use leptos::prelude::*;

use super::session_actions::{Act, SessionActions};
use crate::model::session::Session;

#[component]
pub fn DeleteDialog(session: Signal<Session>, actions: SessionActions) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let cancel = NodeRef::<Button>::new();
    let deleting = actions.is_deleting();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if actions.deleting.get() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
            // The harmless choice comes first.
            if let Some(cancel) = cancel.get_untracked() {
                let _ = cancel.focus();
            }
        } else {
            dialog.close();
        }
    });
    let title_id = session.with_untracked(|session| format!("delete-{}", session.id));
    let labelled_by = title_id.clone();

    view! {
        <dialog node_ref=dialog class="dialog" aria-labelledby=labelled_by on:close=move |_| actions.deleting.set(false)>
            <h2 id=title_id>{move || format!("Delete “{}”?", session.with(|session| session.name.clone()))}</h2>
            <p>"Its container and all files in it are deleted for good. What runs in it ends now."</p>
            <div class="dialog-buttons">
                <button node_ref=cancel class="button" on:click=move |_| actions.deleting.set(false)>
                    "Cancel"
                </button>
                <button class="button button-danger" disabled=deleting on:click=move |_| actions.run(Act::Delete)>
                    {move || if deleting.get() { "Deleting…" } else { "Delete session" }}
                </button>
            </div>
        </dialog>
    }
}
