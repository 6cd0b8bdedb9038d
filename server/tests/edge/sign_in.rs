//! Setting up, signing in and out, and links.

use std::os::unix::fs::PermissionsExt as _;

use crate::support::client::Response;
use crate::support::server::{EMAIL, PASSWORD, Server};

async fn attempt(server: &Server, email: &str, password: &str) -> Response {
    let form = format!("email={email}&password={password}&next=/sessions/abcdefghij01");
    server.request("POST", "/sign-in").own_origin().form(&form).send().await
}

async fn set_up(server: &Server, token: &str, more: &str) -> Response {
    let form = format!("token={token}&{more}");
    server.request("POST", "/setup").own_origin().form(&form).send().await
}

#[tokio::test]
async fn a_new_server_leads_to_its_setup_and_only_the_token_gets_through_it() {
    let server = Server::not_set_up().await;
    for path in ["/", "/sessions/abcdefghij01", "/sign-in", "/account", "/admin"] {
        assert_eq!(server.request("GET", path).send().await.header("location"), "/setup", "{path}");
    }
    assert_eq!(server.request("GET", "/api/sessions").send().await.status, 401);
    let file = server.directory.path().join("setup-token");
    let token = std::fs::read_to_string(&file).unwrap().trim().to_owned();
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(Some(&token), server.app.auth.setup.reveal().as_ref());

    let good = format!("email=%20Ada@Example.org&password={PASSWORD}&again={PASSWORD}");
    for (more, status) in [
        (format!("email=ada&password={PASSWORD}&again={PASSWORD}"), 422),
        (format!("email=%D0%B0da@example.org&password={PASSWORD}&again={PASSWORD}"), 422),
        ("email=ada@example.org&password=short&again=short".to_owned(), 422),
        (format!("email=ada@example.org&password={PASSWORD}&again={PASSWORD}x"), 422),
        ("email=ada@example.org".to_owned(), 422),
        (String::new(), 422),
    ] {
        let refused = set_up(&server, &token, &more).await;
        assert_eq!(refused.status, status, "{more}: {refused:?}");
        assert!(refused.body.contains(&token), "what was typed is not lost");
    }
    let wrong = set_up(&server, &"0".repeat(64), &good).await;
    assert_eq!((wrong.status.as_u16(), wrong.header("set-cookie")), (401, ""));
    let foreign = server.request("POST", "/setup").header("origin", "null").form(&format!("token={token}&{good}"));
    assert_eq!(foreign.send().await.status, 403);
    assert!(server.app.database.people().await.unwrap().is_empty(), "nothing has changed");

    let (one, other) = tokio::join!(set_up(&server, &token, &good), set_up(&server, &token, &good));
    let made = if one.header("set-cookie").is_empty() { &other } else { &one };
    assert_eq!(made.status, 200, "{one:?} {other:?}");
    assert!(made.body.contains("Berth is set up"), "{made:?}");
    assert!(one.header("set-cookie").is_empty() != other.header("set-cookie").is_empty(), "one of two wizards");
    let people = server.app.database.people().await.unwrap();
    assert_eq!((people.len(), people[0].id.as_str(), people[0].email.as_str()), (1, "admin", "ada@example.org"));
    assert!(!file.exists(), "the token is gone for good");
    let again = set_up(&server, &token, &good).await;
    assert_eq!((again.status.as_u16(), again.header("set-cookie")), (401, ""));
    assert_eq!(server.request("GET", "/setup").send().await.header("location"), "/sign-in?next=/setup");
    let cookie = server.sign_in_as("ada@example.org", PASSWORD).await;
    assert_eq!(server.own(&cookie, "GET", "/api/user").send().await.json()["role"], "admin");
    server.close().await;
}

#[tokio::test]
async fn the_password_signs_in_and_leads_where_the_person_was_going() {
    let server = Server::new().await;
    let response = attempt(&server, "%20ADMIN@example.org%20", PASSWORD).await;
    assert_eq!((response.status.as_u16(), response.header("location")), (303, "/sessions/abcdefghij01"));
    let cookie = response.header("set-cookie");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/; Max-Age=2592000"), "{cookie}");
    let form = format!("email={EMAIL}&password={PASSWORD}&next=//evil.example");
    let elsewhere = server.request("POST", "/sign-in").own_origin().form(&form).send().await;
    assert_eq!(elsewhere.header("location"), "/");
    server.close().await;
}

#[tokio::test]
async fn nobody_is_told_which_accounts_there_are() {
    let server = Server::new().await;
    let told = |response: Response, email: &str| (response.status, response.body.replace(email, "[email]"));
    let known = told(attempt(&server, EMAIL, "wrong-password-x").await, EMAIL);
    assert_eq!(known.0, 401);
    for nobody in ["nobody@example.org", "admin@example.orgg"] {
        assert_eq!(told(attempt(&server, nobody, "wrong-password-x").await, nobody), known);
    }
    let huge = attempt(&server, EMAIL, &"x".repeat(2000)).await;
    assert_eq!(told(huge, EMAIL), known);
    server.close().await;
}

#[tokio::test]
async fn an_account_is_closed_for_a_while_after_wrong_passwords_known_or_not() {
    let server = Server::with(&["--trusted-proxies", "127.0.0.1"]).await;
    let from = |address: &str, email: &str, password: &str| {
        let form = format!("email={email}&password={password}");
        server.request("POST", "/sign-in").own_origin().header("x-forwarded-for", address).form(&form).send()
    };
    for (address, email) in [("198.51.100.1", EMAIL), ("198.51.100.2", "nobody@example.org")] {
        for _ in 0..5 {
            assert_eq!(from(address, email, "wrong-password-x").await.status, 401);
        }
        let closed = from(address, email, PASSWORD).await;
        assert_eq!(closed.status, 429, "{closed:?}");
        assert!(closed.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=2).contains(&seconds)));
    }
    assert_eq!(from("198.51.100.3", EMAIL, PASSWORD).await.status, 303, "not for its owner elsewhere");
    for number in 0..41 {
        let address = format!("203.0.113.{number}");
        assert!(server.app.auth.check(EMAIL, "wrong-password-x", &address).await.is_err());
    }
    assert_eq!(from("198.51.100.4", EMAIL, PASSWORD).await.status, 429, "but for everybody in the end");
    server.close().await;
}

#[tokio::test]
async fn an_address_runs_out_of_attempts_before_anything_is_hashed() {
    let server = Server::new().await;
    for attempted in 0..10 {
        let response = attempt(&server, &format!("nobody{attempted}@example.org"), "wrong-password-x").await;
        assert_eq!(response.status, 401);
        assert_eq!(response.header("x-ratelimit-remaining"), (9 - attempted).to_string());
    }
    let limited = attempt(&server, EMAIL, PASSWORD).await;
    assert_eq!((limited.status.as_u16(), limited.header("set-cookie")), (429, ""));
    assert!(limited.header("retry-after").parse::<u64>().is_ok_and(|seconds| (1..=7).contains(&seconds)));
    server.close().await;
}

#[tokio::test]
async fn a_trusted_proxy_says_whose_attempt_it_is() {
    let server = Server::with(&["--trusted-proxies", "127.0.0.0/8"]).await;
    let form = "email=nobody@example.org&password=wrong-password-x";
    let behind = |client: &str| server.request("POST", "/sign-in").own_origin().header("x-forwarded-for", client);
    for _ in 0..10 {
        behind("198.51.100.1").form(form).send().await;
    }
    assert_eq!(behind("198.51.100.1").form(form).send().await.status, 429);
    let other = format!("email={EMAIL}&password={PASSWORD}");
    assert_eq!(behind("203.0.113.5, 198.51.100.2").form(&other).send().await.status, 303);
    let entries = server.app.database.audit(EMAIL, "sign_in", None, 1).await.unwrap();
    assert_eq!(entries[0].address, "198.51.100.2");
    server.close().await;
}

#[tokio::test]
async fn a_foreign_page_can_neither_sign_in_nor_out() {
    let server = Server::new().await;
    let form = format!("email={EMAIL}&password={PASSWORD}");
    let foreign = server.request("POST", "/sign-in").header("origin", "https://evil.example").form(&form).send().await;
    assert_eq!(foreign.status, 403);
    let cookie = server.sign_in().await;
    let out = server.request("POST", "/sign-out").header("cookie", &cookie).header("origin", "null").send().await;
    assert_eq!(out.status, 403);
    assert_eq!(server.own(&cookie, "GET", "/api/sessions").send().await.status, 200);
    server.close().await;
}

#[tokio::test]
async fn signing_out_counts_at_once_and_signing_in_ends_the_cookie_that_was() {
    let server = Server::new().await;
    let (cookie, other) = (server.sign_in().await, server.sign_in().await);
    assert_eq!(server.own(&cookie, "GET", "/api/sessions").send().await.status, 200);
    let out = server.own(&cookie, "POST", "/sign-out").send().await;
    assert_eq!((out.status.as_u16(), out.header("location")), (303, "/sign-in"));
    assert!(out.header("set-cookie").starts_with("berth_session=; "), "{out:?}");
    assert_eq!(server.own(&cookie, "GET", "/api/sessions").send().await.status, 401);
    assert_eq!(server.own(&other, "GET", "/api/sessions").send().await.status, 200);
    let form = format!("email={EMAIL}&password={PASSWORD}");
    let rotated = server.own(&other, "POST", "/sign-in").form(&form).send().await;
    assert_eq!(rotated.status, 303);
    assert_eq!(server.own(&other, "GET", "/api/sessions").send().await.status, 401);
    server.close().await;
}

#[tokio::test]
async fn what_the_query_and_the_form_hold_is_text_on_the_page() {
    let server = Server::new().await;
    let response = server.request("GET", "/sign-in?next=/%22%3E%3Cscript%3Ealert(1)%3C/script%3E").send().await;
    assert_eq!(response.status, 200);
    assert!(!response.body.contains("<script"), "{}", response.body);
    let posted = attempt(&server, "%22%3E%3Cscript%3Ealert(1)", "x").await;
    assert_eq!(posted.status, 401);
    assert!(!posted.body.contains("<script"), "{}", posted.body);
    let cookie = server.request("GET", "/nothing?a=b&c").send().await;
    assert_eq!(cookie.header("location"), "/sign-in?next=/nothing%3Fa%3Db%26c");
    server.close().await;
}

#[tokio::test]
async fn forms_of_any_kind_get_their_documented_answer() {
    let server = Server::new().await;
    let send = |form: String| server.request("POST", "/sign-in").own_origin().form(&form).send();
    for (field, statuses) in [
        (String::new(), [401, 401]),
        ("email=a%00b@example.org&password=%00".to_owned(), [401, 401]),
        ("email=' OR 1=1 --&password=' OR 1=1 --".to_owned(), [401, 401]),
        ("email=%E2%80%AEada@example.org&password=x".to_owned(), [401, 401]),
        ("email=%FF&password=x".to_owned(), [400, 401]),
        (format!("email={}", "a".repeat(1 << 20)), [413, 413]),
    ] {
        let response = send(field.clone()).await;
        let named = field.chars().take(40).collect::<String>();
        assert!(statuses.contains(&response.status.as_u16()), "{named}: {}", response.status);
        assert_eq!(response.header("set-cookie"), "");
    }
    let json = server.request("POST", "/sign-in").own_origin().json("{}").send().await;
    assert_eq!(json.status, 400);
    server.close().await;
}

#[tokio::test]
async fn under_tls_the_cookie_is_for_tls_only() {
    let server = Server::with(&["--public-url", "https://berth.example"]).await;
    let response = attempt(&server, EMAIL, PASSWORD).await;
    assert!(response.header("set-cookie").ends_with("; Secure"));
    assert_eq!(response.header("strict-transport-security"), "max-age=63072000");
    server.close().await;
}

#[tokio::test]
async fn a_configured_administrator_is_made_once_and_left_alone_then() {
    let server = Server::new().await;
    let people = server.app.database.people().await.unwrap();
    assert_eq!((people.len(), people[0].email.as_str()), (1, EMAIL));
    assert!(!server.directory.path().join("setup-token").exists());
    let before = people[0].password.clone();
    berth::accounts::make_configured_administrator(&server.app.database, &server.app.config).await.unwrap();
    assert_eq!(server.app.database.people().await.unwrap()[0].password, before);
    server.close().await;
}
