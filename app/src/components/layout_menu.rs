//! The menu of layouts, as small pictures of what the tabs can fill.

use leptos::prelude::*;

use super::icons;
use super::menu::Menu;
use super::session_page::SessionPage;
use crate::browser::is_mac;
use crate::terminal::commands::Command;
use crate::terminal::layout::Layout;
use crate::terminal::tabs::Tabs;

#[component]
pub fn LayoutMenu(page: SessionPage) -> impl IntoView {
    let count = Memo::new(move |_| page.tabs.with(|tabs| tabs.open().len()));
    let layout = Memo::new(move |_| page.tabs.with(Tabs::layout));
    let open = RwSignal::new(false);
    let possible = move || Layout::ALL.into_iter().filter(move |layout| layout.is_possible(count.get()));
    view! {
        <div class="layout-menu">
            <Menu
                open
                label="Layout"
                disabled=Signal::derive(move || count.get() < 2)
                icon=(move || icons::drawn(layout.get().picture())).into_any()
            >
                {possible()
                    .map(|choice| {
                        let command = Command::Arrange(choice);
                        view! {
                            <button
                                class="menu-item menu-item-drawn"
                                role="menuitemradio"
                                tabindex="-1"
                                aria-checked=move || (layout.get() == choice).to_string()
                                on:click=move |_| page.run(command)
                            >
                                {icons::drawn(choice.picture())}
                                <span>{choice.title()}</span>
                                {command.keys(is_mac()).map(|keys| view! { <kbd>{keys}</kbd> })}
                            </button>
                        }
                    })
                    .collect_view()}
            </Menu>
        </div>
    }
}
