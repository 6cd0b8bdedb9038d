//! What is no ordinary file, and files that are not as they should be.

use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::UnixListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use crate::drawer::{Drawer, at, done, failure, told};
use crate::support::LIMIT;

#[tokio::test]
async fn pipes_sockets_and_devices_are_listed_moved_and_deleted_but_never_opened() {
    let drawer = Drawer::new().await;
    std::fs::create_dir(drawer.at("odd")).unwrap();
    let make =
        |name: &str, kind, device| mknod(&drawer.at(&format!("odd/{name}")), kind, Mode::S_IRWXU, device).unwrap();
    make("pipe", SFlag::S_IFIFO, 0);
    make("null", SFlag::S_IFCHR, makedev(1, 3));
    make("zero", SFlag::S_IFCHR, makedev(1, 5));
    // None that this machine has, or that must not be touched.
    make("watchdog", SFlag::S_IFCHR, makedev(10, 130));
    make("disk", SFlag::S_IFBLK, makedev(240, 240));
    let _socket = UnixListener::bind(drawer.at("odd/socket")).unwrap();
    let all = ["disk", "null", "pipe", "socket", "watchdog", "zero"];
    assert_eq!(drawer.names("odd").await, all);
    for name in all {
        let path = format!("odd/{name}");
        for verb in ["download", "preview"] {
            assert_eq!(told(&drawer.get(verb, &[("path", &path)]).await), (409, "CONFLICT".into()), "{verb} {name}");
        }
        let render = drawer.get("preview", &[("path", &path), ("as", "html")]).await;
        assert_eq!(told(&render), (409, "CONFLICT".into()), "{name}");
        assert_eq!(drawer.get("browse", &[("path", &path)]).await.status, 404);
        assert_eq!(failure(&drawer.relocate("copy", &path, "copy", json!({})).await), "CONFLICT", "{name}");
        done(&drawer.relocate("move", &path, &format!("odd/{name}-2"), json!({})).await);
        done(&drawer.relocate("move", &format!("odd/{name}-2"), &path, json!({})).await);
    }
    drawer.put("odd/file", "file");
    let zip = drawer.download("odd").await;
    assert_eq!(zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).unwrap().len(), 2, "the folder and the file");
    done(&drawer.relocate("copy", "odd", "copy", json!({})).await);
    assert_eq!(drawer.names("copy").await, ["file"]);
    assert_eq!(drawer.stats().await["files"], 1 + 7 + 1);
    let trashed = done(&drawer.delete("odd").await)["trashed"].clone();
    assert_eq!(drawer.post("delete", json!({"trashed": [trashed]})).await.json()["failed"], json!([]));
    drawer.close().await;
}

#[tokio::test]
async fn a_file_of_a_terabyte_with_nothing_in_it_costs_nothing() {
    let drawer = Drawer::new().await;
    drawer.put("huge/small", "small");
    let file = std::fs::File::create(drawer.at("huge/sparse")).unwrap();
    file.set_len(1 << 40).unwrap();
    let listing = drawer.get("browse", &[("path", "huge")]).await.json();
    assert_eq!(listing["entries"][1]["size"], 1_u64 << 40);
    assert_eq!(drawer.stats().await["bytes"].as_u64().unwrap() >> 40, 1);
    let last = drawer.asking("download", &[("path", "huge/sparse")]).header("range", "bytes=-10").send().await;
    assert_eq!((last.status.as_u16(), last.bytes), (206, vec![0; 10]));
    let head = drawer.own("HEAD", "/api/storage/download?path=huge%2Fsparse").send().await;
    assert_eq!(head.header("content-length"), (1_u64 << 40).to_string());
    let preview = drawer.asking("preview", &[("path", "huge/sparse")]).header("range", "bytes=5-6").send().await;
    assert_eq!((preview.status.as_u16(), preview.header("content-type")), (206, "application/octet-stream"));
    for path in ["huge", "huge/sparse"] {
        let outcome = drawer.relocate("copy", path, "copy", json!({})).await;
        assert_eq!(failure(&outcome), "QUOTA_EXCEEDED");
    }
    assert_eq!(drawer.left(), Vec::<String>::new());
    // An archive comes as far as somebody reads it.
    let mut stream = drawer.asking("download", &[("path", "huge")]).open().await;
    let mut some = vec![0; 1 << 16];
    tokio::time::timeout(LIMIT, stream.read_exact(&mut some)).await.expect("bytes in time").unwrap();
    drop(stream);
    done(&drawer.delete("huge").await);
    drawer.close().await;
}

#[tokio::test]
async fn a_file_that_grows_is_sent_as_long_as_it_was_and_one_that_shrinks_breaks_off() {
    let drawer = Drawer::new().await;
    let length = 32 << 20;
    drawer.put("file", vec![b'x'; length]);
    // The answer's head is here, and the rest waits for us to read it.
    let mut growing = drawer.asking("download", &[("path", "file")]).header("connection", "close").open().await;
    let mut start = vec![0; 4_096];
    growing.read_exact(&mut start).await.unwrap();
    std::fs::OpenOptions::new().append(true).open(drawer.at("file")).unwrap().write_all(&vec![b'y'; length]).unwrap();
    let mut rest = Vec::new();
    tokio::time::timeout(LIMIT, growing.read_to_end(&mut rest)).await.expect("an end").unwrap();
    let all = [start, rest].concat();
    let body = all.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
    assert_eq!(all.len() - body, length);
    assert!(all[body..].iter().all(|byte| *byte == b'x'));

    let mut shrinking = drawer.asking("download", &[("path", "file")]).header("connection", "close").open().await;
    let mut start = vec![0; 4_096];
    shrinking.read_exact(&mut start).await.unwrap();
    std::fs::OpenOptions::new().write(true).open(drawer.at("file")).unwrap().set_len(1_000).unwrap();
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(LIMIT, shrinking.read_to_end(&mut rest)).await.expect("an end");
    let head = String::from_utf8_lossy(&start).into_owned();
    assert!(head.contains(&format!("content-length: {}", 2 * length)), "{head}");
    assert!(start.len() + rest.len() < 2 * length, "whoever reads it must see that it is not whole");
    drawer.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_archive_of_what_changes_has_an_end() {
    let drawer = Drawer::new().await;
    drawer.put("folder/file", "file");
    let ended = Arc::new(AtomicBool::new(false));
    let (until, growing, folder) = (Arc::clone(&ended), drawer.at("folder/growing"), drawer.at("folder"));
    // The archive itself is put into the folder as it comes, and much else happens there.
    let busy = std::thread::spawn(move || {
        let mut file = std::fs::File::create(growing).unwrap();
        let mut number = 0_u32;
        while !until.load(Ordering::Relaxed) {
            file.write_all(&[b'x'; 4_096]).unwrap();
            number += 1;
            let inner = folder.join(format!("inner-{}", number % 8));
            let _ = std::fs::create_dir(&inner);
            let _ = std::fs::write(inner.join("file"), "x");
            let _ = std::fs::remove_dir_all(folder.join(format!("inner-{}", (number + 4) % 8)));
            if file.metadata().unwrap().len() > 64 << 20 {
                file.set_len(0).unwrap();
            }
        }
    });
    for _ in 0..5 {
        let response = drawer.download("folder").await;
        drawer.put("folder/this.zip", &response.bytes);
        let mut zip = zip::ZipArchive::new(std::io::Cursor::new(response.bytes)).unwrap();
        for index in 0..zip.len() {
            // Its sum is right too.
            std::io::copy(&mut zip.by_index(index).unwrap(), &mut std::io::sink()).unwrap();
        }
        assert!(zip.by_name("folder/file").is_ok());
    }
    ended.store(true, Ordering::Relaxed);
    busy.join().unwrap();
    drawer.close().await;
}

#[tokio::test]
async fn folders_nested_three_thousand_deep_are_lived_with_and_removed() {
    let drawer = Drawer::new().await;
    let top = drawer.at("deep");
    std::fs::create_dir(&top).unwrap();
    let mut folder: std::os::fd::OwnedFd = std::fs::File::open(&top).unwrap().into();
    for _ in 0..3_000 {
        nix::sys::stat::mkdirat(&folder, "d", Mode::S_IRWXU).unwrap();
        folder = nix::fcntl::openat(&folder, "d", nix::fcntl::OFlag::O_DIRECTORY, Mode::empty()).unwrap();
    }
    assert_eq!(drawer.names("deep").await, ["d"]);
    let deepest = format!("deep/{}d", "d/".repeat(508));
    assert!(deepest.len() <= 1_024 && drawer.get("browse", &[("path", &deepest)]).await.status == 200);
    assert!(drawer.stats().await["folders"].as_u64().unwrap() > 500);
    assert_eq!(drawer.get("search", &[("query", "d")]).await.status, 200);
    assert_eq!(drawer.download("deep").await.status, 200);
    done(&drawer.relocate("copy", "deep", "copy", json!({})).await);
    for path in ["deep", "copy"] {
        let trashed = done(&drawer.delete(path).await)["trashed"].clone();
        assert_eq!(drawer.post("delete", json!({"trashed": [trashed]})).await.json()["failed"], json!([]));
    }
    assert_eq!(crate::drawer::names(&drawer.person().join("trash")), Vec::<String>::new());
    drawer.close().await;
}

#[tokio::test]
async fn a_name_that_is_no_utf8_is_listed_and_not_reachable() {
    let drawer = Drawer::new().await;
    std::fs::create_dir(drawer.at("folder")).unwrap();
    for name in [&b"caf\xe9"[..], b"caf\xea", b"\xff"] {
        std::fs::write(drawer.at("folder").join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    let listing = drawer.get("browse", &[("path", "folder")]).await.json();
    let entries = listing["entries"].as_array().unwrap();
    assert_eq!(entries.len(), 3);
    for entry in entries {
        assert_eq!(entry["is_reachable"], false);
        let path = format!("folder/{}", entry["name"].as_str().unwrap());
        assert_eq!(drawer.download(&path).await.status, 404);
        assert_eq!(failure(&drawer.delete(&path).await), "NOT_FOUND");
    }
    // With the folder it is whole: as an archive, where two names have become one, too.
    let zip = drawer.download("folder").await;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).unwrap();
    let mut held: Vec<_> =
        (0..zip.len()).map(|index| zip.by_index(index).unwrap().name().unwrap().into_owned()).collect();
    held.sort();
    assert_eq!(held, ["folder/", "folder/caf\u{fffd}", "folder/caf\u{fffd}-2", "folder/\u{fffd}"]);
    done(&drawer.relocate("copy", "folder", "copy", json!({})).await);
    assert_eq!(std::fs::read(drawer.at("copy").join(std::ffi::OsStr::from_bytes(b"\xff"))).unwrap(), b"\xff");
    drawer.close().await;
}

#[tokio::test]
async fn times_that_no_calendar_has_are_told_as_some_that_it_has() {
    let drawer = Drawer::new().await;
    for (name, seconds) in [
        ("old", 0),
        ("new", 253_402_300_799),
        ("later", 253_402_300_800),
        ("never", i64::MAX),
        ("before", i64::MIN),
        ("minus", -70_000_000_000),
    ] {
        drawer.put(name, name);
        let time = nix::sys::time::TimeSpec::new(seconds, 0);
        // What the file system has no room for, it refuses or cuts.
        let _ = nix::sys::stat::utimensat(
            nix::fcntl::AT_FDCWD,
            &drawer.at(name),
            &time,
            &time,
            nix::sys::stat::UtimensatFlags::NoFollowSymlink,
        );
        assert_eq!(drawer.download(name).await.body, name);
        assert_eq!(drawer.get("preview", &[("path", name)]).await.body, name);
        done(&drawer.relocate("copy", name, &format!("{name}-2"), json!({})).await);
    }
    for sort in ["modified", "size", "type", "name"] {
        let listing = drawer.get("browse", &[("sort", sort)]).await.json();
        for entry in listing["entries"].as_array().unwrap() {
            let at = entry["modified_at"].as_str().unwrap();
            let parsed = time::OffsetDateTime::parse(at, &time::format_description::well_known::Rfc3339);
            assert!(parsed.is_ok(), "{entry}");
        }
    }
    let zip = drawer.get("download", &[("path", "old"), ("path", "new"), ("path", "minus")]).await;
    assert_eq!(zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).unwrap().len(), 3);
    assert_eq!(drawer.post("delete", json!({"items": [at("old"), at("new")]})).await.json()["failed"], json!([]));
    drawer.close().await;
}
