//! Passwords, browsers, tokens, people, and the log of it all.

use std::time::{Duration, Instant};

use berth::config::{AdminCommand, parse_command_line};
use tokio::io::AsyncReadExt as _;

use crate::support::LIMIT;
use crate::support::server::{EMAIL, PASSWORD, Server};

/// What a revoked credential may still have open.
const OUT_WITHIN: Duration = Duration::from_secs(5);

/// Opens the stream of events; answers how long it stays open after `then`.
async fn open_events_until_after<F: Future<Output = ()>>(server: &Server, cookie: &str, then: F) -> Duration {
    let mut stream = server.own(cookie, "GET", "/api/sessions/events").header("connection", "close").open().await;
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");
    then.await;
    let began = Instant::now();
    let mut rest = Vec::new();
    tokio::time::timeout(LIMIT, stream.read_to_end(&mut rest)).await.expect("the stream to end").unwrap();
    began.elapsed()
}

async fn ok(request: crate::support::client::Request) {
    let response = request.send().await;
    assert!(response.status.is_success() || response.status == 303, "{response:?}");
}

#[tokio::test]
async fn a_changed_password_signs_every_other_browser_out_and_this_one_stays() {
    let server = Server::new().await;
    let (this, other) = (server.sign_in().await, server.sign_in().await);
    let change = |current: &str, new: &str| {
        server
            .own(&this, "POST", "/api/user/password")
            .json(&format!(r#"{{"current":"{current}","new":"{new}"}}"#))
            .send()
    };
    for (current, new) in [("wrong-password-x", "another-horse-battery"), (PASSWORD, "short"), (PASSWORD, "")] {
        let refused = change(current, new).await;
        assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (422, Some("VALIDATION_ERROR")));
    }
    let open = open_events_until_after(&server, &other, async {
        assert_eq!(change(PASSWORD, "another-horse-battery").await.status, 204);
    });
    assert!(open.await < OUT_WITHIN);
    assert_eq!(server.own(&other, "GET", "/api/user").send().await.status, 401);
    assert_eq!(server.own(&this, "GET", "/api/user").send().await.status, 200);
    let old = format!("email={EMAIL}&password={PASSWORD}");
    assert_eq!(server.request("POST", "/sign-in").own_origin().form(&old).send().await.status, 401);
    server.sign_in_as(EMAIL, "another-horse-battery").await;
    server.close().await;
}

#[tokio::test]
async fn what_is_open_ends_with_a_sign_out_a_revoked_browser_and_a_blocked_person() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let first = server.sign_in().await;
    let signed_out = open_events_until_after(&server, &first, ok(server.own(&first, "POST", "/sign-out")));
    assert!(signed_out.await < OUT_WITHIN);

    let second = server.sign_in().await;
    let browsers = server.own(&second, "GET", "/api/user/sessions").send().await.json();
    let this = browsers.as_array().unwrap().iter().find(|browser| browser["is_this"] == true).unwrap();
    let path = format!("/api/user/sessions/{}", this["id"].as_str().unwrap());
    let revoked = open_events_until_after(&server, &second, ok(server.own(&admin, "DELETE", &path)));
    assert!(revoked.await < OUT_WITHIN);

    let ada = server.join(&admin, "ada@example.org", "user").await;
    let block = server.own(&admin, "PATCH", "/api/users/ada@example.org").json(r#"{"state":"blocked"}"#);
    assert!(open_events_until_after(&server, &ada, ok(block)).await < OUT_WITHIN);

    // By another process, as `berth admin` or a second server would.
    let eve = server.join(&admin, "eve@example.org", "user").await;
    let person = server.app.database.person(&"eve@example.org".parse().unwrap()).await.unwrap().unwrap();
    let elsewhere = async {
        let sign_ins = server.app.database.sign_ins_of(&person.id, time::OffsetDateTime::now_utc()).await.unwrap();
        assert_eq!(sign_ins.len(), 1);
        server.app.database.delete_sign_in(&sign_ins[0].0).await.unwrap();
    };
    assert!(open_events_until_after(&server, &eve, elsewhere).await < OUT_WITHIN);
    server.close().await;
}

#[tokio::test]
async fn a_blocked_person_is_out_and_their_sessions_stop_and_unblocked_they_come_back() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let ada = server.join(&admin, "ada@example.org", "user").await;
    let session = server.own(&ada, "POST", "/api/sessions").json("{}").send().await.json();
    let id = session["id"].as_str().unwrap().to_owned();
    ok(server.own(&ada, "POST", &format!("/api/sessions/{id}/start"))).await;
    let change = |body: &str| server.own(&admin, "PATCH", "/api/users/ada@example.org").json(body).send();
    let blocked = change(r#"{"state":"blocked"}"#).await;
    assert_eq!(blocked.json()["state"], "blocked");
    assert_eq!(server.own(&ada, "GET", "/api/user").send().await.status, 401);
    let right = format!("email=ada@example.org&password={PASSWORD}");
    let told = server.request("POST", "/sign-in").own_origin().form(&right).send().await;
    assert!(told.status == 401 && told.body.contains("blocked"), "{told:?}");
    let state = server.app.database.session(&id.parse().unwrap()).await.unwrap().unwrap().state;
    assert!(matches!(state.word(), "stopping" | "stopped"), "{state:?}");
    assert_eq!(change(r#"{"state":"active"}"#).await.json()["state"], "active");
    server.sign_in_as("ada@example.org", PASSWORD).await;
    server.close().await;
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let own = |method: &str, body: &str| server.own(&admin, method, &format!("/api/users/{EMAIL}")).json(body).send();
    for (method, body) in [("PATCH", r#"{"role":"user"}"#), ("PATCH", r#"{"state":"blocked"}"#), ("DELETE", "{}")] {
        let refused = own(method, body).await;
        assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (409, Some("CONFLICT")), "{body}");
    }
    assert_eq!(own("PATCH", r#"{"state":"pending"}"#).await.status, 422);
    let other = server.join(&admin, "ada@example.org", "admin").await;
    let both = tokio::join!(
        own("PATCH", r#"{"role":"user"}"#),
        server.own(&other, "PATCH", "/api/users/ada@example.org").json(r#"{"role":"user"}"#).send(),
    );
    let demoted = [&both.0, &both.1].iter().filter(|response| response.status == 200).count();
    assert_eq!(demoted, 1, "{both:?}");
    assert_eq!(server.app.database.count_active_admins().await.unwrap(), 1);
    server.close().await;
}

#[tokio::test]
async fn a_link_works_once_and_a_newer_one_voids_it() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let invite = server.own(&admin, "POST", "/api/users").json(r#"{"email":"ADA@example.org ","role":"user"}"#);
    let first = invite.send().await.json()["path"].as_str().unwrap().to_owned();
    let again = server.own(&admin, "POST", "/api/users").json(r#"{"email":"ada@example.org","role":"admin"}"#);
    assert_eq!(again.send().await.status, 409);
    let renewed = server.own(&admin, "POST", "/api/users/ada@example.org/link").json("{}").send().await;
    let second = renewed.json()["path"].as_str().unwrap().to_owned();
    assert_eq!(server.request("GET", &first).send().await.status, 401, "void");
    let shown = server.request("GET", &second).send().await;
    assert!(shown.status == 200 && shown.body.contains("ada@example.org"), "{shown:?}");
    let token = second.strip_prefix("/welcome?token=").unwrap();
    let choose = |password: &str, again: &str| {
        let form = format!("token={token}&password={password}&again={again}");
        server.request("POST", "/welcome").own_origin().form(&form).send()
    };
    assert_eq!(choose("short", "short").await.status, 422);
    assert_eq!(choose(PASSWORD, "other").await.status, 422);
    let (one, other) = tokio::join!(choose(PASSWORD, PASSWORD), choose(PASSWORD, PASSWORD));
    let mut statuses = [one.status.as_u16(), other.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 401], "once");
    server.sign_in_as("ada@example.org", PASSWORD).await;
    server.close().await;
}

#[tokio::test]
async fn a_token_is_shown_once_used_and_revoked() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let create = |body: &str| server.own(&admin, "POST", "/api/tokens").json(body).send();
    for wrong in [
        r#"{"name":"","scopes":["read"]}"#,
        r#"{"name":"x","scopes":[]}"#,
        r#"{"name":"a\u0000b","scopes":["read"]}"#,
        r#"{"name":"x","scopes":["read"],"expires_in_days":0}"#,
        r#"{"name":"x","scopes":["read"],"expires_in_days":4294967295}"#,
    ] {
        assert_eq!(create(wrong).await.status, 422, "{wrong}");
    }
    assert_eq!(create(r#"{"name":"x","scopes":["everything"]}"#).await.status, 400);
    let created = create(r#"{"name":"ci","scopes":["sessions","read","read"],"expires_in_days":7}"#).await;
    let (secret, id) = (created.json()["secret"].clone(), created.json()["token"]["id"].clone());
    let (secret, id) = (secret.as_str().unwrap(), id.as_str().unwrap());
    assert_eq!(created.json()["token"]["scopes"], serde_json::json!(["read", "sessions"]));
    let listed = server.own(&admin, "GET", "/api/tokens").send().await;
    assert!(!listed.body.contains(secret) && listed.body.contains(id), "{listed:?}");
    let bearing = |method: &str, target: &str| {
        server.request(method, target).header("authorization", &format!("Bearer {secret}"))
    };
    assert_eq!(bearing("POST", "/api/sessions").json("{}").send().await.status, 201, "no Origin is needed");
    assert_eq!(server.own(&admin, "DELETE", &format!("/api/tokens/{id}")).send().await.status, 204);
    assert_eq!(bearing("GET", "/api/sessions").send().await.status, 401);
    let user = server.join(&admin, "ada@example.org", "user").await;
    let greedy = server.own(&user, "POST", "/api/tokens").json(r#"{"name":"x","scopes":["admin"]}"#).send().await;
    assert_eq!(greedy.status, 403);
    server.close().await;
}

#[tokio::test]
async fn the_audit_log_says_who_did_what_and_never_a_secret() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    server.join(&admin, "ada@example.org", "user").await;
    ok(server.own(&admin, "POST", "/api/tokens").json(r#"{"name":"ci","scopes":["read"]}"#)).await;
    let wrong = format!("email={EMAIL}&password=wrong-password-x");
    server.request("POST", "/sign-in").own_origin().form(&wrong).send().await;
    let log = server.own(&admin, "GET", "/api/admin/audit").send().await;
    let actions: Vec<_> = log.json().as_array().unwrap().iter().map(|entry| entry["action"].clone()).collect();
    assert_eq!(actions, ["sign_in.failed", "token.created", "sign_in", "password.chosen", "person.invited", "sign_in"]);
    assert!(log.json().as_array().unwrap().iter().all(|entry| entry["address"] == "127.0.0.1"), "{log:?}");
    for secret in [PASSWORD, "wrong-password-x", "argon2id"] {
        assert!(!log.body.contains(secret), "{secret}");
    }
    let some = server.own(&admin, "GET", "/api/admin/audit?who=ada@example.org").send().await.json();
    assert_eq!(some.as_array().unwrap().len(), 1);
    let page = server.own(&admin, "GET", "/admin/audit?action=person").send().await;
    assert!(page.status == 200 && page.body.contains("person.invited") && !page.body.contains("token.created"));
    server.close().await;
}

#[tokio::test]
async fn the_pages_do_what_the_api_does() {
    let server = Server::new().await;
    let admin = server.sign_in().await;
    let form = |path: &str, form: &str| server.own(&admin, "POST", path).form(form).send();
    let invited = form("/admin/people", "what=invite&email=ada@example.org&role=user").await;
    assert!(invited.status == 200 && invited.body.contains("/welcome?token="), "{invited:?}");
    for what in ["promote", "demote", "block", "unblock", "remove"] {
        let done = form("/admin/people", &format!("what={what}&email=ada@example.org")).await;
        assert_eq!((done.status.as_u16(), done.header("location").contains(what)), (303, true), "{done:?}");
    }
    assert_eq!(form("/admin/people", "what=remove&email=ada@example.org").await.status, 404);
    assert_eq!(form("/admin/people", &format!("what=block&email={EMAIL}")).await.status, 409);
    assert_eq!(form("/admin/people", "what=explode&email=ada@example.org").await.status, 422);
    let made = form("/account/tokens", "name=%3Cb%3Eci&read=on&days=30").await;
    assert!(made.status == 200 && made.body.contains("&lt;b&gt;ci") && !made.body.contains("<b>ci"), "{made:?}");
    let wrong = form("/account/password", &format!("current=x&new={PASSWORD}2&again={PASSWORD}2")).await;
    assert!(wrong.status == 422 && wrong.body.contains("role=\"alert\""), "{wrong:?}");
    let changed = form("/account/password", &format!("current={PASSWORD}&new={PASSWORD}2&again={PASSWORD}2")).await;
    assert_eq!(changed.header("location"), "/account?done=password");
    let injected = server.own(&admin, "GET", "/admin?done=block&who=%3Cscript%3E").send().await;
    assert!(injected.status == 200 && !injected.body.contains("<script"), "{injected:?}");
    server.close().await;
}

/// Runs `berth admin …` on the server's own database, beside it.
async fn command(server: &Server, arguments: &[&str]) -> Result<String, String> {
    let all = ["berth", "admin"].iter().chain(arguments).map(std::ffi::OsString::from);
    let invocation = parse_command_line(all).map_err(|error| error.to_string())?;
    let berth::config::Command::Admin(command) = invocation.command else { panic!("not an admin's") };
    let mut out = Vec::new();
    let open = async || Err("no command here needs a driver".to_owned());
    let outcome = berth::admin::run(&server.app.config, command, open, &mut out).await;
    outcome.map_err(|error| error.to_string())?;
    Ok(String::from_utf8(out).unwrap())
}

#[tokio::test]
async fn the_command_line_helps_when_nobody_can_sign_in() {
    let server = Server::not_set_up().await;
    let link = command(&server, &["create", "ada@example.org", "--admin"]).await.unwrap();
    let token = link.trim().split_once("/welcome?token=").expect("a link").1.to_owned();
    assert!(command(&server, &["create", "ada@example.org"]).await.unwrap_err().contains("already"));
    let form = format!("token={token}&password={PASSWORD}&again={PASSWORD}");
    let chosen = server.request("POST", "/welcome").own_origin().form(&form).send().await;
    assert_eq!(chosen.status, 303, "{chosen:?}");
    assert_eq!(server.request("GET", "/").send().await.header("location"), "/sign-in", "set up by now");
    let cookie = server.sign_in_as("ada@example.org", PASSWORD).await;
    ok(server.own(&cookie, "POST", "/api/sessions").json(r#"{"name":"mine"}"#)).await;
    let sessions = command(&server, &["sessions"]).await.unwrap();
    assert!(sessions.contains("\tcreated\tada@example.org\tmine\n"), "{sessions}");
    let secret = command(&server, &["token", "ada@example.org", "--scopes", "read,sessions"]).await.unwrap();
    let bearing = format!("Bearer {}", secret.trim());
    let used = server.request("GET", "/api/sessions").header("authorization", &bearing).send().await;
    assert_eq!(used.status, 200);
    assert_eq!(command(&server, &["people"]).await.unwrap(), "ada@example.org\tadmin\tactive\n");
    let renewed = command(&server, &["link", "ada@example.org"]).await.unwrap();
    assert!(renewed.contains("/welcome?token="));
    for wrong in
        [&["link", "eve@example.org"][..], &["link", "nonsense"], &["token", "ada@example.org", "--scopes", "all"]]
    {
        assert!(command(&server, wrong).await.is_err(), "{wrong:?}");
    }
    let entries = server.app.database.audit("command line", "", None, 10).await.unwrap();
    assert_eq!(entries.len(), 3, "{entries:?}");
    assert!(matches!(
        parse_command_line(["berth", "admin", "people"].map(Into::into)).unwrap().command,
        berth::config::Command::Admin(AdminCommand::People)
    ));
    server.close().await;
}
