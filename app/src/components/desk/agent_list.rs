//! The agents to choose from: in the list of the new session, and large on a page without sessions.

use leptos::ev::KeyboardEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast;

use crate::api::session::session_choices;
use crate::components::agent_icon::AgentIcon;
use crate::components::failure::LoadFailure;
use crate::components::maker::Maker;
use crate::model::agent::{Agent, Choices};
use crate::model::error::ApiError;
use crate::model::session::CreateSession;
use crate::new_session::install;

/// What a new session can be made of, once it is read.
pub type Read = RwSignal<Option<Result<Choices, ApiError>>>;

/// Reads it.
pub fn read_choices() -> Read {
    let read = RwSignal::new(None);
    spawn_local(async move {
        let choices = session_choices().await;
        // What asked may be closed by now.
        let _ = read.try_set(Some(choices));
    });
    read
}

/// Shows `children` of the choices, and until then that they come.
#[component]
pub fn Chosen(read: Read, children: Callback<Choices, AnyView>) -> AnyView {
    (move || match read.get() {
        None => view! {
            <div class="agent-list" aria-busy="true">
                <p class="visually-hidden" role="status">"Reading the agents…"</p>
                <div class="agent skeleton"></div>
                <div class="agent skeleton"></div>
                <div class="agent skeleton"></div>
            </div>
        }
        .into_any(),
        Some(Ok(choices)) => children.run(choices),
        Some(Err(error)) => view! { <LoadFailure what="The agents could not be read" error/> }.into_any(),
    })
    .into_any()
}

/// The agents, one of which may be pressed.
#[component]
pub fn AgentList(
    agents: Vec<Agent>,
    /// The one that was used last.
    last: Option<String>,
    /// The runtime in use, for what is not installed in it.
    #[prop(into)]
    runtime: Signal<String>,
    /// The one that is chosen, where a press chooses and does no more.
    #[prop(into)]
    chosen: Signal<Option<String>>,
    #[prop(into)] disabled: Signal<bool>,
    on_press: Callback<String>,
) -> AnyView {
    let buttons = agents
        .into_iter()
        .map(|agent| {
            let is_last = last.as_ref() == Some(&agent.id);
            let (id, of) = (agent.id.clone(), agent.id.clone());
            let is_chosen = move || chosen.with(|chosen| chosen.as_ref().map(|chosen| (*chosen == of).to_string()));
            let missing = {
                let agent = agent.clone();
                move || {
                    let install = runtime.with(|runtime| install(&agent, runtime).map(str::to_owned));
                    install.map(|install| {
                        view! { <span class="agent-missing">{format!("Not installed here — {install}")}</span> }
                    })
                }
            };
            view! {
                <button
                    class="agent"
                    type="button"
                    disabled=disabled
                    aria-pressed=is_chosen
                    autofocus=is_last
                    on:click=move |_| on_press.run(id.clone())
                >
                    <AgentIcon agent=agent.icon.clone()/>
                    <span class="agent-text">
                        <span class="agent-name">
                            {agent.name.clone()}
                            {is_last.then(|| view! { <span class="agent-last">"used last"</span> })}
                        </span>
                        <span class="agent-about">{agent.about.clone()}</span>
                        {missing}
                    </span>
                </button>
            }
        })
        .collect_view();
    view! {
        <div class="agent-list" role="group" aria-label="Agents" on:keydown=on_key>
            {buttons}
        </div>
    }
    .into_any()
}

/// Arrows go from one to the next.
fn on_key(event: KeyboardEvent) {
    let by: i64 = match event.key().as_str() {
        "ArrowDown" | "ArrowRight" => 1,
        "ArrowUp" | "ArrowLeft" => -1,
        "Home" => i64::MIN,
        "End" => i64::MAX,
        _ => return,
    };
    let Some(list) = event.current_target().and_then(|target| target.dyn_into::<web_sys::Element>().ok()) else {
        return;
    };
    let Ok(buttons) = list.query_selector_all("button") else { return };
    let focused = document().active_element();
    let count = i64::from(buttons.length());
    let current = (0..buttons.length())
        .find(|place| buttons.get(*place).as_ref() == focused.as_ref().map(AsRef::<web_sys::Node>::as_ref))
        .map_or(0, i64::from);
    let wanted = match by {
        i64::MIN => 0,
        i64::MAX => count - 1,
        by => (current + by).rem_euclid(count.max(1)),
    };
    let button = u32::try_from(wanted).ok().and_then(|place| buttons.get(place));
    if let Some(button) = button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A button on the page can take it.
        let _ = button.focus();
    }
    event.prevent_default();
}

/// For who has no session yet: a press makes one.
#[component]
pub fn First(maker: Maker) -> AnyView {
    let read = read_choices();
    let list = Callback::new(move |choices: Choices| {
        let runtime = choices.runtimes.first().cloned().unwrap_or_default();
        let make = Callback::new(move |agent| {
            maker.make(CreateSession { agent: Some(agent), ..CreateSession::default() });
        });
        let none: Signal<Option<String>> = Signal::stored(None);
        view! {
            <AgentList
                agents=choices.agents
                last=None
                runtime
                chosen=none
                disabled=maker.pending
                on_press=make
            />
        }
        .into_any()
    });
    view! {
        <div class="first-agents">
            <Chosen read children=list/>
        </div>
    }
    .into_any()
}
