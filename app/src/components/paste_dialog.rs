//! Asks before text is pasted that a program would take for pressed keys, Enter above all.

use leptos::prelude::*;
use protocol::TerminalId;

use super::question::Question;
use crate::terminal::paste::preview;
use crate::terminal::state::TerminalState;

#[component]
pub fn PasteDialog(terminal: TerminalId, state: TerminalState) -> impl IntoView {
    let shown = Memo::new(move |_| state.paste_question.with(|text| text.as_deref().map(preview)));
    let title = Signal::derive(move || match shown.get().map_or(0, |shown| shown.count) {
        0 | 1 => "Paste this line?".to_owned(),
        count => format!("Paste {count} lines?"),
    });
    let lines = move || shown.get().map(|shown| shown.lines).unwrap_or_default();
    let more = move || shown.get().map_or(0, |shown| shown.count.saturating_sub(shown.lines.len()));
    let has_keys = move || shown.get().is_some_and(|shown| shown.has_keys);

    view! {
        <Question
            asked=Signal::derive(move || shown.with(Option::is_some))
            id=format!("paste-{terminal}")
            title
            agree="Paste"
            on_answer=Callback::new(move |agreed| {
                state.with_screen(|screen| screen.answer_paste(agreed));
            })
        >
            <p>"The program takes each line break for Enter, and runs what stands before it."</p>
            <pre class="question-text" tabindex="0">
                {move || lines().join("\n")}
                {move || match more() {
                    0 => String::new(),
                    1 => "\n… and 1 more line".to_owned(),
                    more => format!("\n… and {more} more lines"),
                }}
            </pre>
            <Show when=has_keys>
                <p class="question-warning">"It also holds control characters, which the program takes for keys."</p>
            </Show>
        </Question>
    }
}
