//! What the server tells of one session, for its page.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::session_page::SessionEvents;
use crate::api::session::get_session;
use crate::contexts::toasts::Toasts;
use crate::live::{self, Event};
use crate::model::error::ErrorCode;
use crate::model::session::SessionState;
use crate::sessions;
use crate::usage::{Usages, news};

/// Keeps the session as the server has it, and leaves when it is gone.
pub fn follow(events: SessionEvents, usages: Usages) {
    let SessionEvents { session, is_deleting, leave } = events;
    let toasts = Toasts::get();
    let id = session.with_untracked(|session| session.id.clone());
    // A deletion asked for here is told by its own answer.
    let told = StoredValue::new(false);
    let gone = move || {
        // An event may tell of it, and an answer too.
        let is_news = told.try_update_value(|told| !std::mem::replace(told, true)) == Some(true);
        if is_news && is_deleting.try_get_untracked() == Some(false) {
            if let Some(name) = session.try_with_untracked(|session| session.name.clone()) {
                toasts.tell(format!("“{name}” was deleted."));
            }
            let _ = leave.try_run(());
        }
    };
    let reread = {
        let id = id.clone();
        move || {
            let id = id.clone();
            spawn_local(async move {
                match get_session(id).await {
                    Ok(read) => {
                        let _ = session.try_update(|session| sessions::update(session, read));
                    }
                    Err(error) if error.code == ErrorCode::NotFound => gone(),
                    Err(error) => toasts.fail("The session could not be read", &error),
                }
            });
        }
    };
    live::follow(move |event| match event {
        Event::Unsure => reread(),
        Event::Changed(changed) => {
            if changed.id == id && changed.state != SessionState::Running {
                usages.forget(&id);
            }
            let _ = session.try_update(|session| sessions::update(session, changed));
        }
        Event::Deleted(deleted) if deleted == id => gone(),
        Event::Deleted(_) => {}
        Event::News(news) => news::take(usages, news),
    });
}
