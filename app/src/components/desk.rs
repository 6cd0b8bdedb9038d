//! Where the agents, the palette and the dialogs about sessions open. Their code comes with the first time.

#[cfg(feature = "hydrate")]
mod agent_list;
#[cfg(feature = "hydrate")]
mod agents;
#[cfg(feature = "hydrate")]
mod commands;
#[cfg(feature = "hydrate")]
mod options;
#[cfg(feature = "hydrate")]
mod save_preset;

use leptos::prelude::*;

use super::maker::Maker;
use super::part::{Part, PartPlace};
use crate::contexts::desk::Desk;

/// Shows what lies over the page, from the first time that something does.
#[component]
pub fn DeskHost(maker: Maker) -> impl IntoView {
    let desk = Desk::get();
    let wanted = RwSignal::new(false);
    // What lay over another page is none of this one's business.
    on_cleanup(move || desk.close());
    Effect::new(move |_| {
        if desk.over().with(Option::is_some) {
            wanted.set(true);
        }
    });
    let give_up = Callback::new(move |()| {
        desk.close();
        wanted.set(false);
    });
    view! {
        <Show when=move || wanted.get()>
            <DeskPlace maker on_close=give_up/>
        </Show>
    }
}

#[component]
fn DeskPlace(maker: Maker, on_close: Callback<()>) -> impl IntoView {
    let part = Part::new("What you opened");
    #[cfg(feature = "hydrate")]
    {
        use super::fetched::{call, fetch};
        fetch(part, move |owner, parent| call(desk(owner, parent, maker)));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = maker;
    view! { <PartPlace part on_close/> }
}

/// The agents as large buttons, for who has no session yet.
#[component]
pub fn FirstAgents(maker: Maker) -> impl IntoView {
    let part = Part::new("The agents");
    #[cfg(feature = "hydrate")]
    {
        use super::fetched::{call, fetch};
        fetch(part, move |owner, parent| call(first_agents(owner, parent, maker)));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = maker;
    view! { <PartPlace part/> }
}

#[cfg(feature = "hydrate")]
#[cfg_attr(not(test), leptos::wasm_split::wasm_split(desk, wasm_split_path = leptos::wasm_split, fallible))]
fn desk(owner: Owner, parent: web_sys::Element, maker: Maker) -> super::fetched::Fetched {
    use crate::contexts::desk::Over;
    Ok(super::fetched::attach(&owner, &parent, move || {
        let over = Desk::get().over();
        view! {
            <commands::Commands maker/>
            {move || match over.get() {
                Some(Over::Agents) => view! { <agents::Agents maker/> }.into_any(),
                Some(Over::SavePreset { session, name }) => {
                    view! { <save_preset::SavePreset session name/> }.into_any()
                }
                Some(Over::Palette) | None => ().into_any(),
            }}
        }
    }))
}

#[cfg(feature = "hydrate")]
#[cfg_attr(not(test), leptos::wasm_split::wasm_split(desk, wasm_split_path = leptos::wasm_split, fallible))]
fn first_agents(owner: Owner, parent: web_sys::Element, maker: Maker) -> super::fetched::Fetched {
    Ok(super::fetched::attach(&owner, &parent, move || view! { <agent_list::First maker/> }))
}
