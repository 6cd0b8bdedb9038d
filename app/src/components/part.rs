//! Where a part of the page goes whose code comes when it is wanted, and what is said when that can't be had.

use leptos::html::Div;
use leptos::prelude::*;

use super::icons;

/// A part of the page that is fetched.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// What it is, as a sentence begins.
    what: &'static str,
    pub(super) place: NodeRef<Div>,
    /// Whether the last try failed.
    pub(super) missing: RwSignal<bool>,
    pub(super) trying: RwSignal<bool>,
    /// Asks for another try.
    pub(super) again: Trigger,
}

impl Part {
    pub fn new(what: &'static str) -> Self {
        Self {
            what,
            place: NodeRef::new(),
            missing: RwSignal::new(false),
            trying: RwSignal::new(false),
            again: Trigger::new(),
        }
    }
}

/// The part's place: empty, until its code is there.
#[component]
pub fn PartPlace(
    part: Part,
    /// Gives it up, where that can be done.
    #[prop(optional)]
    on_close: Option<Callback<()>>,
) -> impl IntoView {
    view! {
        <div node_ref=part.place class="fetched"></div>
        <PartNotice part on_close/>
    }
}

/// What is said while the code can't be had.
#[component]
pub fn PartNotice(part: Part, on_close: Option<Callback<()>>) -> impl IntoView {
    let try_again = move |_| {
        if !part.trying.get_untracked() {
            part.again.notify();
        }
    };
    let reload = move |_| {
        // The address is the page's own.
        let _ = window().location().reload();
    };
    view! {
        <Show when=move || part.missing.get()>
            <div class="notice notice-on-page" role="alert">
                <p>
                    {part.what}
                    " could not be loaded. Check the connection to the server; if it was updated, reload the page."
                </p>
                <button class="button button-primary" on:click=try_again>
                    {move || if part.trying.get() { "Trying…" } else { "Try again" }}
                </button>
                <button class="button" on:click=reload>
                    "Reload"
                </button>
                {on_close
                    .map(|close| {
                        view! {
                            <button
                                class="button button-quiet button-icon"
                                aria-label="Dismiss"
                                on:click=move |_| close.run(())
                            >
                                {icons::close()}
                            </button>
                        }
                    })}
            </div>
        </Show>
    }
}
