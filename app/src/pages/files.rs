//! The person's files, on a page of their own.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::A;

use crate::components::files::{BottomNavigation, FilesOnPage};
use crate::components::icons;
use crate::components::settings::SettingsButton;
use crate::contexts::panels::{Panel, Panels};

#[component]
pub fn FilesPage() -> impl IntoView {
    let panels = Panels::get();
    // All that the drawer shows is here.
    Effect::new(move |_| panels.close(Panel::Files));
    view! {
        <Title text="Files"/>
        <div class="files-page">
            <header class="bar">
                <A href="/" attr:class="button button-quiet button-icon" attr:aria-label="All sessions">
                    {icons::back()}
                </A>
                <h1 class="session-name">"Files"</h1>
                <span class="bar-end">
                    <SettingsButton/>
                </span>
            </header>
            <main class="files-main">
                <FilesOnPage/>
            </main>
            <BottomNavigation/>
        </div>
    }
}
