//! One terminal's screen, and what is to be said or done about it.

use leptos::html::Div;
use leptos::prelude::*;
use protocol::{SessionId, TerminalId};

use super::toaster::CopyDetails;
use crate::terminal::link::Status;
use crate::terminal::state::TerminalState;

#[component]
pub fn TerminalPane(
    session: SessionId,
    terminal: TerminalId,
    state: TerminalState,
    #[prop(into)] active: Signal<bool>,
    #[prop(into)] running: Signal<bool>,
    /// Closes the tab; none for the first, which stays.
    on_close: Option<Callback<()>>,
) -> impl IntoView {
    let node = NodeRef::<Div>::new();
    #[cfg(feature = "hydrate")]
    crate::terminal::browser::mount(node, session, terminal, state, active, running);
    #[cfg(not(feature = "hydrate"))]
    let _ = session;

    let watches = Memo::new(move |_| state.status.get() == Status::Connected && !state.driver.get().you);
    let ended = Memo::new(move |_| state.status.get() == Status::Ended && running.get());
    let refused = Memo::new(move |_| match state.status.get() {
        Status::Refused { code } => Some(code),
        _ => None,
    });

    view! {
        <div
            class="pane"
            role="tabpanel"
            id=format!("pane-{terminal}")
            aria-labelledby=format!("tab-{terminal}")
            class:pane-shown=active
        >
            <div node_ref=node class="screen"></div>
            <Show when=move || watches.get()>
                <div class="notice">
                    <p>
                        {move || match state.driver.get().count {
                            0..=2 => "Somebody else drives this terminal.".to_owned(),
                            count => format!("Somebody else drives this terminal; {count} are connected."),
                        }}
                    </p>
                    <button class="button" on:click=move |_| state.take_control.notify()>
                        "Take control"
                    </button>
                </div>
            </Show>
            <Show when=move || ended.get()>
                <div class="notice" role="alert">
                    <p>{move || state.exit.get().map_or("The process ended.".to_owned(), |exit| exit.sentence())}</p>
                    <button class="button button-primary" on:click=move |_| state.again.notify()>
                        "Open again"
                    </button>
                    {on_close
                        .map(|close| {
                            view! {
                                <button class="button" on:click=move |_| close.run(())>
                                    "Close tab"
                                </button>
                            }
                        })}
                </div>
            </Show>
            {move || {
                refused
                    .get()
                    .map(|code| {
                        view! {
                            <div class="notice" role="alert">
                                <p>{format!("The server refused this terminal (code {code}).")}</p>
                                <button class="button" on:click=move |_| state.again.notify()>
                                    "Try again"
                                </button>
                            </div>
                        }
                    })
            }}
            {move || {
                state
                    .broken
                    .get()
                    .map(|details| {
                        view! {
                            <div class="notice" role="alert">
                                <p>"The terminal could not be loaded. Check the connection to the server."</p>
                                <button class="button button-primary" on:click=move |_| state.again.notify()>
                                    "Try again"
                                </button>
                                <CopyDetails details/>
                            </div>
                        }
                    })
            }}
        </div>
    }
}
