//! Every trick with a path.

use serde_json::json;

use crate::drawer::{Drawer, at, done, failure, names, told};

/// Paths that are none, as JSON and queries have them.
const WRONG: [&str; 13] =
    ["..", "../x", "a/../x", "a/..", "/etc/passwd", "/", "a//b", "a/", ".", "./a", "a/./b", "a\0b", "a/\0"];

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_refused_in_every_query() {
    let drawer = Drawer::new().await;
    for path in WRONG {
        for verb in ["browse", "preview", "download", "events"] {
            let response = drawer.get(verb, &[("path", path)]).await;
            assert_eq!(told(&response).1, "VALIDATION_ERROR", "{verb} {path:?}");
        }
        let response = drawer.get("search", &[("path", path), ("query", "x")]).await;
        assert_eq!(response.status, 400, "{path:?}");
        assert_eq!(drawer.upload(path, b"x", &[]).await.status, 400, "{path:?}");
    }
    drawer.close().await;
}

#[tokio::test]
async fn a_path_that_leads_elsewhere_is_refused_in_every_body() {
    let drawer = Drawer::new().await;
    for path in WRONG {
        let bodies = [
            ("mkdir", json!({"at": at(path)})),
            ("delete", json!({"items": [at(path)]})),
            ("move", json!({"items": [{"from": at(path), "to": at("x")}]})),
            ("move", json!({"items": [{"from": at("Getting started"), "to": at(path)}]})),
            ("copy", json!({"items": [{"from": at(path), "to": at("x")}]})),
            ("copy", json!({"items": [{"from": at("Getting started"), "to": at(path)}]})),
            ("upload/initiate", json!({"at": at(path), "size": 1})),
        ];
        for (verb, body) in bodies {
            assert_eq!(told(&drawer.post(verb, body).await), (400, "VALIDATION_ERROR".into()), "{verb} {path:?}");
        }
    }
    assert_eq!(names(&drawer.person()), ["home", "trash", "uploads", "workspaces"]);
    drawer.close().await;
}

#[tokio::test]
async fn dots_and_slashes_are_decoded_once_and_then_are_what_they_are() {
    let drawer = Drawer::new().await;
    std::fs::write(drawer.person().join("secret"), "canary").unwrap();
    for encoded in ["%2e%2e/secret", "%2e%2e%2fsecret", "..%2fsecret", "%2E%2E%2Fsecret", "%2fetc%2fpasswd"] {
        for verb in ["download", "preview", "browse"] {
            let response = drawer.own("GET", &format!("/api/storage/{verb}?path={encoded}")).send().await;
            assert_eq!(told(&response).1, "VALIDATION_ERROR", "{verb} {encoded}");
        }
    }
    // What is encoded twice is a name with a percent sign.
    for encoded in ["%252e%252e%252fsecret", "%25252e%25252e", "..%255csecret", "..%5csecret", "%255c%255c"] {
        for verb in ["download", "preview", "browse"] {
            let response = drawer.own("GET", &format!("/api/storage/{verb}?path={encoded}")).send().await;
            assert_eq!(told(&response), (404, "NOT_FOUND".into()), "{verb} {encoded}");
        }
    }
    assert_eq!(drawer.upload("%2e%2e", b"plain", &[]).await.status, 201);
    assert_eq!(drawer.read("%2e%2e"), b"plain");
    drawer.close().await;
}

#[tokio::test]
async fn a_backslash_is_a_name_that_nobody_new_gets() {
    let drawer = Drawer::new().await;
    for path in ["..\\secret", "a\\b", "C:\\x", "\\\\server\\share", "folder\\/x"] {
        assert_eq!(told(&drawer.upload(path, b"x", &[]).await).1, "VALIDATION_ERROR", "{path}");
        let folder = drawer.post("mkdir", json!({"at": at(path), "parents": true})).await;
        assert_eq!(told(&folder).1, "VALIDATION_ERROR", "{path}");
    }
    // What a container made can be read and renamed.
    drawer.put("a\\b", "bytes");
    assert_eq!(drawer.download("a\\b").await.body, "bytes");
    done(&drawer.relocate("move", "a\\b", "ab", json!({})).await);
    assert_eq!(drawer.read("ab"), b"bytes");
    drawer.close().await;
}

#[tokio::test]
async fn what_deceives_is_no_new_name_not_even_of_a_folder_above() {
    let drawer = Drawer::new().await;
    drawer.put("x", "x");
    for name in ["\u{1b}[31m", "a\nb", "gpj.\u{202e}exe", "\u{fffd}", "a\u{7f}", "\u{2066}a"] {
        for path in [name.to_owned(), format!("{name}/x"), format!("new/{name}/x")] {
            assert_eq!(told(&drawer.upload(&path, b"x", &[]).await).1, "VALIDATION_ERROR", "{path:?}");
            let folder = drawer.post("mkdir", json!({"at": at(&path), "parents": true})).await;
            assert_eq!(told(&folder).1, "VALIDATION_ERROR", "{path:?}");
            let begun = drawer.post("upload/initiate", json!({"at": at(&path), "size": 1})).await;
            assert_eq!(told(&begun).1, "VALIDATION_ERROR", "{path:?}");
        }
        assert_eq!(failure(&drawer.relocate("move", "x", name, json!({})).await), "VALIDATION_ERROR", "{name:?}");
        assert_eq!(failure(&drawer.relocate("copy", "x", name, json!({})).await), "VALIDATION_ERROR", "{name:?}");
    }
    // In a folder that a container called so, everything works.
    std::fs::create_dir(drawer.at("a\nb")).unwrap();
    assert_eq!(drawer.upload("a\nb/x", b"x", &[]).await.status, 201);
    drawer.close().await;
}

#[tokio::test]
async fn invalid_and_overlong_utf8_names_nothing() {
    let drawer = Drawer::new().await;
    std::fs::write(drawer.person().join("secret"), "canary").unwrap();
    for encoded in [
        "%ff",
        "%c0%ae%c0%ae%c0%afsecret",
        "%e0%80%ae%e0%80%ae/secret",
        "a%80",
        "%ed%a0%80",
        "%f8%80%80%80%ae",
        "%c0%80",
    ] {
        for verb in ["download", "preview", "browse", "events"] {
            let response = drawer.own("GET", &format!("/api/storage/{verb}?path={encoded}")).send().await;
            assert!(matches!(response.status.as_u16(), 400 | 404), "{verb} {encoded}: {response:?}");
        }
        let response = drawer.own("POST", &format!("/api/storage/upload?path={encoded}")).body(b"x").send().await;
        assert_eq!(told(&response).1, "VALIDATION_ERROR", "{encoded}");
    }
    for body in ["{\"items\":[{\"path\":\"\\ud800\"}]}", "{\"items\":[{\"path\":\"\\u0000\"}]}"] {
        assert_eq!(drawer.own("POST", "/api/storage/delete").json(body).send().await.status, 400, "{body}");
    }
    let mut body = b"{\"items\":[{\"path\":\"".to_vec();
    body.extend_from_slice(b"\xc0\xae\xc0\xae\"}]}");
    let request = drawer.own("POST", "/api/storage/delete").header("content-type", "application/json");
    assert_eq!(request.body(&body).send().await.status, 400);
    assert_eq!(drawer.names("").await, ["Getting started"]);
    drawer.close().await;
}

#[tokio::test]
async fn look_alikes_and_both_normal_forms_are_files_of_their_own() {
    let drawer = Drawer::new().await;
    let names = ["é", "e\u{301}", "а", "a", "A", "．．", "․․", "a\u{200b}", "ﬁ", "fi", "a／b"];
    for (number, name) in names.iter().enumerate() {
        assert_eq!(drawer.upload(name, number.to_string().as_bytes(), &[]).await.status, 201, "{name}");
    }
    for (number, name) in names.iter().enumerate() {
        assert_eq!(drawer.download(name).await.body, number.to_string(), "{name}");
    }
    assert_eq!(drawer.names("").await.len(), names.len() + 1);
    drawer.close().await;
}

#[tokio::test]
async fn names_and_paths_are_as_long_as_they_may_be_and_no_longer() {
    let drawer = Drawer::new().await;
    for name in ["x".repeat(255), format!("{}x", "é".repeat(127))] {
        assert_eq!(drawer.upload(&name, b"long", &[]).await.status, 201);
        assert_eq!(drawer.download(&name).await.body, "long");
        // The second of the name has a number, and is no longer.
        let second = drawer.upload(&name, b"longer", &[("clash", "keep_both")]).await;
        let second = second.json()["at"]["path"].as_str().unwrap().to_owned();
        assert!(second.len() <= 255 && drawer.read(&second) == b"longer", "{second}");
        done(&drawer.delete(&name).await);
    }
    assert_eq!(drawer.upload(&"x".repeat(256), b"", &[]).await.status, 400);
    assert_eq!(drawer.upload(&"é".repeat(128), b"", &[]).await.status, 400);

    let folder = ["a".repeat(255), "b".repeat(255), "c".repeat(255)].join("/");
    let longest = format!("{folder}/{}", "d".repeat(1_024 - folder.len() - 1));
    assert_eq!(longest.len(), 1_024);
    assert_eq!(drawer.upload(&longest, b"deep", &[]).await.status, 400, "its last name has 256 bytes");
    let longest = format!("{folder}/{}/{}", "d".repeat(127), "e".repeat(128));
    assert_eq!(longest.len(), 1_024);
    assert_eq!(drawer.upload(&longest, b"deep", &[]).await.status, 201);
    assert_eq!(drawer.download(&longest).await.body, "deep");
    // With a number its path is too long: it is told, and nothing is left.
    let second = drawer.upload(&longest, b"deeper", &[("clash", "keep_both")]).await;
    assert_eq!(told(&second).1, "VALIDATION_ERROR");
    assert_eq!(names(drawer.at(&longest).parent().unwrap()).len(), 1);
    assert_eq!(drawer.left(), Vec::<String>::new());
    assert_eq!(drawer.upload(&format!("{longest}e"), b"", &[]).await.status, 400);
    drawer.close().await;
}

#[tokio::test]
async fn reserved_names_and_trailing_dots_are_names() {
    let drawer = Drawer::new().await;
    for name in ["CON", "NUL", "aux.txt", "COM1", "a.", "a..", "...", " a ", "~", "-rf", "$HOME", "%00", "a;b", "*"] {
        assert_eq!(drawer.upload(name, name.as_bytes(), &[]).await.status, 201, "{name}");
        assert_eq!(drawer.download(name).await.body, name);
        done(&drawer.delete(name).await);
    }
    drawer.close().await;
}

#[tokio::test]
async fn a_neighbour_that_begins_alike_is_not_meant() {
    let drawer = Drawer::new().await;
    for name in ["a/x", "ab/y", "a.b/z", "a b/w"] {
        drawer.put(name, name);
    }
    assert_eq!(drawer.names("a").await, ["x"]);
    assert_eq!(drawer.get("search", &[("path", "a"), ("query", "y")]).await.json()["found"], json!([]));
    done(&drawer.relocate("move", "a", "ab/a", json!({})).await);
    assert_eq!(drawer.read("ab/a/x"), b"a/x");
    done(&drawer.relocate("move", "ab/a", "a", json!({})).await);
    done(&drawer.delete("a").await);
    for name in ["ab/y", "a.b/z", "a b/w"] {
        assert_eq!(drawer.read(name), name.as_bytes());
    }
    drawer.close().await;
}

#[tokio::test]
async fn at_most_a_thousand_things_are_deleted_at_once() {
    let drawer = Drawer::new().await;
    for number in 0..1_001 {
        drawer.put(&format!("many/{number}"), "");
    }
    let items: Vec<_> = (0..1_001).map(|number| at(&format!("many/{number}"))).collect();
    let refused = drawer.post("delete", json!({ "items": items })).await;
    assert_eq!(told(&refused), (422, "VALIDATION_ERROR".into()));
    assert_eq!(names(&drawer.at("many")).len(), 1_001);
    let deleted = drawer.post("delete", json!({ "items": items[..1_000] })).await.json();
    assert_eq!((deleted["done"].as_array().unwrap().len(), &deleted["failed"]), (1_000, &json!([])));
    assert_eq!(names(&drawer.at("many")), ["1000"]);
    assert_eq!(drawer.trash().await.len(), 1_000);
    drawer.close().await;
}
