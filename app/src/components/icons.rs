//! Icons: one stroke, drawn in the text's colour. Each stands beside a text or in a labelled button.

use leptos::prelude::*;

fn icon(path: &'static str) -> impl IntoView {
    view! {
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            <path d=path></path>
        </svg>
    }
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
