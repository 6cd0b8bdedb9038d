//! Who is told of changes, and until when.

use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;

use crate::drawer::{Drawer, done};
use crate::support::LIMIT;

/// A stream of a folder's events.
struct Events(TcpStream, String);

impl Events {
    async fn of(drawer: &Drawer, path: &str) -> Self {
        let mut events =
            Self(drawer.asking("events", &[("path", path)]).header("connection", "close").open().await, String::new());
        assert!(events.until("HTTP/1.1 200").await && events.until("\r\n\r\n").await, "{}", events.1);
        events
    }

    /// Reads on until it came; false when the stream ended before.
    async fn until(&mut self, part: &str) -> bool {
        let reading = async {
            let mut buffer = [0; 1_024];
            while !self.1.contains(part) {
                match self.0.read(&mut buffer).await {
                    Ok(0) | Err(_) => return false,
                    Ok(length) => self.1.push_str(&String::from_utf8_lossy(&buffer[..length])),
                }
            }
            true
        };
        let came = tokio::time::timeout(LIMIT, reading).await.expect("something in time");
        if came {
            let end = self.1.find(part).unwrap() + part.len();
            self.1.drain(..end);
        }
        came
    }

    /// The next change, and how long it took.
    async fn changed(&mut self) -> Duration {
        let began = Instant::now();
        assert!(self.until("event: changed").await);
        began.elapsed()
    }

    async fn ended(mut self) {
        // Whatever is told before.
        while self.until("event: changed").await {}
    }
}

#[tokio::test]
async fn a_change_is_told_within_a_second_whoever_made_it() {
    let drawer = Drawer::new().await;
    drawer.put("folder/file", "1");
    let (mut events, mut elsewhere) = (Events::of(&drawer, "folder").await, Events::of(&drawer, "").await);
    let second = Duration::from_secs(1);
    drawer.put("folder/file", "by the container");
    assert!(events.changed().await < second);
    assert_eq!(drawer.upload("folder/new", b"x", &[]).await.status, 201);
    assert!(events.changed().await < second);
    done(&drawer.relocate("move", "folder/new", "folder/newer", serde_json::json!({})).await);
    assert!(events.changed().await < second);
    std::fs::remove_file(drawer.at("folder/newer")).unwrap();
    assert!(events.changed().await < second);
    // The root has not changed until now.
    std::fs::create_dir(drawer.at("other")).unwrap();
    assert!(elsewhere.changed().await < second);
    drawer.close().await;
}

#[tokio::test]
async fn two_pages_of_one_folder_are_both_told_and_one_goes_without_the_other() {
    let drawer = Drawer::new().await;
    drawer.put("folder/file", "1");
    // Counted too, by the same watch.
    drawer.stats().await;
    let (mut one, other) = (Events::of(&drawer, "folder").await, Events::of(&drawer, "folder").await);
    drop(other);
    for round in 0..3 {
        drawer.put("folder/file", round.to_string());
        one.changed().await;
    }
    drop(one);
    drawer.put("folder/file", "longer than before");
    crate::uploads::until(async || {
        drawer.stats().await["bytes"].as_u64().unwrap() % 100 == {
            let welcome = include_str!("../../src/storage/seed/welcome.md").len() as u64;
            (welcome + 18) % 100
        }
    })
    .await;
    let mut again = Events::of(&drawer, "folder").await;
    drawer.put("folder/file", "once more");
    again.changed().await;
    drawer.close().await;
}

#[tokio::test]
async fn the_stream_ends_when_its_folder_is_moved_or_deleted() {
    let drawer = Drawer::new().await;
    for name in ["moved", "deleted", "removed", "replaced"] {
        std::fs::create_dir(drawer.at(name)).unwrap();
    }
    let (moved, deleted) = (Events::of(&drawer, "moved").await, Events::of(&drawer, "deleted").await);
    let (removed, replaced) = (Events::of(&drawer, "removed").await, Events::of(&drawer, "replaced").await);
    std::fs::rename(drawer.at("moved"), drawer.at("elsewhere")).unwrap();
    moved.ended().await;
    done(&drawer.delete("deleted").await);
    deleted.ended().await;
    std::fs::remove_dir(drawer.at("removed")).unwrap();
    removed.ended().await;
    assert_eq!(drawer.upload("replaced", b"x", &[("clash", "replace")]).await.status, 201);
    replaced.ended().await;
    assert_eq!(drawer.get("events", &[("path", "moved")]).await.status, 404);
    assert_eq!(drawer.get("events", &[("path", "Getting started/Welcome.md")]).await.status, 404, "no folder");
    drawer.close().await;
}

#[tokio::test]
async fn signing_out_ends_it() {
    let drawer = Drawer::new().await;
    let events = Events::of(&drawer, "").await;
    let out = drawer.own("POST", "/sign-out").send().await;
    assert_eq!(out.status, 303, "{out:?}");
    events.ended().await;
    drawer.close().await;
}

#[tokio::test]
async fn the_servers_end_ends_it() {
    let drawer = Drawer::new().await;
    let events = Events::of(&drawer, "").await;
    drawer.close().await;
    events.ended().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn three_hundred_pages_at_once_get_what_one_address_may_have() {
    let drawer = Drawer::new().await;
    let mut open = Vec::new();
    for _ in 0..300 {
        let mut stream = drawer.asking("events", &[("path", "")]).open().await;
        let mut start = [0; 12];
        // One over the address's limit is hung up on.
        if stream.read_exact(&mut start).await.is_ok() {
            assert_eq!(&start, b"HTTP/1.1 200");
            open.push(stream);
        }
    }
    assert!((250..=256).contains(&open.len()), "{}", open.len());
    // All are told, and other people are served once they have gone.
    drawer.put("file", "x");
    for stream in &mut open {
        let mut events = Vec::new();
        let told = async {
            while !events.windows(7).any(|part| part == b"changed") {
                let mut buffer = [0; 1_024];
                let length = stream.read(&mut buffer).await.unwrap();
                events.extend_from_slice(&buffer[..length]);
            }
        };
        tokio::time::timeout(LIMIT, told).await.expect("each to be told");
    }
    drop(open);
    let asks = async || {
        tokio::time::timeout(LIMIT, async {
            let mut stream = drawer.asking("stats", &[]).open().await;
            stream.read_exact(&mut [0; 12]).await.is_ok()
        })
        .await
        .unwrap()
    };
    crate::uploads::until(asks).await;
    drawer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_container_that_changes_files_as_fast_as_it_can_holds_up_nobody() {
    let drawer = Drawer::new().await;
    drawer.put("a/x", "x");
    drawer.put("b/x", "x");
    let mut events = Events::of(&drawer, "b").await;
    drawer.stats().await;
    let ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (until, folder) = (std::sync::Arc::clone(&ended), drawer.at("a"));
    let busy = std::thread::spawn(move || {
        let mut number = 0_u64;
        while !until.load(std::sync::atomic::Ordering::Relaxed) {
            number += 1;
            std::fs::write(folder.join((number % 2).to_string()), "x").unwrap();
        }
    });
    for round in 0..20 {
        drawer.put("b/x", round.to_string());
        assert!(events.changed().await < Duration::from_secs(2));
        let began = Instant::now();
        drawer.stats().await;
        assert!(began.elapsed() < Duration::from_secs(2));
    }
    ended.store(true, std::sync::atomic::Ordering::Relaxed);
    busy.join().unwrap();
    drawer.close().await;
}
