//! Asks what the tabs of a session are to be saved as.

use garde::Validate;
use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::SessionId;

use crate::api::preset::create_preset;
use crate::components::modal::Modal;
use crate::contexts::desk::Desk;
use crate::contexts::toasts::Toasts;
use crate::model::agent::CreatePreset;
use crate::model::error::ApiError;

#[component]
pub fn SavePreset(session: SessionId, name: String) -> AnyView {
    let (desk, toasts) = (Desk::get(), Toasts::get());
    let input = NodeRef::<Input>::new();
    let refused = RwSignal::new(None::<String>);
    let saving = RwSignal::new(false);
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            // An element that just came into the page can take focus.
            let _ = input.focus();
            input.select();
        }
    });
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let Some(input) = input.get_untracked() else { return };
        let name = input.value().trim().to_owned();
        let new = CreatePreset { name: name.clone(), commands: None, from_session: Some(session.clone()) };
        if let Err(report) = new.validate() {
            refused.set(Some(why(&ApiError::from(report))));
            return;
        }
        saving.set(true);
        refused.set(None);
        spawn_local(async move {
            let saved = create_preset(new).await;
            // It may have been closed meanwhile.
            let _ = saving.try_set(false);
            match saved {
                Ok(preset) => {
                    let tabs = preset.commands.len();
                    let tabs = if tabs == 1 { "1 tab".to_owned() } else { format!("{tabs} tabs") };
                    toasts.tell(format!("“{name}” is saved, with {tabs} beside the agent's."));
                    desk.close();
                }
                Err(error) => {
                    let _ = refused.try_set(Some(why(&error)));
                }
            }
        });
    };
    view! {
        <Modal labelled_by="save-preset-title" on_close=Callback::new(move |()| desk.close())>
            <form on:submit=submit novalidate>
                <h2 id="save-preset-title">"Save tabs as preset"</h2>
                <p>"What runs in tabs 2 to 6 now can be opened again in any session: a new one, or by the command palette."</p>
                <label class="field save-preset-name">
                    "Name"
                    <input
                        node_ref=input
                        autocomplete="off"
                        value=name
                        aria-invalid=move || refused.with(Option::is_some).to_string()
                        aria-describedby="save-preset-message"
                    />
                    <span class="field-message" id="save-preset-message" role="alert">
                        {refused}
                    </span>
                </label>
                <div class="dialog-buttons">
                    <button type="button" class="button" on:click=move |_| desk.close()>
                        "Cancel"
                    </button>
                    <button type="submit" class="button button-primary" disabled=saving>
                        {move || if saving.get() { "Saving…" } else { "Save preset" }}
                    </button>
                </div>
            </form>
        </Modal>
    }
    .into_any()
}

fn why(error: &ApiError) -> String {
    error.fields.first().map_or(error.error.clone(), |field| field.message.clone())
}
