//! Asks before a link is followed whose text is a program's own words: a finger sees no tip with the address.

use leptos::prelude::*;
use protocol::TerminalId;

use super::question::Question;
use crate::terminal::links::{host, told};
use crate::terminal::state::TerminalState;

#[component]
pub fn LinkDialog(terminal: TerminalId, state: TerminalState) -> impl IntoView {
    let asked = state.link_question;
    let host = move || asked.with(|url| url.as_deref().and_then(host).unwrap_or_default().to_owned());
    let address = move || asked.with(|url| url.as_deref().map(told).unwrap_or_default());

    view! {
        <Question
            asked=Signal::derive(move || asked.with(Option::is_some))
            id=format!("link-{terminal}")
            title=Signal::derive(|| "Open this link?".to_owned())
            agree="Open"
            on_answer=Callback::new(move |agreed| {
                state.with_screen(|screen| screen.answer_link(agreed));
            })
        >
            <p>"It leads to " <strong class="question-host">{host}</strong> "."</p>
            <pre class="question-text" tabindex="0">
                {address}
            </pre>
        </Question>
    }
}
