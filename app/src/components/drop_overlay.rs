//! Says where files go that are held over a terminal, and that some are on their way.

use leptos::prelude::*;

use crate::contexts::working::Working;
use crate::terminal::state::TerminalState;

#[component]
pub fn DropOverlay(state: TerminalState) -> impl IntoView {
    Working::get().watch(Signal::derive(move || state.uploads.get() > 0));
    let uploading = move || match state.uploads.get() {
        0 => None,
        1 => Some("Uploading 1 file to ~/uploads…".to_owned()),
        count => Some(format!("Uploading {count} files to ~/uploads…")),
    };
    view! {
        <div class="drop-overlay" class:drop-overlay-on=state.dropping aria-hidden="true">
            <p>"Drop to upload to ~/uploads"</p>
        </div>
        <p class="uploading" role="status">
            {uploading}
        </p>
    }
}
