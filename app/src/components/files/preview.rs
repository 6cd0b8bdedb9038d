//! A file as far as it can be looked at. Nothing in it can run: the server sends it so, and the page shows text as
//! text, and the rest in a frame without scripts.

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::explorer::Explorer;
use crate::browser::matches_media;
use crate::components::icons;
use crate::components::modal::Modal;
use crate::contexts::preferences::CurrentPreferences;
use crate::files::browser::module::{self, AbortController, property};
use crate::files::kind::{self, MAX_HIGHLIGHTED, Shown};
use crate::files::{address, says};
use crate::model::error::ApiError;
use crate::model::preferences::Theme;
use crate::model::storage::{At, Entry, Kind};

/// What a document may: its links open pages of their own. The server says the same to those who open it directly.
const LINKS_ONLY: &str = "allow-popups allow-popups-to-escape-sandbox";

#[component]
pub fn Preview(at: At, entry: Entry, on_close: Callback<()>) -> AnyView {
    let explorer: Explorer = expect_context();
    let shown = kind::shown(&entry);
    // Of Markdown: as it is meant, or as it is written.
    let as_text = RwSignal::new(shown == Shown::Text);
    let is_markdown = shown == Shown::Markdown;
    let name = entry.name.clone();
    let address = address::preview(&at);
    let download = address::download(&at, &[]);
    let has_bytes = entry.kind == Kind::File;
    let body = move || match shown {
        Shown::Image => {
            let alt = entry.name.clone();
            view! { <div class="preview-image"><img src=address.clone() alt=alt/></div> }.into_any()
        }
        Shown::Pdf => {
            let title = entry.name.clone();
            view! { <iframe class="preview-frame" src=address.clone() title=title></iframe> }.into_any()
        }
        Shown::Markdown if !as_text.get() => {
            let source = address::rendered(&at, if is_dark() { "dark" } else { "light" });
            let title = entry.name.clone();
            view! { <iframe class="preview-frame" sandbox=LINKS_ONLY src=source title=title></iframe> }.into_any()
        }
        Shown::Text | Shown::Markdown => view! { <Text address=address.clone() entry=entry.clone()/> }.into_any(),
        Shown::Facts => facts(&entry).into_any(),
    };
    view! {
        <Modal labelled_by="preview-title" class="preview" on_close>
            <header class="preview-head">
                <h2 id="preview-title" class="file-text" title=name.clone()>
                    {name.clone()}
                </h2>
                {is_markdown
                    .then(|| {
                        view! {
                            <button
                                class="button"
                                aria-pressed=move || as_text.get().to_string()
                                on:click=move |_| as_text.update(|text| *text = !*text)
                            >
                                "Source"
                            </button>
                        }
                    })}
                {has_bytes
                    .then(|| {
                        view! {
                            <a class="button" href=download rel="external" download="">
                                "Download"
                            </a>
                        }
                    })}
                <button
                    class="button button-quiet button-icon"
                    aria-label="Close preview"
                    on:click=move |_| {
                        on_close.run(());
                        explorer.focus.notify();
                    }
                >
                    {icons::close()}
                </button>
            </header>
            <div class="preview-body">{body}</div>
        </Modal>
    }
    .into_any()
}

/// What has been read of a text.
#[derive(Debug, Clone)]
enum Read {
    Text {
        text: String,
        truncated: bool,
    },
    /// It is none.
    Other,
    Failed(String),
}

#[component]
fn Text(address: String, entry: Entry) -> AnyView {
    let read = RwSignal::new(None::<Read>);
    let reading = AbortController::new();
    let signal = reading.signal();
    let reading = StoredValue::new_local(reading);
    on_cleanup(move || {
        let _ = reading.try_with_value(AbortController::abort);
    });
    spawn_local({
        let address = address.clone();
        async move {
            let now = fetch(&address, &signal).await;
            let _ = read.try_set(Some(now));
        }
    });
    let language = kind::language(&entry.name);
    (move || match read.get() {
        None => view! { <p class="preview-note" role="status">"Reading…"</p> }.into_any(),
        Some(Read::Text { text, truncated }) => view! { <Lines text truncated language/> }.into_any(),
        Some(Read::Other) => facts(&entry).into_any(),
        Some(Read::Failed(why)) => view! {
            <div class="failure" role="alert">
                <p>
                    <strong>{format!("It could not be read: {why}")}</strong>
                </p>
                <p>"Download it, or try again later."</p>
            </div>
        }
        .into_any(),
    })
    .into_any()
}

async fn fetch(address: &str, signal: &JsValue) -> Read {
    let unreachable = || Read::Failed("the server could not be reached.".to_owned());
    let Ok(module) = module::load().await else { return unreachable() };
    match JsFuture::from(module.read(address, signal)).await {
        Ok(answer) => match property(&answer, "text").as_string() {
            Some(text) => Read::Text { text, truncated: property(&answer, "truncated").is_truthy() },
            None => Read::Other,
        },
        // What the server said is thrown as its text.
        Err(said) => match said.as_string().map(|said| serde_json::from_str::<ApiError>(&said)) {
            Some(Ok(error)) => Read::Failed(error.error),
            _ => unreachable(),
        },
    }
}

/// Text with the numbers of its lines; its colours come a moment later.
#[component]
fn Lines(text: String, truncated: bool, language: Option<&'static str>) -> AnyView {
    let coloured = RwSignal::new(None::<String>);
    if let Some(language) = language.filter(|_| text.len() <= MAX_HIGHLIGHTED) {
        let text = text.clone();
        spawn_local(async move {
            // Without colours it is read all the same.
            let Ok(module) = module::load().await else { return };
            if let Ok(html) = JsFuture::from(module.highlight(&text, language)).await {
                let _ = coloured.try_set(html.as_string());
            }
        });
    }
    let count = text.lines().count().max(1);
    let numbers: String = (1..=count).map(|number| format!("{number}\n")).collect();
    let code = move || match coloured.get() {
        Some(html) => view! { <code inner_html=html></code> }.into_any(),
        None => view! { <code>{text.clone()}</code> }.into_any(),
    };
    view! {
        {truncated.then(|| view! { <p class="preview-note">"Its first MiB is shown. Download it for the rest."</p> })}
        <div class="preview-text" tabindex="0" role="region" aria-label="Text">
            <pre class="preview-numbers" aria-hidden="true">
                {numbers}
            </pre>
            <pre class="preview-code">{code}</pre>
        </div>
    }
    .into_any()
}

/// What can be said of a file that can't be shown.
fn facts(entry: &Entry) -> impl IntoView + use<> {
    let why = match entry.kind {
        Kind::Link => "A link is not followed here.",
        Kind::Other => "A socket, a pipe or a device has nothing to show.",
        _ => "There is no preview of this kind of file. Download it to look at it.",
    };
    let rows = [
        ("Name", entry.name.clone()),
        ("Size", format!("{} ({} bytes)", says::size(entry.size), says::grouped(entry.size))),
        ("Modified", entry.modified_at.clone()),
        ("Type", kind::said(entry).to_owned()),
    ];
    view! {
        <div class="preview-facts">
            <p>{why}</p>
            <dl>
                {rows
                    .map(|(name, value)| {
                        view! {
                            <div>
                                <dt>{name}</dt>
                                <dd>{value}</dd>
                            </div>
                        }
                    })
                    .collect_view()}
            </dl>
        </div>
    }
}

fn is_dark() -> bool {
    match CurrentPreferences::get().signal().with_untracked(|preferences| preferences.theme) {
        Theme::Dark => true,
        Theme::Light => false,
        Theme::System => matches_media("(prefers-color-scheme: dark)"),
    }
}
