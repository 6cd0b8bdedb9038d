//! What to do with what a finger has selected.

use leptos::prelude::*;

use crate::terminal::state::TerminalState;

#[component]
pub fn SelectionBar(state: TerminalState) -> impl IntoView {
    let done = move || {
        state.with_screen(|screen| screen.clear_selection());
        state.touch_selection.set(false);
    };
    view! {
        <Show when=move || state.touch_selection.get()>
            <div
                class="selection-bar"
                role="toolbar"
                aria-label="Selection"
                // The terminal keeps the focus, and the phone its keyboard.
                on:mousedown=|event| event.prevent_default()
            >
                <button
                    type="button"
                    class="button"
                    on:click=move |_| {
                        state.with_screen(|screen| screen.copy_selection());
                        done();
                    }
                >
                    "Copy"
                </button>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| {
                        done();
                        state.with_screen(|screen| screen.paste_clipboard());
                    }
                >
                    "Paste"
                </button>
                <button
                    type="button"
                    class="button"
                    on:click=move |_| {
                        state.with_screen(|screen| screen.select_all());
                    }
                >
                    "Select all"
                </button>
            </div>
        </Show>
    }
}
