//! Asks before text is pasted that a program would take for pressed keys, Enter above all.

use leptos::html::{Button, Dialog};
use leptos::prelude::*;
use protocol::TerminalId;

use crate::terminal::paste::preview;
use crate::terminal::state::TerminalState;

#[component]
pub fn PasteDialog(terminal: TerminalId, state: TerminalState) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let agree = NodeRef::<Button>::new();
    let shown = Memo::new(move |_| state.paste_question.with(|text| text.as_deref().map(preview)));
    let answer = move |agreed| {
        state.with_screen(|screen| screen.answer_paste(agreed));
    };
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if shown.with(Option::is_none) {
            dialog.close();
        } else if !dialog.open() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
            if let Some(agree) = agree.get_untracked() {
                // Enter pastes: the person asked for it a moment ago.
                let _ = agree.focus();
            }
        }
    });
    let title_id = format!("paste-{terminal}");
    let labelled_by = title_id.clone();
    let title = move || match shown.get().map_or(0, |shown| shown.count) {
        0 | 1 => "Paste this line?".to_owned(),
        count => format!("Paste {count} lines?"),
    };
    let lines = move || shown.get().map(|shown| shown.lines).unwrap_or_default();
    let more = move || shown.get().map_or(0, |shown| shown.count.saturating_sub(shown.lines.len()));
    let has_keys = move || shown.get().is_some_and(|shown| shown.has_keys);

    view! {
        <dialog
            node_ref=dialog
            class="dialog paste-dialog"
            aria-labelledby=labelled_by
            // Escape closes it by itself.
            on:close=move |_| {
                if state.paste_question.with_untracked(Option::is_some) {
                    answer(false);
                }
            }
        >
            <h2 id=title_id>{title}</h2>
            <p>"The program takes each line break for Enter, and runs what stands before it."</p>
            <pre class="paste-lines" tabindex="0">
                {move || lines().join("\n")}
                {move || match more() {
                    0 => String::new(),
                    1 => "\n… and 1 more line".to_owned(),
                    more => format!("\n… and {more} more lines"),
                }}
            </pre>
            <Show when=has_keys>
                <p class="paste-warning">"It also holds control characters, which the program takes for keys."</p>
            </Show>
            <div class="dialog-buttons">
                <button class="button" on:click=move |_| answer(false)>
                    "Cancel"
                </button>
                <button node_ref=agree class="button button-primary" on:click=move |_| answer(true)>
                    "Paste"
                </button>
            </div>
        </dialog>
    }
}
