//! An address that shows nothing.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

#[component]
pub fn NotFound() -> impl IntoView {
    not_found();
    view! {
        <Title text="Not found"/>
        <main class="centered-page">
            <div class="card">
                <h1>"There is nothing here"</h1>
                <p>"The address may be mistyped, or what it showed is gone."</p>
                <A href="/" attr:class="button button-primary">"All sessions"</A>
            </div>
        </main>
    }
}

/// Makes the response that is being rendered a 404.
pub fn not_found() {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
}
