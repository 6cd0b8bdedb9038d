//! Offers the sign-in page that a program printed, and takes the address that it led to back into
//! the container, where the program listens on its own `localhost`.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use protocol::{SessionId, TerminalId};

use super::icons;
use crate::terminal::links::host;
use crate::terminal::sign_in::callback;
use crate::terminal::state::{SignIn, TerminalState};

#[component]
pub fn SignInBar(session: SessionId, terminal: TerminalId, state: TerminalState) -> impl IntoView {
    let session = StoredValue::new(session);
    move || state.sign_in.get().map(|sign_in| view! { <Bar session terminal state sign_in/> })
}

#[component]
fn Bar(session: StoredValue<SessionId>, terminal: TerminalId, state: TerminalState, sign_in: SignIn) -> impl IntoView {
    let opened = RwSignal::new(false);
    let leads_back = sign_in.callback_port.is_some();
    let host = host(&sign_in.url).unwrap_or_default().to_owned();
    let url = sign_in.url.clone();
    let dismiss = move |_| {
        state.sign_in.set(None);
        state.with_screen(|screen| screen.focus());
    };
    view! {
        <section class="sign-in-bar" aria-label="Sign-in page">
            <div class="sign-in-row">
                <p>"A program here asks you to sign in at " <strong class="sign-in-host">{host}</strong> "."</p>
                <a
                    class="button button-primary"
                    href=url.clone()
                    title=url
                    target="_blank"
                    rel="noopener noreferrer"
                    on:click=move |_| opened.set(true)
                >
                    "Open sign-in page"
                </a>
                <button class="button button-quiet button-icon" aria-label="Dismiss the sign-in page" on:click=dismiss>
                    {icons::close()}
                </button>
            </div>
            <Show when=move || opened.get() && leads_back>
                <Relay session terminal state sign_in=sign_in.clone()/>
            </Show>
        </section>
    }
}

/// The field for the address that the browser ended on.
#[component]
fn Relay(
    session: StoredValue<SessionId>,
    terminal: TerminalId,
    state: TerminalState,
    sign_in: SignIn,
) -> impl IntoView {
    let pasted = RwSignal::new(String::new());
    let said = RwSignal::new(None::<String>);
    let sending = RwSignal::new(false);
    crate::contexts::working::Working::get().watch(sending);
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if sending.get_untracked() {
            return;
        }
        match callback(&pasted.get_untracked(), &sign_in) {
            Err(wrong) => said.set(Some(wrong.sentence())),
            Ok(url) => {
                said.set(None);
                sending.set(true);
                relay(session.get_value(), url, state, said, sending);
            }
        }
    };
    let field = format!("callback-{terminal}");
    let hint = format!("callback-hint-{terminal}");
    let (label_for, described_by) = (field.clone(), hint.clone());
    view! {
        <form class="sign-in-relay" on:submit=on_submit>
            <label for=label_for>"Paste the address the browser ended on"</label>
            <p id=hint class="sign-in-hint">
                "When you have signed in, the browser is sent to a localhost address and can't open it: that is the program in this container. Copy that address here."
            </p>
            <div class="sign-in-row">
                <input
                    id=field
                    type="text"
                    inputmode="url"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    placeholder="http://localhost:…"
                    aria-describedby=described_by
                    aria-invalid=move || said.get().is_some().to_string()
                    prop:value=pasted
                    on:input=move |event| pasted.set(event_target_value(&event))
                />
                <button class="button" type="submit" disabled=sending>
                    {move || if sending.get() { "Sending…" } else { "Send" }}
                </button>
            </div>
            <p class="sign-in-said" role="alert">
                {said}
            </p>
        </form>
    }
}

/// Replays the address inside the container, and says what the program answered.
#[cfg(feature = "hydrate")]
fn relay(
    session: SessionId,
    url: String,
    state: TerminalState,
    said: RwSignal<Option<String>>,
    sending: RwSignal<bool>,
) {
    use crate::model::terminal::SignInAnswer;
    use crate::terminal::browser::post::post;

    leptos::task::spawn_local(async move {
        let body = serde_json::json!({ "url": url }).to_string();
        let address = format!("/api/terminal/{session}/sign-in-callback");
        let answer = post::<SignInAnswer>(&address, "application/json", &body.into()).await;
        let _ = sending.try_set(false);
        let text = match answer {
            Ok(SignInAnswer { status: 200..=399 }) => {
                state.toasts.tell("The program took the address. See what it says.");
                let _ = state.sign_in.try_set(None);
                state.with_screen(|screen| screen.focus());
                return;
            }
            Ok(SignInAnswer { status }) => {
                format!("The program answered with status {status}. It may want another address, or a new try.")
            }
            Err(error) => error.error,
        };
        let _ = said.try_set(Some(text));
    });
}

#[cfg(not(feature = "hydrate"))]
fn relay(_: SessionId, _: String, _: TerminalState, _: RwSignal<Option<String>>, _: RwSignal<bool>) {}
