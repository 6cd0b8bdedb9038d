//! Shows the messages of [`Toasts`].

use leptos::prelude::*;

use super::icons;
use crate::contexts::toasts::{Offer, Toast, Toasts};

#[component]
pub fn Toaster() -> impl IntoView {
    let toasts = Toasts::get();
    let shown = toasts.shown();
    view! {
        <div class="toasts" role="status" aria-live="polite">
            <For each=move || shown.get() key=|toast| toast.id let(toast)>
                <ToastView toast/>
            </For>
        </div>
    }
}

#[component]
fn ToastView(toast: Toast) -> impl IntoView {
    let toasts = Toasts::get();
    let Toast { id, text, details, offer } = toast;
    let failed = details.is_some();
    view! {
        <div class="toast" class:toast-failed=failed>
            <p>{text}</p>
            {details.map(|details| view! { <CopyDetails details/> })}
            {offer.map(|offer| view! { <OfferButton offer on_done=move || toasts.dismiss(id)/> })}
            <button class="button button-quiet button-icon" aria-label="Dismiss" on:click=move |_| toasts.dismiss(id)>
                {icons::close()}
            </button>
        </div>
    }
}

/// What a message lets the person do.
#[component]
fn OfferButton(offer: Offer, on_done: impl Fn() + Copy + 'static) -> impl IntoView {
    let label = match offer {
        Offer::Copy(_) => "Copy",
        Offer::Notifications => "Notify me outside the page",
        Offer::Undo(_) => "Undo",
    };
    let accept = move |_| {
        match &offer {
            Offer::Copy(text) => {
                crate::browser::copy(text);
            }
            Offer::Notifications => crate::browser::ask_to_notify(),
            Offer::Undo(undo) => undo.run(()),
        }
        on_done();
    };
    view! {
        <button class="button" on:click=accept>
            {label}
        </button>
    }
}

/// A button that copies what happened, for whoever can help.
#[component]
pub fn CopyDetails(#[prop(into)] details: Signal<String>) -> impl IntoView {
    let copied = RwSignal::new(None::<bool>);
    let copy = move |_| copied.set(Some(crate::browser::copy(&details.get_untracked())));
    view! {
        <button class="button button-quiet" on:click=copy>
            {move || if copied.get() == Some(true) { "Copied" } else { "Copy details" }}
        </button>
        // Where the browser lends no clipboard they can be selected.
        <Show when=move || copied.get() == Some(false)>
            <pre class="details">{move || details.get()}</pre>
        </Show>
    }
}
