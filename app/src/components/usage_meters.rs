//! What a running session uses: numbers, each with a line of the last five minutes.

use leptos::prelude::*;

use crate::usage::{BOX, Meter, Shown};

/// The numbers of a session that runs. They have their room before they are known, so that nothing moves then; only the
/// disk, which not everybody counts, comes with its number.
#[component]
pub fn UsageMeters(shown: ArcRwSignal<Option<Shown>>) -> impl IntoView {
    let meters = ["CPU", "Memory", "Disk"].map(|name| {
        let shown = shown.clone();
        let meter = Memo::new(move |_| {
            shown.with(|shown| shown.as_ref()?.meters.iter().find(|meter| meter.name == name).cloned())
        });
        view! {
            <Show when=move || name != "Disk" || meter.with(Option::is_some)>
                <MeterView name meter/>
            </Show>
        }
    });
    view! { <div class="meters">{meters}</div> }
}

#[component]
fn MeterView(name: &'static str, meter: Memo<Option<Meter>>) -> impl IntoView {
    let of = move |part: fn(&Meter) -> &String, unknown: &str| {
        meter.with(|meter| meter.as_ref().map_or_else(|| unknown.to_owned(), |meter| part(meter).clone()))
    };
    view! {
        <div class="meter" role="img" aria-label=move || of(|meter| &meter.label, name)>
            <span class="meter-name">{name}</span>
            <span class="meter-text">{move || of(|meter| &meter.text, "…")}</span>
            <svg viewBox=BOX preserveAspectRatio="none" aria-hidden="true" focusable="false">
                <path class="meter-area" d=move || of(|meter| &meter.area, "")></path>
                <path class="meter-line" d=move || of(|meter| &meter.line, "")></path>
            </svg>
        </div>
    }
}
