//! Who reaches what: every route, with every kind of credentials and origin.

use crate::support::client::Response;
use crate::support::server::Server;

const WRITES: [&str; 4] = ["POST", "PATCH", "DELETE", "PUT"];
const FOREIGN: [&str; 7] = [
    "http://evil.example",
    "null",
    "",
    "https://127.0.0.1",
    "http://127.0.0.1:1",
    "http://127.0.0.1.evil.example",
    "file://",
];

/// Every route that needs a cookie: those of the document, and those that people and their pages use.
fn closed_routes() -> Vec<(String, String)> {
    let document = serde_json::to_value(berth::http::document()).unwrap();
    let mut routes = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let path = path
            .replace("{id}", "abcdefghij01")
            .replace("{address}", "abcdefghij01-1")
            .replace("{email}", "nobody@example.org");
        // What everybody may know.
        if ["/api/setup/status", "/public/onboarding-config", "/public/waitlist"].contains(&path.as_str()) {
            continue;
        }
        routes.extend(methods.as_object().unwrap().keys().map(|method| (method.to_uppercase(), path.clone())));
    }
    assert!(routes.len() >= 19, "{routes:?}");
    for function in server_fn::axum::server_fn_paths() {
        routes.push((function.1.to_string(), function.0.to_owned()));
    }
    let others = [
        ("GET", "/"),
        ("GET", "/sessions/abcdefghij01"),
        ("GET", "/api/openapi.json"),
        ("GET", "/api/docs"),
        ("GET", "/api/docs/try.js"),
        ("POST", "/sign-out"),
        ("GET", "/account"),
        ("POST", "/account/password"),
        ("GET", "/admin"),
        ("POST", "/admin/people"),
        ("GET", "/api"),
        ("GET", "/api/nothing"),
        ("POST", "/rpc/nothing"),
        ("GET", "/public"),
        ("POST", "/public/nothing"),
        ("GET", "/nothing"),
        ("DELETE", "/nothing"),
        ("GET", "/pkg"),
        ("GET", "//health"),
        ("GET", "/health/"),
        ("GET", "/sign-in/x"),
    ];
    routes.extend(others.map(|(method, path)| (method.to_owned(), path.to_owned())));
    routes
}

fn is_turned_away(response: &Response, method: &str, path: &str) -> bool {
    let is_for_programs = ["/api", "/public", "/rpc"].iter().any(|root| path.starts_with(root));
    if is_for_programs || WRITES.contains(&method) {
        return response.status == 401 && response.json()["code"] == "AUTH_ERROR";
    }
    response.status == 303 && response.header("location").starts_with("/sign-in?next=")
        || (path == "/" && response.header("location") == "/sign-in")
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_good_cookie_no_route_answers() {
    let server = Server::new().await;
    let mut cookies = vec![None, Some(String::new())];
    cookies
        .extend(["x", &"0".repeat(64), &"f".repeat(63), "admin"].map(|secret| Some(format!("berth_session={secret}"))));
    for (method, path) in closed_routes() {
        for cookie in &cookies {
            let mut request = server.request(&method, &path).own_origin();
            if let Some(cookie) = cookie {
                request = request.header("cookie", cookie);
            }
            let response = request.send().await;
            assert!(is_turned_away(&response, &method, &path), "{method} {path} with {cookie:?}: {response:?}");
        }
    }
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_good_cookie_no_write_from_elsewhere_gets_through() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    let writes = closed_routes().into_iter().filter(|(method, _)| WRITES.contains(&method.as_str()));
    for (method, path) in writes {
        for origin in FOREIGN.map(Some).into_iter().chain([None]) {
            let mut request = server.request(&method, &path).header("cookie", &cookie).json("{}");
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let response = request.send().await;
            assert_eq!(response.status, 403, "{method} {path} from {origin:?}: {response:?}");
            assert_eq!(response.json()["code"], "FORBIDDEN");
        }
        let twice = server.own(&cookie, &method, &path).header("origin", "http://evil.example").send().await;
        assert_eq!(twice.status, 403, "{method} {path}: {twice:?}");
        let cross_site = server.own(&cookie, &method, &path).header("sec-fetch-site", "cross-site").send().await;
        assert_eq!(cross_site.status, 403, "{method} {path}: {cross_site:?}");
    }
    server.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_good_cookie_every_route_answers() {
    let server = Server::new().await;
    let cookie = server.sign_in().await;
    for (method, path) in closed_routes() {
        if matches!(path.as_str(), "/sign-out" | "/api/sessions/events" | "/api/storage/events") {
            continue;
        }
        let response = server.own(&cookie, &method, &path).header("sec-fetch-site", "same-origin").send().await;
        assert!(!matches!(response.status.as_u16(), 401 | 403 | 303), "{method} {path}: {response:?}");
        assert!(response.status != 500 || path.starts_with("/rpc"), "{method} {path}: {response:?}");
    }
    server.close().await;
}

#[tokio::test]
async fn what_is_open_tells_nothing_and_needs_nothing() {
    let server = Server::new().await;
    let health = server.request("GET", "/health").send().await;
    assert_eq!((health.status.as_u16(), health.body.as_str()), (200, "ok\n"));
    for path in ["/sign-in", "/pkg/berth.css", "/favicon.ico"] {
        let response = server.request("GET", path).send().await;
        assert_eq!(response.status, 200, "{path}: {response:?}");
    }
    for outside in
        ["/pkg/../../berth.db", "/pkg/%2e%2e/%2e%2e/berth.db", "/pkg/..%2f..%2fberth.db", "/pkg//etc/passwd", "/pkg/"]
    {
        let response = server.request("GET", outside).send().await;
        assert!(matches!(response.status.as_u16(), 303 | 400 | 404), "{outside}: {response:?}");
    }
    server.close().await;
}

#[tokio::test]
async fn other_origins_that_are_allowed_may_write() {
    let flags = ["--public-url", "https://berth.example", "--allowed-origins", "https://tools.example"];
    let server = Server::with(&flags).await;
    let cookie = server.sign_in().await;
    for origin in ["https://berth.example", "https://tools.example", "HTTPS://Tools.example:443"] {
        let request = server.request("POST", "/api/sessions").header("cookie", &cookie).header("origin", origin);
        let response = request.json("{}").send().await;
        assert_eq!(response.status, 201, "{origin}: {response:?}");
        assert!(response.headers.get("access-control-allow-origin").is_none());
    }
    let plain =
        server.request("POST", "/api/sessions").header("cookie", &cookie).header("origin", "http://berth.example");
    assert_eq!(plain.json("{}").send().await.status, 403);
    server.close().await;
}
