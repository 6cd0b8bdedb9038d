//! Symbolic links, as a container makes them.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::fcntl::{AT_FDCWD, RenameFlags, renameat2};
use serde_json::json;

use crate::drawer::{Drawer, at, done, failure, names, told};
use crate::support::client::Response;

/// What no answer may ever hold.
const CANARY: &str = "OUTSIDE-OF-THE-TREE";

/// A directory outside of the tree, with a canary.
fn outside(drawer: &Drawer) -> PathBuf {
    let outside = drawer.server.directory.path().join("outside");
    std::fs::create_dir_all(outside.join("inner")).unwrap();
    std::fs::write(outside.join("canary"), CANARY).unwrap();
    std::fs::write(outside.join("canary.md"), CANARY).unwrap();
    std::fs::write(outside.join("inner/canary"), CANARY).unwrap();
    // Another person's tree.
    let other = drawer.server.app.config.data_dir.join("files/other/home");
    std::fs::create_dir_all(&other).unwrap();
    std::fs::write(other.join("canary"), CANARY).unwrap();
    outside
}

fn assert_untouched(outside: &Path) {
    assert_eq!(names(outside), ["canary", "canary.md", "inner"]);
    assert_eq!(names(&outside.join("inner")), ["canary"]);
    assert_eq!(std::fs::read_to_string(outside.join("canary")).unwrap(), CANARY);
}

/// Links to folders outside, each with a file `canary` in it but for the system's.
fn folders(outside: &Path) -> Vec<(&'static str, PathBuf)> {
    vec![
        ("absolute", outside.to_owned()),
        ("relative", "../../../outside".into()),
        ("etc", "/etc".into()),
        ("self", "/proc/self".into()),
        ("cwd", "/proc/self/cwd".into()),
        ("root", "/proc/self/root".into()),
        ("slash", "/".into()),
        ("other", "../../other/home".into()),
        ("trash", "../trash".into()),
        ("up", "..".into()),
    ]
}

fn is_refused(response: &Response) -> bool {
    !response.body.contains(CANARY) && !response.status.is_success() && response.status != 500
}

#[tokio::test]
async fn a_link_out_of_the_tree_is_followed_by_no_verb_as_a_middle_component() {
    let drawer = Drawer::new().await;
    let outside = outside(&drawer);
    drawer.put("mine", "mine");
    for (name, target) in folders(&outside) {
        symlink(&target, drawer.at(name)).unwrap();
        // And by way of another link.
        symlink(name, drawer.at(&format!("to-{name}"))).unwrap();
        for link in [name.to_owned(), format!("to-{name}")] {
            let (inner, new) = (format!("{link}/canary"), format!("{link}/new"));
            for verb in ["browse", "preview", "download", "events"] {
                let path = if verb == "browse" { format!("{link}/inner") } else { inner.clone() };
                let response = drawer.get(verb, &[("path", &path)]).await;
                assert!(is_refused(&response), "{verb} {link}: {response:?}");
            }
            let render = drawer.get("preview", &[("path", &format!("{link}/canary.md")), ("as", "html")]).await;
            assert!(is_refused(&render), "{link}: {render:?}");
            let search = drawer.get("search", &[("path", &format!("{link}/inner")), ("query", "c")]).await;
            assert!(is_refused(&search), "{link}: {search:?}");
            let zip = drawer.get("download", &[("path", &inner), ("path", "mine")]).await;
            assert!(is_refused(&zip), "{link}: {zip:?}");
            for parents in [false, true] {
                let folder = drawer.post("mkdir", json!({"at": at(&new), "parents": parents})).await;
                assert!(is_refused(&folder), "{link}: {folder:?}");
            }
            let upload = drawer.upload(&new, b"x", &[]).await;
            assert!(is_refused(&upload), "{link}: {upload:?}");
            let replace = drawer.upload(&inner, b"x", &[("clash", "replace")]).await;
            assert!(is_refused(&replace), "{link}: {replace:?}");
            for verb in ["move", "copy"] {
                failure(&drawer.relocate(verb, &inner, "stolen", json!({})).await);
                failure(&drawer.relocate(verb, "mine", &new, json!({})).await);
                failure(&drawer.relocate(verb, "mine", &inner, json!({"clash": "replace"})).await);
            }
            failure(&drawer.delete(&inner).await);
            let id = drawer.begin(&new, 1, "refuse").await;
            assert_eq!(drawer.part(&id, 0, b"x").await.status, 200);
            let complete = drawer.complete(&id).await;
            assert!(is_refused(&complete), "{link}: {complete:?}");
            assert_eq!(drawer.post("upload/abort", json!({"upload": id})).await.status, 204);
        }
    }
    assert_untouched(&outside);
    assert!(!drawer.is_there("stolen") && drawer.read("mine") == b"mine");
    assert_eq!(drawer.left(), Vec::<String>::new());
    drawer.close().await;
}

#[tokio::test]
async fn a_link_out_of_the_tree_is_itself_as_the_last_component() {
    let drawer = Drawer::new().await;
    let outside = outside(&drawer);
    for (name, target) in folders(&outside) {
        symlink(&target, drawer.at(name)).unwrap();
        for verb in ["browse", "preview", "download", "events"] {
            let response = drawer.get(verb, &[("path", name)]).await;
            assert_eq!(told(&response), (403, "FORBIDDEN".into()), "{verb} {name}");
        }
        assert!(is_refused(&drawer.get("search", &[("path", name), ("query", "canary")]).await), "{name}");
        // Renamed, copied, deleted and restored it is a link.
        done(&drawer.relocate("copy", name, "copy", json!({})).await);
        assert_eq!(std::fs::read_link(drawer.at("copy")).unwrap(), target);
        done(&drawer.relocate("move", "copy", "moved", json!({})).await);
        let trashed = done(&drawer.delete("moved").await)["trashed"].as_str().unwrap().to_owned();
        done(&drawer.restore(&trashed).await);
        assert_eq!(std::fs::read_link(drawer.at("moved")).unwrap(), target);
        // What replaces it does not go where it leads.
        assert_eq!(drawer.upload("moved", b"new", &[]).await.status, 409);
        assert_eq!(drawer.upload("moved", b"new", &[("clash", "replace")]).await.status, 201);
        assert_eq!(drawer.read("moved"), b"new");
        assert!(drawer.at("moved").symlink_metadata().unwrap().is_file());
        done(&drawer.delete("moved").await);
    }
    for (name, target) in [
        ("file", outside.join("canary")),
        ("file-up", "../../../outside/canary".into()),
        ("passwd", "/etc/passwd".into()),
    ] {
        symlink(&target, drawer.at(name)).unwrap();
        for verb in ["preview", "download"] {
            assert!(is_refused(&drawer.get(verb, &[("path", name)]).await), "{verb} {name}");
        }
        assert_eq!(drawer.upload(name, b"new", &[("clash", "replace")]).await.status, 201);
        assert_eq!(drawer.read(name), b"new");
    }
    // For ever means the links.
    let ids: Vec<_> = drawer.trash().await.iter().map(|trashed| trashed["id"].clone()).collect();
    let removed = drawer.post("delete", json!({ "trashed": ids })).await.json();
    assert_eq!(removed["failed"], json!([]));
    assert_untouched(&outside);
    drawer.close().await;
}

#[tokio::test]
async fn an_archive_and_a_copy_and_a_search_of_a_folder_follow_no_links_in_it() {
    let drawer = Drawer::new().await;
    let outside = outside(&drawer);
    drawer.put("folder/file", "inside");
    for (name, target) in folders(&outside) {
        symlink(&target, drawer.at(&format!("folder/{name}"))).unwrap();
    }
    symlink(outside.join("canary"), drawer.at("folder/link.md")).unwrap();
    let zip = drawer.download("folder").await;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).unwrap();
    let held: Vec<_> = (0..zip.len()).map(|index| zip.by_index(index).unwrap().name().unwrap().into_owned()).collect();
    assert_eq!(held, ["folder/", "folder/file"]);
    done(&drawer.relocate("copy", "folder", "copy", json!({})).await);
    assert_eq!(std::fs::read_link(drawer.at("copy/relative")).unwrap(), Path::new("../../../outside"));
    let found = drawer.get("search", &[("query", "canary")]).await.json();
    assert_eq!(found["found"], json!([]));
    let stats = drawer.stats().await;
    assert!(stats["bytes"].as_u64().unwrap() < 4_096, "{stats}");
    done(&drawer.delete("folder").await);
    assert_untouched(&outside);
    drawer.close().await;
}

#[tokio::test]
async fn what_became_a_link_meanwhile_takes_no_upload_and_no_restored_thing() {
    let drawer = Drawer::new().await;
    let outside = outside(&drawer);
    drawer.put("folder/deleted", "deleted");
    let trashed = done(&drawer.delete("folder/deleted").await)["trashed"].as_str().unwrap().to_owned();
    let id = drawer.begin("folder/new", 3, "refuse").await;
    assert_eq!(drawer.part(&id, 0, b"new").await.status, 200);
    std::fs::remove_dir(drawer.at("folder")).unwrap();
    symlink(&outside, drawer.at("folder")).unwrap();
    assert_eq!(told(&drawer.complete(&id).await), (403, "FORBIDDEN".into()));
    // It comes to the root instead.
    assert_eq!(done(&drawer.restore(&trashed).await)["at"], at("deleted"));
    // The upload is whole still, and goes where a folder is again.
    std::fs::remove_file(drawer.at("folder")).unwrap();
    assert_eq!(drawer.complete(&id).await.status, 201);
    assert_eq!((drawer.read("folder/new"), drawer.read("deleted")), (b"new".to_vec(), b"deleted".to_vec()));
    assert_untouched(&outside);
    drawer.close().await;
}

#[tokio::test]
async fn links_within_the_tree_lead_where_they_lead() {
    let drawer = Drawer::new().await;
    drawer.put("real/file", "inside");
    symlink("real", drawer.at("link")).unwrap();
    symlink("../real/file", drawer.at("real/itself")).unwrap();
    std::fs::create_dir(drawer.at("deep")).unwrap();
    symlink("../link/file", drawer.at("deep/far")).unwrap();
    assert_eq!(drawer.names("link").await, ["file", "itself"]);
    for path in ["link/file", "real/itself", "deep/far"] {
        assert_eq!(drawer.download(path).await.body, "inside", "{path}");
    }
    assert_eq!(drawer.upload("link/new", b"new", &[]).await.status, 201);
    assert_eq!(drawer.read("real/new"), b"new");
    // So does what is asked for of an archive.
    let zip = drawer.get("download", &[("path", "link"), ("path", "deep/far")]).await;
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(zip.bytes)).unwrap();
    let held: Vec<_> = (0..zip.len()).map(|index| zip.by_index(index).unwrap().name().unwrap().into_owned()).collect();
    assert_eq!(held.len(), 4, "{held:?}");
    for name in ["link/", "link/file", "link/new", "far"] {
        assert!(held.iter().any(|held| held == name), "{held:?}");
    }
    // Loops end.
    symlink("loop", drawer.at("loop")).unwrap();
    symlink("b", drawer.at("a")).unwrap();
    symlink("a", drawer.at("b")).unwrap();
    for path in ["loop", "a", "loop/x", "a/x"] {
        assert_eq!(drawer.download(path).await.status, 403, "{path}");
    }
    // A folder into itself, by way of a link.
    symlink("..", drawer.at("real/up")).unwrap();
    assert_eq!(failure(&drawer.relocate("move", "real", "link/x", json!({})).await), "CONFLICT");
    done(&drawer.relocate("copy", "real", "link/copy", json!({})).await);
    assert_eq!(names(&drawer.at("real/copy")), ["file", "itself", "new", "up"]);
    drawer.close().await;
}

/// Exchanges the two as fast as it can, until it is dropped.
struct Flipping(Arc<AtomicBool>, Option<std::thread::JoinHandle<u64>>);

impl Flipping {
    fn start(one: PathBuf, other: PathBuf) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&ended);
        let thread = std::thread::spawn(move || {
            let mut times = 0;
            while !until.load(Ordering::Relaxed) {
                // Who is tested may have moved either.
                let _ = renameat2(AT_FDCWD, &one, AT_FDCWD, &other, RenameFlags::RENAME_EXCHANGE);
                times += 1;
            }
            times
        });
        Self(ended, Some(thread))
    }

    fn end(mut self) -> u64 {
        self.0.store(true, Ordering::Relaxed);
        self.1.take().unwrap().join().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outside_is_read_or_written_while_a_folder_flips_to_a_link_and_back() {
    let drawer = Drawer::new().await;
    let outside = outside(&drawer);
    // `a/d` and `a/e` exchange places; one is a folder, one a link, also in a middle component.
    drawer.put("a/d/canary", "inside");
    drawer.put("a/d/canary.md", "inside");
    drawer.put("a/d/inner/canary", "inside");
    symlink(&outside, drawer.at("a/e")).unwrap();
    drawer.put("mine", "mine");
    let flipping = Flipping::start(drawer.at("a/d"), drawer.at("a/e"));
    let (mut good, mut bad) = (0, 0);
    for round in 0..40 {
        let new = format!("a/d/{round}");
        let (query, md) = ([("path", "a/d/inner/canary")], [("path", "a/d/canary.md"), ("as", "html")]);
        let mut responses = vec![
            drawer.get("browse", &[("path", "a/d/inner")]).await,
            drawer.get("download", &query).await,
            drawer.get("preview", &query).await,
            drawer.get("preview", &md).await,
            drawer.get("search", &[("path", "a"), ("query", "canary")]).await,
            drawer.post("mkdir", json!({"at": at(&format!("a/d/m{round}/x")), "parents": true})).await,
            drawer.upload(&format!("{new}/x"), b"x", &[]).await,
            drawer.upload("a/d/canary", b"inside", &[("clash", "replace")]).await,
        ];
        for (verb, from, to) in [
            ("copy", "a/d/canary", "stolen"),
            ("copy", "a/d", "stolen-folder"),
            ("move", "a/d/canary.md", "stolen.md"),
            ("move", "stolen.md", "a/d/canary.md"),
            ("copy", "mine", &new),
        ] {
            let items = json!({"items": [{"from": at(from), "to": at(to)}], "clash": "replace"});
            responses.push(drawer.post(verb, items).await);
        }
        // Archives may break off, even before their head.
        for query in [&[("path", "a")][..], &[("path", "a/d"), ("path", "mine")]] {
            let bytes = raw(drawer.asking("download", query)).await;
            assert!(!unzipped(&bytes).windows(CANARY.len()).any(|part| part == CANARY.as_bytes()));
        }
        responses.push(drawer.post("delete", json!({"items": [at("a/d/inner/canary"), at(&new)]})).await);
        for trashed in drawer.trash().await {
            responses.push(drawer.post("restore", json!({"trashed": [trashed["id"]]})).await);
        }
        for response in responses {
            assert!(response.status != 500, "{response:?}");
            assert!(!response.body.contains(CANARY), "{response:?}");
            if response.status.is_success() { good += 1 } else { bad += 1 }
        }
    }
    assert!(flipping.end() > 100 && good > 0 && bad > 0, "{good} {bad}");
    assert_untouched(&outside);
    // Whatever was made of it, no bytes from outside came into the tree.
    let grep = std::process::Command::new("grep").args(["-r", CANARY]).arg(drawer.person()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&grep.stdout), "");
    drawer.close().await;
}

/// All that is answered, as it comes.
async fn raw(request: crate::support::client::Request) -> Vec<u8> {
    let mut stream = request.header("connection", "close").open().await;
    let mut bytes = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut bytes);
    let _ = tokio::time::timeout(crate::support::LIMIT, reading).await.expect("an end");
    bytes
}

/// What is in the zip of an answer, one after the other: each begins with its own head, whatever is around it.
fn unzipped(answer: &[u8]) -> Vec<u8> {
    let mut all = answer.to_vec();
    let heads = answer.windows(4).enumerate().filter(|(_, four)| *four == b"PK\x03\x04").map(|(at, _)| at);
    for at in heads {
        // No entry here is larger than a chunk of the answer.
        if let Ok(Some(mut entry)) = zip::read::read_zipfile_from_stream(&mut &answer[at..]) {
            let _ = std::io::copy(&mut entry, &mut all);
        }
    }
    all
}
