//! Asks for the folder that files are moved or copied into.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::actions::named;
use super::crumbs::steps;
use super::explorer::Explorer;
use crate::api::storage::browse_files;
use crate::components::failure::LoadFailure;
use crate::components::icons;
use crate::components::modal::Modal;
use crate::files::kind;
use crate::model::error::ApiError;
use crate::model::storage::{At, Browse, FilePath, Kind, MAX_PAGE};

#[component]
pub fn Picker(items: Vec<At>, is_copy: bool, on_close: Callback<()>) -> AnyView {
    let explorer: Explorer = expect_context();
    let place = RwSignal::new(explorer.place.get_untracked());
    let folders = RwSignal::new(None::<Result<Vec<String>, ApiError>>);
    Effect::new(move |_| {
        let here = place.get();
        let hidden = explorer.hidden.get_untracked();
        folders.set(None);
        spawn_local(async move {
            // Folders come first.
            let read = browse_files(Browse { hidden, limit: MAX_PAGE, ..Browse::first(here.clone()) }).await;
            if place.try_get_untracked() == Some(here) {
                let names = read.map(|listing| {
                    let folders =
                        listing.entries.into_iter().filter(|entry| entry.kind == Kind::Folder && entry.is_reachable);
                    folders.map(|entry| entry.name).collect()
                });
                folders.set(Some(names));
            }
        });
    });
    let (verb, title) = if is_copy { ("Copy here", "Copy") } else { ("Move here", "Move") };
    let names: Vec<_> = items.iter().filter_map(|at| at.path.name().map(ToOwned::to_owned)).collect();
    let title = format!("{title} {}", named(&names));
    let moved = items.clone();
    let is_within =
        move |at: &At| moved.iter().any(|moved| moved.session == at.session && at.path.is_within(&moved.path));
    let is_within = StoredValue::new(is_within);
    let from = items.first().and_then(|at| Some(At { session: at.session.clone(), path: at.path.parent()? }));
    let impossible = move || {
        let here = place.get();
        is_within.with_value(|is_within| is_within(&here)) || (!is_copy && Some(here) == from)
    };
    let agree = move |_| {
        on_close.run(());
        explorer.place_into(&items, &place.get_untracked(), is_copy);
    };
    let roots = move || {
        let home = (String::new(), "Home".to_owned());
        let sessions = explorer.sessions.get();
        let sessions =
            sessions.into_iter().map(|session| (session.id.to_string(), format!("Workspace of {}", session.name)));
        let here = place.with(|place| place.session.as_ref().map_or_else(String::new, ToString::to_string));
        std::iter::once(home)
            .chain(sessions)
            .map(|(value, name)| {
                let selected = value == here;
                view! {
                    <option value=value selected=selected>
                        {name}
                    </option>
                }
            })
            .collect_view()
    };
    view! {
        <Modal labelled_by="file-picker-title" class="file-picker" on_close>
            <h2 id="file-picker-title">{title}</h2>
            <label class="field">
                "To"
                <select
                    class="input"
                    on:change=move |event| {
                        let session = event_target_value(&event).parse().ok();
                        place.set(At { session, path: FilePath::default() });
                    }
                >
                    {roots}
                </select>
            </label>
            <nav class="crumbs" aria-label="Folder to move to">
                <ol>
                    {move || {
                        let here = place.get();
                        let root = explorer.root_name(here.session.as_ref());
                        steps(&here, root)
                            .into_iter()
                            .map(|(name, at)| {
                                view! {
                                    <li>
                                        <button class="crumb" on:click=move |_| place.set(at.clone())>
                                            {name}
                                        </button>
                                    </li>
                                }
                            })
                            .collect_view()
                    }}
                </ol>
            </nav>
            <ul class="file-picker-list">
                {move || match folders.get() {
                    None => view! { <li class="menu-none">"Reading…"</li> }.into_any(),
                    Some(Err(error)) => {
                        view! { <li><LoadFailure what="The folder could not be read" error/></li> }.into_any()
                    }
                    Some(Ok(names)) if names.is_empty() => {
                        view! { <li class="menu-none">"No folders in here"</li> }.into_any()
                    }
                    Some(Ok(names)) => {
                        names.into_iter().map(|name| folder(place, name)).collect_view().into_any()
                    }
                }}
            </ul>
            <div class="dialog-buttons">
                <button class="button" on:click=move |_| on_close.run(())>
                    "Cancel"
                </button>
                <button class="button button-primary" disabled=impossible on:click=agree>
                    {verb}
                </button>
            </div>
        </Modal>
    }
    .into_any()
}

fn folder(place: RwSignal<At>, name: String) -> impl IntoView {
    let into = name.clone();
    let open = move |_| {
        place.update(|place| {
            if let Ok(path) = place.path.join(&into) {
                place.path = path;
            }
        });
    };
    view! {
        <li>
            <button class="file-hit" on:click=open>
                {icons::drawn(kind::icon(Kind::Folder, "", ""))} <span class="file-text">{name}</span>
            </button>
        </li>
    }
}
