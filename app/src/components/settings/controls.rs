//! The controls of the settings: a choice of a few, a slider, a switch.

use leptos::prelude::*;

/// A few options, one of which holds.
#[component]
pub fn Choice(
    legend: &'static str,
    options: &'static [&'static str],
    selected: Signal<usize>,
    on_select: Callback<usize>,
) -> AnyView {
    view! {
        <fieldset class="setting">
            <legend>{legend}</legend>
            <div class="choice">
                {options
                    .iter()
                    .enumerate()
                    .map(|(index, option)| {
                        view! {
                            <label class="choice-option">
                                <input
                                    type="radio"
                                    name=legend
                                    prop:checked=move || selected.get() == index
                                    on:change=move |_| on_select.run(index)
                                />
                                <span>{*option}</span>
                            </label>
                        }
                    })
                    .collect_view()}
            </div>
        </fieldset>
    }
    .into_any()
}

/// A number on a line.
#[component]
pub fn Slider(
    label: &'static str,
    min: u32,
    max: u32,
    value: Signal<u32>,
    /// The value as people read it.
    text: Signal<String>,
    on_input: Callback<u32>,
    #[prop(default = "")] class: &'static str,
) -> AnyView {
    view! {
        <label class="setting setting-slider">
            <span>{label}</span>
            <input
                type="range"
                class=class
                min=min.to_string()
                max=max.to_string()
                prop:value=move || value.get().to_string()
                aria-valuetext=text
                on:input=move |event| {
                    if let Ok(value) = event_target_value(&event).parse() {
                        on_input.run(value);
                    }
                }
            />
            <output>{text}</output>
        </label>
    }
    .into_any()
}

/// Something that is on or off.
#[component]
pub fn Switch(
    label: &'static str,
    #[prop(default = "")] hint: &'static str,
    checked: Signal<bool>,
    on_change: Callback<bool>,
) -> AnyView {
    view! {
        <label class="setting setting-switch">
            <span>
                {label} {(!hint.is_empty()).then(|| view! { <small>{hint}</small> })}
            </span>
            <input
                type="checkbox"
                role="switch"
                prop:checked=checked
                on:change=move |event| on_change.run(event_target_checked(&event))
            />
        </label>
    }
    .into_any()
}
