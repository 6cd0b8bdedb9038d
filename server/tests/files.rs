//! People's files over the API: every verb, every trick, and what a container may put into a home meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "files/crash.rs"]
mod crash;
#[path = "files/download.rs"]
mod download;
#[path = "files/drawer.rs"]
mod drawer;
#[path = "files/events.rs"]
mod events;
#[path = "files/links.rs"]
mod links;
#[path = "files/metadata.rs"]
mod metadata;
#[path = "files/odd.rs"]
mod odd;
#[path = "files/others.rs"]
mod others;
#[path = "files/paths.rs"]
mod paths;
#[path = "files/preview.rs"]
mod preview;
#[path = "files/relocate.rs"]
mod relocate;
#[path = "files/room.rs"]
mod room;
#[path = "files/search.rs"]
mod search;
#[path = "files/stats.rs"]
mod stats;
#[path = "support/lib.rs"]
mod support;
#[path = "files/trash.rs"]
mod trash;
#[path = "files/uploads.rs"]
mod uploads;
