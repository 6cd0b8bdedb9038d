//! Signing in and out.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::server::Server;

#[tokio::test]
async fn the_link_signs_in_once_and_leads_where_the_person_was_going() {
    let server = Server::new().await;
    let token = server.app.auth.token.reveal();
    let link = format!("/sign-in?token={token}&next=/sessions/abcdefghij01%3Ftab%3D2");
    let response = server.request("GET", &link).send().await;
    assert_eq!((response.status.as_u16(), response.header("location")), (303, "/sessions/abcdefghij01?tab=2"));
    let cookie = response.header("set-cookie");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000"), "{cookie}");

    let again = server.request("GET", &link).send().await;
    assert_eq!(again.status, 401);
    assert_eq!(again.header("set-cookie"), "");
    assert!(!again.body.contains(&token), "a token that was refused is not shown");

    let file = server.directory.path().join("sign-in-token");
    let next = std::fs::read_to_string(&file).unwrap();
    assert_ne!(next.trim(), token);
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let form = format!("token=%20{}%20&next=//evil.example", next.trim());
    let posted = server.request("POST", "/sign-in").own_origin().form(&form).send().await;
    assert_eq!((posted.status.as_u16(), posted.header("location")), (303, "/"));
    server.close().await;
}

#[tokio::test]
async fn looking_ahead_does_not_use_the_token_up() {
    let server = Server::new().await;
    let link = format!("/sign-in?token={}", server.app.auth.token.reveal());
    let head = server.request("HEAD", &link).send().await;
    assert_eq!((head.status.as_u16(), head.header("set-cookie")), (200, ""));
    for (name, value) in [("sec-purpose", "prefetch"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")] {
        let ahead = server.request("GET", &link).header(name, value).send().await;
        assert_eq!((ahead.status.as_u16(), ahead.header("set-cookie")), (200, ""));
        assert!(ahead.body.contains(r#"<button class="button button-primary" type="submit">Sign in</button>"#));
    }
    assert_eq!(server.request("GET", &link).send().await.status, 303);
    server.close().await;
}

#[tokio::test]
async fn wrong_tokens_run_into_the_limit_and_the_right_one_is_let_in_all_the_same() {
    let server = Server::new().await;
    let mut last = None;
    for attempt in 0..10 {
        let response = server.request("POST", "/sign-in").own_origin().form("token=wrong").send().await;
        assert_eq!(response.status, 401);
        assert_eq!(response.header("x-ratelimit-remaining"), (9 - attempt).to_string());
        last = Some(response);
    }
    assert_eq!(last.unwrap().header("x-ratelimit-limit"), "10");
    let right = format!("/sign-in?token={}", server.app.auth.token.reveal());
    let limited = server.request("GET", "/sign-in?token=wrong").send().await;
    assert_eq!(limited.status, 429);
    assert!(
        limited.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=7).contains(&seconds)),
        "{limited:?}"
    );
    assert!(limited.header("set-cookie").is_empty());
    assert_eq!(server.request("GET", &right).send().await.status, 303);
    server.close().await;
}

#[tokio::test]
async fn a_foreign_page_can_neither_sign_in_nor_out() {
    let server = Server::new().await;
    let form = format!("token={}", server.app.auth.token.reveal());
    let foreign = server.request("POST", "/sign-in").header("origin", "https://evil.example").form(&form).send().await;
    assert_eq!(foreign.status, 403);
    let cookie = server.sign_in().await;
    let out = server.request("POST", "/sign-out").header("cookie", &cookie).header("origin", "null").send().await;
    assert_eq!(out.status, 403);
    assert_eq!(server.own(&cookie, "GET", "/api/sessions").send().await.status, 200);
    server.close().await;
}

#[tokio::test]
async fn signing_out_counts_at_once() {
    let server = Server::new().await;
    let (cookie, other) = (server.sign_in().await, server.sign_in().await);
    assert_eq!(server.own(&cookie, "GET", "/api/sessions").send().await.status, 200);
    let out = server.own(&cookie, "POST", "/sign-out").send().await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/sign-in"));
    assert!(out.header("set-cookie").starts_with("berth_session=; "), "{out:?}");
    assert_eq!(server.own(&cookie, "GET", "/api/sessions").send().await.status, 401);
    assert_eq!(server.own(&other, "GET", "/api/sessions").send().await.status, 200);
    server.close().await;
}

#[tokio::test]
async fn what_the_query_holds_is_text_on_the_page() {
    let server = Server::new().await;
    let response = server.request("GET", "/sign-in?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E").send().await;
    assert_eq!(response.status, 200);
    assert!(!response.body.contains("<script"), "{}", response.body);
    let cookie = server.request("GET", "/nothing?a=b&c").send().await;
    assert_eq!(cookie.header("location"), "/sign-in?next=/nothing%3Fa%3Db%26c");
    server.close().await;
}

#[tokio::test]
async fn under_tls_the_cookie_is_for_tls_only() {
    let server = Server::with(&["--public-url", "https://berth.example"]).await;
    let link = format!("/sign-in?token={}", server.app.auth.token.reveal());
    let response = server.request("GET", &link).send().await;
    assert!(response.header("set-cookie").ends_with("; Secure"));
    assert_eq!(response.header("strict-transport-security"), "max-age=63072000");
    server.close().await;
}
