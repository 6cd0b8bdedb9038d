//! The wizard, step by step, without scripts; and what programs get of it.

use std::sync::Arc;

use runtime::fake::FakeRuntime;
use serde_json::json;

use crate::support::client::Response;
use crate::support::server::{PASSWORD, Server};

async fn post(server: &Server, form: &str) -> Response {
    server.request("POST", "/setup").own_origin().form(form).send().await
}

fn administrator() -> String {
    format!("email=ada@example.org&password={PASSWORD}&again={PASSWORD}")
}

fn token(server: &Server) -> String {
    server.app.auth.setup.reveal().unwrap()
}

#[tokio::test]
async fn five_steps_lead_to_a_server_that_is_set_up_and_back_loses_nothing() {
    let server = Server::not_set_up().await;
    let token = token(&server);
    let first = server.request("GET", &format!("/setup?token={token}")).send().await;
    assert!(first.status == 200 && first.body.contains(&token), "{first:?}");

    let second = post(&server, &format!("token={token}&step=1&go=next")).await;
    assert!(second.body.contains("name=\"again\""), "{second:?}");
    let typed = format!("token={token}&{}", administrator());
    let third = post(&server, &format!("{typed}&step=2&go=next")).await;
    assert!(third.body.contains("OpenID Connect") && third.body.contains("value=\"ada@example.org\""), "{third:?}");
    let back = post(&server, &format!("{typed}&step=3&go=back&way=proxy&proxy_issuer=half-typed")).await;
    assert!(back.body.contains("name=\"again\"") && back.body.contains("value=\"half-typed\""), "{back:?}");
    let fourth = post(&server, &format!("{typed}&step=3&go=next&way=passwords")).await;
    assert!(fourth.body.contains("fake") && fourth.body.contains("there is no disk"), "{fourth:?}");
    assert!(fourth.body.contains("Files can be written, read and removed"), "{fourth:?}");
    let fifth = post(&server, &format!("{typed}&step=4&go=next&way=passwords")).await;
    let here = format!("value=\"http://{}\"", server.address);
    assert!(fifth.body.contains("name=\"public_url\""), "{fifth:?}");
    assert!(first.body.contains(&here), "the address it was reached by is offered: {first:?}");
    let people = "allowed_people=@example.net%20bob@example.org&public_url=https://berth.example";
    let done = post(&server, &format!("{typed}&step=5&go=finish&way=passwords&{people}")).await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(done.body.contains("Berth is set up") && done.body.contains("https://berth.example"), "{done:?}");
    assert!(done.header("set-cookie").contains("; Secure"), "the address is https: {done:?}");
    let settings = server.app.settings.current();
    assert!(settings.lets_in(&"eve@example.net".parse().unwrap()) && settings.passwords);
    assert!(
        server
            .app
            .config
            .data_dir
            .read_dir()
            .unwrap()
            .all(|entry| { !entry.unwrap().file_name().to_string_lossy().starts_with("probe-") })
    );

    // Run again by the administrator, with everything as it is.
    let cookie = done.header("set-cookie").split(';').next().unwrap().to_owned();
    let again = server.own(&cookie, "GET", "/setup").send().await;
    assert!(again.status == 200 && again.body.contains("@example.net bob@example.org"), "{again:?}");
    let changed =
        server.own(&cookie, "POST", "/setup").form("step=5&go=finish&public_url=&allowed_people=").send().await;
    assert_eq!(changed.status, 200, "{changed:?}");
    assert!(!server.app.settings.current().lets_in(&"eve@example.net".parse().unwrap()));
    server.close().await;
}

#[tokio::test]
async fn each_step_tells_what_is_wrong_with_it_and_nothing_changes() {
    let server = Server::not_set_up().await;
    let token = token(&server);
    let good = format!("token={token}&{}", administrator());
    let huge = "x".repeat(5000);
    for (step, form, told) in [
        (2, format!("token={token}&email=ada&password={PASSWORD}&again={PASSWORD}"), "such as ada@example.org"),
        (
            2,
            format!("token={token}&email=%E2%80%AEada@example.org&password={PASSWORD}&again={PASSWORD}"),
            "such as ada@example.org",
        ),
        (
            2,
            format!("token={token}&email=ada@example.org%00&password={PASSWORD}&again={PASSWORD}"),
            "such as ada@example.org",
        ),
        (2, format!("token={token}&email=ada@example.org&password=short&again=short"), "at least 12 characters"),
        (2, format!("token={token}&email=ada@example.org&password={PASSWORD}&again=x"), "not the same"),
        (3, format!("{good}&way=oidc"), "this is needed"),
        (3, format!("{good}&way=oidc&oidc_issuer=http://id.example&oidc_client_id=x"), "expected an https:// address"),
        (
            3,
            format!("{good}&way=oidc&oidc_issuer=http://127.0.0.1:9&oidc_client_id=x"),
            "the provider does not describe itself",
        ),
        (3, format!("{good}&way=proxy&proxy_issuer=http://127.0.0.1:9&proxy_audience=x"), "keys can&#39;t be fetched"),
        (
            3,
            format!("{good}&way=proxy&proxy_issuer=file:///etc/passwd&proxy_audience=x"),
            "expected an https:// address",
        ),
        (3, format!("{good}&way=%3Cscript%3E"), "passwords, oidc or proxy"),
        (3, format!("{good}&way=proxy&proxy_issuer=http://127.0.0.1:9&proxy_audience=x"), "sign in the other way once"),
        (5, format!("{good}&public_url=berth.example"), "expected an origin"),
        (5, format!("{good}&public_url=%3Cscript%3Ealert(1)%3C/script%3E"), "expected an origin"),
        (5, format!("{good}&allowed_people=%27;DROP%20TABLE%20people"), "expected an email or a domain"),
        (5, format!("{good}&allowed_origins=*"), "expected an origin"),
    ] {
        for go in ["next", "finish"] {
            if step == 5 && go == "next" {
                continue;
            }
            let response = post(&server, &format!("{form}&step={step}&go={go}")).await;
            assert_eq!(response.status, 422, "{form} {go}: {response:?}");
            let body = response.body.replace("&#x27;", "&#39;").replace('\'', "&#39;");
            assert!(body.contains(told), "{form} {go}: {response:?}");
            assert!(!response.body.contains("<script>"), "{response:?}");
        }
    }
    let long = post(&server, &format!("{good}&step=5&go=finish&oidc_name={huge}")).await;
    assert_eq!(long.status, 422, "{long:?}");
    let megabyte = post(&server, &format!("{good}&step=5&oidc_name={}", "x".repeat(1 << 20))).await;
    assert_eq!(megabyte.status, 413, "{megabyte:?}");
    assert!(server.app.database.people().await.unwrap().is_empty());
    assert_eq!(server.app.settings.stored().await.unwrap(), berth::settings::Choices::default());
    assert_eq!(Some(token), server.app.auth.setup.reveal(), "the token is still good");
    server.close().await;
}

#[tokio::test]
async fn programs_set_a_server_up_with_its_token_and_get_limits_and_errors_as_json() {
    let server = Server::not_set_up().await;
    let token = token(&server);
    let status = server.request("GET", "/api/setup/status").send().await;
    assert_eq!(status.json(), json!({"is_set_up": false}));
    assert_eq!(server.request("GET", "/api/setup/prefill").send().await.json()["code"], "AUTH_ERROR");
    let prefill = server.request("GET", &format!("/api/setup/prefill?token={token}")).send().await;
    assert_eq!(prefill.json()["way"], "passwords");

    let post =
        |path: &str, body: serde_json::Value| server.request("POST", path).own_origin().json(&body.to_string()).send();
    let answers = json!({"token": token, "email": "ada@example.org", "password": "password1234", "again": "x"});
    let checked = post("/api/setup/check", json!({"step": 2, "answers": answers})).await.json();
    assert_eq!(checked["fields"][0]["field"], "again");
    assert!(checked["strength"].as_u64().is_some_and(|strength| strength <= 1), "{checked}");
    let strong = json!({"token": token, "password": "tram window eleven violet"});
    let checked = post("/api/setup/check", json!({"step": 2, "answers": strong})).await.json();
    assert_eq!(checked["strength"], 4, "{checked}");
    assert_eq!(post("/api/setup/check", json!({"step": 6, "answers": {}})).await.status, 422);
    assert_eq!(post("/api/setup/check", json!({"step": 1, "answers": {"token": "x"}})).await.status, 401);
    let foreign = server.request("POST", "/api/setup/configure").json(&answers.to_string()).send().await;
    assert_eq!(foreign.status, 403);

    let good = json!({"token": token, "email": "ada@example.org", "password": PASSWORD, "again": PASSWORD});
    let (one, other) =
        tokio::join!(post("/api/setup/configure", good.clone()), post("/api/setup/configure", good.clone()));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses[0], 200, "{one:?} {other:?}");
    assert!(matches!(statuses[1], 401 | 409), "{one:?} {other:?}");
    let done = if one.status == 200 { one } else { other };
    assert!(done.json()["lines"].as_array().unwrap().iter().all(|line| line["is_done"] == true), "{done:?}");
    assert_eq!(server.app.database.people().await.unwrap().len(), 1);

    // Five a minute, also for administrators; and nobody else any more.
    assert_eq!(post("/api/setup/configure", good).await.status, 401);
    let cookie = server.sign_in_as("ada@example.org", PASSWORD).await;
    let mut limited = None;
    for _ in 0..6 {
        let response = server.own(&cookie, "POST", "/api/setup/configure").json("{}").send().await;
        if response.status == 429 {
            limited = Some(response);
            break;
        }
        assert_eq!(response.status, 200, "{response:?}");
    }
    let limited = limited.expect("a limit");
    assert!(limited.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds > 0), "{limited:?}");
    server.close().await;
}

#[tokio::test]
async fn what_the_configuration_decides_no_wizard_changes() {
    let server = Server::with(&["--public-url", "https://fixed.example", "--allowed-people", "@fixed.example"]).await;
    let cookie = server.sign_in().await;
    let form = "step=5&go=finish&public_url=https://other.example&allowed_people=@other.example";
    let done = server.request("POST", "/setup").header("cookie", &cookie).header("origin", "https://fixed.example");
    let done = done.form(form).send().await;
    assert_eq!(done.status, 200, "{done:?}");
    assert!(done.body.contains("https://fixed.example"), "{done:?}");
    let settings = server.app.settings.current();
    assert!(settings.lets_in(&"ada@fixed.example".parse().unwrap()));
    assert!(!settings.lets_in(&"ada@other.example".parse().unwrap()));
    let stored = server.app.settings.stored().await.unwrap();
    assert_eq!((stored.public_url, stored.allowed_people), (None, None), "nor for when it decides no more");
    server.close().await;
}

#[tokio::test]
async fn the_wizard_and_all_who_look_later_see_each_runtime_with_its_own_health() {
    let other = Arc::new(FakeRuntime::named("elsewhere"));
    let server = Server::not_set_up_beside(Arc::clone(&other)).await;
    let token = token(&server);
    let typed = format!("token={token}&{}", administrator());
    let fourth = post(&server, &format!("{typed}&step=3&go=next&way=passwords")).await;
    for part in [
        "The <strong>fake</strong> runtime: in memory",
        "The <strong>elsewhere</strong> runtime: in memory",
        "New sessions run in fake unless they ask for another.",
    ] {
        assert!(fourth.body.contains(part), "{part}: {fourth:?}");
    }
    other.set_obstacle(Some("it is on fire"));
    let done = post(&server, &format!("{typed}&step=5&go=finish&way=passwords&public_url=&allowed_people=")).await;
    assert!(done.body.contains("Sessions that ask for it run in the elsewhere runtime"), "{done:?}");
    assert!(done.status == 200 && done.body.contains("it is on fire"), "told, and no reason to stop: {done:?}");

    let cookie = done.header("set-cookie").split(';').next().unwrap().to_owned();
    let report = server.own(&cookie, "GET", "/api/admin/runtime").send().await.json();
    assert_eq!((&report["name"], &report["available"]), (&json!("fake"), &json!(true)));
    let enforcement = json!([{ "name": "disk", "enforced": false, "detail": "there is no disk" }]);
    let expected = json!([
        { "name": "elsewhere", "available": false, "summary": "it is on fire", "enforcement": enforcement }
    ]);
    assert_eq!(report["others"], expected);
    let page = server.own(&cookie, "GET", "/admin/runtime").send().await.body;
    for part in
        ["it is on fire", "can’t start containers", "What holds on this machine in fake", "machine in elsewhere"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    let health = server.own(&cookie, "GET", "/api/health").send().await;
    assert_eq!((health.status.as_u16(), &health.json()["other_runtimes"]), (503, &expected));
    assert_eq!((&health.json()["healthy"], &health.json()["runtime"]["available"]), (&json!(false), &json!(true)));
    other.set_obstacle(None);
    let health = server.own(&cookie, "GET", "/api/health").send().await;
    assert_eq!((health.status.as_u16(), &health.json()["healthy"]), (200, &json!(true)));
    server.close().await;
}
