//! The document around the page.

use leptos::config::LeptosOptions;
use leptos::hydration::{AutoReload, HydrationScripts};
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::MetaTags;

use crate::App;
use crate::backend::RequestContext;
use crate::model::preferences::Preferences;

/// Where the names that xterm-js-rs imports lead: small modules of ours that fetch the real ones
/// when a terminal opens. It must come before any module script.
const IMPORT_MAP: &str =
    r#"{"imports":{"xterm":"/modules/xterm.mjs","xterm-addon-fit":"/modules/xterm-addon-fit.mjs"}}"#;

/// The document, with what the browser needs to take the page over.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let Preferences { theme, accent_hue, .. } =
        use_context::<RequestContext>().map(|context| context.preferred).unwrap_or_default();
    let style = format!("/{}/{}.css", options.site_pkg_dir, options.output_name);
    view! {
        <!DOCTYPE html>
        <html lang="en" data-theme=theme.name() style=("--accent-hue", accent_hue.to_string())>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1, interactive-widget=resizes-content"/>
                <meta name="color-scheme" content="dark light"/>
                <meta name="theme-color" content="#09090b" media="(prefers-color-scheme: dark)"/>
                <meta name="theme-color" content="#fafafa" media="(prefers-color-scheme: light)"/>
                <script type="importmap" nonce=use_nonce() inner_html=IMPORT_MAP></script>
                <link rel="preload" href="/fonts/inter.woff2" r#as="font" type="font/woff2" crossorigin="anonymous"/>
                <link id="leptos" rel="stylesheet" href=style/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="apple-touch-icon" href="/icons/apple-touch-icon.png"/>
                <link rel="manifest" href="/manifest.webmanifest"/>
                <AutoReload options=options.clone()/>
                <HydrationScripts options/>
                <MetaTags/>
            </head>
            <body>
                <App/>
            </body>
        </html>
    }
}
