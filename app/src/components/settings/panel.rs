//! The settings: a dialog at a desk, a sheet on a phone. What is changed shows at once and is kept by
//! [`CurrentPreferences`]; there is nothing to save.

use leptos::html::Dialog;
use leptos::prelude::*;
use leptos::task::spawn_local;

use super::controls::{Choice, Slider, Switch};
use super::presets::Presets;
use crate::api::storage::seed_files;
use crate::browser::has_touch;
use crate::components::icons;
use crate::components::key_bar_order::KeyBarOrder;
use crate::contexts::panels::{Panel, Panels};
use crate::contexts::preferences::CurrentPreferences;
use crate::contexts::toasts::Toasts;
use crate::model::preferences::{
    Bell, CursorShape, MAX_FONT_SIZE, MIN_FONT_SIZE, Preferences, Theme, WorkspaceSharing, usual_font_size,
};

/// The scrollbacks to choose from, lines.
const SCROLLBACKS: [u32; 4] = [1_000, 5_000, 10_000, 50_000];
/// Times after which a session sleeps, minutes; the last one is never.
const IDLE_TIMES: [u16; 6] = [15, 30, 60, 120, 240, 0];
/// Hues with a name; any other is the slider's.
const HUES: [(u16, &str); 7] =
    [(217, "Blue"), (262, "Violet"), (330, "Pink"), (0, "Red"), (28, "Orange"), (142, "Green"), (190, "Cyan")];

#[component]
pub fn Settings() -> impl IntoView {
    let panels = Panels::get();
    let current = CurrentPreferences::get();
    let preferences = current.signal();
    let before_reset = RwSignal::new(None::<Preferences>);
    let dialog = NodeRef::<Dialog>::new();
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
        }
    });
    let reset = move |_| {
        before_reset.set(Some(preferences.get_untracked()));
        current.change(|preferences| *preferences = Preferences::default());
    };
    let undo = move |_| {
        if let Some(before) = before_reset.get_untracked() {
            current.change(|preferences| *preferences = before);
        }
        before_reset.set(None);
    };

    view! {
        <dialog
            node_ref=dialog
            class="dialog settings"
            aria-labelledby="settings-title"
            on:close=move |_| panels.close(Panel::Settings)
            // A press beside the panel lands on the dialog itself.
            on:click=move |event| {
                if dialog.get_untracked().is_some_and(|dialog| event.target().as_ref() == Some(dialog.as_ref())) {
                    panels.close(Panel::Settings);
                }
            }
        >
            <div class="settings-body">
                <header class="settings-head">
                    <h2 id="settings-title">"Settings"</h2>
                    <button
                        class="button button-quiet button-icon"
                        aria-label="Close settings"
                        on:click=move |_| panels.close(Panel::Settings)
                    >
                        {icons::close()}
                    </button>
                </header>
                {look(current)}
                {terminal(current)}
                {sessions(current)}
                {files(current)}
                <section class="settings-group" aria-labelledby="settings-keys">
                    <h3 id="settings-keys">"Key bar, on a phone"</h3>
                    <KeyBarOrder/>
                </section>
                <footer class="settings-foot">
                    <Show
                        when=move || before_reset.with(Option::is_some)
                        fallback=move || {
                            view! {
                                <button class="button" on:click=reset>
                                    "Reset to defaults"
                                </button>
                            }
                        }
                    >
                        <span role="status">"All settings are the defaults now."</span>
                        <button class="button" on:click=undo>
                            "Undo"
                        </button>
                    </Show>
                </footer>
            </div>
        </dialog>
    }
}

fn look(current: CurrentPreferences) -> AnyView {
    let preferences = current.signal();
    let hue = Memo::new(move |_| preferences.with(|preferences| preferences.accent_hue));
    view! {
        <section class="settings-group" aria-labelledby="settings-look">
            <h3 id="settings-look">"Look"</h3>
            <Choice
                legend="Theme"
                options=&["System", "Dark", "Light"]
                selected=Signal::derive(move || preferences.with(|preferences| preferences.theme as usize))
                on_select=Callback::new(move |index| {
                    let theme = [Theme::System, Theme::Dark, Theme::Light][index];
                    current.change(|preferences| preferences.theme = theme);
                })
            />
            <fieldset class="setting">
                <legend>"Accent"</legend>
                <div class="swatches">
                    {HUES
                        .map(|(of, name)| {
                            view! {
                                <button
                                    class="swatch"
                                    aria-label=name
                                    title=name
                                    aria-pressed=move || (hue.get() == of).to_string()
                                    style=("--swatch-hue", of.to_string())
                                    on:click=move |_| current.change(|preferences| preferences.accent_hue = of)
                                ></button>
                            }
                        })
                        .collect_view()}
                </div>
            </fieldset>
            <Slider
                label="Accent hue"
                min=0
                max=359
                value=Signal::derive(move || hue.get().into())
                text=Signal::derive(move || format!("{}°", hue.get()))
                on_input=Callback::new(move |value: u32| {
                    current.change(|preferences| preferences.accent_hue = u16::try_from(value).unwrap_or(0));
                })
                class="hue"
            />
        </section>
    }
    .into_any()
}

fn terminal(current: CurrentPreferences) -> AnyView {
    let preferences = current.signal();
    let font_size = Memo::new(move |_| preferences.with(|preferences| preferences.font_size));
    view! {
        <section class="settings-group" aria-labelledby="settings-terminal">
            <h3 id="settings-terminal">"Terminal"</h3>
            <Slider
                label="Font size"
                min=MIN_FONT_SIZE.into()
                max=MAX_FONT_SIZE.into()
                value=Signal::derive(move || font_size.get().unwrap_or_else(|| usual_font_size(has_touch())).into())
                text=Signal::derive(move || {
                    font_size.get().map_or_else(|| "automatic".to_owned(), |size| format!("{size} px"))
                })
                on_input=Callback::new(move |value: u32| {
                    current.change(|preferences| preferences.font_size = u8::try_from(value).ok());
                })
            />
            <Choice
                legend="Scrollback, lines"
                options=&["1 000", "5 000", "10 000", "50 000"]
                selected=Signal::derive(move || {
                    let lines = preferences.with(|preferences| preferences.scrollback);
                    SCROLLBACKS.iter().position(|choice| *choice >= lines).unwrap_or(SCROLLBACKS.len() - 1)
                })
                on_select=Callback::new(move |index: usize| {
                    current.change(|preferences| preferences.scrollback = SCROLLBACKS[index]);
                })
            />
            <Choice
                legend="Cursor"
                options=&["Block", "Bar", "Underline"]
                selected=Signal::derive(move || preferences.with(|preferences| preferences.cursor as usize))
                on_select=Callback::new(move |index: usize| {
                    let cursor = [CursorShape::Block, CursorShape::Bar, CursorShape::Underline][index];
                    current.change(|preferences| preferences.cursor = cursor);
                })
            />
            <Switch
                label="Cursor blinks"
                checked=Signal::derive(move || preferences.with(|preferences| preferences.cursor_blinks))
                on_change=Callback::new(move |on| current.change(|preferences| preferences.cursor_blinks = on))
            />
            <Choice
                legend="Bell"
                options=&["Off", "Visual", "Sound"]
                selected=Signal::derive(move || preferences.with(|preferences| preferences.bell as usize))
                on_select=Callback::new(move |index: usize| {
                    let bell = [Bell::Off, Bell::Visual, Bell::Sound][index];
                    current.change(|preferences| preferences.bell = bell);
                })
            />
            <Switch
                label="Right click pastes"
                hint="Instead of opening the browser's menu."
                checked=Signal::derive(move || preferences.with(|preferences| preferences.right_click_paste))
                on_change=Callback::new(move |on| current.change(|preferences| preferences.right_click_paste = on))
            />
            <Switch
                label="Screen reader mode"
                hint="What is on the screen is also written for screen readers. Costs some speed."
                checked=Signal::derive(move || preferences.with(|preferences| preferences.screen_reader))
                on_change=Callback::new(move |on| current.change(|preferences| preferences.screen_reader = on))
            />
            {is_samsung()
                .then(|| {
                    view! {
                        <Switch
                            label="Address bar at the top"
                            hint="As it is set in Samsung Internet."
                            checked=Signal::derive(move || {
                                preferences.with(|preferences| preferences.address_bar_at_top)
                            })
                            on_change=Callback::new(move |on| {
                                current.change(|preferences| preferences.address_bar_at_top = on);
                            })
                        />
                    }
                })}
        </section>
    }
    .into_any()
}

fn sessions(current: CurrentPreferences) -> AnyView {
    let minutes = Memo::new(move |_| current.signal().with(|preferences| preferences.idle_minutes));
    let says = move || match minutes.get() {
        0 => "A session runs until you stop it.".to_owned(),
        _ => "One in which nobody typed and nothing worked for so long is stopped; its files are kept.".to_owned(),
    };
    view! {
        <section class="settings-group" aria-labelledby="settings-sessions">
            <h3 id="settings-sessions">"Sessions"</h3>
            <Choice
                legend="Sleep after"
                options=&["15 min", "30 min", "1 h", "2 h", "4 h", "Never"]
                selected=Signal::derive(move || match minutes.get() {
                    0 => IDLE_TIMES.len() - 1,
                    minutes => IDLE_TIMES.iter().position(|choice| *choice >= minutes).unwrap_or(IDLE_TIMES.len() - 2),
                })
                on_select=Callback::new(move |index: usize| {
                    current.change(|preferences| preferences.idle_minutes = IDLE_TIMES[index]);
                })
            />
            <p class="setting-hint">{says}</p>
            <Presets/>
        </section>
    }
    .into_any()
}

fn files(current: CurrentPreferences) -> AnyView {
    const MODES: [WorkspaceSharing; 3] = [WorkspaceSharing::None, WorkspaceSharing::Metadata, WorkspaceSharing::Full];
    let preferences = current.signal();
    let mode = Memo::new(move |_| preferences.with(|preferences| preferences.workspace_sharing));
    let says = move || match mode.get() {
        WorkspaceSharing::None => "Each new session has a workspace of its own.",
        WorkspaceSharing::Metadata => "New sessions share CLAUDE.md and .claude/ of each repository.",
        WorkspaceSharing::Full => "New sessions share all of ~/workspace.",
    };
    let toasts = Toasts::get();
    let panels = Panels::get();
    let seed = move |_| {
        spawn_local(async move {
            match seed_files().await {
                Ok(at) => panels.open_files_at(at),
                Err(error) => toasts.fail("The folder was not made", &error),
            }
        });
    };
    view! {
        <section class="settings-group" aria-labelledby="settings-files">
            <h3 id="settings-files">"Files"</h3>
            <Choice
                legend="Workspaces"
                options=&["Apart", "Notes shared", "Shared"]
                selected=Signal::derive(move || MODES.iter().position(|other| *other == mode.get()).unwrap_or(0))
                on_select=Callback::new(move |index: usize| {
                    current.change(|preferences| preferences.workspace_sharing = MODES[index]);
                })
            />
            <p class="setting-hint">{says}</p>
            <div>
                <button class="button" on:click=seed>
                    "Make the “getting started” folder again"
                </button>
            </div>
        </section>
    }
    .into_any()
}

/// Whether this is the one browser that counts its bottom bar into the page.
fn is_samsung() -> bool {
    window().navigator().user_agent().is_ok_and(|agent| agent.contains("SamsungBrowser"))
}
