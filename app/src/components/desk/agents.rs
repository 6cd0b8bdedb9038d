//! A new session of any agent, with all that it can be made of. A press on an agent makes one at once; with the options
//! open it chooses, and the button below makes.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::agent_list::{AgentList, Chosen, read_choices};
use super::options::Options;
use crate::components::icons;
use crate::components::maker::Maker;
use crate::components::modal::Modal;
use crate::contexts::desk::Desk;
use crate::model::agent::Choices;
use crate::model::error::{ApiError, ErrorCode};
use crate::new_session::Form;

/// The fields that say themselves what is wrong with them.
const FIELDS: [&str; 7] =
    ["tier", "runtime", "repository.url", "repository.reference", "repository.depth", "preset", "environment"];

#[component]
pub fn Agents(maker: Maker) -> AnyView {
    let desk = Desk::get();
    let read = read_choices();
    let close = Callback::new(move |()| {
        maker.refused.set(None);
        desk.close();
    });
    let form = Callback::new(move |choices: Choices| view! { <NewForm maker choices/> }.into_any());
    view! {
        <Modal labelled_by="agents-title" class="agents" on_close=close>
            <header class="agents-head">
                <h2 id="agents-title">"New session"</h2>
                <button class="button button-quiet button-icon" aria-label="Close" on:click=move |_| close.run(())>
                    {icons::close()}
                </button>
            </header>
            <Chosen read children=form/>
        </Modal>
    }
    .into_any()
}

#[component]
fn NewForm(maker: Maker, choices: Choices) -> AnyView {
    let form = RwSignal::new(Form::new(&choices));
    let refused = maker.refused;
    // An agent that can't be had any more is said above; what else is wrong, in its field.
    let expanded = RwSignal::new(refused.with_untracked(|refused| refused.as_ref().is_some_and(is_about_a_field)));
    let runtime = Memo::new(move |_| form.with(|form| form.runtime.clone()));
    let chosen = Memo::new(move |_| expanded.get().then(|| form.with(|form| form.agent.clone())));
    let make = move || match form.with_untracked(Form::request) {
        Ok(new) => maker.make(new),
        Err(error) => refused.set(Some(error)),
    };
    let press = Callback::new(move |agent: String| {
        form.update(|form| form.agent = agent);
        if !expanded.get_untracked() {
            make();
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        make();
    };
    Effect::new(move |_| focus_agent());
    let names: Vec<_> = choices.agents.iter().map(|agent| (agent.id.clone(), agent.name.clone())).collect();
    let label = move || {
        if maker.pending.get() {
            return "Making it…".to_owned();
        }
        let name = form.with(|form| names.iter().find(|(id, _)| *id == form.agent).map(|(_, name)| name.clone()));
        format!("Create with {}", name.unwrap_or_else(|| "a plain shell".to_owned()))
    };
    let (agents, last) = (choices.agents.clone(), choices.last_agent.clone());
    let choices = StoredValue::new(choices);
    view! {
        <form on:submit=submit novalidate>
            <AgentList agents last runtime chosen disabled=maker.pending on_press=press/>
            <Refused error=refused/>
            <button
                type="button"
                class="button button-quiet options-button"
                aria-expanded=move || expanded.get().to_string()
                on:click=move |_| expanded.update(|expanded| *expanded = !*expanded)
            >
                {icons::down()}
                "More options"
            </button>
            <Show when=move || expanded.get()>
                <Options form choices=choices.get_value() refused/>
                <button type="submit" class="button button-primary" disabled=maker.pending>
                    {label.clone()}
                </button>
            </Show>
        </form>
    }
    .into_any()
}

/// Gives the keyboard to the agent that was used last, else to the first: the dialog opened before they were read.
fn focus_agent() {
    let find = |selector: &str| document().query_selector(selector).ok().flatten();
    let agent = find(".agents .agent[autofocus]").or_else(|| find(".agents .agent"));
    if let Some(agent) = agent.and_then(|agent| agent.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A button on the page can take it.
        let _ = agent.focus();
    }
}

fn is_about_a_field(error: &ApiError) -> bool {
    FIELDS.iter().any(|field| crate::new_session::message(error, field).is_some())
}

/// What is wrong with no field in sight.
#[component]
fn Refused(error: RwSignal<Option<ApiError>>) -> AnyView {
    (move || {
        error.get().filter(|error| !is_about_a_field(error)).map(|error| {
            let what = if error.code == ErrorCode::QuotaExceeded {
                "There is no room for another session"
            } else {
                "No session could be made"
            };
            let why = error.fields.first().map_or(error.error.clone(), |field| field.message.clone());
            view! {
                <div class="failure" role="alert">
                    <p>
                        <strong>{what}</strong>
                    </p>
                    <p>{why}</p>
                </div>
            }
        })
    })
    .into_any()
}
