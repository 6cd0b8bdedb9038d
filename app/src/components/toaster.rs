//! Shows the messages of [`Toasts`].

use leptos::prelude::*;

use super::icons;
use crate::contexts::toasts::{Toast, Toasts};

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
    let Toast { id, text, details } = toast;
    let failed = details.is_some();
    view! {
        <div class="toast" class:toast-failed=failed>
            <p>{text}</p>
            {details.map(|details| view! { <CopyDetails details/> })}
            <button class="button button-quiet button-icon" aria-label="Dismiss" on:click=move |_| toasts.dismiss(id)>
                {icons::close()}
            </button>
        </div>
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
