//! Icons: one stroke, drawn in the text's colour. Each stands beside a text or in a labelled button.

#![cfg_attr(not(feature = "hydrate"), allow(dead_code, reason = "some are drawn in the browser only"))]

use leptos::prelude::*;

use crate::terminal::process_icon;

fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
}

/// An icon that is drawn elsewhere: a path in a box of 16.
pub fn drawn(path: &'static str) -> impl IntoView {
    icon(path)
}

/// What a process is shown by, as it changes.
pub fn process(name: RwSignal<String>) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=move || name.with(|name| process_icon::path(name))></path>
        </svg>
    }
}

pub fn commands() -> impl IntoView {
    icon("M3 4.5h10M3 8h10M3 11.5h6")
}

pub fn up() -> impl IntoView {
    icon("M4 10l4-4 4 4")
}

pub fn down() -> impl IntoView {
    icon("M4 6l4 4 4-4")
}

pub fn plus() -> impl IntoView {
    icon("M8 3v10M3 8h10")
}

pub fn close() -> impl IntoView {
    icon("M4 4l8 8M12 4l-8 8")
}

pub fn more() -> impl IntoView {
    icon("M8 3.5v.01M8 8v.01M8 12.5v.01")
}

pub fn back() -> impl IntoView {
    icon("M10 3L5 8l5 5")
}

pub fn terminal() -> impl IntoView {
    icon("M3 4.5L6.5 8L3 11.5M8 12h5")
}

pub fn play() -> impl IntoView {
    icon("M5 3.5v9l7-4.5z")
}

pub fn stop() -> impl IntoView {
    icon("M4.5 4.5h7v7h-7z")
}

pub fn account() -> impl IntoView {
    icon("M8 8a2.5 2.5 0 1 0 0-5a2.5 2.5 0 0 0 0 5M3.5 13c.6-2.2 2.4-3.3 4.5-3.3s3.9 1.1 4.5 3.3")
}

pub fn folder() -> impl IntoView {
    icon("M2 4.5a1 1 0 0 1 1-1h3l1.5 1.7H13a1 1 0 0 1 1 1v5.3a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z")
}

pub fn settings() -> impl IntoView {
    icon("M3 5h5M11 5h2M9.5 3.5v3M3 11h2M8 11h5M6.5 9.5v3")
}
