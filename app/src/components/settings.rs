//! Where the settings open, and the button that opens them. The panel's code comes with the first time.

#[cfg(feature = "hydrate")]
mod controls;
#[cfg(feature = "hydrate")]
mod panel;
#[cfg(feature = "hydrate")]
mod presets;

use leptos::prelude::*;

use super::icons;
use super::part::{Part, PartPlace};
use crate::contexts::panels::{Panel, Panels};

/// Shows the settings while they are open. Their code comes with the first time.
#[component]
pub fn SettingsHost() -> impl IntoView {
    let open = Panels::get().is_open(Panel::Settings);
    view! {
        <Show when=move || open.get()>
            <SettingsPlace/>
        </Show>
    }
}

#[component]
fn SettingsPlace() -> impl IntoView {
    let part = Part::new("The settings");
    let panels = Panels::get();
    #[cfg(feature = "hydrate")]
    {
        use super::fetched::{call, fetch};
        fetch(part, |owner, parent| call(settings(owner, parent)));
    }
    view! { <PartPlace part on_close=Callback::new(move |()| panels.close(Panel::Settings))/> }
}

/// Opens the settings.
#[component]
pub fn SettingsButton() -> impl IntoView {
    let panels = Panels::get();
    view! {
        <button
            class="button button-quiet button-icon"
            aria-label="Settings"
            title="Settings"
            on:click=move |_| panels.open(Panel::Settings)
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
