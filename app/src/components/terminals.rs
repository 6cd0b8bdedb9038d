//! A session's terminals: tabs above, the active one's screen below.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::{SessionId, TerminalId};

use super::terminal_pane::TerminalPane;
use super::terminal_tabs::TerminalTabs;
use crate::api::terminal::close_terminal;
use crate::contexts::toasts::Toasts;
use crate::model::error::ErrorCode;
use crate::terminal::state::TerminalStates;
use crate::terminal::tabs::Tabs;

#[component]
pub fn Terminals(
    session: SessionId,
    tabs: RwSignal<Tabs>,
    states: TerminalStates,
    #[prop(into)] running: Signal<bool>,
) -> impl IntoView {
    let toasts = Toasts::get();
    let id = StoredValue::new(session);
    let on_close = Callback::new(move |terminal: TerminalId| {
        if terminal == TerminalId::FIRST {
            return;
        }
        tabs.update(|tabs| tabs.close(terminal));
        spawn_local(async move {
            match close_terminal(id.get_value(), terminal).await {
                Ok(()) => {}
                // Its process ended before, or the session stopped: closed is what was asked.
                Err(error) if matches!(error.code, ErrorCode::NotFound | ErrorCode::Conflict) => {}
                Err(error) => toasts.fail("The terminal's programs may still run", &error),
            }
        });
    });
    #[cfg(feature = "hydrate")]
    keep_tabs(id.get_value(), tabs, states, running);

    view! {
        <TerminalTabs tabs states on_close/>
        <div class="panes">
            <For each=move || tabs.with(|tabs| tabs.open().to_vec()) key=|id| *id let(terminal)>
                <TerminalPane
                    session=id.get_value()
                    terminal
                    state=states.of(terminal)
                    active=Signal::derive(move || tabs.with(|tabs| tabs.active() == terminal))
                    running
                    on_close=(terminal != TerminalId::FIRST).then(|| Callback::new(move |()| on_close.run(terminal)))
                />
            </For>
        </div>
    }
}

/// Shows the terminals that are open in the container, and the one that was shown before a reload.
/// After hydration, so that both sides begin with the same single tab.
#[cfg(feature = "hydrate")]
fn keep_tabs(session: SessionId, tabs: RwSignal<Tabs>, states: TerminalStates, running: Signal<bool>) {
    use crate::api::terminal::list_terminals;
    use crate::browser::{remember, remembered};

    let key = format!("berth:active-tab:{session}");
    let restored = RwSignal::new(false);
    Effect::new({
        let key = key.clone();
        move |_| {
            if !running.get() {
                return;
            }
            let (session, key) = (session.clone(), key.clone());
            spawn_local(async move {
                // Without the list the first tab still works, and its socket says what is wrong.
                let open = list_terminals(session).await.unwrap_or_default();
                if tabs.try_get_untracked().is_none() {
                    return;
                }
                for terminal in &open {
                    let _ = states.of(terminal.id).process.try_set(terminal.process.clone());
                }
                let first_time = !restored.get_untracked();
                let shown = remembered(&key).filter(|_| first_time).and_then(|id| id.parse().ok());
                tabs.update(|tabs| {
                    tabs.merge(open.iter().map(|terminal| terminal.id));
                    shown.into_iter().for_each(|id| tabs.activate(id));
                });
                restored.set(true);
            });
        }
    });
    let active = Memo::new(move |_| tabs.with(Tabs::active));
    Effect::new(move |_| {
        if restored.get() {
            remember(&key, &active.get().to_string());
        }
    });
}
