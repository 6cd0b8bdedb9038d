//! What a page is told of a folder that it shows.

use std::time::Duration;

use futures::stream::{BoxStream, StreamExt as _};

use crate::shutdown::Shutdown;
use crate::storage::watch::Shown;

/// Between two tellings: what changes all the time is looked at this often.
const PACE: Duration = Duration::from_millis(250);

/// Says each time that something changed; ends with the folder or the server.
pub(super) fn stream(shown: Shown, shutdown: Shutdown) -> BoxStream<'static, ()> {
    let changes = futures::stream::unfold((shown, false), |(mut shown, told)| async move {
        if told {
            tokio::time::sleep(PACE).await;
        }
        shown.changed().await.then_some(((), (shown, true)))
    });
    changes.take_until(Box::pin(async move { shutdown.begun().await })).boxed()
}
