//! Messages about what happened, in a corner of the page.

use std::time::Duration;

use leptos::prelude::*;

use crate::model::error::{ApiError, ErrorCode};

/// How long good news stays. Bad news stays until it is dismissed.
const STAY: Duration = Duration::from_secs(5);
/// How long it stays that something can be taken back: long enough to notice that it should be.
const STAY_WITH_UNDO: Duration = Duration::from_secs(15);
/// How many are shown at once; the oldest leaves for a new one.
const MOST: usize = 4;

/// One message.
#[derive(Debug, Clone)]
pub struct Toast {
    pub id: u32,
    pub text: String,
    /// What "Copy details" copies; only a failure has it.
    pub details: Option<String>,
    /// What it lets the person do.
    pub offer: Option<Offer>,
}

/// What a message offers: things that a browser allows upon a press only.
#[derive(Debug, Clone)]
pub enum Offer {
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser offers it"))]
    /// Puts this on the clipboard.
    Copy(String),
    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser offers it"))]
    /// Asks to show notifications while the page isn't looked at.
    Notifications,
    /// Takes back what the message tells of.
    Undo(Callback<()>),
}

/// The messages that are shown.
#[derive(Debug, Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    next: StoredValue<u32>,
}

impl Toasts {
    pub fn provide() -> Self {
        let toasts = Self { shown: RwSignal::new(Vec::new()), next: StoredValue::new(0) };
        provide_context(toasts);
        toasts
    }

    /// Those of the page; of nobody where none were provided.
    pub fn get() -> Self {
        use_context().unwrap_or_else(Self::provide)
    }

    pub fn shown(self) -> Signal<Vec<Toast>> {
        self.shown.into()
    }

    /// Says that something worked.
    pub fn tell(self, text: impl Into<String>) {
        let id = self.add(text.into(), None, None);
        set_timeout(move || self.dismiss(id), STAY);
    }

    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser offers it"))]
    /// Says that something was done, and how to take it back while that is shown.
    pub fn tell_with_undo(self, text: impl Into<String>, undo: Callback<()>) {
        let id = self.add(text.into(), None, Some(Offer::Undo(undo)));
        set_timeout(move || self.dismiss(id), STAY_WITH_UNDO);
    }

    #[cfg_attr(not(feature = "hydrate"), expect(dead_code, reason = "only a browser offers it"))]
    /// Says something that stays until it is dismissed, and may offer what to do about it.
    pub fn offer(self, text: impl Into<String>, offer: Option<Offer>) -> u32 {
        self.add(text.into(), None, offer)
    }

    /// Says what failed. Who isn't signed in any more is sent to sign in.
    pub fn fail(self, what: &str, error: &ApiError) {
        if error.code == ErrorCode::AuthError {
            crate::browser::go_to_sign_in();
            return;
        }
        let because = error.fields.first().map_or(error.error.as_str(), |field| field.message.as_str());
        self.add(format!("{what}: {because}"), Some(details(what, error)), None);
    }

    pub fn dismiss(self, id: u32) {
        // The timer may outlive the page's owner.
        let _ = self.shown.try_update(|shown| shown.retain(|toast| toast.id != id));
    }

    fn add(self, text: String, details: Option<String>, offer: Option<Offer>) -> u32 {
        let id = self.next.try_update_value(|next| {
            *next = next.wrapping_add(1);
            *next
        });
        let id = id.unwrap_or_default();
        // The page's owner may be gone before the last answer is.
        let _ = self.shown.try_update(|shown| {
            if shown.len() >= MOST {
                shown.remove(0);
            }
            shown.push(Toast { id, text, details, offer });
        });
        id
    }
}

/// A failure as somebody would send it to whoever runs the server.
pub fn details(what: &str, error: &ApiError) -> String {
    let mut text = format!("{what}: {}\ncode: {:?}", error.error, error.code);
    if !error.request_id.is_empty() {
        text.push_str("\nrequest: ");
        text.push_str(&error.request_id);
    }
    for field in &error.fields {
        text.push('\n');
        text.push_str(&field.field);
        text.push_str(": ");
        text.push_str(&field.message);
    }
    text
}
