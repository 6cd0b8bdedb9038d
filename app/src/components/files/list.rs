//! The rows of a folder: however many there are, those that are seen are on the page.

use leptos::html::Div;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;
use web_sys::ResizeObserver;

use super::explorer::{Explorer, Order};
use super::keys;
use super::row::Row;
use crate::browser::has_touch;
use crate::components::failure::LoadFailure;
use crate::components::icons;
use crate::files::viewport::Viewport;
use crate::model::storage::Sort;

/// Heights of a row with a mouse and with a finger, and of what stays at the top; CSS pixels.
const ROW: f64 = 44.0;
const ROW_TOUCH: f64 = 56.0;
const HEAD: f64 = 32.0;
const HEAD_TOUCH: f64 = 44.0;

const COLUMNS: [(Sort, &str, &str); 4] = [
    (Sort::Name, "Name", "file-name"),
    (Sort::Size, "Size", "file-size"),
    (Sort::Modified, "Modified", "file-when"),
    (Sort::Type, "Type", "file-type"),
];

/// A row's id on the page.
pub fn row_id(row: u32) -> String {
    format!("file-{row}")
}

#[component]
pub fn List() -> AnyView {
    let explorer: Explorer = expect_context();
    let (row, head) = if has_touch() { (ROW_TOUCH, HEAD_TOUCH) } else { (ROW, HEAD) };
    let scroller = NodeRef::<Div>::new();
    let measured = RwSignal::new((0.0, 0.0));
    let total = Memo::new(move |_| explorer.listing.with(|listing| listing.total()));
    let viewport = Memo::new(move |_| {
        let (height, scrolled) = measured.get();
        Viewport { row, height, scrolled, total: total.get().unwrap_or(0) }
    });
    let drawn = Memo::new(move |_| viewport.get().drawn());
    Effect::new(move |_| {
        // Until the first answer what a screen holds is asked for.
        if total.get().is_some() {
            explorer.drawn.set(drawn.get());
        }
    });
    let measure = move || {
        if let Some(scroller) = scroller.get_untracked() {
            let now = (f64::from(scroller.client_height()) - head, f64::from(scroller.scroll_top()));
            if measured.get_untracked() != now {
                measured.set(now);
            }
        }
    };
    follow_size(scroller, measure);

    // The row that the keyboard is at is shown, and another folder from its top.
    let cursor =
        Memo::new(move |_| explorer.selection.with(|selection| (selection.cursor(), selection.at().is_some())));
    Effect::new(move |was: Option<(u32, bool)>| {
        let now = cursor.get();
        if was.is_some_and(|was| was != now)
            && let (Some(scroller), Some(top)) = (scroller.get_untracked(), viewport.get_untracked().reveal(now.0))
        {
            scroller.set_scroll_top(top as i32);
        }
        now
    });
    Effect::new(move |_| {
        explorer.place.track();
        explorer.order.track();
        if let Some(scroller) = scroller.get_untracked() {
            scroller.set_scroll_top(0);
        }
    });
    Effect::new(move |_| {
        explorer.focus.track();
        if let Some(scroller) = scroller.get() {
            // A list on the page can take it.
            let _ = scroller.focus();
        }
    });

    let rows = Memo::new(move |_| drawn.get().collect::<Vec<_>>());
    let active = move || {
        let row = cursor.get().0;
        drawn.get().contains(&row).then(|| row_id(row))
    };
    let is_empty = Memo::new(move |_| total.get() == Some(0));
    view! {
        <div
            node_ref=scroller
            class="file-list"
            class:file-list-selecting=explorer.selecting
            role="grid"
            tabindex="0"
            aria-label=move || {
                explorer.place.with(|place| place.path.name().map_or_else(|| "Files".to_owned(), |name| format!("Files in {name}")))
            }
            aria-multiselectable="true"
            aria-colcount="5"
            aria-rowcount=move || total.get().map_or(-1, |total| i64::from(total) + 1).to_string()
            aria-activedescendant=active
            aria-busy=move || (total.get().is_none() && explorer.failure.with(Option::is_none)).to_string()
            style=format!("--row: {row}px; --head: {head}px")
            on:scroll=move |_| measure()
            on:keydown=move |event| keys::heard(explorer, viewport.get_untracked().page(), &event)
        >
            <Head explorer/>
            <div
                role="rowgroup"
                class="file-rows"
                style:height=move || format!("{}px", f64::from(total.get().unwrap_or(0)) * row)
            >
                <For each=move || rows.get() key=|row| *row let(place)>
                    <Row explorer row=place top=f64::from(place) * row/>
                </For>
            </div>
        </div>
        <Show when=move || is_empty.get() && explorer.failure.with(Option::is_none)>
            <Nothing explorer/>
        </Show>
        {move || {
            explorer
                .failure
                .get()
                .map(|error| {
                    view! {
                        <div class="file-list-over">
                            <LoadFailure what="The folder could not be read" error/>
                            <button class="button" on:click=move |_| explorer.changed()>
                                "Try again"
                            </button>
                        </div>
                    }
                })
        }}
    }
    .into_any()
}

#[component]
fn Head(explorer: Explorer) -> AnyView {
    let columns = COLUMNS
        .into_iter()
        .enumerate()
        .map(|(place, (sort, title, class))| {
            let order = move || explorer.order.get();
            let sorted = move || match order() {
                Order { sort: by, descending } if by == sort => {
                    // The largest and the latest come first unless it is turned round.
                    let is_largest_first = matches!(sort, Sort::Size | Sort::Modified);
                    if descending != is_largest_first { "descending" } else { "ascending" }
                }
                _ => "none",
            };
            view! {
                <span role="columnheader" class=class aria-sort=sorted aria-colindex=(place + 1).to_string()>
                    <button class="file-sort" on:click=move |_| explorer.sort_by(sort)>
                        {title}
                        {move || match sorted() {
                            "ascending" => Some(icons::up().into_any()),
                            "descending" => Some(icons::down().into_any()),
                            _ => None,
                        }}
                    </button>
                </span>
            }
        })
        .collect_view();
    view! {
        <div role="row" class="file-head" aria-rowindex="1">
            {columns}
        </div>
    }
    .into_any()
}

/// What to do about a folder without anything.
#[component]
fn Nothing(explorer: Explorer) -> AnyView {
    let is_home = Memo::new(move |_| explorer.place.with(|place| place.session.is_none() && place.path.is_root()));
    view! {
        <div class="file-list-over empty">
            <p class="empty-title">"Nothing here yet"</p>
            <p>"Drop files or folders here, or press “Upload”. What is made in a terminal shows up by itself."</p>
            <Show when=move || is_home.get()>
                <button class="button" on:click=move |_| explorer.seed()>
                    "Make a “getting started” folder"
                </button>
            </Show>
            <Show when=move || !explorer.hidden.get()>
                <p>"Hidden files are not shown."</p>
            </Show>
        </div>
    }
    .into_any()
}

/// Measures the list when it comes and whenever its size changes.
fn follow_size(scroller: NodeRef<Div>, measure: impl Fn() + Copy + 'static) {
    let resized = Closure::<dyn Fn()>::new(measure);
    let observer = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
    let kept = StoredValue::new_local((observer, resized));
    Effect::new(move |_| {
        let Some(scroller) = scroller.get() else { return };
        measure();
        let _ = kept.try_with_value(|(observer, _)| {
            if let Some(observer) = observer {
                observer.observe(&scroller);
            }
        });
    });
    on_cleanup(move || {
        let _ = kept.try_with_value(|(observer, _)| {
            if let Some(observer) = observer {
                observer.disconnect();
            }
        });
    });
}
