//! Moving, renaming and copying.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::drawer::{Drawer, at, done, failure, names, within};

#[tokio::test]
async fn a_thing_is_moved_whole_or_refused() {
    let drawer = Drawer::new().await;
    drawer.put("a/inner/x", "x");
    drawer.put("b", "b");
    assert_eq!(failure(&drawer.relocate("move", "a", "b", json!({})).await), "NAME_TAKEN");
    assert_eq!(done(&drawer.relocate("move", "a", "b", json!({"clash": "keep_both"})).await)["at"], at("b-2"));
    assert_eq!(drawer.read("b-2/inner/x"), b"x");
    let replaced = drawer.relocate("move", "b-2", "b", json!({"clash": "replace"})).await;
    assert_eq!((drawer.read("b/inner/x"), drawer.is_there("b-2")), (b"x".to_vec(), false));
    let trashed = done(&replaced)["trashed"].as_str().unwrap().to_owned();
    assert_eq!(done(&drawer.restore(&trashed).await)["at"], at("b-2"));
    assert_eq!(drawer.read("b-2"), b"b");
    // To itself is nothing; into itself, of itself and of the root are refused.
    done(&drawer.relocate("move", "b", "b", json!({})).await);
    for (from, to) in [("b", "b/x"), ("b", "b/inner/x"), ("", "x"), ("b", "")] {
        for verb in ["move", "copy"] {
            let outcome = drawer.relocate(verb, from, to, json!({"clash": "replace"})).await;
            assert_eq!(failure(&outcome), "VALIDATION_ERROR", "{verb} {from} {to}");
        }
    }
    assert_eq!(failure(&drawer.relocate("move", "b/inner", "b", json!({"clash": "replace"})).await), "CONFLICT");
    assert_eq!(failure(&drawer.relocate("move", "none", "x", json!({})).await), "NOT_FOUND");
    assert_eq!(failure(&drawer.relocate("move", "b", "none/x", json!({})).await), "NOT_FOUND");
    assert_eq!(drawer.read("b/inner/x"), b"x");
    drawer.close().await;
}

#[tokio::test]
async fn what_is_replaced_is_at_every_moment_the_old_or_the_new() {
    let drawer = Drawer::new().await;
    drawer.put("name/which", "0");
    let ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (until, path) = (std::sync::Arc::clone(&ended), drawer.at("name"));
    let watcher = std::thread::spawn(move || {
        let mut looks = 0;
        while !until.load(std::sync::atomic::Ordering::Relaxed) {
            // A file or a folder, but always there.
            assert!(path.symlink_metadata().is_ok());
            looks += 1;
        }
        looks
    });
    for round in 0..100 {
        drawer.put("new", round.to_string());
        done(&drawer.relocate("move", "new", "name", json!({"clash": "replace"})).await);
        assert_eq!(drawer.upload("name", b"up", &[("clash", "replace")]).await.status, 201);
    }
    ended.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(watcher.join().unwrap() > 100);
    assert_eq!(drawer.trash().await.len(), 200);
    drawer.close().await;
}

#[tokio::test]
async fn a_copy_has_links_modes_and_times_and_is_nobodys_setuid_program() {
    let drawer = Drawer::new().await;
    drawer.put("a/inner/program", "#!/bin/sh");
    drawer.put("a/file", "file");
    symlink("../file", drawer.at("a/inner/link")).unwrap();
    symlink("/etc/passwd", drawer.at("a/inner/out")).unwrap();
    std::fs::create_dir(drawer.at("a/empty")).unwrap();
    std::fs::set_permissions(drawer.at("a/inner/program"), std::fs::Permissions::from_mode(0o6755)).unwrap();
    std::fs::set_permissions(drawer.at("a/file"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_789);
    std::fs::File::open(drawer.at("a/file")).unwrap().set_modified(time).unwrap();
    done(&drawer.relocate("copy", "a", "b", json!({})).await);
    assert_eq!(names(&drawer.at("b")), ["empty", "file", "inner"]);
    let program = drawer.at("b/inner/program").metadata().unwrap();
    assert_eq!((program.mode() & 0o7777, program.uid(), program.gid()), (0o755, 1_000, 1_000));
    let file = drawer.at("b/file").metadata().unwrap();
    assert_eq!((file.mode() & 0o7777, file.modified().unwrap()), (0o600, time));
    assert_eq!(std::fs::read_link(drawer.at("b/inner/link")).unwrap().to_str(), Some("../file"));
    assert_eq!(std::fs::read_link(drawer.at("b/inner/out")).unwrap().to_str(), Some("/etc/passwd"));
    assert_eq!(drawer.at("b/inner/link").symlink_metadata().unwrap().uid(), 1_000);
    // One is not the other.
    drawer.put("b/file", "changed");
    assert_eq!(drawer.read("a/file"), b"file");
    // Beside the original it can only be called otherwise; in its place, the old one is in the trash.
    assert_eq!(done(&drawer.relocate("copy", "a/file", "a/file", json!({})).await)["at"], at("a/file-2"));
    let replaced = drawer.relocate("copy", "b", "a", json!({"clash": "replace"})).await;
    assert!(done(&replaced)["trashed"].is_string());
    assert_eq!(drawer.read("a/file"), b"changed");
    assert_eq!(drawer.left(), Vec::<String>::new());
    drawer.close().await;
}

#[tokio::test]
async fn things_go_between_home_and_a_sessions_workspace() {
    let drawer = Drawer::new().await;
    let workspace = drawer.session("admin", "abcdefghij01").await;
    drawer.put("a/x", "x");
    let (home, there) = (at("a"), within("abcdefghij01", "a"));
    done(&drawer.relocate_at("copy", home.clone(), there.clone(), json!({})).await);
    assert_eq!(std::fs::read(workspace.join("a/x")).unwrap(), b"x");
    let outcome = drawer.relocate_at("move", there.clone(), home.clone(), json!({})).await;
    assert_eq!(failure(&outcome), "NAME_TAKEN");
    done(&drawer.relocate_at("move", there, home, json!({"clash": "replace"})).await);
    assert!(!workspace.join("a").exists());
    let zip = drawer.get("download", &[("session", "abcdefghij01"), ("path", "")]).await;
    assert_eq!(zip.status, 200);
    drawer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_what_grows_has_an_end_and_keeps_to_the_room() {
    let drawer = Drawer::with(&["--storage-quota", "64MiB"]).await;
    drawer.put("folder/file", "x");
    let ended = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (until, path) = (std::sync::Arc::clone(&ended), drawer.at("folder/growing"));
    let growing = std::thread::spawn(move || {
        use std::io::Write as _;
        let mut file = std::fs::File::create(path).unwrap();
        while !until.load(std::sync::atomic::Ordering::Relaxed) {
            file.write_all(&[b'x'; 1 << 16]).unwrap();
            if file.metadata().unwrap().len() > 256 << 20 {
                file.set_len(0).unwrap();
                file = std::fs::File::options().append(true).open("/dev/null").unwrap();
            }
        }
    });
    for number in 0..5 {
        // It is done, or there is no room: never without an end.
        let outcome = drawer.relocate("copy", "folder", &format!("copy-{number}"), json!({})).await;
        assert!(outcome["done"] != json!([]) || failure(&outcome) == "QUOTA_EXCEEDED", "{outcome}");
    }
    ended.store(true, std::sync::atomic::Ordering::Relaxed);
    growing.join().unwrap();
    assert_eq!(drawer.left(), Vec::<String>::new());
    drawer.close().await;
}
