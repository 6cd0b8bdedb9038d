//! A question over the page that one button agrees to. Escape, Cancel and the browser's own ways out say no.

use leptos::html::{Button, Dialog};
use leptos::prelude::*;

/// Asks while `asked`, and gets one answer; `children` are what it is about.
#[component]
pub fn Question(
    asked: Signal<bool>,
    /// Of the title; unique on the page.
    id: String,
    #[prop(into)] title: Signal<String>,
    /// What the button that agrees says.
    agree: &'static str,
    on_answer: Callback<bool>,
    children: Children,
) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let button = NodeRef::<Button>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if !asked.get() {
            dialog.close();
        } else if !dialog.open() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
            if let Some(button) = button.get_untracked() {
                // Enter agrees: the person asked for it a moment ago.
                let _ = button.focus();
            }
        }
    });
    let labelled_by = id.clone();

    view! {
        <dialog
            node_ref=dialog
            class="dialog question"
            aria-labelledby=labelled_by
            // Escape closes it by itself.
            on:close=move |_| {
                if asked.get_untracked() {
                    on_answer.run(false);
                }
            }
        >
            <h2 id=id>{title}</h2>
            {children()}
            <div class="dialog-buttons">
                <button class="button" on:click=move |_| on_answer.run(false)>
                    "Cancel"
                </button>
                <button node_ref=button class="button button-primary" on:click=move |_| on_answer.run(true)>
                    {agree}
                </button>
            </div>
        </dialog>
    }
}
