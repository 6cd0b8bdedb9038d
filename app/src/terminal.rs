//! A terminal in the page. The logic (connection, stream, tabs, input) is plain and knows no DOM;
//! [`browser`] is the thin layer that joins it to xterm.js, the socket and the window.

pub mod acks;
pub mod backlog;
#[cfg(feature = "hydrate")]
pub(crate) mod browser;
pub mod commands;
pub mod fuzzy;
pub mod gestures;
pub mod input;
pub mod key_bar;
pub mod keys;
pub mod layout;
pub mod link;
pub mod links;
pub mod notice;
pub mod osc52;
pub mod pacer;
pub mod paste;
pub mod process_icon;
pub mod quote;
pub mod screen;
pub mod sign_in;
pub(crate) mod state;
pub mod sticky;
pub mod stream;
pub mod tabs;
pub mod text_input;
pub mod touch_selection;
pub mod viewport;
pub mod watching;

/// Makes each function a test, natively and in the browser: this logic runs in both.
#[cfg(test)]
macro_rules! test_everywhere {
    ($($(#[$attribute:meta])* fn $name:ident() $body:block)*) => {
        $(
            $(#[$attribute])*
            #[cfg_attr(not(target_arch = "wasm32"), test)]
            #[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
            fn $name() $body
        )*
    };
}
#[cfg(test)]
pub(crate) use test_everywhere;
