//! Takes in what the server tells of running sessions. Named by parts of the page's wasm alone, so that none of it is in
//! the first load: how JSON becomes numbers and numbers become lines is more than what shows them.

use std::collections::VecDeque;

use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::SessionId;
use serde::Deserialize;

use super::Usages;
use super::shown::shown;
use crate::model::usage::{Sample, Samples, SessionUsage, keep};

const BATCH_STATUS: &str = "/api/sessions/batch-status";

/// What there is to be taken in.
#[derive(Debug)]
pub enum News {
    /// What all running sessions use now: a JSON array of [`SessionUsage`].
    Usage(String),
    /// Which runtimes are let be: a JSON array of [`crate::model::usage::RuntimeTrouble`].
    Runtime(String),
    /// That the page begins to look, and is to have the last minutes.
    Beginning,
}

/// Takes news in, in its own time.
pub fn take(usages: Usages, news: News) {
    match news {
        News::Usage(text) => usages.update(&text),
        News::Runtime(text) => {
            // A server of another build may say it otherwise; then nothing is said.
            if let Ok(troubles) = serde_json::from_str(&text) {
                let _ = usages.troubles.try_set(troubles);
            }
        }
        News::Beginning => spawn_local(usages.read_history()),
    }
}

/// An entry of the batch's answer, as far as it is about use.
#[derive(Deserialize)]
struct Status {
    id: SessionId,
    #[serde(default)]
    usage: Option<SessionUsage>,
    #[serde(default)]
    samples: Samples,
}

impl Usages {
    /// Takes in what sessions use now.
    fn update(self, text: &str) {
        // A server of another build; what it can't say is not shown.
        let Ok(all) = serde_json::from_str::<Vec<SessionUsage>>(text) else { return };
        for usage in all {
            let samples = self.samples.try_update_value(|known| {
                let samples = samples_of(known, &usage.id);
                keep(samples, usage.now);
                shown(&usage, samples)
            });
            if let Some(samples) = samples {
                self.of(&usage.id).set(Some(samples));
            }
        }
    }

    /// Reads the last minutes of all sessions. Unread, lines begin with what comes next.
    async fn read_history(self) {
        let Ok(answer) = Request::get(BATCH_STATUS).send().await else { return };
        if !answer.ok() {
            return;
        }
        let Ok(all) = answer.json::<Vec<Status>>().await else { return };
        for Status { id, usage, samples } in all {
            let Some(usage) = usage else { continue };
            let now = self.samples.try_update_value(|known| {
                let kept = samples_of(known, &id);
                // What came over the stream meanwhile is in it too.
                if samples.cpu_millis.len() >= kept.len() {
                    *kept = samples.each().collect();
                }
                shown(&usage, kept)
            });
            if let Some(now) = now {
                self.of(&id).set(Some(now));
            }
        }
    }
}

fn samples_of<'a>(known: &'a mut Vec<(SessionId, VecDeque<Sample>)>, id: &SessionId) -> &'a mut VecDeque<Sample> {
    let place = known.iter().position(|(of, _)| of == id).unwrap_or_else(|| {
        known.push((id.clone(), VecDeque::new()));
        known.len() - 1
    });
    &mut known[place].1
}
