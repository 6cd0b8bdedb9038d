//! Strangers who ask to be let in, and administrators who answer.

use std::sync::Arc;

use axum::extract::{Form, State};
use axum::routing::post;
use berth::accounts::Waitlist;
use http::StatusCode;
use tokio::net::TcpListener;
use tokio::sync::Mutex;

use crate::support::client::{Request, Response};
use crate::support::server::{EMAIL, PASSWORD, Server};

/// Open, and behind a proxy, so that a test can come from many addresses.
const OPEN: [&str; 4] = ["--waitlist-open", "true", "--trusted-proxies", "127.0.0.1"];
/// What an address may send at once.
const BURST: usize = 5;

/// From another address each time, if `number` is another.
fn from(server: &Server, path: &str, number: usize) -> Request {
    let address = format!("198.51.{}.{}", number / 250, number % 250 + 1);
    server.request("POST", path).own_origin().header("x-forwarded-for", &address)
}

async fn form(server: &Server, number: usize, form: impl AsRef<str>) -> Response {
    from(server, "/waitlist", number).form(form.as_ref()).send().await
}

async fn json(server: &Server, number: usize, body: impl AsRef<str>) -> Response {
    from(server, "/public/waitlist", number).json(body.as_ref()).send().await
}

fn quoted(text: &str) -> String {
    serde_json::json!({ "email": text }).to_string()
}

/// Who waits, by email.
async fn waiting(server: &Server) -> Vec<String> {
    let waiting = server.app.database.waitlist().await.unwrap();
    let mut emails: Vec<String> = waiting.into_iter().map(|one| one.email.into()).collect();
    emails.sort();
    emails
}

/// All that a stranger can tell an answer by.
fn told(response: &Response) -> (StatusCode, String, String) {
    (response.status, response.header("location").to_owned(), response.body.clone())
}

#[tokio::test]
async fn it_is_closed_until_somebody_opens_it() {
    let server = Server::new().await;
    assert_eq!(server.request("GET", "/").send().await.header("location"), "/sign-in");
    let form = form(&server, 0, "email=ada@example.org").await;
    let json = json(&server, 0, quoted("ada@example.org")).await;
    assert_eq!((form.status.as_u16(), json.status.as_u16()), (404, 404));
    assert!(waiting(&server).await.is_empty());
    let config = server.request("GET", "/public/onboarding-config").send().await.json();
    let closed = serde_json::json!({ "waitlist_open": false, "turnstile_site_key": null, "sign_in": ["password"] });
    assert_eq!(config, closed);
    let admin = server.sign_in().await;
    assert!(!server.own(&admin, "GET", "/admin").send().await.body.contains("Waiting"));
    server.close().await;
}

#[tokio::test]
async fn a_stranger_sees_the_landing_page_at_the_root_and_nowhere_else() {
    let server = Server::with(&OPEN).await;
    let page = server.request("GET", "/").header("accept", "text/html").send().await;
    assert_eq!((page.status.as_u16(), page.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(page.body.contains(r#"action="/waitlist""#) && page.body.contains(r#"href="/sign-in""#), "{page:?}");
    assert!(!page.body.contains("<script") && !page.header("content-security-policy").contains("cloudflare"));
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(server.request("HEAD", "/").send().await.status, 200);
    let asked = server.request("GET", "/?asked").send().await;
    assert!(asked.body.contains("You are on the list") && !asked.body.contains("<form"), "{asked:?}");
    for path in ["/sessions/abcdefghij01", "/account", "/admin", "/nothing"] {
        let location = server.request("GET", path).send().await.header("location").to_owned();
        assert!(location.starts_with("/sign-in?next="), "{path}: {location}");
    }
    assert_eq!(server.request("GET", "/waitlist").send().await.header("location"), "/");
    assert_eq!(server.request("GET", "/api/sessions").send().await.status, 401);
    let admin = server.sign_in().await;
    let own = server.own(&admin, "GET", "/").send().await;
    assert!(own.status == 200 && !own.body.contains(r#"action="/waitlist""#), "{}", own.body);
    server.close().await;
}

#[tokio::test]
async fn a_server_that_nobody_looks_after_has_no_waitlist() {
    let server = Server::not_set_up_with(&OPEN).await;
    assert_eq!(server.request("GET", "/").send().await.header("location"), "/setup");
    assert_eq!(form(&server, 0, "email=ada@example.org").await.status, 404);
    assert_eq!(json(&server, 0, quoted("ada@example.org")).await.status, 404);
    let config = server.request("GET", "/public/onboarding-config").send().await.json();
    assert_eq!(config["waitlist_open"], false);
    assert!(waiting(&server).await.is_empty());
    server.close().await;
}

#[tokio::test]
async fn nobody_is_told_which_addresses_there_are() {
    let server = Server::with(&OPEN).await;
    let (form_new, json_new) =
        tokio::join!(form(&server, 0, "email=%20Ada@Example.org"), json(&server, 1, quoted("eve@example.org")));
    assert_eq!((form_new.status.as_u16(), form_new.header("location")), (303, "/?asked"));
    assert_eq!((json_new.status.as_u16(), json_new.body.as_str()), (202, ""));
    for known in ["ada@example.org", "ADA@example.org", EMAIL] {
        let (by_form, by_json) =
            tokio::join!(form(&server, 0, format!("email={known}")), json(&server, 1, quoted(known)));
        assert_eq!((told(&by_form), told(&by_json)), (told(&form_new), told(&json_new)), "{known}");
    }
    let robot = form(&server, 0, "email=robot@example.org&homepage=http://spam.example").await;
    assert_eq!(told(&robot), told(&form_new));
    assert_eq!(waiting(&server).await, ["ada@example.org", "eve@example.org"], "each once, and no robot");
    let log = server.app.database.audit("nobody", "waitlist.", None, 9).await.unwrap();
    let noted: Vec<_> = log.iter().map(|entry| (entry.action.as_str(), entry.address.as_str())).collect();
    assert_eq!(noted.len(), 2, "{noted:?}");
    assert!(noted.contains(&("waitlist.joined", "198.51.0.1")) && noted.contains(&("waitlist.joined", "198.51.0.2")));
    server.close().await;
}

#[tokio::test]
async fn an_address_runs_out_of_attempts_and_others_and_its_sign_in_do_not() {
    let server = Server::with(&OPEN).await;
    for left in (0..BURST).rev() {
        let response = form(&server, 0, "email=nonsense").await;
        assert_eq!((response.status.as_u16(), response.header("x-ratelimit-limit")), (422, "5"));
        assert_eq!(response.header("x-ratelimit-remaining"), left.to_string());
    }
    let by_form = form(&server, 0, "email=ada@example.org").await;
    let by_json = json(&server, 0, quoted("ada@example.org")).await;
    assert_eq!(by_json.json()["code"], "RATE_LIMITED");
    assert!(by_form.body.contains("Too many attempts"), "{by_form:?}");
    for limited in [by_form, by_json] {
        assert_eq!((limited.status.as_u16(), limited.header("x-ratelimit-remaining")), (429, "0"));
        assert!(limited.header("retry-after").parse::<u64>().is_ok_and(|wait| (1..=61).contains(&wait)));
    }
    assert_eq!(form(&server, 1, "email=eve@example.org").await.status, 303);
    assert_eq!(waiting(&server).await, ["eve@example.org"]);
    let right = format!("email={EMAIL}&password={PASSWORD}");
    assert_eq!(from(&server, "/sign-in", 0).form(&right).send().await.status, 303);
    server.close().await;
}

#[tokio::test]
async fn a_flood_from_everywhere_fills_the_list_and_no_more() {
    const MOST: u64 = 3;
    let server = Server::changed(&OPEN, |app| {
        let (database, auth, audit) = (app.database.clone(), Arc::clone(&app.auth), app.audit.clone());
        app.waitlist = Arc::new(Waitlist::new(database, auth, audit, &app.config.waitlist, MOST));
    })
    .await;
    let flood = (0..12).map(|number| {
        let server = &server;
        async move { form(server, number, format!("email=robot{number}@example.org")).await.status.as_u16() }
    });
    let statuses = futures::future::join_all(flood).await;
    assert!(statuses.iter().all(|status| matches!(status, 303 | 409)), "{statuses:?}");
    assert!(server.app.database.count_waitlist().await.unwrap() <= MOST);
    for number in 100..104 {
        form(&server, number, format!("email=late{number}@example.org")).await;
    }
    assert_eq!(server.app.database.count_waitlist().await.unwrap(), MOST);
    let one = waiting(&server).await[0].clone();
    let mut answers = Vec::new();
    for (number, email) in [one.as_str(), EMAIL, "new@example.org"].into_iter().enumerate() {
        answers.push(json(&server, 200 + number, quoted(email)).await.json());
    }
    for answer in &mut answers {
        answer.as_object_mut().unwrap().remove("request_id");
        assert_eq!(answer["code"], "CONFLICT");
    }
    assert!(answers[0] == answers[1] && answers[1] == answers[2], "a full list tells everybody the same: {answers:?}");
    assert_eq!(server.app.database.count_waitlist().await.unwrap(), MOST);
    server.close().await;
}

#[tokio::test]
async fn another_sites_page_can_ask_for_nobody() {
    let server = Server::with(&OPEN).await;
    for origin in [Some("https://evil.example"), Some("null"), Some("not an origin"), None] {
        for path in ["/waitlist", "/public/waitlist"] {
            let request = server.request("POST", path);
            let request = origin.into_iter().fold(request, |request, origin| request.header("origin", origin));
            let refused = match path {
                "/waitlist" => request.form("email=ada@example.org").send().await,
                _ => request.json(&quoted("ada@example.org")).send().await,
            };
            assert_eq!(refused.status, 403, "{path} {origin:?}");
        }
    }
    let cross = from(&server, "/waitlist", 0).header("sec-fetch-site", "cross-site").form("email=ada@example.org");
    assert_eq!(cross.send().await.status, 403);
    assert!(waiting(&server).await.is_empty());
    let config = server.request("GET", "/public/onboarding-config").header("origin", "https://evil.example");
    assert_eq!(config.send().await.header("access-control-allow-origin"), "");
    server.close().await;
}

#[tokio::test]
async fn whatever_the_fields_hold_gets_its_documented_answer() {
    let server = Server::with(&OPEN).await;
    let huge = "a".repeat(1 << 20);
    for (number, (email, by_form, by_json)) in [
        ("", 422, 422),
        ("   ", 422, 422),
        (&*huge, 413, 413),
        (&huge[..10_000], 422, 422),
        ("a\0b@example.org", 422, 422),
        ("\u{202e}ada@example.org", 422, 422),
        ("аda@example.org", 422, 422),
        ("ada@exаmple.org", 422, 422),
        ("' OR 1=1; DROP TABLE waitlist; --", 422, 422),
        ("ada@example.org\r\nBcc: eve@example.org", 422, 422),
        ("\"><script>alert(1)</script>@example.org", 422, 422),
        ("{{7*7}}@example.org@", 422, 422),
        ("o'neil+x@example.org", 303, 202),
    ]
    .into_iter()
    .enumerate()
    {
        let what: String = email.chars().take(40).collect();
        let encoded: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("email", email).finish();
        let (form, json) = (form(&server, number, &encoded).await, json(&server, number, quoted(email)).await);
        assert_eq!((form.status.as_u16(), json.status.as_u16()), (by_form, by_json), "{what}");
        assert!(!form.body.contains("<script"), "{}", form.body);
        if by_json == 422 {
            let json = json.json();
            assert_eq!((&json["code"], &json["fields"][0]["field"]), (&"VALIDATION_ERROR".into(), &"email".into()));
            assert!(form.body.contains(r#"role="alert""#), "{what}: {}", form.body);
        }
    }
    for (number, body) in
        ["", "[]", "null", "{}", r#"{"email":5}"#, r#"{"email":null}"#, "{\"email\":\"\u{0}\"}", "\u{feff}{}"]
            .into_iter()
            .enumerate()
    {
        let refused = json(&server, 100 + number, body).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (400, &"VALIDATION_ERROR".into()), "{body:?}");
    }
    for (number, (form_body, status)) in [
        (String::new(), 422),
        ("email=%FF%FE@example.org".into(), 422),
        ("email=a@example.org&email=b@example.org".into(), 400),
        (format!("email=a@example.org&homepage={huge}"), 413),
        (format!("email=a@example.org&cf-turnstile-response={huge}"), 413),
        ("email=first@example.org&cf-turnstile-response=%00".into(), 303),
        ("email=robot@example.org&homepage=%00".into(), 303),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = form(&server, 200 + number, &form_body).await;
        assert_eq!(answer.status.as_u16(), status, "{}", form_body.chars().take(50).collect::<String>());
    }
    let as_text = from(&server, "/public/waitlist", 300).header("content-type", "text/plain").body(b"{}").send().await;
    assert_eq!(as_text.status, 415);
    let as_json = from(&server, "/waitlist", 301).json(&quoted("a@example.org")).send().await;
    assert_eq!(as_json.status, 400);
    assert_eq!(waiting(&server).await, ["first@example.org", "o'neil+x@example.org"]);
    server.close().await;
}

#[tokio::test]
async fn programs_paths_are_never_answered_with_a_page() {
    let server = Server::with(&OPEN).await;
    for (method, path, status) in [
        ("GET", "/public/onboarding-config", 200),
        ("GET", "/public/waitlist", 405),
        ("POST", "/public/onboarding-config", 405),
        ("GET", "/public/nothing", 401),
        ("GET", "/public", 401),
        ("POST", "/public/waitlist", 415),
    ] {
        let answer = server.request(method, path).own_origin().header("accept", "text/html").send().await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        answer.json();
    }
    let admin = server.sign_in().await;
    let nothing = server.own(&admin, "GET", "/public/nothing").header("accept", "text/html").send().await;
    assert_eq!((nothing.status.as_u16(), &nothing.json()["code"]), (404, &"NOT_FOUND".into()));
    server.close().await;
}

#[tokio::test]
async fn an_admin_approves_one_and_dismisses_another() {
    let server = Server::with(&OPEN).await;
    let admin = server.sign_in().await;
    for (number, email) in ["ada@example.org", "eve@example.org", "sam@example.org"].into_iter().enumerate() {
        assert_eq!(json(&server, number, quoted(email)).await.status, 202);
    }
    let own = |method: &str, path: &str| server.own(&admin, method, &format!("/api/admin/waitlist{path}")).send();
    let listed = own("GET", "").await.json();
    let emails: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["email"].as_str().unwrap()).collect();
    assert_eq!(emails, ["ada@example.org", "eve@example.org", "sam@example.org"], "longest first");
    assert!(listed[0]["asked_at"].as_str().unwrap().ends_with('Z'));

    let (one, other) = tokio::join!(own("POST", "/ada@example.org/approve"), own("POST", "/ADA@example.org/approve"));
    let (approved, late) = if one.status == 201 { (one, other) } else { (other, one) };
    assert!(approved.status == 201 && matches!(late.status.as_u16(), 404 | 409), "{approved:?} {late:?}");
    assert_eq!(approved.json()["person"]["role"], "user");
    let path = approved.json()["path"].as_str().unwrap().to_owned();
    let form = format!("token={}&password={PASSWORD}&again={PASSWORD}", path.strip_prefix("/welcome?token=").unwrap());
    assert_eq!(server.request("POST", "/welcome").own_origin().form(&form).send().await.header("location"), "/");
    server.sign_in_as("ada@example.org", PASSWORD).await;

    assert_eq!(own("DELETE", "/eve@example.org").await.status, 204);
    for (method, path) in [
        ("DELETE", "/eve@example.org"),
        ("POST", "/eve@example.org/approve"),
        ("POST", "/nobody@example.org/approve"),
        ("DELETE", "/%00"),
        ("DELETE", "/%E2%80%AEada@example.org"),
        ("DELETE", "/'%20OR%201=1%20--"),
        ("POST", "/..%2F..%2Fusers/approve"),
        ("POST", "/%FF/approve"),
    ] {
        let refused = own(method, path).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (404, &"NOT_FOUND".into()), "{method} {path}");
    }
    assert_eq!(waiting(&server).await, ["sam@example.org"]);
    assert!(server.app.database.person(&"eve@example.org".parse().unwrap()).await.unwrap().is_none());

    let log = server.app.database.audit(EMAIL, "waitlist.", None, 9).await.unwrap();
    let noted: Vec<_> = log.iter().map(|entry| (entry.action.as_str(), entry.target.as_str())).collect();
    assert_eq!(noted, [("waitlist.dismissed", "eve@example.org"), ("waitlist.approved", "ada@example.org")]);
    server.close().await;
}

#[tokio::test]
async fn whoever_comes_in_otherwise_waits_no_more() {
    let server = Server::with(&OPEN).await;
    let admin = server.sign_in().await;
    assert_eq!(form(&server, 0, "email=ada@example.org").await.status, 303);
    server.join(&admin, "ada@example.org", "user").await;
    assert!(waiting(&server).await.is_empty());
    // As when they ask in the very moment of being invited.
    let ada = "ada@example.org".parse().unwrap();
    assert!(server.app.database.join_waitlist(&ada, time::OffsetDateTime::now_utc()).await.unwrap());
    let approve = server.own(&admin, "POST", "/api/admin/waitlist/ada@example.org/approve").send().await;
    assert_eq!((approve.status.as_u16(), &approve.json()["code"]), (409, &"CONFLICT".into()));
    assert!(waiting(&server).await.is_empty());
    server.close().await;
}

#[tokio::test]
async fn the_people_page_does_the_same_in_one_click() {
    let server = Server::with(&OPEN).await;
    let admin = server.sign_in().await;
    let page = || server.own(&admin, "GET", "/admin").send();
    assert!(page().await.body.contains("Nobody. Whoever asks"));
    for (number, email) in ["ada@example.org", "eve%26'@example.org"].into_iter().enumerate() {
        assert_eq!(form(&server, number, format!("email={email}")).await.status, 303);
    }
    let shown = page().await.body;
    assert!(shown.contains("Approve ada@example.org") && shown.contains("Dismiss eve&amp;'@example.org"), "{shown}");
    let click = |what: &str, email: &str| {
        server.own(&admin, "POST", "/admin/people").form(&format!("what={what}&email={email}")).send()
    };
    let approved = click("approve", "ada@example.org").await;
    let link = format!("http://{}/welcome?token=", server.address);
    assert!(approved.status == 200 && approved.body.contains(&link), "{approved:?}");
    assert!(!approved.body.contains("Approve ada@example.org"), "they are off the list");
    let dismissed = click("dismiss", "eve%26'@example.org").await;
    assert!(dismissed.status == 303 && dismissed.header("location").contains("done=dismiss"), "{dismissed:?}");
    let done = server.own(&admin, "GET", dismissed.header("location")).send().await;
    assert!(done.body.contains("does not wait any more"), "{}", done.body);
    for what in ["approve", "dismiss"] {
        let again = click(what, "ada@example.org").await;
        assert!(again.status == 404 && again.body.contains("Nobody waits with this address"), "{again:?}");
    }
    let user = server.join(&admin, "sam@example.org", "user").await;
    let refused = server.own(&user, "POST", "/admin/people").form("what=approve&email=ada@example.org").send().await;
    assert_eq!(refused.status, 403);
    server.close().await;
}

/// What a verifier was asked: each form's secret, token and address.
type Seen = Arc<Mutex<Vec<(String, String, String)>>>;

/// A verifier on loopback that knows one token, which is good once; answers its address.
async fn verifier() -> (String, Seen) {
    #[derive(serde::Deserialize)]
    struct Question {
        secret: String,
        response: String,
        remoteip: String,
    }
    async fn verify(State(seen): State<Seen>, Form(question): Form<Question>) -> (StatusCode, String) {
        let mut seen = seen.lock().await;
        let is_used = seen.iter().any(|(_, token, _)| *token == question.response);
        seen.push((question.secret, question.response.clone(), question.remoteip));
        let (status, answer) = match question.response.as_str() {
            "right" if !is_used => (200, r#"{"success":true,"error-codes":[],"hostname":"example.org"}"#),
            "right" => (200, r#"{"success":false,"error-codes":["timeout-or-duplicate"]}"#),
            "malformed" => (400, r#"{"success":false,"error-codes":["bad-request"]}"#),
            "secret" => (200, r#"{"success":false,"error-codes":["invalid-input-secret"]}"#),
            "html" => (200, "<html>success</html>"),
            "empty" => (200, "{}"),
            "redirect" => (307, ""),
            "broken" => (500, r#"{"success":true}"#),
            _ => (200, r#"{"success":false,"error-codes":["invalid-input-response"]}"#),
        };
        (StatusCode::from_u16(status).unwrap(), answer.to_owned())
    }
    let seen = Seen::default();
    let router = axum::Router::new().route("/siteverify", post(verify)).with_state(Arc::clone(&seen));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/siteverify", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, seen)
}

async fn with_turnstile(verify_url: &str) -> Server {
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&secret, "hunter2\n").unwrap();
    let file = secret.path().to_str().unwrap();
    let keys =
        ["--turnstile-site-key", "0x4<b>", "--turnstile-secret-file", file, "--turnstile-verify-url", verify_url];
    Server::with(&[&OPEN[..], &keys].concat()).await
}

#[tokio::test]
async fn turnstile_is_let_onto_the_landing_page_alone() {
    let server = with_turnstile("http://127.0.0.1:9/").await;
    let page = server.request("GET", "/").send().await;
    assert!(page.body.contains(r#"data-sitekey="0x4&lt;b&gt;""#), "{}", page.body);
    assert!(page.body.contains(r#"<script src="https://challenges.cloudflare.com/turnstile/v0/api.js""#));
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self' https://challenges.cloudflare.com 'wasm-unsafe-eval';"), "{policy}");
    assert!(policy.ends_with("; frame-src https://challenges.cloudflare.com"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && policy.contains("default-src 'self'"), "{policy}");
    for path in ["/sign-in", "/public/onboarding-config", "/nothing", "/health"] {
        let policy = server.request("GET", path).send().await.header("content-security-policy").to_owned();
        assert!(policy.contains("script-src") && !policy.contains("cloudflare"), "{path}: {policy}");
    }
    let admin = server.sign_in().await;
    let own = server.own(&admin, "GET", "/").send().await;
    assert!(!own.header("content-security-policy").contains("cloudflare"));
    let config = server.request("GET", "/public/onboarding-config").send().await.json();
    assert_eq!((&config["waitlist_open"], &config["turnstile_site_key"]), (&true.into(), &"0x4<b>".into()));
    server.close().await;
}

#[tokio::test]
async fn only_turnstiles_word_lets_anybody_onto_the_list() {
    let (verify_url, seen) = verifier().await;
    let server = with_turnstile(&verify_url).await;
    let ask = |number: usize, token: &str| {
        let body = serde_json::json!({ "email": "ada@example.org", "turnstile_token": token }).to_string();
        from(&server, "/public/waitlist", number).json(&body).send()
    };
    for (number, token) in ["", "wrong", "\0", "malformed", "right ", &"x".repeat(100_000)].into_iter().enumerate() {
        let refused = ask(number, token).await;
        assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (422, &"VALIDATION_ERROR".into()), "{number}");
    }
    assert!(seen.lock().await.iter().all(|(_, token, _)| !token.is_empty() && token.len() < 100), "not worth asking");
    let without = json(&server, 20, quoted("ada@example.org")).await;
    assert_eq!(without.status, 422);
    let by_form = form(&server, 21, "email=ada@example.org").await;
    assert!(by_form.status == 422 && by_form.body.contains("Turnstile does not vouch for you"), "{by_form:?}");
    assert!(by_form.header("content-security-policy").contains("cloudflare"), "the form is there again");
    for (number, token) in ["secret", "html", "empty", "redirect", "broken"].into_iter().enumerate() {
        let away = ask(30 + number, token).await;
        assert_eq!((away.status.as_u16(), &away.json()["code"]), (503, &"RUNTIME_UNAVAILABLE".into()), "{token}");
        assert!(!away.body.contains("hunter2") && !away.body.contains("127.0.0.1"), "{away:?}");
    }
    assert!(waiting(&server).await.is_empty());

    let right = form(&server, 40, "email=ada@example.org&cf-turnstile-response=right").await;
    assert_eq!((right.status.as_u16(), right.header("location")), (303, "/?asked"));
    let asked = seen.lock().await.last().cloned().unwrap();
    assert_eq!(asked, ("hunter2".into(), "right".into(), "198.51.0.41".into()));
    assert_eq!(ask(41, "right").await.status, 422, "once");
    assert_eq!(waiting(&server).await, ["ada@example.org"]);
    server.close().await;
}

#[tokio::test]
async fn when_turnstile_is_away_a_person_is_told_so() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let server = with_turnstile(&format!("http://{gone}/siteverify")).await;
    let by_form = form(&server, 0, "email=ada@example.org&cf-turnstile-response=right").await;
    assert_eq!(by_form.status, 503);
    assert!(by_form.body.contains("Cloudflare Turnstile does not answer this server"), "{}", by_form.body);
    assert!(by_form.body.contains(r#"value="ada@example.org""#), "what was typed is not lost");
    assert!(waiting(&server).await.is_empty());
    server.close().await;
}
