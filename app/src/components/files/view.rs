//! The files as a whole, the same in the drawer and on their own page.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_query_map};

use super::crumbs::Crumbs;
use super::dialogs::Dialogs;
use super::drop_zone;
use super::explorer::{Explorer, View};
use super::list::List;
use super::queue::QueuePanel;
use super::row_menu::RowMenu;
use super::search::Search;
use super::stats::Stats;
use super::toolbar::{SelectedBar, Toolbar};
use super::trash::Trash;
use crate::files::address;
use crate::files::browser::module;
use crate::model::storage::{At, FilePath};

#[component]
pub fn Files() -> AnyView {
    let explorer: Explorer = expect_context();
    spawn_local(async {
        // Asked for again when it is needed.
        let _ = module::load().await;
    });
    let held = RwSignal::new(false);
    let body = move || match explorer.view.get() {
        View::Folder => view! {
            <Crumbs/>
            <div class="file-list-place">
                <List/>
            </div>
        }
        .into_any(),
        View::Search => view! { <Search/> }.into_any(),
        View::Trash => view! { <Trash/> }.into_any(),
    };
    view! {
        <div
            class="files"
            on:dragenter=move |event| drop_zone::held_over(held, &event)
            on:dragover=move |event| drop_zone::held_over(held, &event)
            on:dragleave=move |event| drop_zone::left(held, &event)
            on:drop=move |event| drop_zone::dropped(explorer, held, &event)
            on:paste=move |event| drop_zone::pasted(explorer, &event)
        >
            <Toolbar/>
            <SelectedBar/>
            {body}
            <QueuePanel/>
            <Stats/>
            <div class="drop-overlay" class:drop-overlay-on=held aria-hidden="true">
                <p>
                    {move || {
                        explorer.place.with(|place| place.path.name().map_or_else(|| "Drop to upload here".to_owned(), |name| format!("Drop to upload to {name}")))
                    }}
                </p>
            </div>
            <RowMenu/>
            <Dialogs/>
        </div>
    }
    .into_any()
}

/// On their own page, whose address names the folder.
#[component]
pub fn OnPage() -> AnyView {
    let query = use_query_map();
    let navigate = use_navigate();
    let asked = Memo::new(move |_| {
        query.with(|query| {
            let session = query.get("session").and_then(|id| id.parse().ok());
            let path = query.get("path").and_then(|path| path.parse::<FilePath>().ok()).unwrap_or_default();
            At { session, path }
        })
    });
    let explorer = Explorer::new(asked.get_untracked(), Signal::stored(true));
    explorer.provide();
    Effect::new(move |was: Option<()>| {
        let asked = asked.get();
        if was.is_some() {
            explorer.go(asked);
        }
    });
    Effect::new(move |was: Option<()>| {
        let place = explorer.place.get();
        // The way back would lead to where there is nothing, and from there to here.
        let replace = explorer.takes_left_for_good();
        if was.is_some() && asked.get_untracked() != place {
            navigate(&address::page(&place), NavigateOptions { scroll: false, replace, ..NavigateOptions::default() });
        }
    });
    view! { <Files/> }.into_any()
}
