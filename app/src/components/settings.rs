//! Where the settings open, and the button that opens them. The panel's code comes with the first time.

#[cfg(feature = "hydrate")]
mod controls;
#[cfg(feature = "hydrate")]
mod panel;

use leptos::prelude::*;

use super::icons;
use super::part::{Part, PartPlace};
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
    let part = Part::new("The settings");
    let open = Panels::get().settings;
    #[cfg(feature = "hydrate")]
    {
        use super::fetched::{call, fetch};
        fetch(part, |owner, parent| call(settings(owner, parent)));
    }
    view! { <PartPlace part on_close=Callback::new(move |()| open.set(false))/> }
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
#[cfg_attr(not(test), leptos::wasm_split::wasm_split(settings, wasm_split_path = leptos::wasm_split, fallible))]
fn settings(owner: Owner, parent: web_sys::Element) -> super::fetched::Fetched {
    Ok(super::fetched::attach(&owner, &parent, || view! { <panel::Settings/> }))
}
