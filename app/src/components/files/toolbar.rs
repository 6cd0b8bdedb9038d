//! What can be done with the open folder, and with what is selected in it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::crumbs::Roots;
use super::explorer::{Ask, Explorer, View};
use crate::components::icons;
use crate::components::menu::Menu;
use crate::files::browser::module;
use crate::files::browser::picked::picked;
use crate::files::says;
use crate::model::error::ApiError;

#[component]
pub fn Toolbar() -> AnyView {
    let explorer: Explorer = expect_context();
    let in_folder = Memo::new(move |_| explorer.view.with(|view| *view == View::Folder));
    let toggle_view = move |view: View| {
        explorer.view.update(|now| *now = if *now == view { View::Folder } else { view });
    };
    let on = move |view: View| move || (explorer.view.with(|now| *now == view)).to_string();
    view! {
        <div class="file-bar" role="toolbar" aria-label="Files">
            <Roots/>
            <span class="file-bar-end">
                <button
                    class="button button-quiet button-icon"
                    aria-label="Search"
                    title="Search"
                    aria-pressed=on(View::Search)
                    on:click=move |_| toggle_view(View::Search)
                >
                    {icons::drawn("M7 11.5a4.5 4.5 0 1 0 0-9a4.5 4.5 0 0 0 0 9M10.3 10.3L13.5 13.5")}
                </button>
                <button
                    class="button button-quiet button-icon"
                    aria-label="New folder"
                    title="New folder"
                    disabled=move || !in_folder.get()
                    on:click=move |_| explorer.ask.set(Some(Ask::NewFolder(explorer.place.get_untracked())))
                >
                    {icons::drawn("M2 4.5a1 1 0 0 1 1-1h3l1.5 1.7H13a1 1 0 0 1 1 1v5.3a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1zM8 7v4M6 9h4")}
                </button>
                <Upload explorer/>
                <More explorer/>
            </span>
        </div>
    }
    .into_any()
}

#[component]
fn Upload(explorer: Explorer) -> AnyView {
    let open = RwSignal::new(false);
    let choose = move |is_folder: bool| {
        // Another folder may be open by the time that they are chosen.
        let folder = explorer.place.get_untracked();
        spawn_local(async move {
            let chosen = match module::load().await {
                Ok(module) => picked(module.pick(is_folder)).await,
                Err(_) => Err("Check the connection to the server, and reload the page.".to_owned()),
            };
            match chosen {
                Ok(files) => explorer.upload(&folder, files),
                Err(why) => explorer.toasts.fail("Nothing was chosen", &ApiError::conflict(why)),
            }
        });
    };
    let icon = icons::drawn("M8 10.5V3M4.8 6L8 2.8 11.2 6M3 10.5v2.7h10v-2.7").into_any();
    view! {
        <Menu open label="Upload" icon=icon>
            <button class="menu-item" role="menuitem" tabindex="-1" on:click=move |_| choose(false)>
                "Upload files…"
            </button>
            <button class="menu-item" role="menuitem" tabindex="-1" on:click=move |_| choose(true)>
                "Upload a folder…"
            </button>
        </Menu>
    }
    .into_any()
}

#[component]
fn More(explorer: Explorer) -> AnyView {
    let open = RwSignal::new(false);
    let checked = |signal: RwSignal<bool>| move || signal.get().to_string();
    let trash =
        move |_| explorer.view.update(|view| *view = if *view == View::Trash { View::Folder } else { View::Trash });
    view! {
        <Menu open label="More for this folder" icon=icons::more().into_any()>
            <button class="menu-item" role="menuitem" tabindex="-1" on:click=move |_| explorer.changed()>
                "Refresh"
            </button>
            <button
                class="menu-item"
                role="menuitemcheckbox"
                tabindex="-1"
                aria-checked=checked(explorer.hidden)
                on:click=move |_| explorer.show_hidden(!explorer.hidden.get_untracked())
            >
                {move || if explorer.hidden.get() { "✓ Hidden files" } else { "Hidden files" }}
            </button>
            <button
                class="menu-item"
                role="menuitemcheckbox"
                tabindex="-1"
                aria-checked=checked(explorer.selecting)
                on:click=move |_| {
                    explorer.selecting.update(|selecting| *selecting = !*selecting);
                    if !explorer.selecting.get_untracked() {
                        explorer.selection.update(|selection| selection.clear());
                    }
                }
            >
                {move || if explorer.selecting.get() { "✓ Select" } else { "Select" }}
            </button>
            <button class="menu-item" role="menuitem" tabindex="-1" on:click=trash>
                "Trash"
            </button>
        </Menu>
    }
    .into_any()
}

/// What to do with what is selected.
#[component]
pub fn SelectedBar() -> AnyView {
    let explorer: Explorer = expect_context();
    let count = Memo::new(move |_| explorer.selection.with(|selection| selection.len()));
    let shown = Memo::new(move |_| count.get() > 0 || explorer.selecting.get());
    let names = move || {
        let names = explorer.selection.with_untracked(|selection| selection.names().map(ToOwned::to_owned).collect());
        let names: Vec<String> = names;
        names
    };
    let none = move || count.get() == 0;
    let text = move || match count.get() {
        0 => "Press what is to be selected".to_owned(),
        many => format!("{} selected", says::grouped(many as u64)),
    };
    let leave = move |_| {
        explorer.selection.update(|selection| selection.clear());
        explorer.selecting.set(false);
        explorer.focus.notify();
    };
    view! {
        <Show when=move || shown.get()>
            <div class="file-selected" role="toolbar" aria-label="Selected files">
                <span role="status">{text}</span>
                <button class="button" disabled=none on:click=move |_| explorer.download(&names())>
                    {move || format!("Download {}", count.get())}
                </button>
                <button
                    class="button"
                    disabled=none
                    on:click=move |_| explorer.ask.set(Some(Ask::Place { items: explorer.all_at(&names()), is_copy: false }))
                >
                    "Move"
                </button>
                <button
                    class="button"
                    disabled=none
                    on:click=move |_| explorer.ask.set(Some(Ask::Place { items: explorer.all_at(&names()), is_copy: true }))
                >
                    "Copy"
                </button>
                <button class="button" disabled=none on:click=move |_| explorer.delete(&names())>
                    {move || format!("Delete {}", count.get())}
                </button>
                <button
                    class="button button-quiet button-icon"
                    aria-label="Select nothing"
                    title="Select nothing"
                    on:click=leave
                >
                    {icons::close()}
                </button>
            </div>
        </Show>
    }
    .into_any()
}
