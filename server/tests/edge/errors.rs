//! What a failure looks like: always `{error, code, request_id}`, and never HTML for programs.

use insta::assert_snapshot;

use crate::support::server::Server;

#[tokio::test]
async fn failures_have_their_documented_form() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let own = |method: &str, path: &str| server.own(&cookie, method, path);
    let text = |name: &str| format!(r#"{{"name":"{name}"}}"#);

    assert_snapshot!(server.request("GET", "/api/sessions").send().await.error(), @r#"401 {"error":"Sign in first.","code":"AUTH_ERROR","request_id":"[id]"}"#);
    assert_snapshot!(server.request("POST", "/api/sessions").header("cookie", &cookie).json("{}").send().await.error(), @r#"403 {"error":"This request came from a page of another site, or from no page at all.","code":"FORBIDDEN","request_id":"[id]"}"#);
    assert_snapshot!(own("GET", "/api/sessions/abcdefghij01").send().await.error(), @r#"404 {"error":"There is no such session.","code":"NOT_FOUND","request_id":"[id]"}"#);
    assert_snapshot!(own("GET", "/api/nothing").send().await.error(), @r#"404 {"error":"There is no such address.","code":"NOT_FOUND","request_id":"[id]"}"#);
    assert_snapshot!(own("PUT", "/api/sessions").send().await.error(), @r#"405 {"error":"This address does not answer that method.","code":"VALIDATION_ERROR","request_id":"[id]"}"#);
    assert_snapshot!(own("POST", "/api/sessions").body(b"{}").send().await.error(), @r#"415 {"error":"The request's body must have the content type application/json.","code":"VALIDATION_ERROR","request_id":"[id]"}"#);
    assert_snapshot!(own("POST", "/api/sessions").json("{").send().await.error(), @r#"400 {"error":"The request's body can't be used: EOF while parsing an object at line 1 column 1.","code":"VALIDATION_ERROR","request_id":"[id]"}"#);
    assert_snapshot!(own("POST", "/api/sessions").json(r#"{"nome":"x"}"#).send().await.error(), @r#"400 {"error":"The request's body can't be used: unknown field `nome`, expected one of `name`, `agent`, `tier`, `runtime`, `repository`, `preset`, `environment`, `keep` at line 1 column 7.","code":"VALIDATION_ERROR","request_id":"[id]"}"#);
    assert_snapshot!(own("POST", "/api/sessions").json(&text("\\u001b[31m")).send().await.error(), @r#"422 {"error":"Some of what you entered can't be used.","code":"VALIDATION_ERROR","request_id":"[id]","fields":[{"field":"name","message":"A name can't hold control characters."}]}"#);
    assert_snapshot!(own("GET", "/api/sessions/batch-status?of=x").send().await.error(), @r#"400 {"error":"The query can't be used: Failed to deserialize query string: of: unknown field `of`, expected `ids`.","code":"VALIDATION_ERROR","request_id":"[id]"}"#);
    server.close().await;
}

#[tokio::test]
async fn ids_that_cannot_be_are_told_as_ids_that_are_not() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let odd = [
        "x",
        "ABCDEFGHIJ01",
        "abcdefghij01%00",
        "..%2f..%2fetc",
        "%ff%fe",
        "abcdefghij01-1",
        "'%20or%201=1",
        "%E2%80%AE",
    ];
    for id in odd {
        let response = server.own(&cookie, "GET", &format!("/api/sessions/{id}")).send().await;
        assert_eq!((response.status.as_u16(), &response.json()["code"]), (404, &"NOT_FOUND".into()), "{id}");
        let response = server.own(&cookie, "DELETE", &format!("/api/sessions/{id}")).send().await;
        assert_eq!(response.status, 404, "{id}");
    }
    for address in
        ["abcdefghij01-0", "abcdefghij01-7", "abcdefghij01-01", "abcdefghij01", "abcdefghij01-", "-1", "a-1-1"]
    {
        let response = server.own(&cookie, "GET", &format!("/api/terminal/{address}/scrollback")).send().await;
        assert_eq!((response.status.as_u16(), &response.json()["code"]), (404, &"NOT_FOUND".into()), "{address}");
    }
    server.close().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_whether_it_says_so_or_not() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let body = format!(r#"{{"name":"{}"}}"#, "x".repeat(1 << 20));
    let said = server.own(&cookie, "POST", "/api/sessions").json(&body).send().await;
    assert_eq!((said.status.as_u16(), &said.json()["code"]), (413, &"VALIDATION_ERROR".into()));
    let chunked = format!("{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    let request = server.own(&cookie, "POST", "/api/sessions").header("transfer-encoding", "chunked");
    let unsaid = request.header("content-type", "application/json").body(chunked.as_bytes()).send().await;
    assert_eq!((unsaid.status.as_u16(), &unsaid.json()["code"]), (413, &"VALIDATION_ERROR".into()));
    server.close().await;
}

#[tokio::test]
async fn people_are_told_of_errors_on_a_page_and_programs_in_json() {
    let server = Server::new().await;
    let page = server.request("POST", "/sign-out").header("accept", "text/html,*/*").send().await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (401, "text/html; charset=utf-8"));
    assert!(page.body.contains(page.header("x-request-id")), "{page:?}");
    let program = server.request("GET", "/api/sessions").header("accept", "text/html,*/*").send().await;
    assert_eq!(program.header("content-type"), "application/json");
    server.close().await;
}

#[tokio::test]
async fn every_answer_has_its_id_and_the_headers_that_protect_it() {
    let server = Server::new().await;
    for path in ["/health", "/", "/api/sessions", "/sign-in", "/pkg/berth.css"] {
        let response = server.request("GET", path).header("x-request-id", "from-a-proxy-1").send().await;
        assert_eq!(response.header("x-request-id"), "from-a-proxy-1", "{path}");
        assert_eq!(response.header("x-content-type-options"), "nosniff");
        assert_eq!(response.header("referrer-policy"), "same-origin");
        let policy = response.header("content-security-policy");
        assert!(policy.contains("frame-ancestors 'none'") && policy.contains("object-src 'none'"), "{path}: {policy}");
        assert!(!policy.contains("script-src 'self' 'unsafe-inline'"), "{path}: {policy}");
        assert_eq!(response.header("strict-transport-security"), "");
    }
    server.close().await;
}
