//! The page as a whole: what all addresses share, and which address shows what.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::components::at_once::AtOnce;
use crate::components::beam::Beam;
use crate::components::files::FilesHost;
use crate::components::settings::SettingsHost;
use crate::components::toaster::Toaster;
use crate::contexts::desk::Desk;
use crate::contexts::panels::Panels;
use crate::contexts::preferences::CurrentPreferences;
use crate::contexts::toasts::Toasts;
use crate::contexts::working::Working;
use crate::pages::dashboard::Dashboard;
use crate::pages::files::FilesPage;
use crate::pages::not_found::NotFound;
use crate::pages::terminal::TerminalPage;

/// A title as leptos_meta wants it: on the server it is put into the document as it is, so that the name of a
/// session would be HTML there; in the browser it is text.
#[cfg(feature = "ssr")]
fn as_title(text: &str) -> std::borrow::Cow<'_, str> {
    html_escape::encode_text(text)
}

#[cfg(not(feature = "ssr"))]
fn as_title(text: &str) -> &str {
    text
}

/// The page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    Toasts::provide();
    CurrentPreferences::provide();
    Panels::provide();
    Desk::provide();
    let working = Working::provide();
    let (is_routing, set_is_routing) = signal(false);
    working.watch(is_routing);

    // Says that presses are heard from now on; effects run only once the page is hydrated.
    Effect::new(move |_| {
        #[cfg(feature = "hydrate")]
        {
            // What the server drew for a part to take over says so itself, once that has come.
            if document().query_selector(".drawn").is_ok_and(|drawn| drawn.is_none()) {
                crate::browser::say_hydrated();
            }
            crate::browser::keep_page_when_dropped_on();
        }
    });

    view! {
        <Title formatter=|text: String| format!("{} · Berth", as_title(&text))/>
        <Beam/>
        <Router set_is_routing>
            // Whole pages, in order: what they read comes from a database on the same machine, so
            // there is nothing worth showing before it.
            <Routes fallback=NotFound>
                <Route path=path!("/") view=|| AtOnce(view! { <Dashboard/> }) ssr=SsrMode::Async/>
                <Route path=path!("/files") view=|| AtOnce(view! { <FilesPage/> }) ssr=SsrMode::Async/>
                <Route path=path!("/sessions/:id") view=|| AtOnce(view! { <TerminalPage/> }) ssr=SsrMode::Async/>
            </Routes>
        </Router>
        <FilesHost/>
        <SettingsHost/>
        <Toaster/>
    }
}
