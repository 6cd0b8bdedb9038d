//! A dialog over the page that is there as long as it is open.

use leptos::ev::MouseEvent;
use leptos::html::Dialog;
use leptos::prelude::*;

/// Whether a press is beside the dialog: on its backdrop, which is its own too.
fn is_beside(dialog: NodeRef<Dialog>, event: &MouseEvent) -> bool {
    let Some(dialog) = dialog.get_untracked().filter(|_| event.target() == event.current_target()) else {
        return false;
    };
    let place = dialog.get_bounding_client_rect();
    let (x, y) = (f64::from(event.client_x()), f64::from(event.client_y()));
    x < place.left() || x > place.right() || y < place.top() || y > place.bottom()
}

/// Shows `children` in a dialog. Escape and a press beside it close it.
#[component]
pub fn Modal(
    /// Of the title in `children`; unique on the page.
    labelled_by: &'static str,
    #[prop(optional)] class: &'static str,
    on_close: Callback<()>,
    children: Children,
) -> AnyView {
    let dialog = NodeRef::<Dialog>::new();
    // What has the keyboard gets it back. The browser would do that too, were the dialog closed before it leaves.
    let before = StoredValue::new_local(document().active_element());
    Effect::new(move |_| {
        if let Some(dialog) = dialog.get() {
            // Fails only when it is open already.
            let _ = dialog.show_modal();
        }
    });
    on_cleanup(move || {
        use wasm_bindgen::JsCast;
        let before = before.try_get_value().flatten().and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
        request_animation_frame(move || {
            let is_free = document().active_element().is_none_or(|now| now.tag_name() == "BODY");
            if let Some(before) = before.filter(|before| is_free && before.is_connected()) {
                // It had it a moment ago.
                let _ = before.focus();
            }
        });
    });
    view! {
        <dialog
            node_ref=dialog
            class=format!("dialog {class}")
            aria-labelledby=labelled_by
            on:close=move |_| on_close.run(())
            on:keydown=|event| event.stop_propagation()
            on:click=move |event| {
                if is_beside(dialog, &event) {
                    on_close.run(());
                }
            }
        >
            {children()}
        </dialog>
    }
    .into_any()
}
