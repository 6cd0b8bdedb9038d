//! The one-pixel beam along the top edge while something is working.

use leptos::prelude::*;

use crate::contexts::working::Working;

#[component]
pub fn Beam() -> impl IntoView {
    let working = Working::get().is_working();
    view! { <div class="beam" class:beam-on=working aria-hidden="true"></div> }
}
