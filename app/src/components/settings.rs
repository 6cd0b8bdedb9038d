//! Where the settings open, and the button that opens them. The panel's code comes with the first time.

#[cfg(feature = "hydrate")]
mod controls;
#[cfg(feature = "hydrate")]
mod panel;

use leptos::html::Div;
use leptos::prelude::*;

use super::icons;
use crate::contexts::panels::Panels;

/// Shows the settings while they are open. Their code comes with the first time.
#[component]
pub fn SettingsHost() -> impl IntoView {
    let open = Panels::get().settings;
    view! {
        <Show when=move || open.get()>
            <SettingsPlace/>
        </Show>
    }
}

#[component]
fn SettingsPlace() -> impl IntoView {
    let place = NodeRef::<Div>::new();
    #[cfg(feature = "hydrate")]
    super::fetched::fetch(place, settings);
    view! { <div node_ref=place class="fetched"></div> }
}

/// Opens the settings.
#[component]
pub fn SettingsButton() -> impl IntoView {
    let open = Panels::get().settings;
    view! {
        <button
            class="button button-quiet button-icon"
            aria-label="Settings"
            title="Settings"
            on:click=move |_| open.set(true)
        >
            {icons::settings()}
        </button>
    }
}

#[cfg(feature = "hydrate")]
#[cfg_attr(not(test), lazy)]
async fn settings(owner: Owner, parent: web_sys::Element) -> super::fetched::Attached {
    super::fetched::attach(&owner, &parent, || view! { <panel::Settings/> })
}
