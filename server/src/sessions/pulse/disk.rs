//! How much of the disk each running session's own files take.

use std::sync::Arc;
use std::time::Duration;

use protocol::SessionId;
use tokio::time::{Instant, MissedTickBehavior};

use super::{Pulse, Subject, is_watched};
use crate::sessions::context::Context;

/// Between two counts of a session's files, in looks at what it uses.
const LOOKS: u32 = 12;
/// How much longer is waited after a count than it took, so that large trees keep no disk busy.
const REST: u32 = 9;
/// The longest such wait: others are to be counted, too.
const LONGEST_REST: Duration = Duration::from_secs(30);

impl Pulse {
    /// The sessions to count: `all`, or those that have not been yet.
    fn to_count(&self, all: bool) -> Vec<Subject> {
        let running = self.running();
        let due = running.values().filter(|watched| all || !watched.is_counted);
        due.map(|watched| watched.subject.clone()).collect()
    }

    /// Takes in what a session has on disk, or that it is not known.
    fn counted(&self, id: &SessionId, bytes: Option<u64>) {
        if let Some(watched) = self.running().get_mut(id) {
            (watched.is_counted, watched.disk) = (true, bytes);
        }
    }
}

/// Counts one session after the other until the server ends, as long as somebody watches.
pub async fn count(context: Arc<Context>) {
    let counting = async {
        let mut ticks = tokio::time::interval(context.rules.pace.sample);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut left = 0;
        loop {
            ticks.tick().await;
            if !is_watched(&context) {
                continue;
            }
            let all = left == 0;
            left = if all { LOOKS } else { left } - 1;
            for subject in context.pulse.to_count(all) {
                if !is_watched(&context) {
                    break;
                }
                let began = Instant::now();
                count_one(&context, &subject).await;
                tokio::time::sleep((began.elapsed() * REST).min(LONGEST_REST)).await;
            }
        }
    };
    tokio::select! {
        () = context.shutdown.begun() => {}
        () = counting => {}
    }
}

async fn count_one(context: &Context, subject: &Subject) {
    let Some(container) = &subject.container else { return };
    let used = context.runtime.disk_use(container).await;
    let used = used.inspect_err(|error| {
        tracing::debug!(session = %subject.id, %error, "what a session has on disk is not known");
    });
    context.pulse.counted(&subject.id, used.ok());
}
