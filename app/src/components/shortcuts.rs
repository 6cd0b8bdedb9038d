//! The list of shortcuts, made from the commands.

use leptos::html::Dialog;
use leptos::prelude::*;

use super::session_page::{Panel, SessionPage};
use crate::browser::is_mac;
use crate::terminal::commands::{Command, Group};

/// Keys that are no command's: those of the tabs, and of the terminal itself.
const ALSO: [(Group, &str, &str); 7] = [
    (Group::Terminals, "On a tab: the next or previous", "← →"),
    (Group::Terminals, "On a tab: move it", "Alt+Shift+← →"),
    (Group::Terminals, "On a tab: close it", "Delete"),
    (Group::Screen, "Copy what is selected, else interrupt", "Ctrl+C"),
    (Group::Screen, "Search: next and previous", "Enter, Shift+Enter"),
    (Group::Screen, "Scroll by a page", "Shift+Page Up, Page Down"),
    (Group::Page, "This list, outside of a terminal", "?"),
];

#[component]
pub fn Shortcuts(page: SessionPage) -> impl IntoView {
    let dialog = NodeRef::<Dialog>::new();
    let open = Memo::new(move |_| page.panel.get() == Some(Panel::Shortcuts));
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if open.get() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
        } else {
            dialog.close();
        }
    });
    let close = move || {
        if page.panel.get_untracked() == Some(Panel::Shortcuts) {
            page.panel.set(None);
            page.focus();
        }
    };
    view! {
        <dialog node_ref=dialog class="dialog shortcuts" aria-labelledby="shortcuts-title" on:close=move |_| close()>
            <Show when=move || open.get()>
                <div class="shortcuts-head">
                    <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
                    <button class="button" on:click=move |_| close()>
                        "Close"
                    </button>
                </div>
                // A region that scrolls can be reached by keys.
                <div class="shortcuts-groups" tabindex="0" role="group" aria-labelledby="shortcuts-title">
                    {Group::ALL.map(|group| view! { <Section group/> }).into_iter().collect_view()}
                </div>
            </Show>
        </dialog>
    }
}

#[component]
fn Section(group: Group) -> impl IntoView {
    let mac = is_mac();
    let commands = Command::all().filter(move |command| command.group() == group);
    let rows = commands.filter_map(|command| Some((command.title(), command.keys(mac)?)));
    let also = ALSO.into_iter().filter(|(of, ..)| *of == group).map(|(_, title, keys)| (title, keys.to_owned()));
    let rows: Vec<_> = rows.chain(also).collect();
    (!rows.is_empty()).then(|| {
        view! {
            <section>
                <h3>{group.title()}</h3>
                <dl>
                    {rows
                        .into_iter()
                        .map(|(title, keys)| {
                            view! {
                                <div>
                                    <dt>{title}</dt>
                                    <dd>
                                        <kbd>{keys}</kbd>
                                    </dd>
                                </div>
                            }
                        })
                        .collect_view()}
                </dl>
            </section>
        }
    })
}
