//! The person's presets of tabs: renamed, changed and deleted. They are saved from a session, and applied to one.

use garde::Validate;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::api::preset::{change_preset, create_preset, delete_preset};
use crate::api::session::session_choices;
use crate::components::icons;
use crate::contexts::toasts::Toasts;
use crate::model::agent::{ChangePreset, CreatePreset, MAX_COMMANDS, Preset};
use crate::model::error::{ApiError, ErrorCode};

type List = RwSignal<Vec<Preset>>;

#[component]
pub fn Presets() -> AnyView {
    let toasts = Toasts::get();
    let presets: List = RwSignal::new(Vec::new());
    let is_read = RwSignal::new(false);
    spawn_local(async move {
        match session_choices().await {
            Ok(choices) => {
                let _ = presets.try_set(choices.presets);
                let _ = is_read.try_set(true);
            }
            Err(error) => toasts.fail("Your presets could not be read", &error),
        }
    });
    view! {
        <div class="setting presets" role="group" aria-labelledby="settings-presets">
            <span id="settings-presets">"Presets of tabs"</span>
            <Show when=move || is_read.get() && presets.with(Vec::is_empty)>
                <p class="setting-hint presets-none">
                    "None yet. Open some tabs in a session, and choose “Save tabs as preset…” in its ⋮ menu."
                </p>
            </Show>
            <For
                each=move || presets.get()
                // One that was changed is another to the page.
                key=|preset| (preset.id.clone(), preset.name.clone(), preset.commands.clone())
                let(preset)
            >
                <PresetLine preset presets/>
            </For>
        </div>
    }
    .into_any()
}

#[component]
fn PresetLine(preset: Preset, presets: List) -> AnyView {
    let toasts = Toasts::get();
    let editing = RwSignal::new(false);
    let Preset { id, name, commands } = preset.clone();
    let summary = commands.iter().map(|command| shown(command)).collect::<Vec<_>>().join(", ");
    let delete = {
        let preset = preset.clone();
        move |_| {
            let preset = preset.clone();
            spawn_local(async move {
                match delete_preset(preset.id.clone()).await {
                    Err(error) if error.code != ErrorCode::NotFound => {
                        toasts.fail("The preset could not be deleted", &error);
                    }
                    // Not found: it is gone as was asked.
                    _ => {
                        let _ = presets.try_update(|presets| presets.retain(|other| other.id != preset.id));
                        told_with_undo(&preset, presets, toasts);
                    }
                }
            });
        }
    };
    let (label_edit, label_delete) = (format!("Edit {name}"), format!("Delete {name}"));
    let form = move || view! { <PresetForm preset=preset.clone() presets editing/> };
    view! {
        <Show
            when=move || !editing.get()
            fallback=form
        >
            <div class="preset" data-preset=id.clone()>
                <span class="preset-text">
                    <strong>{name.clone()}</strong>
                    <small>{summary.clone()}</small>
                </span>
                <button class="button" aria-label=label_edit.clone() on:click=move |_| editing.set(true)>
                    "Edit"
                </button>
                <button
                    class="button button-quiet button-icon"
                    aria-label=label_delete.clone()
                    title="Delete"
                    on:click=delete.clone()
                >
                    {icons::close()}
                </button>
            </div>
        </Show>
    }
    .into_any()
}

/// An empty command is a plain shell.
fn shown(command: &str) -> String {
    if command.trim().is_empty() { "shell".to_owned() } else { command.to_owned() }
}

fn told_with_undo(preset: &Preset, presets: List, toasts: Toasts) {
    let again = CreatePreset { name: preset.name.clone(), commands: Some(preset.commands.clone()), from_session: None };
    let undo = Callback::new(move |()| {
        let again = again.clone();
        spawn_local(async move {
            match create_preset(again).await {
                Ok(preset) => {
                    let _ = presets.try_update(|presets| presets.push(preset));
                }
                Err(error) => toasts.fail("The preset could not be brought back", &error),
            }
        });
    });
    toasts.tell_with_undo(format!("Deleted the preset “{}”.", preset.name), undo);
}

#[component]
fn PresetForm(preset: Preset, presets: List, editing: RwSignal<bool>) -> AnyView {
    let name = RwSignal::new(preset.name.clone());
    let commands = RwSignal::new(preset.commands.join("\n"));
    let refused = RwSignal::new(None::<String>);
    let saving = RwSignal::new(false);
    let id = preset.id;
    let field = format!("preset-{id}");
    let (described_by, described_too) = (format!("{field}-message"), format!("{field}-message"));
    let message_id = described_by.clone();
    Effect::new({
        let field = field.clone();
        move |_| {
            use wasm_bindgen::JsCast;
            let input = document().get_element_by_id(&field);
            if let Some(input) = input.and_then(|input| input.dyn_into::<web_sys::HtmlElement>().ok()) {
                // An element that just came into the page can take focus.
                let _ = input.focus();
            }
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let change = ChangePreset {
            name: Some(name.get_untracked().trim().to_owned()),
            commands: Some(commands.get_untracked().split('\n').map(|line| line.trim().to_owned()).collect()),
        };
        if let Err(report) = change.validate() {
            refused.set(Some(why(&ApiError::from(report))));
            return;
        }
        saving.set(true);
        let id = id.clone();
        spawn_local(async move {
            let changed = change_preset(id, change).await;
            let _ = saving.try_set(false);
            match changed {
                Ok(changed) => {
                    let _ = editing.try_set(false);
                    let _ = presets.try_update(|presets| {
                        if let Some(preset) = presets.iter_mut().find(|preset| preset.id == changed.id) {
                            *preset = changed;
                        }
                    });
                }
                Err(error) => {
                    let _ = refused.try_set(Some(why(&error)));
                }
            }
        });
    };
    view! {
        <form class="preset-form" on:submit=submit novalidate>
            <label class="field">
                "Name"
                <input
                    id=field
                    autocomplete="off"
                    aria-describedby=described_by
                    prop:value=name
                    on:input=move |event| name.set(event_target_value(&event))
                />
            </label>
            <label class="field">
                {format!("Commands of tabs 2 to {}, a line each", MAX_COMMANDS + 1)}
                <textarea
                    rows="5"
                    spellcheck="false"
                    autocapitalize="off"
                    placeholder="An empty line is a plain shell"
                    aria-describedby=described_too
                    prop:value=commands
                    on:input=move |event| commands.set(event_target_value(&event))
                ></textarea>
            </label>
            <span class="field-message" id=message_id role="alert">
                {refused}
            </span>
            <div class="preset-buttons">
                <button type="button" class="button" on:click=move |_| editing.set(false)>
                    "Cancel"
                </button>
                <button type="submit" class="button button-primary" disabled=saving>
                    {move || if saving.get() { "Saving…" } else { "Save" }}
                </button>
            </div>
        </form>
    }
    .into_any()
}

fn why(error: &ApiError) -> String {
    error.fields.first().map_or(error.error.clone(), |field| field.message.clone())
}
