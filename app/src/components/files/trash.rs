//! What was deleted, for as long as it is kept.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::explorer::{Explorer, View};
use crate::components::failure::LoadFailure;
use crate::components::icons;
use crate::files::{kind, says};
use crate::model::error::ApiError;
use crate::model::storage::Trashed;

/// The most that are listed; the rest shows once these are gone.
const SHOWN: usize = 300;

#[component]
pub fn Trash() -> AnyView {
    let explorer: Explorer = expect_context();
    let list = RwSignal::new(None::<Result<Vec<Trashed>, ApiError>>);
    Effect::new(move |_| {
        explorer.counted.track();
        spawn_local(async move {
            let read = explorer.trash().await;
            let _ = list.try_set(Some(read));
        });
    });
    let all = move || {
        list.with_untracked(|list| match list {
            Some(Ok(list)) => list.iter().map(|trashed| trashed.id.clone()).collect(),
            _ => Vec::new(),
        })
    };
    let is_empty = move || list.with(|list| !matches!(list, Some(Ok(list)) if !list.is_empty()));
    let empty = move |_| {
        let all: Vec<String> = all();
        let what = says::count(all.len() as u64, "item", "items");
        explorer.remove_for_ever(format!("Empty the trash? {what} are removed for ever."), all);
    };
    view! {
        <div class="file-trash-head">
            <h3>"Trash"</h3>
            <button class="button" disabled=is_empty on:click=empty>
                "Empty trash"
            </button>
            <button class="button" on:click=move |_| explorer.view.set(View::Folder)>
                "Back to files"
            </button>
        </div>
        <div class="file-results" tabindex="0" role="region" aria-label="Trash">
            {move || match list.get() {
                None => view! { <p class="empty">"Reading the trash…"</p> }.into_any(),
                Some(Err(error)) => view! { <LoadFailure what="The trash could not be read" error/> }.into_any(),
                Some(Ok(list)) if list.is_empty() => {
                    view! {
                        <div class="empty">
                            <p class="empty-title">"The trash is empty"</p>
                            <p>"What you delete stays here for 30 days, and can be restored."</p>
                        </div>
                    }
                        .into_any()
                }
                Some(Ok(list)) => {
                    let more = list.len().saturating_sub(SHOWN);
                    view! {
                        <ul>{list.into_iter().take(SHOWN).map(|trashed| row(explorer, trashed)).collect_view()}</ul>
                        {(more > 0).then(|| view! { <p class="quiet file-count">{format!("and {more} more")}</p> })}
                    }
                        .into_any()
                }
            }}
        </div>
    }
    .into_any()
}

fn row(explorer: Explorer, trashed: Trashed) -> AnyView {
    let name = trashed.was.path.name().unwrap_or_default().to_owned();
    let icon = kind::icon(trashed.kind, "", &name);
    let root = explorer.root_name(trashed.was.session.as_ref());
    let folder = trashed.was.path.parent().filter(|folder| !folder.is_root());
    let from = folder.map_or(root.clone(), |folder| format!("{root}/{folder}"));
    let facts = format!(
        "{} · {} · from {from}",
        says::size(trashed.bytes),
        says::when(crate::time::now_ms(), &trashed.deleted_at)
    );
    let (to_restore, to_remove, removed) = (trashed.id.clone(), trashed.id, name.clone());
    view! {
        <li class="file-trashed">
            {icons::drawn(icon)}
            <span class="file-trashed-text">
                <span class="file-text" title=name.clone()>
                    {name.clone()}
                </span>
                <small>{facts}</small>
            </span>
            <button
                class="button"
                aria-label=format!("Restore {name}")
                on:click=move |_| explorer.restore(vec![to_restore.clone()])
            >
                "Restore"
            </button>
            <button
                class="button button-quiet button-icon"
                aria-label=format!("Delete {name} for ever")
                title="Delete for ever"
                on:click=move |_| {
                    explorer.remove_for_ever(format!("Delete “{removed}” for ever?"), vec![to_remove.clone()]);
                }
            >
                {icons::close()}
            </button>
        </li>
    }
    .into_any()
}
