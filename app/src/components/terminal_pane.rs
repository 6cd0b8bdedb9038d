//! One terminal's screen, and what is to be said or done about it.

use leptos::html::Div;
use leptos::prelude::*;
use protocol::{SessionId, TerminalId};

use super::drop_overlay::DropOverlay;
use super::icons;
use super::link_dialog::LinkDialog;
use super::paste_dialog::PasteDialog;
use super::search_bar::SearchBar;
use super::selection_bar::SelectionBar;
use super::session_page::SessionPage;
use super::sign_in_bar::SignInBar;
use super::terminal_status::TerminalStatus;
use super::toaster::CopyDetails;
use crate::terminal::layout::Layout;
use crate::terminal::link::Status;
use crate::terminal::tabs::{Tabs, label};

#[component]
pub fn TerminalPane(session: SessionId, terminal: TerminalId, page: SessionPage) -> impl IntoView {
    let state = page.states.of(terminal);
    let running = page.running;
    // Its place among the tiles, while it has one.
    let place = Memo::new(move |_| page.shown().iter().position(|shown| *shown == terminal));
    let shown = Signal::derive(move || place.get().is_some());
    let active = Memo::new(move |_| page.tabs.with(Tabs::active) == terminal);
    let tiled = Memo::new(move |_| shown.get() && page.layout() != Layout::Tabbed);
    let closes = terminal != TerminalId::FIRST;
    let node = NodeRef::<Div>::new();
    let of_session = session.clone();
    #[cfg(feature = "hydrate")]
    {
        crate::terminal::browser::mount(node, session, terminal, state, shown, active.into(), running);
    }
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
            class:pane-shown=shown
            class:pane-active=active
            data-place=move || place.get().map(|place| place.to_string())
            // The keyboard is here already; it needn't be brought to the terminal.
            on:focusin=move |_| {
                if !active.get_untracked() {
                    state.keeps_focus_in_tab.set_value(true);
                    page.tabs.update(|tabs| tabs.activate(terminal));
                }
            }
            on:pointerdown=move |_| {
                if !active.get_untracked() {
                    page.show(terminal);
                }
            }
        >
            <Show when=move || tiled.get()>
                <div class="tile-head">
                    {icons::process(state.process)}
                    <span class="tile-label">
                        {move || format!("{terminal} {}", state.process.with(|process| label(terminal, process)))}
                    </span>
                    <Show when=move || state.status.get() != Status::Connected>
                        <TerminalStatus state/>
                    </Show>
                    {closes
                        .then(|| {
                            view! {
                                <button
                                    class="tile-close"
                                    aria-label=format!("Close terminal {terminal}")
                                    on:click=move |_| page.close(terminal)
                                >
                                    {icons::close()}
                                </button>
                            }
                        })}
                </div>
            </Show>
            <div node_ref=node class="screen"></div>
            <DropOverlay state/>
            <SignInBar session=of_session terminal state/>
            <PasteDialog terminal state/>
            <LinkDialog terminal state/>
            <SelectionBar state/>
            <Show when=move || page.searching.get() == Some(terminal)>
                <SearchBar page terminal/>
            </Show>
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
                    {closes
                        .then(|| {
                            view! {
                                <button class="button" on:click=move |_| page.close(terminal)>
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
