//! Names that are looked for, in the open folder and all folders in it.

use leptos::html::Input;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::explorer::{Ask, Explorer, View};
use crate::api::storage::search_files;
use crate::components::failure::LoadFailure;
use crate::components::icons;
use crate::files::{kind, says};
use crate::model::error::ApiError;
use crate::model::storage::{At, Found, Kind, Search as Query, SearchResults};

/// How long a query waits for its next letter.
const PAUSE: std::time::Duration = std::time::Duration::from_millis(200);

#[component]
pub fn Search() -> AnyView {
    let explorer: Explorer = expect_context();
    let input = NodeRef::<Input>::new();
    let query = RwSignal::new(String::new());
    let results = RwSignal::new(None::<Result<SearchResults, ApiError>>);
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            // An element that just came into the page can take it.
            let _ = input.focus();
        }
    });
    Effect::new(move |_| {
        let text = query.get();
        let hidden = explorer.hidden.get();
        let At { session, path } = explorer.place.get();
        let asked = text.trim().to_owned();
        if asked.is_empty() {
            results.set(None);
            return;
        }
        let ask = move || {
            spawn_local(async move {
                let found = search_files(Query { session, path, query: asked, hidden }).await;
                // Another letter may have come meanwhile.
                if query.try_with_untracked(|now| *now == text) == Some(true) {
                    results.set(Some(found));
                }
            });
        };
        if let Ok(timer) = set_timeout_with_handle(ask, PAUSE) {
            on_cleanup(move || timer.clear());
        }
    });
    let leave = move || explorer.view.set(View::Folder);
    view! {
        <div class="file-search">
            <input
                node_ref=input
                class="input"
                type="search"
                aria-label="Find by name"
                placeholder=move || {
                    explorer.place.with(|place| place.path.name().map_or_else(|| "Find by name".to_owned(), |name| format!("Find in {name}")))
                }
                autocomplete="off"
                spellcheck="false"
                prop:value=query
                on:input=move |event| query.set(event_target_value(&event))
                on:keydown=move |event| {
                    if event.key() == "Escape" {
                        event.stop_propagation();
                        leave();
                    }
                }
            />
        </div>
        <div class="file-results" tabindex="0" role="region" aria-label="Found">
            {move || match results.get() {
                None => view! { <p class="empty">"Type a part of a name. Case does not count."</p> }.into_any(),
                Some(Err(error)) => view! { <LoadFailure what="Nothing could be looked for" error/> }.into_any(),
                Some(Ok(results)) => hits(explorer, results).into_any(),
            }}
        </div>
    }
    .into_any()
}

fn hits(explorer: Explorer, results: SearchResults) -> impl IntoView {
    let SearchResults { found, is_complete } = results;
    let count = match (found.len(), is_complete) {
        (0, true) => "Nothing by that name. Look in another folder, or with hidden files.".to_owned(),
        (count, true) => format!("{} found", says::grouped(count as u64)),
        (count, false) => format!("The first {count} are shown; type more of the name to see others."),
    };
    view! {
        <p class="quiet file-count" role="status">
            {count}
        </p>
        <ul>{found.into_iter().map(|found| hit(explorer, found)).collect_view()}</ul>
    }
}

fn hit(explorer: Explorer, Found { path, entry }: Found) -> impl IntoView {
    let icon = kind::icon(entry.kind, &entry.media_type, &entry.name);
    let folder = path.parent().unwrap_or_default();
    let (name, inside) = (entry.name.clone(), folder.to_string());
    let open = move |_| {
        let session = explorer.place.with_untracked(|place| place.session.clone());
        if entry.kind == Kind::Folder {
            explorer.go(At { session, path: path.clone() });
        } else {
            explorer.go(At { session: session.clone(), path: folder.clone() });
            explorer.selection.update(|selection| selection.go_to(0, Some(&entry.name)));
            explorer.ask.set(Some(Ask::Preview { at: At { session, path: path.clone() }, entry: entry.clone() }));
        }
    };
    view! {
        <li>
            <button class="file-hit" on:click=open>
                {icons::drawn(icon)} <span class="file-text">{name}</span> <span class="file-inside">{inside}</span>
            </button>
        </li>
    }
}
