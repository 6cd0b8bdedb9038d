//! A terminal in the page. The logic (connection, stream, tabs, input) is plain and knows no DOM;
//! [`browser`] is the thin layer that joins it to xterm.js, the socket and the window.

pub mod acks;
#[cfg(feature = "hydrate")]
pub(crate) mod browser;
pub mod input;
pub mod link;
pub(crate) mod state;
pub mod stream;
pub mod tabs;

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
