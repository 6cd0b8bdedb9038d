//! What goes into a session besides keys, as far as it is refused before a container is asked: files, and
//! the addresses that sign-ins end on.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::support::LIMIT;
use crate::support::server::Server;

#[tokio::test]
async fn an_upload_needs_a_session_that_runs_and_a_plain_name() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let made = server.own(&cookie, "POST", "/api/sessions").json("{}").send().await.json();
    let path = format!("/api/terminal/{}-1/uploads", made["id"].as_str().unwrap());
    let upload = async |query: &str| server.own(&cookie, "POST", &format!("{path}{query}")).body(b"x").send().await;

    assert_eq!(upload("?name=a.png").await.status, 409);
    for name in ["", "..", "a%2Fb", "a%0Ab", "%00", "%FF", "%E2%80%AEx", &"x".repeat(256)] {
        let refused = upload(&format!("?name={name}")).await;
        assert_eq!(refused.status, 422, "{name:?}: {refused:?}");
        assert_eq!(refused.json()["fields"][0]["field"], "name");
    }
    for query in ["", "?nome=x", "?name=x&over=1"] {
        assert_eq!(upload(query).await.status, 400, "{query:?}");
    }
    let absent = server.own(&cookie, "POST", "/api/terminal/abcdefghij01-1/uploads?name=x").body(b"x").send().await;
    assert_eq!(absent.status, 404);
    let no_terminal = server.own(&cookie, "POST", "/api/terminal/abcdefghij01/uploads?name=x").body(b"x").send().await;
    assert_eq!(no_terminal.status, 404);
    server.close().await;
}

/// Over an ordinary request's limit and under an upload's; over both.
#[tokio::test]
async fn only_an_upload_may_be_large_and_not_without_end() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    for (path, length, status) in [
        ("/api/terminal/abcdefghij01-1/uploads?name=x", 100 << 20, "404"),
        ("/api/terminal/abcdefghij01-1/uploads?name=x", (100 << 20) + 1, "413"),
        ("/api/terminal/abcdefghij01-1/input", (1 << 20) + 1, "413"),
        ("/api/terminal/abcdefghij01/uploads/x", (1 << 20) + 1, "413"),
    ] {
        let request = server.own(&cookie, "POST", path).header("content-length", &length.to_string());
        let mut stream = request.header("connection", "close").open().await;
        stream.write_all(b"x").await.unwrap();
        let mut answer = [0; 12];
        tokio::time::timeout(LIMIT, stream.read_exact(&mut answer)).await.expect("an answer in time").unwrap();
        assert_eq!(std::str::from_utf8(&answer).unwrap(), format!("HTTP/1.1 {status}"), "{path} {length}");
    }
    server.close().await;
}

#[tokio::test]
async fn a_sign_in_is_handed_on_to_loopback_only() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let made = server.own(&cookie, "POST", "/api/sessions").json("{}").send().await.json();
    let path = format!("/api/terminal/{}/sign-in-callback", made["id"].as_str().unwrap());
    let call = async |url: &str| {
        let body = serde_json::json!({ "url": url }).to_string();
        server.own(&cookie, "POST", &path).json(&body).send().await
    };
    assert_eq!(call("http://localhost:1455/auth/callback?code=secret").await.status, 409);
    for url in [
        "https://localhost/",
        "http://localhost@evil/",
        "http://localhost.evil/",
        "http://127.0.0.1:1@x/",
        "http://0.0.0.0/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://[::ffff:127.0.0.1]/",
        "http://u:p@localhost/",
        "http://localhost:0/",
        "http://localhost:65536/",
        "http://localhost/\r\nHost: evil",
        "http://localhost/ü",
        "",
    ] {
        let refused = call(url).await;
        assert_eq!(refused.status, 422, "{url}: {refused:?}");
        assert_eq!(refused.json()["fields"][0]["field"], "url");
    }
    for body in ["{}", "[]", r#"{"url":"http://localhost/","to":"x"}"#] {
        assert_eq!(server.own(&cookie, "POST", &path).json(body).send().await.status, 400, "{body}");
    }
    server.close().await;
}
