//! Takes in what the server tells of running sessions. Its code comes with the first of it; without it the cards go on
//! without numbers, and the next telling tries again.

use std::collections::VecDeque;

use futures::future::LocalBoxFuture;
use gloo_net::http::Request;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_split::SplitLoaderError;
use protocol::SessionId;
use serde::Deserialize;

use super::Usages;
use super::shown::shown;
use crate::model::usage::{Sample, SessionUsage, keep};

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
    spawn_local(async move {
        #[cfg(not(test))]
        let taken = taking(usages, news).await;
        #[cfg(test)]
        let taken = taking(usages, news);
        // The loader told the console why; what comes next is another try, and numbers are no reason to interrupt.
        if let Ok(taken) = taken {
            taken.await;
        }
    });
}

#[cfg_attr(not(test), leptos::wasm_split::wasm_split(news, wasm_split_path = leptos::wasm_split, fallible))]
fn taking(usages: Usages, news: News) -> Result<LocalBoxFuture<'static, ()>, SplitLoaderError> {
    Ok(Box::pin(async move {
        match news {
            News::Usage(text) => usages.update(&text),
            News::Runtime(text) => {
                if let Ok(troubles) = serde_json::from_str(&text) {
                    let _ = usages.troubles.try_set(troubles);
                }
            }
            News::Beginning => usages.read_history().await,
        }
    }))
}

/// An entry of the batch's answer, as far as it is about use.
#[derive(Deserialize)]
struct Status {
    id: SessionId,
    #[serde(default)]
    usage: Option<SessionUsage>,
    #[serde(default)]
    samples: Vec<Sample>,
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
                if samples.len() >= kept.len() {
                    *kept = samples.into();
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
