//! The API's controllers over the real service.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use insta::assert_snapshot;
use tokio::io::AsyncReadExt as _;

use crate::support::LIMIT;
use crate::support::server::Server;

#[tokio::test]
async fn a_session_is_made_read_renamed_and_deleted() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let own = |method: &str, path: &str| server.own(&cookie, method, path);

    let made = own("POST", "/api/sessions").json(r#"{"name":"  First  "}"#).send().await;
    assert_eq!(made.status, 201);
    let session = made.json();
    let id = session["id"].as_str().unwrap();
    let path = format!("/api/sessions/{id}");
    assert_eq!(made.header("location"), path);
    assert_eq!(session["name"], "First");
    assert_eq!(own("GET", &path).send().await.json(), session);
    assert_eq!(own("GET", "/api/sessions").send().await.json(), serde_json::json!([session]));

    let renamed = own("PATCH", &path).json(r#"{"name":"Second"}"#).send().await;
    assert_eq!((renamed.status.as_u16(), &renamed.json()["name"]), (200, &"Second".into()));
    let status = own("GET", &format!("{path}/status")).send().await;
    assert_eq!(
        status.json(),
        serde_json::json!({
            "id": id,
            "state": { "status": "created" },
            "usage": null,
            "samples": { "cpu_millis": [], "memory_bytes": [], "disk_bytes": [] }
        })
    );
    let startup = own("GET", &format!("{path}/startup-status")).send().await;
    assert_eq!(
        startup.json(),
        serde_json::json!({ "state": { "status": "created" }, "progress": 0, "stages": [], "ready_ms": null })
    );
    let batch = own("GET", &format!("/api/sessions/batch-status?ids=abcdefghij01,{id}")).send().await;
    assert_eq!(batch.json().as_array().unwrap().len(), 1);
    let terminals = own("GET", &format!("/api/terminal/{id}/status")).send().await;
    assert_eq!(terminals.json(), serde_json::json!({ "terminals": [] }));
    let scrollback = own("GET", &format!("/api/terminal/{id}-1/scrollback?format=ansi")).send().await;
    assert_eq!((scrollback.status.as_u16(), &scrollback.json()["code"]), (409, &"CONFLICT".into()));
    let input = own("POST", &format!("/api/terminal/{id}-1/input")).header("content-type", "application/octet-stream");
    assert_eq!(input.body(b"ls\n").send().await.status, 409);

    assert_eq!(own("DELETE", &path).send().await.status, 204);
    assert_eq!(own("GET", &path).send().await.status, 404);
    assert_eq!(own("DELETE", &path).send().await.status, 404);
    server.close().await;
}

#[tokio::test]
async fn a_start_is_answered_at_once() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let made = server.own(&cookie, "POST", "/api/sessions").json("{}").send().await.json();
    let path = format!("/api/sessions/{}", made["id"].as_str().unwrap());
    for verb in ["start", "stop"] {
        let response = server.own(&cookie, "POST", &format!("{path}/{verb}")).send().await;
        assert_eq!(response.status, 202, "{verb}: {response:?}");
    }
    server.close().await;
}

#[tokio::test]
async fn events_tell_of_changes_and_end_with_the_server() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let mut stream = server.own(&cookie, "GET", "/api/sessions/events").header("accept-encoding", "gzip").open().await;
    let mut told = String::new();
    read_until(&mut stream, &mut told, "\r\n\r\n").await;
    assert!(told.contains("content-type: text/event-stream"), "{told}");
    assert!(!told.contains("content-encoding"), "events wait for no compressor: {told}");

    let made = server.own(&cookie, "POST", "/api/sessions").json("{}").send().await.json();
    let id = made["id"].as_str().unwrap();
    read_until(&mut stream, &mut told, &format!("event: session\ndata: {{\"id\":\"{id}\"")).await;
    server.own(&cookie, "DELETE", &format!("/api/sessions/{id}")).send().await;
    read_until(&mut stream, &mut told, &format!("event: deleted\ndata: {{\"id\":\"{id}\"}}")).await;

    server.close().await;
    let mut rest = Vec::new();
    tokio::time::timeout(LIMIT, stream.read_to_end(&mut rest)).await.expect("the stream to end").unwrap();
}

async fn read_until(stream: &mut tokio::net::TcpStream, told: &mut String, wanted: &str) {
    let read = async {
        let mut buffer = [0; 4096];
        while !told.contains(wanted) {
            let length = stream.read(&mut buffer).await.unwrap();
            assert!(length > 0, "the stream ended before {wanted:?}: {told}");
            told.push_str(&String::from_utf8_lossy(&buffer[..length]));
        }
    };
    tokio::time::timeout(LIMIT, read).await.expect("events in time");
}

#[test]
fn the_document_describes_every_route_with_its_answers() {
    let document = serde_json::to_value(berth::http::document()).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut lines = BTreeMap::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let answers: Vec<_> = operation["responses"].as_object().unwrap().keys().map(String::as_str).collect();
            lines.insert(format!("{path} {method}"), answers.join(" "));
        }
    }
    let text = lines.iter().fold(String::new(), |mut text, (operation, answers)| {
        writeln!(text, "{operation}: {answers}").unwrap();
        text
    });
    assert_snapshot!(text);
}

#[tokio::test]
async fn the_document_and_its_page_need_no_other_host() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let document = server.own(&cookie, "GET", "/api/openapi.json").send().await.json();
    assert_eq!(document, serde_json::to_value(berth::http::document()).unwrap());
    let page = server.own(&cookie, "GET", "/api/docs").send().await;
    assert_eq!(page.status, 200);
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "the page names another host");
    for path in document["paths"].as_object().unwrap().keys() {
        assert!(page.body.contains(&format!("<code>{path}</code>")), "{path} is not on the page");
    }
    server.close().await;
}

#[tokio::test]
async fn health_says_what_the_runtime_does_not_enforce_and_whether_files_can_be_written() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let health = server.own(&cookie, "GET", "/api/health").send().await;
    assert_eq!(health.status, 200, "{health:?}");
    let health = health.json();
    assert_eq!((&health["healthy"], &health["database"]["available"]), (&true.into(), &true.into()));
    assert!(health["runtime"]["enforcement"].is_array());
    assert_eq!(health["storage"]["available"], true);
    assert!(health["storage"]["free_bytes"].as_u64() > Some(0), "{health}");
    let files = server.directory.path().join("files");
    std::fs::remove_dir_all(&files).unwrap();
    std::fs::write(&files, "in the way").unwrap();
    let health = server.own(&cookie, "GET", "/api/health").send().await;
    assert_eq!((health.status.as_u16(), &health.json()["storage"]["available"]), (503, &false.into()), "{health:?}");
    server.close().await;
}
