//! What was deleted, and comes back or not.

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::drawer::{Drawer, at, done, failure, names, within};
use crate::uploads::until;

async fn trashed(drawer: &Drawer, path: &str) -> String {
    done(&drawer.delete(path).await)["trashed"].as_str().unwrap().to_owned()
}

async fn restored(drawer: &Drawer, id: &str) -> Value {
    done(&drawer.restore(id).await)["at"].clone()
}

#[tokio::test]
async fn what_was_deleted_is_listed_and_comes_back_where_it_was() {
    let drawer = Drawer::new().await;
    drawer.put("folder/inner/file", "bytes");
    drawer.put("other", "other");
    let one = trashed(&drawer, "folder").await;
    let two = trashed(&drawer, "other").await;
    let listed = drawer.trash().await;
    assert_eq!([&listed[0]["id"], &listed[1]["id"]], [&json!(two), &json!(one)], "latest first");
    assert_eq!(
        (&listed[1]["was"], &listed[1]["kind"], &listed[1]["bytes"]),
        (&at("folder"), &json!("folder"), &json!(5))
    );
    let time = |key: &str| OffsetDateTime::parse(listed[0][key].as_str().unwrap(), &Rfc3339).unwrap();
    assert_eq!(time("gone_at") - time("deleted_at"), time::Duration::days(30));
    assert!(!drawer.is_there("folder"));
    assert_eq!(restored(&drawer, &one).await, at("folder"));
    assert_eq!(drawer.read("folder/inner/file"), b"bytes");
    assert_eq!(failure(&drawer.restore(&one).await), "NOT_FOUND");
    // Several at a time, each with its own error.
    let outcome =
        drawer.post("delete", json!({"items": [at("none"), at("folder")], "trashed": [two, "none"]})).await.json();
    assert_eq!((outcome["done"].as_array().unwrap().len(), outcome["failed"].as_array().unwrap().len()), (2, 2));
    assert_eq!(drawer.trash().await.len(), 1);
    assert_eq!(names(&drawer.person().join("trash")).len(), 1);
    drawer.close().await;
}

#[tokio::test]
async fn a_restored_thing_takes_a_number_and_makes_its_folder() {
    let drawer = Drawer::new().await;
    drawer.put("folder/file.txt", "1");
    let one = trashed(&drawer, "folder/file.txt").await;
    drawer.put("folder/file.txt", "2");
    assert_eq!(restored(&drawer, &one).await, at("folder/file-2.txt"));
    let two = trashed(&drawer, "folder/file.txt").await;
    trashed(&drawer, "folder").await;
    assert_eq!(restored(&drawer, &two).await, at("folder/file.txt"));
    assert_eq!(drawer.read("folder/file.txt"), b"2");
    // A file where its folder was.
    let three = trashed(&drawer, "folder/file.txt").await;
    trashed(&drawer, "folder").await;
    drawer.put("folder", "a file now");
    assert_eq!(restored(&drawer, &three).await, at("file.txt"));
    drawer.close().await;
}

#[tokio::test]
async fn what_was_in_a_session_comes_back_to_it_or_home_when_it_is_gone() {
    let drawer = Drawer::new().await;
    let workspace = drawer.session("admin", "abcdefghij01").await;
    for name in ["one", "two"] {
        std::fs::write(workspace.join(name), name).unwrap();
    }
    let items = json!([within("abcdefghij01", "one"), within("abcdefghij01", "two")]);
    let outcome = drawer.post("delete", json!({ "items": items })).await.json();
    assert_eq!(outcome["failed"], json!([]));
    let id = |index: usize| outcome["done"][index]["trashed"].as_str().unwrap().to_owned();
    assert_eq!(restored(&drawer, &id(0)).await, within("abcdefghij01", "one"));
    assert_eq!(std::fs::read(workspace.join("one")).unwrap(), b"one");
    let deleted = drawer.own("DELETE", "/api/sessions/abcdefghij01").send().await;
    assert!(deleted.status.is_success(), "{deleted:?}");
    until(async || !workspace.exists()).await;
    assert_eq!(restored(&drawer, &id(1)).await, at("two"));
    assert_eq!(drawer.read("two"), b"two");
    drawer.close().await;
}

#[tokio::test]
async fn ids_that_are_none_are_not_found_and_touch_nothing() {
    let drawer = Drawer::new().await;
    drawer.put("file", "file");
    for id in ["..", "../home", "", "/", ".", "x", "../../admin/home", "a/../..", "%2e%2e", "\0", "é"] {
        assert_eq!(failure(&drawer.restore(id).await), "NOT_FOUND", "{id:?}");
        let removed = drawer.post("delete", json!({"trashed": [id]})).await.json();
        assert_eq!(failure(&removed), "NOT_FOUND", "{id:?}");
    }
    assert_eq!(drawer.read("file"), b"file");
    drawer.close().await;
}

/// Changes when something was deleted.
fn set_deleted(drawer: &Drawer, id: &str, to: &str) {
    let about = drawer.person().join("trash").join(id).join("about.json");
    let mut text: Value = serde_json::from_slice(&std::fs::read(&about).unwrap()).unwrap();
    text["deleted_at"] = to.into();
    std::fs::write(about, text.to_string()).unwrap();
}

#[tokio::test]
async fn after_thirty_days_it_is_gone_whatever_the_clock_was() {
    let drawer = Drawer::new().await;
    let now = OffsetDateTime::now_utc();
    let ago = |days: i64| (now - time::Duration::days(days)).format(&Rfc3339).unwrap();
    let mut ids = Vec::new();
    for (name, deleted_at) in [
        ("due", ago(31)),
        ("kept", ago(29)),
        ("first", "1970-01-01T00:00:00Z".to_owned()),
        ("ahead", ago(-400)),
        ("last", "9999-12-31T23:59:59.999999999Z".to_owned()),
        ("zero", "0000-01-01T00:00:00Z".to_owned()),
    ] {
        drawer.put(name, name);
        let id = trashed(&drawer, name).await;
        set_deleted(&drawer, &id, &deleted_at);
        ids.push((name, id));
    }
    // What a crash left half-way: a place without a thing, and a thing of which nobody knows.
    let trash = drawer.person().join("trash");
    std::fs::create_dir(trash.join("halfway")).unwrap();
    std::fs::write(trash.join("halfway/about.json"), "{\"was\"").unwrap();
    std::fs::write(trash.join("halfway/about.new"), "{").unwrap();
    let long_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(2 * 60 * 60);
    std::fs::File::open(trash.join("halfway")).unwrap().set_modified(long_ago).unwrap();
    std::fs::create_dir(trash.join("justnow")).unwrap();
    let listed = drawer.trash().await;
    assert_eq!(listed.len(), 6);
    // A server that starts looks at once.
    let drawer = drawer.again(&[]).await;
    until(async || !trash.join("halfway").exists() && drawer.trash().await.len() == 3).await;
    let mut left: Vec<_> =
        drawer.trash().await.iter().map(|trashed| trashed["was"]["path"].as_str().unwrap().to_owned()).collect();
    left.sort();
    assert_eq!(left, ["ahead", "kept", "last"]);
    assert!(trash.join("justnow").exists(), "it may be about to get its thing");
    // They come back, or go for ever, as any other.
    for (name, id) in ids {
        match name {
            "ahead" => assert_eq!(restored(&drawer, &id).await, at("ahead")),
            "last" => assert_eq!(drawer.post("delete", json!({"trashed": [id]})).await.json()["failed"], json!([])),
            _ => {}
        }
    }
    drawer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_container_still_writes_into_is_removed_or_left_and_keeps_nobody_elses() {
    let drawer = Drawer::new().await;
    drawer.put("busy/file", "x");
    drawer.put("quiet", "x");
    // A program in the container is in the folder, and stays there.
    let folder = std::fs::File::open(drawer.at("busy")).unwrap();
    let ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let until_ended = std::sync::Arc::clone(&ended);
    let program = std::thread::spawn(move || {
        while !until_ended.load(std::sync::atomic::Ordering::Relaxed) {
            let _ = nix::sys::stat::mkdirat(&folder, "again", nix::sys::stat::Mode::S_IRWXU);
        }
    });
    for name in ["busy", "quiet"] {
        let id = trashed(&drawer, name).await;
        set_deleted(&drawer, &id, "2001-01-01T00:00:00Z");
    }
    let drawer = drawer.again(&[]).await;
    until(async || drawer.trash().await.iter().all(|trashed| trashed["was"]["path"] != "quiet")).await;
    ended.store(true, std::sync::atomic::Ordering::Relaxed);
    program.join().unwrap();
    for trashed in drawer.trash().await {
        let removed = drawer.post("delete", json!({"trashed": [trashed["id"]]})).await.json();
        assert_eq!(removed["failed"], json!([]));
    }
    assert_eq!(drawer.trash().await, Vec::<Value>::new());
    drawer.close().await;
}
