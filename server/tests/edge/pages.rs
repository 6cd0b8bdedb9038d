//! Pages and files.

use crate::support::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_rendered_with_scripts_that_its_policy_permits() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let (one, other) = (server.own(&cookie, "GET", "/").send().await, server.own(&cookie, "GET", "/").send().await);
    for page in [&one, &other] {
        assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
        let nonce = nonce(page.header("content-security-policy"));
        let scripts = page.body.matches("<script").count();
        assert!(scripts > 0);
        assert_eq!(page.body.matches(&format!("nonce=\"{nonce}\"")).count(), page.body.matches("nonce=\"").count());
        assert_eq!(page.header("cache-control"), "no-store");
    }
    assert_ne!(nonce(one.header("content-security-policy")), nonce(other.header("content-security-policy")));
    server.close().await;
}

fn nonce(policy: &str) -> &str {
    policy.split("'nonce-").nth(1).and_then(|rest| rest.split('\'').next()).expect("a nonce in the policy")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_no_page_answers_404_with_the_app_around_it() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let page = server.own(&cookie, "GET", "/nothing/here").header("accept", "text/html").send().await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (404, "text/html; charset=utf-8"));
    assert!(page.header("content-security-policy").contains("'nonce-"));
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sessions_page_is_rendered_each_time_and_its_name_is_text_everywhere() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let name = r#"{"name":"</title><img src=x onerror=x>&amp;"}"#;
    let made = server.own(&cookie, "POST", "/api/sessions").json(name).send().await;
    let path = format!("/sessions/{}", made.json()["id"].as_str().unwrap());
    // Many at once: what a page reads when it is all but done may be gone by then.
    for _ in 0..30 {
        let pages = (0..8).map(|_| server.own(&cookie, "GET", &path).header("accept", "text/html").send());
        for page in futures::future::join_all(pages).await {
            assert_eq!(page.status, 200, "{page:?}");
            assert!(!page.body.contains("<img"), "{}", page.body);
            let title = "<title>&lt;/title&gt;&lt;img src=x onerror=x&gt;&amp;amp; · Berth</title>";
            assert!(page.body.contains(title), "{}", page.body);
        }
    }
    server.close().await;
}

#[tokio::test]
async fn a_file_is_asked_for_each_time_and_sent_when_it_has_changed() {
    let server = Server::new().await;
    let first = server.request("GET", "/pkg/berth.css").send().await;
    assert_eq!((first.status.as_u16(), first.body.as_str()), (200, "body{}"));
    assert_eq!(first.header("cache-control"), "no-cache");
    let since = first.header("last-modified");
    let again = server.request("GET", "/pkg/berth.css").header("if-modified-since", since).send().await;
    assert_eq!(again.status, 304);
    assert_eq!(server.request("GET", "/pkg/absent.js").send().await.status, 404);
    server.close().await;
}

#[tokio::test]
async fn a_compressed_file_is_sent_to_those_that_take_it() {
    let server = Server::new().await;
    std::fs::write(server.directory.path().join("site/pkg/berth.css.br"), "pressed").unwrap();
    let request = server.request("GET", "/pkg/berth.css").header("accept-encoding", "gzip, br");
    let response = request.send().await;
    assert_eq!((response.header("content-encoding"), response.body.as_str()), ("br", "pressed"));
    assert_eq!(response.header("content-type"), "text/css");
    assert_eq!(response.header("vary"), "accept-encoding");
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_compressed_and_short_answers_are_not() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let page = server.own(&cookie, "GET", "/").header("accept-encoding", "gzip").send().await;
    assert_eq!(page.header("content-encoding"), "gzip");
    let list = server.own(&cookie, "GET", "/api/sessions").header("accept-encoding", "gzip").send().await;
    assert_eq!((list.header("content-encoding"), list.body.as_str()), ("", "[]"));
    server.close().await;
}
