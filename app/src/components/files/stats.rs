//! How much there is, of how much there may be, and what takes most of it.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::explorer::Explorer;
use crate::api::storage::file_stats;
use crate::components::icons;
use crate::components::menu::Menu;
use crate::files::says;
use crate::model::storage::{At, Stats as Counted};

/// Counts are asked for so long after the last change, so that a thousand files are one question.
const CALM: std::time::Duration = std::time::Duration::from_millis(800);

#[component]
pub fn Stats() -> AnyView {
    let explorer: Explorer = expect_context();
    let stats = RwSignal::new(None::<Counted>);
    let read = move || {
        spawn_local(async move {
            // Nothing depends on it; the list says when nothing answers.
            if let Ok(counted) = file_stats().await {
                let _ = stats.try_set(Some(counted));
            }
        });
    };
    Effect::new(move |was: Option<()>| {
        explorer.counted.track();
        explorer.uploads.landed.track();
        if !explorer.seen.get() {
            return;
        }
        if was.is_none() {
            read();
        } else if let Ok(timer) = set_timeout_with_handle(read, CALM) {
            on_cleanup(move || timer.clear());
        }
    });
    let open = RwSignal::new(false);
    view! {
        <footer class="file-stats">
            {move || stats.get().map(|stats| line(&stats))}
            <Menu open label="Largest folders" icon=icons::drawn("M3 13V8M8 13V3M13 13v-3").into_any()>
                {move || {
                    let largest = stats.get().map(|stats| stats.largest).unwrap_or_default();
                    if largest.is_empty() {
                        view! { <p class="menu-none">"No folders yet"</p> }.into_any()
                    } else {
                        largest
                            .into_iter()
                            .map(|folder| {
                                let (name, size) = (folder.path.to_string(), says::size(folder.bytes));
                                view! {
                                    <button
                                        class="menu-item menu-item-drawn"
                                        role="menuitem"
                                        tabindex="-1"
                                        on:click=move |_| explorer.go(At::home(folder.path.clone()))
                                    >
                                        <span class="file-text">{name}</span>
                                        <kbd>{size}</kbd>
                                    </button>
                                }
                            })
                            .collect_view()
                            .into_any()
                    }
                }}
            </Menu>
        </footer>
    }
    .into_any()
}

fn line(stats: &Counted) -> impl IntoView + use<> {
    let used = stats.bytes + stats.trash_bytes;
    let files = says::count(stats.files, "file", "files");
    let text = match stats.quota_bytes {
        Some(quota) => format!("{files} · {} of {}", says::size(used), says::size(quota)),
        None => format!("{files} · {}", says::size(used)),
    };
    let trash = (stats.trash_bytes > 0).then(|| format!(" · {} in the trash", says::size(stats.trash_bytes)));
    let bar = stats.quota_bytes.filter(|quota| *quota > 0).map(|quota| {
        let percent = (used as f64 / quota as f64 * 100.0).min(100.0);
        view! {
            <meter
                class="file-quota"
                aria-label="Space used"
                min="0"
                max="100"
                high="90"
                optimum="0"
                value=format!("{percent:.1}")
            ></meter>
        }
    });
    view! {
        <span class="file-stats-text">{text} {trash}</span>
        {bar}
    }
}
