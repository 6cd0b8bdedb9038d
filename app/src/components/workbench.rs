//! The terminals of a session and all that acts on them: tabs, tiles, palette, shortcuts, key bar.
//!
//! A part of the page's wasm of its own, fetched when a session is looked at; see docs/decisions/005. The
//! server leaves its place empty: nothing of it works before its code is there.

use leptos::prelude::*;

use super::part::{Part, PartPlace};
use super::session_page::{SessionEvents, SessionPage};
use crate::time::Clock;

/// The workbench, once its code is there; the terminals themselves while they are `shown`.
#[component]
pub fn Workbench(page: SessionPage, shown: Memo<bool>, events: SessionEvents, clock: Clock) -> impl IntoView {
    let part = Part::new("The terminals");
    #[cfg(feature = "hydrate")]
    {
        use super::fetched::{call, fetch};
        fetch(part, move |owner, parent| call(workbench(owner, parent, page, shown, events, clock)));
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (page, shown, events, clock);
    view! { <PartPlace part/> }
}

// Not `#[lazy]`, which panics when the code can't be had, and the page with it.
#[cfg(feature = "hydrate")]
#[cfg_attr(not(test), leptos::wasm_split::wasm_split(workbench, wasm_split_path = leptos::wasm_split, fallible))]
fn workbench(
    owner: Owner,
    parent: web_sys::Element,
    page: SessionPage,
    shown: Memo<bool>,
    events: SessionEvents,
    clock: Clock,
) -> super::fetched::Fetched {
    use super::fetched::attach;
    use super::session_events::follow;
    use super::session_palette::SessionPalette;
    use super::shortcuts::Shortcuts;
    use super::sleep_notice::SleepNotice;
    use super::state_badge::ActivityWord;
    use super::terminals::Terminals;
    use crate::usage::Usages;

    let (usages, used) = owner.with(|| {
        let usages = Usages::new();
        (usages, StoredValue::new(usages.of(&page.actions.id())))
    });
    let terminals = attach(&owner, &parent, move || {
        follow(events, usages);
        crate::terminal::browser::follow_shortcuts(page);
        view! {
            <Show when=move || shown.get()>
                <Terminals page/>
            </Show>
            <SessionPalette page/>
            <Shortcuts page/>
        }
    });
    let Some(bar) = page.bar.get_untracked() else { return Ok(terminals) };
    let bar = attach(&owner, &bar, move || {
        view! {
            <Show when=move || page.running.get()>
                <span class="bar-activity">
                    <ActivityWord shown=used.get_value()/>
                </span>
                <SleepNotice shown=used.get_value() actions=page.actions clock/>
            </Show>
        }
    });
    Ok(terminals.and(bar))
}
