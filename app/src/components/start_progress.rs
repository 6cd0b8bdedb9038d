//! How a start goes: its stages, with the time that each took.

use leptos::prelude::*;

use crate::model::session::{Session, SessionState, Stage};

/// Where a stage of a start is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Done { ms: u32 },
    Now,
    Next,
}

fn step(session: &Session, stage: Stage) -> Step {
    let current = match session.state {
        SessionState::Starting { stage } => Some(stage),
        _ => None,
    };
    let done = session.start.iter().find(|time| time.stage == stage);
    match done {
        _ if current == Some(stage) => Step::Now,
        Some(time) => Step::Done { ms: time.ms },
        None => Step::Next,
    }
}

/// The stages of a start under way.
#[component]
pub fn StartProgress(#[prop(into)] session: Signal<Session>) -> impl IntoView {
    let percent = move || session.with(|session| session.state.progress());
    view! {
        <div class="start" role="group" aria-label="Starting">
            <div
                class="progress"
                role="progressbar"
                aria-label="Start"
                aria-valuemin="0"
                aria-valuemax="100"
                aria-valuenow=percent
            >
                <div class="progress-bar" style:width=move || format!("{}%", percent())></div>
            </div>
            <ol class="stages">
                {Stage::ALL
                    .map(|stage| {
                        let step = Memo::new(move |_| session.with(|session| step(session, stage)));
                        view! {
                            <li
                                class="stage"
                                class:stage-now=move || step.get() == Step::Now
                                class:stage-next=move || step.get() == Step::Next
                            >
                                <span>{stage.label()}</span>
                                <span class="stage-time">
                                    {move || match step.get() {
                                        Step::Done { ms } => format!("{ms} ms"),
                                        Step::Now => {
                                            session.with(|session| session.doing.clone()).unwrap_or_else(|| "…".into())
                                        }
                                        Step::Next => String::new(),
                                    }}
                                </span>
                            </li>
                        }
                    })
                    .collect_view()}
            </ol>
        </div>
    }
}

/// "Ready in N ms", with the stages' times for who points at it.
#[component]
pub fn ReadyIn(#[prop(into)] session: Signal<Session>) -> impl IntoView {
    let ready =
        Memo::new(move |_| session.with(|session| session.ready_ms.filter(|_| session.state == SessionState::Running)));
    let stages = move || {
        session.with(|session| {
            let times: Vec<_> =
                session.start.iter().map(|time| format!("{}: {} ms", time.stage.label(), time.ms)).collect();
            times.join("\n")
        })
    };
    move || ready.get().map(|ms| view! { <span class="quiet" title=stages>{format!("Ready in {ms} ms")}</span> })
}
