//! The palette of a session's page: every command, the person's presets, and the way to other sessions.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::SessionId;

use super::palette::{Entry, Palette, What};
use super::session_page::{Panel, SessionPage};
use crate::api::preset::apply_preset;
use crate::api::session::{list_sessions, session_choices};
use crate::browser::is_mac;
use crate::contexts::toasts::Toasts;
use crate::model::agent::{ApplyPreset, Preset};
use crate::terminal::commands::{Command, Group};

#[component]
pub fn SessionPalette(page: SessionPage) -> impl IntoView {
    let toasts = Toasts::get();
    let open = Memo::new(move |_| page.panel.get() == Some(Panel::Palette));
    let sessions = RwSignal::new(Vec::<(SessionId, String)>::new());
    let presets = RwSignal::new(Vec::<Preset>::new());
    Effect::new(move |_| {
        if open.get() {
            // Without the others the commands are still there, and the list of sessions says why.
            spawn_local(async move {
                let read = list_sessions().await.unwrap_or_default();
                let here = page.session.try_with_untracked(|session| session.id.clone());
                let others = read.into_iter().filter(|session| Some(&session.id) != here.as_ref());
                let _ = sessions.try_set(others.map(|session| (session.id, session.name)).collect());
            });
            spawn_local(async move {
                let read = session_choices().await.map(|choices| choices.presets).unwrap_or_default();
                let _ = presets.try_set(read);
            });
        }
    });
    let entries = Signal::derive(move || {
        let now = page.situation();
        let presets = presets.get().into_iter().map(|preset| Entry {
            possible: now.running,
            ..Entry::new(What::ApplyPreset(preset.id), format!("Apply preset: {}", preset.name))
        });
        let sessions = sessions.get().into_iter();
        let sessions = sessions.map(|(id, name)| Entry::new(What::Open(id), format!("Switch to session: {name}")));
        commands(page).chain(presets).chain(sessions).collect::<Vec<_>>()
    });
    let close = Callback::new(move |chose_nothing: bool| {
        page.panel.set(None);
        if chose_nothing {
            page.focus();
        }
    });
    let choose = Callback::new(move |what: What| match what {
        What::Command(command) => {
            if !command.moves_focus() {
                page.focus();
            }
            page.run(command);
        }
        What::Open(id) => page.go(format!("/sessions/{id}")),
        What::ApplyPreset(id) => {
            page.focus();
            apply(page, id, toasts);
        }
        // Of the dashboard's palette.
        What::Start(_) | What::Stop(_) | What::New(_) | What::ChooseAgent | What::Files | What::Settings => {}
    });
    view! { <Palette open entries on_choose=choose on_close=close/> }
}

fn commands(page: SessionPage) -> impl Iterator<Item = Entry> {
    let (now, mac) = (page.situation(), is_mac());
    let commands =
        Group::ALL.into_iter().flat_map(|group| Command::all().filter(move |command| command.group() == group));
    commands.map(move |command| Entry {
        what: What::Command(command),
        title: command.title().to_owned(),
        keys: command.keys(mac),
        possible: command.is_possible(&now),
    })
}

/// Opens the preset's tabs beside those that are open.
fn apply(page: SessionPage, id: String, toasts: Toasts) {
    let session = page.session.with_untracked(|session| session.id.clone());
    spawn_local(async move {
        match apply_preset(id, ApplyPreset { session }).await {
            Ok(terminals) => {
                let _ = page.tabs.try_update(|tabs| tabs.merge(terminals.into_iter().map(|terminal| terminal.id)));
            }
            Err(error) => toasts.fail("The preset could not be applied", &error),
        }
    });
}
