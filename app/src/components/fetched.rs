//! Views whose code comes when they are wanted, put into an empty element of the page.
//!
//! They are built, never hydrated, so that the code to hydrate them is left out: it is more than half.

use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;
use web_sys::Element;

use super::part::Part;

/// What a part's function gives; an error when its code can't be had, of which the console says more.
pub type Fetched = Result<Attached, SplitLoaderError>;

/// A view on the page; dropped, it leaves.
pub struct Attached(Option<Box<dyn FnOnce()>>);

impl Drop for Attached {
    fn drop(&mut self) {
        self.0.take().into_iter().for_each(|leave| leave());
    }
}

/// Puts what `load` brings into the place of `part`, for as long as the owner lasts.
pub fn fetch<F, L>(part: Part, load: L)
where
    F: Future<Output = Fetched> + 'static,
    L: Fn(Owner, Element) -> F + 'static,
{
    let Some(owner) = Owner::current() else { return };
    let kept = StoredValue::new_local(None::<Attached>);
    Effect::new(move |_| {
        part.again.track();
        let Some(parent) = part.place.get() else { return };
        part.trying.set(true);
        let loaded = load(owner.child(), parent.into());
        spawn_local(async move {
            let fetched = loaded.await;
            // The page may have gone elsewhere meanwhile: then what was fetched leaves at once.
            let _ = part.trying.try_set(false);
            let _ = part.missing.try_set(fetched.is_err());
            let _ = kept.try_set_value(fetched.ok());
        });
    });
    on_cleanup(move || {
        let _ = kept.try_set_value(None);
    });
}

/// A call of a part's function: a future, since its code is fetched first.
#[cfg(not(test))]
pub fn call<F: Future<Output = Fetched>>(part: F) -> F {
    part
}

/// A test is one piece, and has all code at once.
#[cfg(test)]
pub fn call(part: Fetched) -> std::future::Ready<Fetched> {
    std::future::ready(part)
}

impl Attached {
    /// Both, which leave together.
    pub fn and(mut self, mut other: Self) -> Self {
        let (one, another) = (self.0.take(), other.0.take());
        Self(Some(Box::new(move || one.into_iter().chain(another).for_each(|leave| leave()))))
    }
}

/// As [`attach`], in place of what the server drew there.
pub fn attach_over<V: Render>(owner: &Owner, parent: &Element, view: impl FnOnce() -> V) -> Attached
where
    V::State: 'static,
{
    let attached = attach(owner, parent, || {
        let view = view();
        // Nothing is painted between this and what comes in its place.
        parent.set_inner_html("");
        view
    });
    parent.class_list().remove_1("drawn").unwrap_or_default();
    crate::browser::say_hydrated();
    attached
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
