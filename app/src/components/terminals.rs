//! A session's terminals: tabs above, the screens of those that are shown below.

use leptos::prelude::*;
#[cfg(feature = "hydrate")]
use protocol::SessionId;

use super::key_bar::KeyBar;
use super::session_page::SessionPage;
use super::terminal_pane::TerminalPane;
use super::terminal_tabs::TerminalTabs;
use crate::terminal::tabs::Tabs;

#[component]
pub fn Terminals(page: SessionPage) -> impl IntoView {
    let id = StoredValue::new(page.session.with_untracked(|session| session.id.clone()));
    let layout = Memo::new(move |_| page.layout());
    // By number, however the tabs are ordered: a screen that is moved within the page loses its place.
    let open = Memo::new(move |_| {
        let mut open = page.tabs.with(|tabs: &Tabs| tabs.open().to_vec());
        open.sort_unstable();
        open
    });
    #[cfg(feature = "hydrate")]
    crate::terminal::browser::viewport::follow(crate::contexts::preferences::CurrentPreferences::get());
    #[cfg(feature = "hydrate")]
    {
        keep_tabs(id.get_value(), page);
        crate::browser::follow_media(NARROW, move |narrow| {
            let _ = page.narrow.try_set(narrow);
        });
    }

    view! {
        <TerminalTabs page/>
        <div class="panes" data-layout=move || layout.get().name()>
            <For each=move || open.get() key=|id| *id let(terminal)>
                <TerminalPane session=id.get_value() terminal page/>
            </For>
        </div>
        <KeyBar tabs=page.tabs states=page.states/>
        <p class="visually-hidden" role="status">
            {page.said}
        </p>
    }
}

/// Where there is room for one terminal only: a phone, upright or not.
#[cfg(feature = "hydrate")]
const NARROW: &str = "(max-width: 700px), (max-height: 480px)";

/// Shows the terminals that are open in the container, as they were arranged before a reload.
/// After hydration, so that both sides begin with the same single tab.
#[cfg(feature = "hydrate")]
fn keep_tabs(session: SessionId, page: SessionPage) {
    use leptos::task::spawn_local;

    use crate::api::terminal::list_terminals;
    use crate::browser::{remember, remembered};

    let SessionPage { tabs, states, running, .. } = page;
    let key = format!("berth:tabs:{session}");
    let restored = RwSignal::new(false);
    Effect::new({
        let key = key.clone();
        move |_| {
            if !running.get() {
                return;
            }
            let (session, key) = (session.clone(), key.clone());
            spawn_local(async move {
                // Without the list the first tab still works, and its socket says what is wrong.
                let open = list_terminals(session).await.unwrap_or_default();
                if tabs.try_get_untracked().is_none() {
                    return;
                }
                for terminal in &open {
                    let _ = states.of(terminal.id).process.try_set(terminal.process.clone());
                    let _ = states.of(terminal.id).title.try_set(terminal.title.clone());
                }
                let first_time = !restored.get_untracked();
                let saved = remembered(&key).filter(|_| first_time);
                tabs.update(|tabs| {
                    tabs.merge(open.iter().map(|terminal| terminal.id));
                    saved.into_iter().for_each(|saved| tabs.restore(&saved));
                });
                restored.set(true);
            });
        }
    });
    let saved = Memo::new(move |_| tabs.with(Tabs::save));
    Effect::new(move |_| {
        if restored.get() {
            remember(&key, &saved.get());
        }
    });
}
