//! What lies over the list: names to enter, questions, and what was not done.

use leptos::ev::SubmitEvent;
use leptos::html::{Button, Input};
use leptos::prelude::*;

use super::explorer::{Ask, Explorer};
use super::picker::Picker;
use super::preview::Preview;
use crate::components::modal::Modal;
use crate::model::storage::{FileName, Undone};

#[component]
pub fn Dialogs() -> AnyView {
    let explorer: Explorer = expect_context();
    let close = Callback::new(move |()| explorer.ask.set(None));
    // A dialog that nobody sees would have the page to itself.
    let seen = Memo::new(move |_| explorer.seen.get());
    (move || {
        seen.get().then(|| explorer.ask.get()).flatten().map(|ask| match ask {
            Ask::NewFolder(folder) => {
                let make = Callback::new(move |name: FileName| {
                    close.run(());
                    explorer.make_folder(&folder, &name);
                });
                view! { <Name title="New folder" agree="Make folder" name=String::new() on_name=make on_close=close/> }
                    .into_any()
            }
            Ask::Rename(from) => {
                let name = from.path.name().unwrap_or_default().to_owned();
                let rename = Callback::new(move |to: FileName| {
                    close.run(());
                    explorer.rename(&from, &to);
                });
                view! { <Name title="Rename" agree="Rename" name on_name=rename on_close=close/> }.into_any()
            }
            Ask::Place { items, is_copy } => view! { <Picker items is_copy on_close=close/> }.into_any(),
            Ask::Protected { what, then } => {
                let once = RwSignal::new(false);
                view! {
                    <Sure
                        title=what
                        text=Signal::derive(move || {
                            if once.get() {
                                "This is the second question. Programs in all your sessions may no longer be signed in, or forget their settings."
                            } else {
                                "It holds credentials or settings that tools in your sessions rely on."
                            }
                        })
                        agree=Signal::derive(move || if once.get() { "Yes, do it" } else { "Go on…" })
                        on_agree=Callback::new(move |()| {
                            if once.get_untracked() {
                                close.run(());
                                then.run(());
                            } else {
                                once.set(true);
                            }
                        })
                        on_close=close
                    />
                }
                    .into_any()
            }
            Ask::ForEver { what, then } => {
                view! {
                    <Sure
                        title=what
                        text=Signal::stored("This can't be undone.")
                        agree=Signal::stored("Delete for ever")
                        on_agree=Callback::new(move |()| {
                            close.run(());
                            then.run(());
                        })
                        on_close=close
                    />
                }
                    .into_any()
            }
            Ask::Undone { what, list } => view! { <NotDone what list on_close=close/> }.into_any(),
            Ask::Preview { at, entry } => view! { <Preview at entry on_close=close/> }.into_any(),
        })
    })
    .into_any()
}

/// Asks for a name.
#[component]
fn Name(
    title: &'static str,
    agree: &'static str,
    name: String,
    on_name: Callback<FileName>,
    on_close: Callback<()>,
) -> AnyView {
    let input = NodeRef::<Input>::new();
    let broken = RwSignal::new(None::<String>);
    // Without its ending, which mostly stays.
    let stem = name.rfind('.').filter(|dot| *dot > 0).map_or(name.as_str(), |dot| &name[..dot]).encode_utf16().count();
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            // After the dialog has opened, which gives the keyboard elsewhere.
            request_animation_frame(move || {
                let _ = input.focus();
                let _ = input.set_selection_range(0, u32::try_from(stem).unwrap_or(0));
            });
        }
    });
    let check = move || -> Option<FileName> {
        match input.get_untracked()?.value().trim().parse::<FileName>() {
            Ok(name) => {
                broken.set(None);
                Some(name)
            }
            Err(error) => {
                broken.set(Some(error.to_string()));
                None
            }
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        if let Some(name) = check() {
            on_name.run(name);
        }
    };
    view! {
        <Modal labelled_by="file-name-title" on_close>
            <h2 id="file-name-title">{title}</h2>
            <form class="file-name-form" on:submit=submit novalidate>
                <input
                    node_ref=input
                    class="input"
                    aria-label="Name"
                    autocomplete="off"
                    spellcheck="false"
                    value=name
                    aria-invalid=move || broken.with(Option::is_some).to_string()
                    aria-describedby="file-name-message"
                    on:input=move |_| {
                        if broken.with_untracked(Option::is_some) {
                            check();
                        }
                    }
                />
                <span class="field-message" id="file-name-message" role="alert">
                    {broken}
                </span>
                <div class="dialog-buttons">
                    <button class="button" type="button" on:click=move |_| on_close.run(())>
                        "Cancel"
                    </button>
                    <button class="button button-primary">{agree}</button>
                </div>
            </form>
        </Modal>
    }
    .into_any()
}

/// Asks whether something that can hurt is meant.
#[component]
fn Sure(
    title: String,
    text: Signal<&'static str>,
    agree: Signal<&'static str>,
    on_agree: Callback<()>,
    on_close: Callback<()>,
) -> AnyView {
    let cancel = NodeRef::<Button>::new();
    Effect::new(move |_| {
        text.track();
        if let Some(cancel) = cancel.get() {
            // The harmless choice comes first.
            request_animation_frame(move || {
                let _ = cancel.focus();
            });
        }
    });
    view! {
        <Modal labelled_by="file-sure-title" on_close>
            <h2 id="file-sure-title">{title}</h2>
            <p aria-live="polite">{text}</p>
            <div class="dialog-buttons">
                <button node_ref=cancel class="button" on:click=move |_| on_close.run(())>
                    "Cancel"
                </button>
                <button class="button button-danger" on:click=move |_| on_agree.run(())>
                    {agree}
                </button>
            </div>
        </Modal>
    }
    .into_any()
}

/// Says what was not done, one by one.
#[component]
fn NotDone(what: String, list: Vec<Undone>, on_close: Callback<()>) -> AnyView {
    let title = match list.as_slice() {
        [one] => format!("“{}” {what}", one.item),
        many => format!("{} items: each {what}", many.len()),
    };
    view! {
        <Modal labelled_by="file-undone-title" on_close>
            <h2 id="file-undone-title">{title}</h2>
            <ul class="file-undone" tabindex="0" role="region" aria-label="What went wrong">
                {list
                    .into_iter()
                    .map(|undone| view! { <li><strong>{undone.item}</strong> {undone.error}</li> })
                    .collect_view()}
            </ul>
            <div class="dialog-buttons">
                <button class="button button-primary" on:click=move |_| on_close.run(())>
                    "Close"
                </button>
            </div>
        </Modal>
    }
    .into_any()
}
