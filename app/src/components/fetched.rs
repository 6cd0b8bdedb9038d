//! Views whose code comes when they are wanted, put into an empty element of the page.
//!
//! They are built, never hydrated, so that the code to hydrate them is left out: it is more than half.

use leptos::html::Div;
use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::Element;

/// A view on the page; dropped, it leaves.
pub struct Attached(Option<Box<dyn FnOnce()>>);

impl Drop for Attached {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(|leave| leave());
    }
}

/// Puts what `load` brings into `place`, for as long as the owner lasts.
pub fn fetch<F, L>(place: NodeRef<Div>, load: L)
where
    F: Future<Output = Attached> + 'static,
    L: Fn(Owner, Element) -> F + 'static,
{
    let Some(owner) = Owner::current() else { return };
    let kept = StoredValue::new_local(None::<Attached>);
    Effect::new(move |_| {
        let Some(parent) = place.get() else { return };
        let loaded = load(owner.child(), parent.into());
        spawn_local(async move {
            let attached = loaded.await;
            // The page may have gone elsewhere meanwhile: then it leaves at once.
            let _ = kept.try_set_value(Some(attached));
        });
    });
    on_cleanup(move || {
        let _ = kept.try_set_value(None);
    });
}

/// Builds `view` below `owner`, inside `parent`.
pub fn attach<V: Render>(owner: &Owner, parent: &Element, view: impl FnOnce() -> V) -> Attached
where
    V::State: 'static,
{
    if !parent.is_connected() {
        // The page went elsewhere meanwhile, and what the view is about went with it.
        return Attached(None);
    }
    let mut state = owner.with(|| view().build());
    state.mount(parent, None);
    // The owner lasts as long as its view.
    let owner = owner.clone();
    Attached(Some(Box::new(move || {
        state.unmount();
        drop(owner);
    })))
}
