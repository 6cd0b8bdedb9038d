//! Files on their way: how far they are, and what to do about those that are not.

use leptos::prelude::*;

use super::explorer::Explorer;
use crate::components::icons;
use crate::components::modal::Modal;
use crate::files::browser::sending::Uploads;
use crate::files::says;
use crate::files::uploads::{Answer, Item, ItemId, State, Totals};
use crate::time::now_ms;

/// The most that are listed, those that need somebody first.
const SHOWN: usize = 40;

/// Of those that wait, the most that are listed: each that is sent moves all of them.
const WAITING: usize = 8;

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    id: ItemId,
    name: String,
    state: State,
    sent: u64,
    size: u64,
}

#[component]
pub fn QueuePanel() -> AnyView {
    let explorer: Explorer = expect_context();
    let uploads = explorer.uploads;
    let totals = Memo::new(move |_| uploads.queue.with(|queue| queue.totals()));
    let any = Memo::new(move |_| uploads.queue.with(|queue| !queue.items().is_empty()));
    let folded = RwSignal::new(false);
    // Changes that the server tells of come a moment later, or not at all when it can't watch.
    Effect::new(move |was: Option<usize>| {
        let open = totals.get().open;
        if open == 0 && was.is_some_and(|was| was > 0) {
            explorer.changed();
        }
        open
    });
    let over = Memo::new(move |_| totals.get().open == 0);
    view! {
        <Show when=move || any.get()>
            <section class="file-queue" aria-label="Uploads">
                <div class="file-queue-head">
                    <p role="status">{move || summary(&totals.get())}</p>
                    <Show
                        when=move || over.get()
                        fallback=move || {
                            view! {
                                <button class="button" on:click=move |_| uploads.cancel_all()>
                                    "Cancel all"
                                </button>
                            }
                        }
                    >
                        <button class="button" on:click=move |_| uploads.clear()>
                            "Clear"
                        </button>
                    </Show>
                    <button
                        class="button button-quiet button-icon"
                        aria-label=move || if folded.get() { "Show uploads" } else { "Hide uploads" }
                        aria-expanded=move || (!folded.get()).to_string()
                        on:click=move |_| folded.update(|folded| *folded = !*folded)
                    >
                        {move || if folded.get() { icons::up().into_any() } else { icons::down().into_any() }}
                    </button>
                </div>
                <progress
                    class="file-progress"
                    aria-label="Of all uploads"
                    max=move || totals.get().bytes.max(1).to_string()
                    prop:value=move || if over.get() { totals.get().bytes.max(1) as f64 } else { totals.get().sent as f64 }
                ></progress>
                <Show when=move || !over.get()>
                    <p class="file-speed">{move || speed(uploads, &totals.get())}</p>
                </Show>
                <Show when=move || !folded.get()>
                    <Lines uploads/>
                </Show>
            </section>
        </Show>
        <Clash uploads/>
    }
    .into_any()
}

fn summary(totals: &Totals) -> String {
    let Totals { files, done, failed, open, .. } = *totals;
    match (open, failed) {
        (0, 0) => format!("{} uploaded", says::count(done as u64, "file", "files")),
        (0, failed) => format!("{failed} of {} not uploaded", says::count(files as u64, "file", "files")),
        _ => format!(
            "Uploading {} of {}",
            says::grouped((done + failed + 1).min(files) as u64),
            says::count(files as u64, "file", "files")
        ),
    }
}

fn speed(uploads: Uploads, totals: &Totals) -> String {
    let speed = uploads.queue.with_untracked(|queue| queue.speed(now_ms()));
    let mut text = format!("{} of {}", says::size(totals.sent), says::size(totals.bytes));
    if speed > 0 {
        text.push_str(&format!(" · {}/s", says::size(speed)));
    }
    if let Some(left) = says::left(totals.bytes.saturating_sub(totals.sent), speed) {
        text.push_str(" · ");
        text.push_str(&left);
    }
    text
}

#[component]
fn Lines(uploads: Uploads) -> AnyView {
    let lines = Memo::new(move |_| {
        uploads.queue.with(|queue| {
            let line = |item: &Item| Line {
                id: item.id,
                name: item.at.path.name().unwrap_or_default().to_owned(),
                state: item.state.clone(),
                sent: item.sent(),
                size: item.size,
            };
            let needs = |item: &&Item| matches!(item.state, State::Failed(_));
            let goes = |item: &&Item| item.state.is_active() || item.state == State::Asking;
            let waits = |item: &&Item| matches!(item.state, State::Queued | State::Cancelled);
            let items = queue.items();
            let waiting = items.iter().filter(waits).take(WAITING);
            let some = items.iter().filter(needs).chain(items.iter().filter(goes)).chain(waiting);
            some.take(SHOWN).map(line).collect::<Vec<_>>()
        })
    });
    let ids = Memo::new(move |_| lines.with(|lines| lines.iter().map(|line| line.id).collect::<Vec<_>>()));
    view! {
        <ul class="file-queue-list">
            <For each=move || ids.get() key=|id| *id let(id)>
                {
                    let line = Memo::new(move |_| {
                        lines.with(|lines| lines.iter().find(|line| line.id == id).cloned())
                    });
                    view! { <LineView uploads id line/> }
                }
            </For>
        </ul>
    }
    .into_any()
}

#[component]
fn LineView(uploads: Uploads, id: ItemId, line: Memo<Option<Line>>) -> AnyView {
    let name = line.with_untracked(|line| line.as_ref().map(|line| line.name.clone())).unwrap_or_default();
    let label = name.clone();
    let says = move || {
        line.with(|line| {
            let line = line.as_ref()?;
            Some(match &line.state {
                State::Queued => "waiting".to_owned(),
                State::Hashing => "checking".to_owned(),
                State::Sending if line.size > 0 => format!("{} %", line.sent * 100 / line.size),
                State::Sending => "sending".to_owned(),
                State::Completing => "finishing".to_owned(),
                State::Paused { .. } => "connection lost, trying again".to_owned(),
                State::Asking => "name taken".to_owned(),
                State::Failed(error) => error.error.clone(),
                State::Cancelled => "cancelled".to_owned(),
                State::Done | State::Skipped => String::new(),
            })
        })
    };
    let again = Memo::new(move |_| {
        line.with(|line| line.as_ref().is_some_and(|line| matches!(line.state, State::Failed(_) | State::Cancelled)))
    });
    let failed = move || line.with(|line| line.as_ref().is_some_and(|line| matches!(line.state, State::Failed(_))));
    let retry_label = format!("Retry {label}");
    let cancel_label = format!("Cancel {label}");
    view! {
        <li class="file-upload" class:file-upload-failed=failed>
            <span class="file-text" title=name.clone()>
                {name.clone()}
            </span>
            <span class="file-upload-says">{says}</span>
            <Show
                when=move || again.get()
                fallback=move || {
                    view! {
                        <button
                            class="button button-quiet button-icon"
                            aria-label=cancel_label.clone()
                            on:click=move |_| uploads.cancel(id)
                        >
                            {icons::close()}
                        </button>
                    }
                }
            >
                <button class="button" aria-label=retry_label.clone() on:click=move |_| uploads.retry(id)>
                    "Retry"
                </button>
            </Show>
        </li>
    }
    .into_any()
}

/// Asks what becomes of a file whose name is taken.
#[component]
fn Clash(uploads: Uploads) -> AnyView {
    // A dialog that nobody sees would have the page to itself.
    let seen = expect_context::<Explorer>().seen;
    let asked = Memo::new(move |_| {
        let asked = || uploads.queue.with(|queue| queue.asking().map(|(item, _)| (item.id, item.at.clone())));
        seen.get().then(asked).flatten()
    });
    let count = Memo::new(move |_| uploads.queue.with(|queue| queue.asking().map_or(0, |(_, count)| count)));
    (move || {
        asked.get().map(|(id, at)| {
            let all = RwSignal::new(false);
            let name = at.path.name().unwrap_or_default().to_owned();
            let folder = at.path.parent().filter(|folder| !folder.is_root());
            let place = folder.map_or_else(|| "this folder".to_owned(), |folder| format!("“{folder}”"));
            let answer = move |answer| move |_| uploads.answer(id, answer, all.get_untracked());
            let others = move || match count.get() {
                0 | 1 => "For all that follow".to_owned(),
                count => format!("For all {count}, and any that follow"),
            };
            view! {
                <Modal
                    labelled_by="clash-title"
                    on_close=Callback::new(move |()| uploads.answer(id, Answer::Skip, false))
                >
                    <h2 id="clash-title">{format!("“{name}” is there already")}</h2>
                    <p>{format!("There is something of that name in {place}. What is replaced goes to the trash.")}</p>
                    <label class="clash-all">
                        <input type="checkbox" prop:checked=all on:change=move |event| all.set(event_target_checked(&event))/>
                        {others}
                    </label>
                    <div class="dialog-buttons">
                        <button class="button" on:click=answer(Answer::Skip)>
                            "Skip"
                        </button>
                        <button class="button" on:click=answer(Answer::Replace)>
                            "Replace"
                        </button>
                        <button class="button button-primary" autofocus=true on:click=answer(Answer::KeepBoth)>
                            "Keep both"
                        </button>
                    </div>
                </Modal>
            }
        })
    })
    .into_any()
}
