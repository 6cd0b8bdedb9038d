//! A name, changed in place: Enter keeps it, Escape leaves it as it was.

use garde::Validate;
use leptos::ev::{KeyboardEvent, SubmitEvent};
use leptos::html::Input;
use leptos::prelude::*;

use crate::model::error::ApiError;
use crate::model::session::{MAX_NAME, RenameSession};

#[component]
pub fn RenameForm(
    /// The name as it is.
    name: String,
    /// Of the field; unique on the page.
    #[prop(into)]
    id: String,
    /// What the server said against the last try, if anything.
    #[prop(into)]
    refused: Signal<Option<String>>,
    /// A name that obeys the rules.
    on_rename: Callback<RenameSession>,
    on_cancel: Callback<()>,
) -> impl IntoView {
    let message_id = format!("{id}-message");
    let described_by = message_id.clone();
    let input = NodeRef::<Input>::new();
    let broken = RwSignal::new(None::<String>);
    let message = move || broken.get().or_else(|| refused.get());

    Effect::new(move |_| {
        if let Some(input) = input.get() {
            // An element that just came into the page can take focus.
            let _ = input.focus();
            input.select();
        }
    });
    let check = move || -> Option<RenameSession> {
        let to = RenameSession { name: input.get_untracked()?.value().trim().to_owned() };
        match to.validate() {
            Ok(()) => {
                broken.set(None);
                Some(to)
            }
            Err(report) => {
                broken.set(ApiError::from(report).fields.into_iter().next().map(|field| field.message));
                None
            }
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(to) = check() {
            on_rename.run(to);
        }
    };
    let on_key = move |event: KeyboardEvent| {
        if event.key() == "Escape" {
            event.prevent_default();
            event.stop_propagation();
            on_cancel.run(());
        }
    };

    view! {
        <form class="rename" on:submit=submit novalidate>
            <input
                node_ref=input
                class="input"
                id=id
                name="name"
                aria-label="Session name"
                autocomplete="off"
                spellcheck="false"
                value=name
                // Room to go over the limit and be told so, rather than be cut short in silence.
                maxlength=(MAX_NAME * 4).to_string()
                aria-invalid=move || message().is_some().to_string()
                aria-describedby=described_by
                on:keydown=on_key
                on:input=move |_| {
                    check();
                }
            />
            <span class="field-message" id=message_id role="alert">
                {message}
            </span>
        </form>
    }
}
