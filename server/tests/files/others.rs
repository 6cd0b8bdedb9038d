//! What is another person's, what is protected, and what stays where it is.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::drawer::{Drawer, at, done, failure, target, told, within};
use crate::support::client::Response;

struct Other<'a> {
    drawer: &'a Drawer,
    cookie: String,
}

impl Other<'_> {
    async fn get(&self, verb: &str, query: &[(&str, &str)]) -> Response {
        self.drawer.server.own(&self.cookie, "GET", &target(verb, query)).send().await
    }

    async fn post(&self, verb: &str, body: Value) -> Response {
        self.drawer.server.own(&self.cookie, "POST", &target(verb, &[])).json(&body.to_string()).send().await
    }
}

#[tokio::test]
async fn another_persons_ids_are_not_found() {
    let drawer = Drawer::new().await;
    let other =
        Other { drawer: &drawer, cookie: drawer.server.join(&drawer.cookie, "other@example.org", "user").await };
    let workspace = drawer.session("admin", "abcdefghij01").await;
    std::fs::write(workspace.join("secret"), "secret").unwrap();
    drawer.put("mine", "mine");
    drawer.put("deleted", "deleted");
    let trashed = done(&drawer.delete("deleted").await)["trashed"].as_str().unwrap().to_owned();
    let upload = drawer.begin("upload", 3, "refuse").await;
    let missing = (404, "NOT_FOUND".to_owned());

    for session in ["abcdefghij01", "none00000000"] {
        let query = [("session", session), ("path", "secret")];
        for verb in ["browse", "preview", "download", "events"] {
            assert_eq!(told(&other.get(verb, &query).await), missing, "{verb}");
        }
        assert_eq!(told(&other.get("search", &[("session", session), ("query", "s")]).await), missing);
        assert_eq!(told(&other.post("mkdir", json!({"at": within(session, "x")})).await), missing);
        let begun = other.post("upload/initiate", json!({"at": within(session, "x"), "size": 1})).await;
        assert_eq!(told(&begun), missing);
        let whole = drawer.server.own(&other.cookie, "POST", &target("upload", &query)).body(b"x").send().await;
        assert_eq!(told(&whole), missing);
        for verb in ["move", "copy"] {
            for (from, to) in [(within(session, "secret"), at("x")), (at("Getting started"), within(session, "x"))] {
                let outcome = other.post(verb, json!({"items": [{"from": from, "to": to}]})).await.json();
                assert_eq!(failure(&outcome), "NOT_FOUND", "{verb}");
            }
        }
        assert_eq!(
            failure(&other.post("delete", json!({"items": [within(session, "secret")]})).await.json()),
            "NOT_FOUND"
        );
    }
    for verb in ["upload/complete", "upload/abort"] {
        assert_eq!(told(&other.post(verb, json!({"upload": upload})).await), missing, "{verb}");
    }
    assert_eq!(told(&other.get("upload/status", &[("upload", &upload)]).await), missing);
    let part = target("upload/part", &[("upload", &upload), ("number", "0")]);
    assert_eq!(told(&drawer.server.own(&other.cookie, "POST", &part).body(b"abc").send().await), missing);
    assert_eq!(failure(&other.post("restore", json!({"trashed": [trashed]})).await.json()), "NOT_FOUND");
    assert_eq!(failure(&other.post("delete", json!({"trashed": [trashed]})).await.json()), "NOT_FOUND");
    assert_eq!(other.get("trash", &[]).await.json(), json!([]));
    assert_eq!(told(&other.get("download", &[("path", "mine")]).await), missing);

    // All is as it was.
    assert_eq!(std::fs::read(workspace.join("secret")).unwrap(), b"secret");
    assert_eq!(drawer.part(&upload, 0, b"abc").await.status, 200);
    assert_eq!(drawer.complete(&upload).await.status, 201);
    done(&drawer.restore(&trashed).await);
    drawer.close().await;
}

#[tokio::test]
async fn nobody_gets_in_without_a_cookie_and_nobody_writes_from_elsewhere() {
    let drawer = Drawer::new().await;
    drawer.put("file", "file");
    for verb in ["browse", "preview", "download", "events", "stats", "trash", "search", "upload/status"] {
        let response = drawer.server.request("GET", &target(verb, &[("path", "file")])).send().await;
        assert_eq!(response.status, 401, "{verb}");
    }
    for verb in [
        "mkdir",
        "move",
        "copy",
        "delete",
        "restore",
        "upload",
        "upload/part",
        "upload/complete",
        "upload/abort",
        "upload/initiate",
        "seed",
    ] {
        let target = target(verb, &[]);
        let anonymous = drawer.server.request("POST", &target).own_origin().json("{}").send().await;
        assert_eq!(anonymous.status, 401, "{verb}");
        let foreign = drawer.server.request("POST", &target).header("cookie", &drawer.cookie);
        let foreign = foreign.header("origin", "https://evil.example").json("{}").send().await;
        assert_eq!(foreign.status, 403, "{verb}");
    }
    drawer.close().await;
}

#[tokio::test]
async fn what_is_protected_is_changed_only_when_that_is_meant() {
    let drawer = Drawer::new().await;
    for path in [".ssh/key", ".claude/x", ".anthropic/x", ".config/tool/x", ".claude.json", "mine"] {
        drawer.put(path, path);
    }
    for path in [".ssh", ".ssh/key", ".claude", ".anthropic/x", ".config/tool", ".claude.json"] {
        assert_eq!(failure(&drawer.delete(path).await), "FORBIDDEN", "{path}");
        assert_eq!(failure(&drawer.relocate("move", path, "stolen", json!({})).await), "FORBIDDEN", "{path}");
        for verb in ["move", "copy"] {
            let outcome = drawer.relocate(verb, "mine", path, json!({"clash": "replace"})).await;
            assert_eq!(failure(&outcome), "FORBIDDEN", "{verb} {path}");
        }
        assert_eq!(told(&drawer.upload(path, b"x", &[("clash", "replace")]).await), (403, "FORBIDDEN".into()));
        let begun = drawer.post("upload/initiate", json!({"at": at(path), "size": 1, "clash": "replace"})).await;
        assert_eq!(told(&begun), (403, "FORBIDDEN".into()));
    }
    // Alike, and elsewhere, are not protected.
    for path in [".sshx", "folder/.ssh", ".configs"] {
        assert_eq!(drawer.upload(path, b"x", &[]).await.status, 201, "{path}");
        done(&drawer.delete(path).await);
    }
    let meant = json!({"items": [at(".ssh/key"), at(".claude.json")], "even_protected": true});
    assert_eq!(drawer.post("delete", meant).await.json()["failed"], json!([]));
    assert_eq!(drawer.upload(".ssh/key", b"new", &[("even_protected", "true")]).await.status, 201);
    let listing = drawer.get("browse", &[("hidden", "true")]).await.json();
    for entry in listing["entries"].as_array().unwrap() {
        let expected = [".ssh", ".claude", ".anthropic", ".config"].contains(&entry["name"].as_str().unwrap());
        assert_eq!(entry["is_protected"], expected, "{entry}");
    }
    assert!(drawer.names("").await.len() > drawer.get("browse", &[]).await.json()["entries"].as_array().unwrap().len());
    drawer.close().await;
}

#[tokio::test]
async fn what_sessions_stand_on_stays_where_it_is() {
    let drawer = Drawer::new().await;
    drawer.put("mine", "mine");
    for path in ["workspace", ".npm", ".cache", ".claude/debug", ".claude/plugins/cache"] {
        drawer.put(&format!("{path}/file"), "file");
        let all = json!({"items": [at(path)], "even_protected": true});
        assert_eq!(failure(&drawer.post("delete", all).await.json()), "CONFLICT", "{path}");
        let meant = json!({"even_protected": true, "clash": "replace"});
        assert_eq!(failure(&drawer.relocate("move", path, "elsewhere", meant.clone()).await), "CONFLICT", "{path}");
        assert_eq!(failure(&drawer.relocate("move", "mine", path, meant.clone()).await), "CONFLICT", "{path}");
        assert_eq!(failure(&drawer.relocate("copy", "mine", path, meant).await), "CONFLICT", "{path}");
        let upload = drawer.upload(path, b"x", &[("clash", "replace"), ("even_protected", "true")]).await;
        assert_eq!(told(&upload), (409, "CONFLICT".into()), "{path}");
        assert_eq!(drawer.read(&format!("{path}/file")), b"file");
    }
    // What is in them is a person's own.
    done(&drawer.delete("workspace/file").await);
    drawer.close().await;
}

#[tokio::test]
async fn a_link_is_no_way_around_what_is_protected_or_stays() {
    let drawer = Drawer::new().await;
    for path in [".ssh/key", "workspace/x", ".claude/debug/x", "mine"] {
        drawer.put(path, path);
    }
    std::os::unix::fs::symlink(".", drawer.at("here")).unwrap();
    std::os::unix::fs::symlink("../.claude", drawer.at("Getting started/there")).unwrap();
    std::os::unix::fs::symlink("../.ssh", drawer.at("Getting started/keys")).unwrap();
    for (path, code) in [
        ("here/.ssh", "FORBIDDEN"),
        ("here/here/.ssh/key", "FORBIDDEN"),
        ("Getting started/keys/key", "FORBIDDEN"),
        ("here/workspace", "CONFLICT"),
        ("Getting started/there/debug", "CONFLICT"),
    ] {
        assert_eq!(failure(&drawer.delete(path).await), code, "{path}");
        let replace = json!({"clash": "replace"});
        assert_eq!(failure(&drawer.relocate("move", path, "stolen", json!({})).await), code, "{path}");
        assert_eq!(failure(&drawer.relocate("move", "mine", path, replace.clone()).await), code, "{path}");
        assert_eq!(failure(&drawer.relocate("copy", "mine", path, replace).await), code, "{path}");
        assert_eq!(told(&drawer.upload(path, b"x", &[("clash", "replace")]).await).1, code, "{path}");
        let begun = drawer.post("upload/initiate", json!({"at": at(path), "size": 1, "clash": "replace"})).await;
        assert_eq!(told(&begun).1, code, "{path}");
    }
    // The links themselves are anybody's.
    done(&drawer.delete("Getting started/keys").await);
    done(&drawer.relocate("move", "here/mine", "here/yours", json!({})).await);
    assert_eq!((drawer.read(".ssh/key"), drawer.read("yours")), (b".ssh/key".to_vec(), b"mine".to_vec()));
    drawer.close().await;
}

#[tokio::test]
async fn what_is_beside_the_people_keeps_no_server_from_starting() {
    let drawer = Drawer::new().await;
    drawer.put("file", "file");
    let files: PathBuf = drawer.server.app.config.data_dir.join("files");
    for name in ["lost+found", ".Trash-0", "with space", "@eaDir"] {
        std::fs::create_dir(files.join(name)).unwrap();
    }
    std::fs::write(files.join("README"), "a file").unwrap();
    std::os::unix::fs::symlink("/etc", files.join("link")).unwrap();
    let drawer = drawer.again(&[]).await;
    assert_eq!(drawer.download("file").await.body, "file");
    assert_eq!(std::fs::read_dir(files.join("lost+found")).unwrap().count(), 0);
    // Nor what is beside uploads, and is none.
    std::fs::create_dir_all(drawer.person().join("uploads/strange/inner")).unwrap();
    std::fs::write(drawer.person().join("uploads/stranger"), "x").unwrap();
    let drawer = drawer.again(&[]).await;
    assert_eq!(drawer.left(), Vec::<String>::new());
    assert_eq!(std::fs::read_link(files.join("by-email/admin@example.org")).unwrap(), PathBuf::from("../admin"));
    drawer.close().await;
}
