//! Changes of a folder as the server tells them, for as long as whoever asks is there.

use futures::StreamExt;
use gloo_net::eventsource::futures::EventSource;
use gloo_timers::future::TimeoutFuture;

use crate::files::address;
use crate::live::spawn;
use crate::model::storage::At;
use crate::terminal::link;

/// Tells `on` whenever something in `folder` changed, and when something may have been missed, until the owner is
/// gone.
pub fn follow(folder: &At, on: impl Fn() + 'static) {
    let address = address::events(folder);
    let abort = spawn(async move {
        let mut failures = 0_u32;
        loop {
            if listen(&address, failures > 0, &on).await {
                failures = 0;
            }
            TimeoutFuture::new(link::wait(failures, js_sys::Math::random())).await;
            failures = failures.saturating_add(1);
        }
    });
    leptos::prelude::on_cleanup(move || abort.abort());
}

/// Listens to one stream to its end; says whether it ever opened. What was there before it opened the first time was
/// just read.
async fn listen(address: &str, mut is_again: bool, on: &impl Fn()) -> bool {
    let Ok(mut source) = EventSource::new(address) else { return false };
    let (Ok(open), Ok(changed)) = (source.subscribe("open"), source.subscribe("changed")) else { return false };
    let mut events = futures::stream::select(open, changed);
    let mut opened = false;
    // The browser reconnects by itself; an end is the server's word, as when the folder is gone.
    while let Some(Ok((kind, _))) = events.next().await {
        opened = true;
        if kind == "changed" || is_again {
            on();
        }
        is_again = true;
    }
    if opened {
        on();
    }
    opened
}
