//! Every route and socket, with every kind of credential. A route that is added without a row here fails.

use std::collections::BTreeSet;

use app::model::account::Scope;
use berth::database::{StoredToken, TokenHash};
use time::{Duration, OffsetDateTime};

use crate::support::client::{Request, Response};
use crate::support::server::Server;

/// Who may reach a route besides an admin's browser, which may reach all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    /// Everybody, and writes with the server's own Origin.
    Open,
    /// Any person's browser, and no token.
    Own,
    /// Any person's browser, any token to read, `sessions` to write.
    General,
    /// Any person's browser, `sessions`, and `read` to read.
    Sessions,
    /// The same with `storage`.
    Storage,
    /// Admins' browsers, and admins' tokens with `admin`.
    Admin,
    /// Admins' browsers, and no token.
    AdminOwn,
}

/// Each route, as the router knows it.
const ROUTES: &[(&str, &str, Row)] = &[
    ("GET", "/api/sessions", Row::Sessions),
    ("POST", "/api/sessions", Row::Sessions),
    ("GET", "/api/sessions/batch-status", Row::Sessions),
    ("GET", "/api/sessions/events", Row::Sessions),
    ("GET", "/api/sessions/{id}", Row::Sessions),
    ("PATCH", "/api/sessions/{id}", Row::Sessions),
    ("DELETE", "/api/sessions/{id}", Row::Sessions),
    ("POST", "/api/sessions/{id}/start", Row::Sessions),
    ("POST", "/api/sessions/{id}/stop", Row::Sessions),
    ("POST", "/api/sessions/{id}/restart", Row::Sessions),
    ("GET", "/api/sessions/choices", Row::Sessions),
    ("POST", "/api/sessions/{id}/duplicate", Row::Sessions),
    ("POST", "/api/sessions/{id}/touch", Row::Sessions),
    ("GET", "/api/presets", Row::Sessions),
    ("POST", "/api/presets", Row::Sessions),
    ("PATCH", "/api/presets/{id}", Row::Sessions),
    ("DELETE", "/api/presets/{id}", Row::Sessions),
    ("POST", "/api/presets/{id}/apply", Row::Sessions),
    ("GET", "/api/sessions/{id}/status", Row::Sessions),
    ("GET", "/api/sessions/{id}/startup-status", Row::Sessions),
    ("GET", "/api/terminal/{address}/status", Row::Sessions),
    ("GET", "/api/terminal/{address}/scrollback", Row::Sessions),
    ("POST", "/api/terminal/{address}/input", Row::Sessions),
    ("POST", "/api/terminal/{address}/uploads", Row::Sessions),
    ("DELETE", "/api/terminal/{address}", Row::Sessions),
    ("POST", "/api/terminal/{address}/sign-in-callback", Row::Sessions),
    ("GET", "/api/storage/browse", Row::Storage),
    ("GET", "/api/storage/download", Row::Storage),
    ("GET", "/api/storage/events", Row::Storage),
    ("GET", "/api/storage/preview", Row::Storage),
    ("GET", "/api/storage/search", Row::Storage),
    ("GET", "/api/storage/stats", Row::Storage),
    ("GET", "/api/storage/trash", Row::Storage),
    ("GET", "/api/storage/upload/status", Row::Storage),
    ("POST", "/api/storage/copy", Row::Storage),
    ("POST", "/api/storage/delete", Row::Storage),
    ("POST", "/api/storage/mkdir", Row::Storage),
    ("POST", "/api/storage/move", Row::Storage),
    ("POST", "/api/storage/restore", Row::Storage),
    ("POST", "/api/storage/seed/getting-started", Row::Storage),
    ("POST", "/api/storage/upload", Row::Storage),
    ("POST", "/api/storage/upload/abort", Row::Storage),
    ("POST", "/api/storage/upload/complete", Row::Storage),
    ("POST", "/api/storage/upload/initiate", Row::Storage),
    ("POST", "/api/storage/upload/part", Row::Storage),
    ("GET", "/api/preferences", Row::General),
    ("PATCH", "/api/preferences", Row::General),
    ("GET", "/api/user", Row::General),
    ("POST", "/api/user/password", Row::Own),
    ("GET", "/api/user/sessions", Row::Own),
    ("DELETE", "/api/user/sessions", Row::Own),
    ("DELETE", "/api/user/sessions/{id}", Row::Own),
    ("GET", "/api/tokens", Row::Own),
    ("POST", "/api/tokens", Row::Own),
    ("DELETE", "/api/tokens/{id}", Row::Own),
    ("GET", "/api/users", Row::Admin),
    ("POST", "/api/users", Row::Admin),
    ("PATCH", "/api/users/{email}", Row::Admin),
    ("POST", "/api/users/{email}/link", Row::AdminOwn),
    ("DELETE", "/api/users/{email}", Row::Admin),
    ("GET", "/api/admin/audit", Row::Admin),
    ("GET", "/api/setup/status", Row::Open),
    ("GET", "/api/setup/prefill", Row::AdminOwn),
    ("POST", "/api/setup/check", Row::AdminOwn),
    ("POST", "/api/setup/configure", Row::AdminOwn),
    ("GET", "/api/admin/sessions", Row::Admin),
    ("GET", "/api/admin/containers", Row::Admin),
    ("GET", "/api/admin/runtime", Row::Admin),
    ("POST", "/api/admin/destroy-by-id", Row::Admin),
    ("POST", "/api/admin/reconcile", Row::Admin),
    ("GET", "/api/admin/waitlist", Row::Admin),
    ("POST", "/api/admin/waitlist/{email}/approve", Row::Admin),
    ("DELETE", "/api/admin/waitlist/{email}", Row::Admin),
    ("GET", "/public/onboarding-config", Row::Open),
    ("POST", "/public/waitlist", Row::Open),
    ("GET", "/api/health", Row::General),
];

/// What is in no description: pages, their forms, server functions.
const OTHERS: &[(&str, &str, Row)] = &[
    ("GET", "/", Row::Own),
    ("GET", "/sessions/abcdefghij01", Row::Own),
    ("GET", "/api/openapi.json", Row::General),
    ("GET", "/api/docs", Row::General),
    ("GET", "/api/docs/try.js", Row::General),
    ("GET", "/account", Row::Own),
    ("POST", "/account/password", Row::Own),
    ("POST", "/account/browsers/end-others", Row::Own),
    ("POST", "/account/browsers/abcdefghij01/end", Row::Own),
    ("POST", "/account/tokens", Row::Own),
    ("POST", "/account/tokens/abcdefghij01/revoke", Row::Own),
    ("GET", "/setup", Row::AdminOwn),
    ("POST", "/setup", Row::AdminOwn),
    ("GET", "/setup/wizard.js", Row::Open),
    ("GET", "/admin", Row::AdminOwn),
    ("POST", "/admin/people", Row::AdminOwn),
    ("GET", "/admin/audit", Row::AdminOwn),
    ("GET", "/admin/sessions", Row::AdminOwn),
    ("POST", "/admin/sessions/abcdefghij01/stop", Row::AdminOwn),
    ("GET", "/admin/sessions/abcdefghij01/delete", Row::AdminOwn),
    ("POST", "/admin/sessions/abcdefghij01/delete", Row::AdminOwn),
    ("GET", "/admin/runtime", Row::AdminOwn),
    ("POST", "/admin/runtime/reconcile", Row::AdminOwn),
    ("GET", "/health", Row::Open),
    ("GET", "/waitlist", Row::Open),
    ("POST", "/waitlist", Row::Open),
    ("GET", "/nothing", Row::Own),
    ("GET", "/public/nothing", Row::Own),
    ("GET", "/api/nothing", Row::Own),
    ("POST", "/rpc/nothing", Row::Own),
    ("GET", "/admin/nothing", Row::AdminOwn),
    ("GET", "/api/admin/nothing", Row::Admin),
];

/// Every route there is, each with an address that leads to nothing.
fn rows() -> Vec<(String, String, Row)> {
    let document = serde_json::to_value(berth::http::document()).unwrap();
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| {
            methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let listed: BTreeSet<_> = ROUTES.iter().map(|(method, path, _)| ((*method).into(), (*path).into())).collect();
    let odd: Vec<_> = described.symmetric_difference(&listed).collect();
    assert!(odd.is_empty(), "each route of the description has a row, and each row a route: {odd:?}");
    let mut rows: Vec<_> = ROUTES
        .iter()
        .chain(OTHERS)
        .map(|(method, path, row)| {
            let path = path.replace("{id}", "abcdefghij01").replace("{address}", "abcdefghij01-1");
            ((*method).to_owned(), path.replace("{email}", "nobody@example.org"), *row)
        })
        .collect();
    let functions = server_fn::axum::server_fn_paths();
    rows.extend(functions.map(|(path, method)| (method.to_string(), path.to_owned(), Row::Own)));
    rows
}

fn is_read(method: &str) -> bool {
    method == "GET"
}

/// Whether the guard let it through: what the route itself says to nonsense is another matter.
fn got_through(response: &Response) -> bool {
    let is_sent_to_sign_in = response.status == 303 && response.header("location").starts_with("/sign-in");
    !is_sent_to_sign_in && !matches!(response.status.as_u16(), 401 | 403 | 429)
}

async fn token(server: &Server, user: &str, scopes: &[Scope], days: i64) -> String {
    let secret = format!("{:064x}", rand::random::<u128>());
    let now = OffsetDateTime::now_utc();
    let stored = StoredToken {
        id: format!("{:012x}", rand::random::<u32>()),
        user: user.into(),
        name: "test".into(),
        scopes: scopes.to_vec(),
        created_at: now,
        expires_at: Some(now + Duration::days(days)),
        used_at: None,
    };
    server.app.database.insert_api_token(&TokenHash::of(&secret), &stored).await.unwrap();
    secret
}

fn bearing(request: Request, token: &str) -> Request {
    request.header("authorization", &format!("Bearer {token}"))
}

/// Streams without end are looked at by their head alone, and what would change who is signed in is left out.
fn is_special(method: &str, path: &str) -> bool {
    path.ends_with("/events") || (method == "DELETE" && path == "/api/user/sessions") || path.ends_with("end-others")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_lets_in_those_whom_its_row_names_and_nobody_else() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let user = server.join(&admin, "ada@example.org", "user").await;
    let blocked = server.join(&admin, "eve@example.org", "user").await;
    let ada = server.app.database.person(&"ada@example.org".parse().unwrap()).await.unwrap().unwrap().id;
    let eve = server.app.database.person(&"eve@example.org".parse().unwrap()).await.unwrap().unwrap().id;
    let blocked_token = token(&server, &eve, &Scope::ALL, 1).await;
    let change = server.own(&admin, "PATCH", "/api/users/eve@example.org").json(r#"{"state":"blocked"}"#).send().await;
    assert_eq!(change.status, 200, "{change:?}");
    let expired = token(&server, "admin", &Scope::ALL, -1).await;
    let (everything, none) = (token(&server, "admin", &Scope::ALL, 1).await, token(&server, "admin", &[], 1).await);
    let of_a_user = token(&server, &ada, &Scope::ALL, 1).await;
    let single = [
        (Scope::Read, token(&server, "admin", &[Scope::Read], 1).await),
        (Scope::Sessions, token(&server, "admin", &[Scope::Sessions], 1).await),
        (Scope::Storage, token(&server, "admin", &[Scope::Storage], 1).await),
        (Scope::Admin, token(&server, "admin", &[Scope::Admin], 1).await),
    ];

    for (method, path, row) in rows() {
        if is_special(&method, &path) {
            continue;
        }
        let what = format!("{method} {path}");
        let browser = |cookie: &str| server.own(cookie, &method, &path).send();
        let program = |secret: &str| bearing(server.request(&method, &path), secret).send();
        if row == Row::Open {
            assert!(got_through(&server.request(&method, &path).own_origin().send().await), "{what}: nobody");
            for cookie in [&admin, &user, &blocked] {
                assert!(got_through(&browser(cookie).await), "{what}: somebody");
            }
            // It is not asked for, so that it opens nothing either.
            for secret in [&everything, &expired] {
                assert_eq!(got_through(&program(secret).await), is_read(&method), "{what}: a token");
            }
            continue;
        }
        assert!(!got_through(&server.request(&method, &path).own_origin().send().await), "{what}: nobody");
        assert!(!got_through(&browser(&blocked).await), "{what}: a blocked person");
        assert!(!got_through(&program(&expired).await), "{what}: an expired token");
        assert!(!got_through(&program(&blocked_token).await), "{what}: a blocked person's token");
        assert!(!got_through(&program(&none).await), "{what}: a token without scopes");
        assert!(got_through(&browser(&admin).await), "{what}: an admin");
        assert_eq!(got_through(&browser(&user).await), !matches!(row, Row::Admin | Row::AdminOwn), "{what}: a user");
        assert_eq!(
            got_through(&program(&everything).await),
            !matches!(row, Row::Own | Row::AdminOwn),
            "{what}: an admin's token"
        );
        let may = matches!(row, Row::General | Row::Sessions | Row::Storage);
        assert_eq!(got_through(&program(&of_a_user).await), may, "{what}: a user's token");
        for (scope, secret) in &single {
            let may = match (row, scope) {
                (Row::Own | Row::AdminOwn, _) => false,
                (Row::General, Scope::Sessions) => true,
                (Row::General, _) => is_read(&method),
                (Row::Sessions, Scope::Sessions) => true,
                (Row::Sessions, Scope::Read) => is_read(&method),
                (Row::Sessions, _) => false,
                (Row::Storage, Scope::Storage) => true,
                (Row::Storage, Scope::Read) => is_read(&method),
                (Row::Storage, _) => false,
                (Row::Admin, scope) => *scope == Scope::Admin,
                (Row::Open, _) => true,
            };
            assert_eq!(got_through(&program(secret).await), may, "{what}: a token for {scope:?}");
        }
        // A cookie beside a token lends it nothing, and a token is no way round the Origin for a cookie.
        let both = bearing(server.own(&admin, &method, &path), &expired).send().await;
        assert!(!got_through(&both), "{what}: a cookie beside an expired token");
        if !is_read(&method) {
            let foreign = server.request(&method, &path).header("cookie", &admin).send().await;
            assert_eq!(foreign.status, 403, "{what}: a cookie without an Origin");
        }
    }
    server.close().await;
}

#[tokio::test]
async fn another_persons_things_are_not_there() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let ada = server.join(&admin, "ada@example.org", "user").await;
    let session = server.own(&ada, "POST", "/api/sessions").json("{}").send().await.json()["id"].clone();
    let path = format!("/api/sessions/{}", session.as_str().unwrap());
    assert_eq!(server.own(&ada, "GET", &path).send().await.status, 200);
    for method in ["GET", "DELETE"] {
        assert_eq!(server.own(&admin, method, &path).send().await.status, 404, "an admin's list is another");
    }
    let new = r#"{"name":"ci","scopes":["read"]}"#;
    let created = server.own(&ada, "POST", "/api/tokens").json(new).send().await.json();
    let token = format!("/api/tokens/{}", created["token"]["id"].as_str().unwrap());
    assert_eq!(server.own(&admin, "DELETE", &token).send().await.status, 404);
    let browsers = server.own(&ada, "GET", "/api/user/sessions").send().await.json();
    let browser = format!("/api/user/sessions/{}", browsers[0]["id"].as_str().unwrap());
    assert_eq!(server.own(&admin, "DELETE", &browser).send().await.status, 404);
    assert_eq!(server.own(&ada, "GET", "/api/user").send().await.status, 200, "still signed in");
    server.close().await;
}

#[tokio::test]
async fn wrong_tokens_get_their_answer_and_other_schemes_are_a_proxys() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    for number in 0..10_000 {
        let response = bearing(server.request("GET", "/api/sessions"), &format!("{number:064x}")).send().await;
        assert_eq!((response.status.as_u16(), response.json()["code"].as_str()), (401, Some("AUTH_ERROR")));
    }
    for malformed in ["Bearer", "Bearer ", "Bearer x y", "bearer\u{e9}", "Bearer 00"] {
        let response = server.own(&cookie, "GET", "/api/sessions").header("authorization", malformed).send().await;
        assert_eq!(response.status, 401, "{malformed}: {response:?}");
    }
    let basic = |method: &str| server.request(method, "/api/sessions").header("authorization", "Basic YTpi");
    assert_eq!(basic("GET").send().await.status, 401);
    assert_eq!(basic("GET").header("cookie", &cookie).send().await.status, 200, "the proxy's, not ours");
    assert_eq!(basic("POST").header("cookie", &cookie).json("{}").send().await.status, 403, "still no Origin");
    server.close().await;
}

#[tokio::test]
async fn a_token_for_admins_is_no_way_to_become_somebody() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    server.join(&admin, "ada@example.org", "user").await;
    let secret = token(&server, "admin", &[Scope::Admin], 1).await;
    let send = |method: &str, path: &str, body: &str| bearing(server.request(method, path), &secret).json(body).send();
    for (method, path, body) in [
        ("POST", "/api/users/ada@example.org/link", "{}"),
        ("POST", "/api/users", r#"{"email":"eve@example.org","role":"admin"}"#),
        ("PATCH", "/api/users/ada@example.org", r#"{"role":"admin"}"#),
    ] {
        let refused = send(method, path, body).await;
        assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (403, Some("FORBIDDEN")), "{path}");
    }
    assert_eq!(send("POST", "/api/users", r#"{"email":"eve@example.org","role":"user"}"#).await.status, 201);
    assert_eq!(send("PATCH", "/api/users/ada@example.org", r#"{"state":"blocked"}"#).await.status, 200);
    server.close().await;
}
