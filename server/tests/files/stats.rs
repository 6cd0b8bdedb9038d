//! How much there is: right after every write, by the server and by a container, without a walk a request.

use serde_json::json;

use crate::drawer::{Drawer, done};
use crate::uploads::until;

/// Files, folders and bytes.
async fn held(drawer: &Drawer) -> [u64; 3] {
    let stats = drawer.stats().await;
    ["files", "folders", "bytes"].map(|key| stats[key].as_u64().unwrap())
}

/// The same, counted by the test.
fn counted(drawer: &Drawer) -> [u64; 3] {
    let (mut all, mut ahead) = ([0; 3], vec![drawer.home()]);
    while let Some(folder) = ahead.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let facts = entry.metadata().unwrap();
            if facts.is_dir() {
                all[1] += 1;
                ahead.push(entry.path());
            } else {
                all[0] += 1;
                all[2] += if facts.is_file() { facts.len() } else { 0 };
            }
        }
    }
    all
}

#[tokio::test]
async fn what_the_server_wrote_is_counted_at_once() {
    let drawer = Drawer::new().await;
    assert_eq!(held(&drawer).await, counted(&drawer));
    assert_eq!(drawer.upload("new/folder/file", b"12345", &[]).await.status, 201);
    assert_eq!(held(&drawer).await, counted(&drawer));
    let id = drawer.begin("new/parts", 3, "refuse").await;
    assert_eq!(drawer.part(&id, 0, b"abc").await.status, 200);
    assert_eq!(held(&drawer).await, counted(&drawer));
    assert_eq!(drawer.complete(&id).await.status, 201);
    assert_eq!(held(&drawer).await, counted(&drawer));
    assert_eq!(drawer.post("mkdir", json!({"at": {"path": "a/b/c"}, "parents": true})).await.status, 201);
    assert_eq!(held(&drawer).await, counted(&drawer));
    done(&drawer.relocate("copy", "new", "a/b/new", json!({})).await);
    assert_eq!(held(&drawer).await, counted(&drawer));
    done(&drawer.relocate("move", "a/b", "z", json!({})).await);
    assert_eq!(held(&drawer).await, counted(&drawer));
    done(&drawer.relocate("move", "z", "new", json!({"clash": "replace"})).await);
    assert_eq!(held(&drawer).await, counted(&drawer));
    let trashed = done(&drawer.delete("new").await)["trashed"].as_str().unwrap().to_owned();
    assert_eq!(held(&drawer).await, counted(&drawer));
    done(&drawer.restore(&trashed).await);
    assert_eq!(held(&drawer).await, counted(&drawer));
    assert_eq!(drawer.upload("new/new/file", b"1", &[("clash", "replace")]).await.status, 201);
    assert_eq!(held(&drawer).await, counted(&drawer));
    drawer.close().await;
}

#[tokio::test]
async fn what_a_container_wrote_is_counted_soon() {
    let drawer = Drawer::new().await;
    let agrees = async || until(async || held(&drawer).await == counted(&drawer)).await;
    agrees().await;
    drawer.put("a/b/c/file", "12345");
    agrees().await;
    drawer.put("a/b/c/file", "123");
    agrees().await;
    drawer.put("x/b/c/other", "other");
    agrees().await;
    // Folders over each other: exchanged, replaced, moved in, moved out, and one of the same name anew.
    let exchange = |one: &str, other: &str| {
        let flags = nix::fcntl::RenameFlags::RENAME_EXCHANGE;
        let here = nix::fcntl::AT_FDCWD;
        nix::fcntl::renameat2(here, &drawer.at(one), here, &drawer.at(other), flags).unwrap();
    };
    exchange("a", "x");
    agrees().await;
    drawer.put("a/b/c/new", "after it was renamed");
    agrees().await;
    exchange("a/b", "x/b");
    drawer.put("x/b/c/new", "at the same time");
    agrees().await;
    std::fs::create_dir(drawer.at("empty")).unwrap();
    std::fs::rename(drawer.at("x"), drawer.at("empty")).unwrap();
    agrees().await;
    std::fs::rename(drawer.at("empty"), drawer.at("a/x")).unwrap();
    drawer.put("a/x/b/c/deep", "deep");
    agrees().await;
    std::fs::remove_dir_all(drawer.at("a/x")).unwrap();
    drawer.put("a/x", "a file now");
    agrees().await;
    for round in 0..20 {
        let _ = std::fs::remove_dir_all(drawer.at("a"));
        drawer.put("a/b/c/file", round.to_string());
        drawer.put(&format!("a/{round}/file"), "x");
    }
    agrees().await;
    std::fs::rename(drawer.at("a"), drawer.server.directory.path().join("gone")).unwrap();
    agrees().await;
    std::fs::rename(drawer.server.directory.path().join("gone"), drawer.at("back")).unwrap();
    agrees().await;
    std::fs::hard_link(drawer.at("back/b/c/file"), drawer.at("back/link")).unwrap();
    std::os::unix::fs::symlink("/", drawer.at("back/root")).unwrap();
    agrees().await;
    drawer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_missed_while_everything_is_counted() {
    let drawer = Drawer::new().await;
    for folder in 0..200 {
        drawer.put(&format!("{folder}/file"), "x");
    }
    let home = drawer.home();
    // While the first count goes on, each folder changes.
    let writer = std::thread::spawn(move || {
        for round in 0..20 {
            for folder in 0..200 {
                std::fs::write(home.join(format!("{folder}/{round}")), "y").unwrap();
            }
        }
    });
    while !writer.is_finished() {
        held(&drawer).await;
    }
    writer.join().unwrap();
    until(async || held(&drawer).await == counted(&drawer)).await;
    drawer.close().await;
}

#[tokio::test]
async fn a_request_walks_only_what_changed() {
    let drawer = Drawer::new().await;
    for folder in 0..50 {
        drawer.put(&format!("big/{folder}/file"), "x");
    }
    held(&drawer).await;
    let looked_at = nix::sys::inotify::Inotify::init(nix::sys::inotify::InitFlags::IN_NONBLOCK).unwrap();
    for folder in 0..50 {
        let path = drawer.at(&format!("big/{folder}"));
        looked_at.add_watch(&path, nix::sys::inotify::AddWatchFlags::IN_OPEN).unwrap();
    }
    for round in 0..5 {
        assert_eq!(drawer.upload(&format!("small/{round}"), b"x", &[]).await.status, 201);
        assert_eq!(held(&drawer).await, counted_without_looking(round));
    }
    assert!(looked_at.read_events().is_err(), "a folder was opened in which nothing changed");
    drawer.put("big/7/file", "xyz");
    until(async || held(&drawer).await[2] == counted_without_looking(4)[2] + 2).await;
    let opened: std::collections::HashSet<_> = looked_at
        .read_events()
        .unwrap()
        .into_iter()
        .filter(|event| event.name.is_none())
        .map(|event| event.wd)
        .collect();
    assert_eq!(opened.len(), 1, "only where something changed");
    drawer.close().await;
}

/// What [`a_request_walks_only_what_changed`] made, in numbers: opening a folder to count would show.
fn counted_without_looking(round: u64) -> [u64; 3] {
    let welcome = include_str!("../../src/storage/seed/welcome.md").len() as u64;
    [1 + 50 + round + 1, 1 + 51 + 1, welcome + 50 + round + 1]
}

#[tokio::test]
async fn the_largest_folders_are_told() {
    let drawer = Drawer::new().await;
    drawer.put("large/inner/deep/file", vec![0; 300_000]);
    drawer.put("small/file", vec![0; 100_000]);
    drawer.put("middle/file", vec![0; 200_000]);
    let largest = drawer.stats().await["largest"].clone();
    assert_eq!(largest[0], json!({"path": "large", "bytes": 300_000}));
    assert_eq!((&largest[1]["path"], &largest[2]["path"]), (&json!("middle"), &json!("small")));
    drawer.close().await;
}
