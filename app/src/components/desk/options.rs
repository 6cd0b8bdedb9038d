//! What else a new session can be made of.

use leptos::prelude::*;

use crate::files::says::size;
use crate::model::agent::{Choices, Tier};
use crate::model::error::ApiError;
use crate::new_session::{Form, message};
use crate::usage::shown::cpus;

type Refused = RwSignal<Option<ApiError>>;

fn tier(tier: &Tier) -> String {
    let Tier { id, cpu_millis, memory_bytes, disk_bytes } = tier;
    format!("{id}: {}, {} memory, {} disk", cpus(*cpu_millis), size(*memory_bytes), size(*disk_bytes))
}

#[component]
pub fn Options(form: RwSignal<Form>, choices: Choices, refused: Refused) -> AnyView {
    let tiers = choices.tiers.iter().map(|one| (one.id.clone(), tier(one))).collect();
    let runtimes: Vec<_> = choices.runtimes.iter().map(|name| (name.clone(), name.clone())).collect();
    let none = [(String::new(), "None".to_owned())].into_iter();
    let presets: Vec<_> = none.chain(choices.presets.into_iter().map(|preset| (preset.id, preset.name))).collect();
    view! {
        <div class="options">
            {choose("Size", "tier", tiers, form, refused, |form| &mut form.tier)}
            {(runtimes.len() > 1).then(|| choose("Runtime", "runtime", runtimes, form, refused, |form| &mut form.runtime))}
            {field("Git repository to clone", "repository.url", "https://…", form, refused, |form| &mut form.url)}
            <div class="options-pair">
                {field("Branch or tag", "repository.reference", "its default", form, refused, |form| &mut form.reference)}
                {field("Commits", "repository.depth", "all", form, refused, |form| &mut form.depth)}
            </div>
            {(presets.len() > 1)
                .then(|| choose("Preset of tabs", "preset", presets, form, refused, |form| &mut form.preset))}
            <label class="field">
                "Environment, a line each"
                <textarea
                    rows="3"
                    spellcheck="false"
                    autocapitalize="off"
                    placeholder="NAME=value"
                    aria-invalid=invalid(refused, "environment")
                    aria-describedby="option-environment"
                    prop:value=move || form.with(|form| form.environment.clone())
                    on:input=move |event| form.update(|form| form.environment = event_target_value(&event))
                ></textarea>
                {said(refused, "environment")}
            </label>
            <label class="setting setting-switch">
                <span>
                    "Keep awake until done"
                    <small>"It does not sleep while a program runs in it."</small>
                </span>
                <input
                    type="checkbox"
                    role="switch"
                    prop:checked=move || form.with(|form| form.keep)
                    on:change=move |event| form.update(|form| form.keep = event_target_checked(&event))
                />
            </label>
        </div>
    }
    .into_any()
}

fn invalid(refused: Refused, name: &'static str) -> impl Fn() -> Option<&'static str> {
    move || refused.with(|refused| refused.as_ref().and_then(|error| message(error, name)).map(|_| "true"))
}

fn said(refused: Refused, name: &'static str) -> AnyView {
    view! {
        <span class="field-message" id=id(name) role="alert">
            {move || refused.with(|refused| refused.as_ref().and_then(|error| message(error, name)))}
        </span>
    }
    .into_any()
}

fn id(name: &str) -> String {
    format!("option-{}", name.replace('.', "-"))
}

fn field(
    label: &'static str,
    name: &'static str,
    placeholder: &'static str,
    form: RwSignal<Form>,
    refused: Refused,
    of: fn(&mut Form) -> &mut String,
) -> AnyView {
    view! {
        <label class="field">
            {label}
            <input
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder=placeholder
                aria-invalid=invalid(refused, name)
                aria-describedby=id(name)
                prop:value=move || of(&mut form.get()).clone()
                on:input=move |event| form.update(|form| *of(form) = event_target_value(&event))
            />
            {said(refused, name)}
        </label>
    }
    .into_any()
}

fn choose(
    label: &'static str,
    name: &'static str,
    options: Vec<(String, String)>,
    form: RwSignal<Form>,
    refused: Refused,
    of: fn(&mut Form) -> &mut String,
) -> AnyView {
    let now = of(&mut form.get_untracked()).clone();
    view! {
        <label class="field">
            {label}
            <select
                aria-invalid=invalid(refused, name)
                aria-describedby=id(name)
                on:change=move |event| form.update(|form| *of(form) = event_target_value(&event))
            >
                {options
                    .into_iter()
                    .map(|(value, text)| {
                        let selected = value == now;
                        view! {
                            <option value=value selected=selected>
                                {text}
                            </option>
                        }
                    })
                    .collect_view()}
            </select>
            {said(refused, name)}
        </label>
    }
    .into_any()
}
