//! What administrators see of the whole server, and stopping and destroying by exact ids.

use app::model::session::SessionState;
use runtime::ContainerState;
use runtime::fake::Call;
use serde_json::{Value, json};

use crate::support::LIMIT;
use crate::support::server::{EMAIL, Server};

/// A server with an admin, a user, and a session of each; the user's runs.
struct Rig {
    server: Server,
    admin: String,
    ada: String,
    admins: String,
    adas: String,
}

impl Rig {
    async fn new() -> Self {
        let server = Server::new().await;
        let admin = server.sign_in().await;
        let ada = server.join(&admin, "ada@example.org", "user").await;
        let admins = create(&server, &admin, "Mine").await;
        let adas = create(&server, &ada, "Ada's").await;
        let rig = Self { server, admin, ada, admins, adas };
        rig.start(&rig.ada, &rig.adas).await;
        rig
    }

    async fn start(&self, cookie: &str, id: &str) {
        let started = self.server.own(cookie, "POST", &format!("/api/sessions/{id}/start")).send().await;
        assert_eq!(started.status, 202, "{started:?}");
        self.until(id, |state| *state == SessionState::Running).await;
    }

    /// Waits for a session's state by the events of its owner.
    async fn until(&self, id: &str, wanted: impl Fn(&SessionState) -> bool) {
        let id = id.parse().unwrap();
        let owner = self.server.app.database.session(&id).await.unwrap().unwrap().owner;
        let actor = app::backend::Actor::person(owner);
        let mut events = self.server.app.sessions.events(&actor);
        let wait = async {
            while !wanted(&self.server.app.sessions.get(&actor, &id).await.unwrap().state) {
                futures::StreamExt::next(&mut events).await.expect("events while the server runs");
            }
        };
        tokio::time::timeout(LIMIT, wait).await.expect("the state never came");
    }

    async fn get(&self, path: &str) -> Value {
        let response = self.server.own(&self.admin, "GET", path).send().await;
        assert_eq!(response.status, 200, "{response:?}");
        response.json()
    }

    async fn destroy(&self, id: &str, action: &str) -> (u16, Value) {
        let body = json!({ "id": id, "action": action }).to_string();
        let response = self.server.own(&self.admin, "POST", "/api/admin/destroy-by-id").json(&body).send().await;
        (response.status.as_u16(), response.json())
    }

    async fn actions(&self, who: &str) -> Vec<(String, String)> {
        let log = self.get(&format!("/api/admin/audit?who={who}")).await;
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let entries = log.as_array().unwrap().iter().rev();
        entries.map(|entry| (text(&entry["action"]), text(&entry["target"]))).collect()
    }

    fn plant(&self, id: &str, session: &str, state: ContainerState) {
        self.server.runtime.plant(&id.parse().unwrap(), &session.parse().unwrap(), state);
    }
}

async fn create(server: &Server, cookie: &str, name: &str) -> String {
    let made = server.own(cookie, "POST", "/api/sessions").json(&json!({ "name": name }).to_string()).send().await;
    made.json()["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_session_is_listed_with_its_owner_where_it_is_and_what_it_uses() {
    let rig = Rig::new().await;
    let listed = rig.get("/api/admin/sessions").await;
    let of = |id: &str| listed.as_array().unwrap().iter().find(|session| session["id"] == *id).unwrap().clone();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    let (mine, adas) = (of(&rig.admins), of(&rig.adas));
    assert_eq!(
        (&mine["owner"], &mine["name"], &mine["state"]["status"]),
        (&json!(EMAIL), &json!("Mine"), &json!("created"))
    );
    assert_eq!((&mine["container"], &mine["usage"]), (&Value::Null, &Value::Null));
    assert_eq!((&adas["owner"], &adas["state"]["status"]), (&json!("ada@example.org"), &json!("running")));
    assert_eq!(adas["container"], format!("fake-{}", rig.adas));
    assert_eq!(adas["usage"], json!({ "cpu_micros": 0, "memory_bytes": 0, "pids": 1 }));
    assert_eq!(adas["runtime"], "fake");
    assert!(adas["node"].as_str().is_some_and(|node| !node.is_empty()) && adas["created_at"].is_string());
    // A person who is gone leaves their sessions, which somebody must be able to find.
    let removed = rig.server.own(&rig.admin, "DELETE", "/api/users/ada@example.org").send().await;
    assert_eq!(removed.status, 204, "{removed:?}");
    let listed = rig.get("/api/admin/sessions").await;
    let owners: Vec<_> = listed.as_array().unwrap().iter().map(|session| session["owner"].clone()).collect();
    assert!(owners.contains(&json!(EMAIL)) && owners.len() == 2, "{owners:?}");
    rig.server.close().await;
}

#[tokio::test]
async fn the_runtime_says_what_it_enforces_and_what_not() {
    let rig = Rig::new().await;
    let runtime = rig.get("/api/admin/runtime").await;
    assert_eq!(
        (&runtime["name"], &runtime["available"], &runtime["summary"]),
        (&json!("fake"), &json!(true), &json!("in memory"))
    );
    assert_eq!(runtime["limits"]["pids"], 1024);
    assert_eq!(runtime["enforcement"], json!([{ "name": "disk", "enforced": false, "detail": "there is no disk" }]));
    let page = rig.server.own(&rig.admin, "GET", "/admin/runtime").send().await;
    assert!(
        page.status == 200 && page.body.contains("not enforced") && page.body.contains("there is no disk"),
        "{page:?}"
    );
    assert!(page.body.contains("Every container has its session"), "{page:?}");
    rig.server.close().await;
}

#[tokio::test]
async fn what_does_not_fit_is_marked() {
    let rig = Rig::new().await;
    rig.plant("stray", "straystray00", ContainerState::Running);
    rig.plant("second", &rig.adas, ContainerState::Created);
    let id = rig.admins.parse().unwrap();
    let mut row = rig.server.app.database.session(&id).await.unwrap().unwrap();
    (row.state, row.container) = (SessionState::Stopped, Some("vanished".parse().unwrap()));
    rig.server.app.database.update_session(&row).await.unwrap();
    let told = rig.get("/api/admin/containers").await;
    let standing = |id: &str| {
        let found = told["containers"].as_array().unwrap().iter().find(|container| container["id"] == *id);
        found.unwrap()["standing"].clone()
    };
    assert_eq!(standing("stray"), "without_session");
    assert_eq!(standing("second"), "surplus");
    assert_eq!(standing(&format!("fake-{}", rig.adas)), "of_session");
    assert_eq!(told["sessions_without_container"][0]["id"], *rig.admins);
    assert_eq!(told["sessions_without_container"].as_array().unwrap().len(), 1);
    assert_eq!(told["knows_no_session"], false);
    let page = rig.server.own(&rig.admin, "GET", "/admin/runtime").send().await.body;
    for part in ["Containers without a session", "Sessions without a container", "vanished", "Mend</button>"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // A runtime that is away is what the page is for.
    rig.server.runtime.fail(Call::List, Some(|| runtime::RuntimeError::Unavailable { detail: "on fire".into() }));
    let refused = rig.server.own(&rig.admin, "GET", "/api/admin/containers").send().await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (503, &json!("RUNTIME_UNAVAILABLE")));
    let page = rig.server.own(&rig.admin, "GET", "/admin/runtime").send().await;
    assert!(page.status == 200 && page.body.contains("on fire"), "{page:?}");
    rig.server.close().await;
}

#[tokio::test]
async fn anybodys_session_is_stopped_and_destroyed_by_its_id() {
    let rig = Rig::new().await;
    let (status, told) = rig.destroy(&rig.adas, "stop").await;
    assert_eq!((status, told), (200, json!({ "id": rig.adas, "kind": "session", "outcome": "stopping" })));
    rig.until(&rig.adas, |state| *state == SessionState::Stopped).await;
    assert_eq!(rig.destroy(&rig.adas, "stop").await.1["outcome"], "stopped");
    let (status, told) = rig.destroy(&rig.adas, "destroy").await;
    assert_eq!((status, told), (200, json!({ "id": rig.adas, "kind": "session", "outcome": "destroyed" })));
    assert!(rig.server.runtime.containers().is_empty());
    assert_eq!(rig.server.own(&rig.ada, "GET", &format!("/api/sessions/{}", rig.adas)).send().await.status, 404);
    assert_eq!(rig.destroy(&rig.adas, "destroy").await.0, 404, "once");
    let log = rig.actions(EMAIL).await;
    let target = format!("{} Ada's", rig.adas);
    for action in ["session.stopped", "session.deleted"] {
        assert_eq!(
            log.iter().filter(|entry| **entry == (action.into(), target.clone())).count(),
            1,
            "{action}: {log:?}"
        );
    }
    rig.server.close().await;
}

#[tokio::test]
async fn a_container_is_destroyed_by_its_id_only_if_it_belongs_to_no_session() {
    let rig = Rig::new().await;
    rig.plant("stray-1", "straystray00", ContainerState::Running);
    let (status, told) = rig.destroy("stray-1", "stop").await;
    assert_eq!((status, told), (200, json!({ "id": "stray-1", "kind": "container", "outcome": "stopped" })));
    assert_eq!(rig.server.runtime.containers().len(), 2);
    let (status, told) = rig.destroy("stray-1", "destroy").await;
    assert_eq!((status, told), (200, json!({ "id": "stray-1", "kind": "container", "outcome": "destroyed" })));
    let left = rig.server.runtime.containers();
    assert_eq!(left.len(), 1);
    let (status, told) = rig.destroy(left[0].id.as_str(), "destroy").await;
    assert_eq!((status, &told["code"]), (409, &json!("CONFLICT")));
    assert!(told["error"].as_str().unwrap().contains(&rig.adas), "{told}");
    assert_eq!(rig.server.runtime.containers().len(), 1);
    let log = rig.actions(EMAIL).await;
    assert!(log.contains(&("container.removed".into(), "stray-1 of straystray00".into())), "{log:?}");
    rig.server.close().await;
}

#[tokio::test]
async fn what_is_no_exact_id_is_not_found_and_touches_nothing() {
    let rig = Rig::new().await;
    rig.plant("stray-container", "straystray00", ContainerState::Running);
    let adas = &rig.adas;
    let hostile = [
        String::new(),
        " ".into(),
        adas[..11].into(),
        format!("{adas}x"),
        format!(" {adas}"),
        format!("{adas} "),
        format!("{adas}\n"),
        format!("{adas}\0"),
        adas.to_uppercase(),
        format!("fake-{}", &adas[..11]),
        format!("FAKE-{adas}"),
        "stray".into(),
        "stray-containe".into(),
        "Stray-Container".into(),
        "..".into(),
        ".".into(),
        "../stray-container".into(),
        "./stray-container".into(),
        "stray-container/".into(),
        "stray-container\0".into(),
        "%2e%2e".into(),
        "*".into(),
        "stray-%".into(),
        "' or '1'='1".into(),
        "ｓtray-container".into(),
        "a".repeat(1 << 19),
        "abcdefghij01".into(),
    ];
    for id in &hostile {
        // An id in capitals may be all digits, and then it is the id.
        if id == adas {
            continue;
        }
        for action in ["stop", "destroy"] {
            let (status, told) = rig.destroy(id, action).await;
            let shown: String = id.chars().take(40).collect();
            assert_eq!((status, &told["code"]), (404, &json!("NOT_FOUND")), "{shown:?}");
        }
        // The page's address takes nothing else either; a path can't hold all of them.
        if id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') && id.len() < 100 && !id.is_empty() {
            for (method, verb) in [("POST", "stop"), ("GET", "delete"), ("POST", "delete")] {
                let page = rig.server.own(&rig.admin, method, &format!("/admin/sessions/{id}/{verb}")).send().await;
                assert_eq!(page.status, 404, "{method} {id} {verb}");
            }
        }
    }
    let send = |body: String| rig.server.own(&rig.admin, "POST", "/api/admin/destroy-by-id").json(&body).send();
    let large = send(json!({ "id": "a".repeat(1 << 20), "action": "destroy" }).to_string()).await;
    assert_eq!(large.status, 413);
    for malformed in [
        "{}".into(),
        "[]".into(),
        json!({ "id": adas }).to_string(),
        json!({ "id": [adas], "action": "destroy" }).to_string(),
        json!({ "id": null, "action": "destroy" }).to_string(),
        json!({ "id": adas, "action": "Destroy" }).to_string(),
        json!({ "id": adas, "action": "destroy", "prefix": true }).to_string(),
    ] {
        assert_eq!(send(malformed.clone()).await.status, 400, "{malformed}");
    }
    assert_eq!(rig.server.runtime.containers().len(), 2);
    assert_eq!((rig.server.runtime.count(Call::Stop), rig.server.runtime.count(Call::Delete)), (0, 0));
    assert_eq!(rig.get("/api/admin/sessions").await.as_array().unwrap().len(), 2, "and nothing was made");
    rig.server.close().await;
}

#[tokio::test]
async fn the_pages_stop_and_delete_after_a_step_that_names_the_session() {
    let rig = Rig::new().await;
    let own = |method: &str, path: &str| rig.server.own(&rig.admin, method, path).form("").send();
    let renamed = rig.server.own(&rig.ada, "PATCH", &format!("/api/sessions/{}", rig.adas));
    assert_eq!(renamed.json(r#"{"name":"<b>bold</b>"}"#).send().await.status, 200);
    let list = own("GET", "/admin/sessions").await;
    assert!(list.body.contains("ada@example.org") && list.body.contains("&lt;b&gt;bold"), "{list:?}");
    assert!(!list.body.contains("<b>bold") && !list.body.contains("<script"), "{list:?}");

    let path = format!("/admin/sessions/{}", rig.adas);
    let stopped = own("POST", &format!("{path}/stop")).await;
    let back = format!("/admin/sessions?done=stop&which={}", rig.adas);
    assert_eq!((stopped.status.as_u16(), stopped.header("location")), (303, &*back));
    assert!(own("GET", &back).await.body.contains(&format!("Session {} is told to stop", rig.adas)));

    let step = own("GET", &format!("{path}/delete")).await;
    for part in ["&lt;b&gt;bold", "ada@example.org", &rig.adas, "method=\"post\""] {
        assert!(step.status == 200 && step.body.contains(part), "{part}: {step:?}");
    }
    assert_eq!(rig.get("/api/admin/sessions").await.as_array().unwrap().len(), 2, "a look deletes nothing");
    assert_eq!(own("POST", &format!("{path}/delete")).await.status, 303);
    let again = own("POST", &format!("{path}/delete")).await;
    assert!(again.status == 404 && again.body.contains("There is no such session"), "{again:?}");
    let injected = own("GET", "/admin/sessions?done=delete&which=%3Cscript%3E").await;
    assert!(injected.status == 200 && !injected.body.contains("<script"), "{injected:?}");
    rig.server.close().await;
}

#[tokio::test]
async fn the_audit_log_says_who_did_what_to_a_session_and_not_who_looked() {
    let rig = Rig::new().await;
    let path = format!("/api/sessions/{}", rig.adas);
    let send = |method: &str, path: &str, body: &str| rig.server.own(&rig.ada, method, path).json(body).send();
    for (method, path, body) in [
        ("GET", path.clone(), "{}"),
        ("GET", format!("{path}/status"), "{}"),
        ("GET", "/api/sessions".into(), "{}"),
        // It runs already, so nothing is done.
        ("POST", format!("{path}/start"), "{}"),
        ("PATCH", path.clone(), r#"{"name":"Other"}"#),
        ("PATCH", path.clone(), r#"{"name":"Other"}"#),
        ("PATCH", path.clone(), r#"{"name":""}"#),
        ("POST", format!("{path}/restart"), "{}"),
    ] {
        send(method, &path, body).await;
    }
    rig.until(&rig.adas, |state| *state == SessionState::Running).await;
    send("POST", &format!("{path}/stop"), "{}").await;
    rig.until(&rig.adas, |state| *state == SessionState::Stopped).await;
    send("POST", &format!("{path}/stop"), "{}").await;
    // Not the admin's to delete by this way, and so nothing to note.
    assert_eq!(rig.server.own(&rig.admin, "DELETE", &path).send().await.status, 404);
    send("DELETE", &path, "{}").await;
    let log: Vec<_> = rig.actions("ada@example.org").await;
    let log: Vec<_> = log.iter().filter(|(action, _)| action.starts_with("session.")).collect();
    let entry = |action: &str, name: &str| (format!("session.{action}"), format!("{} {name}", rig.adas));
    let expected = [
        entry("created", "Ada's"),
        entry("started", "Ada's"),
        entry("renamed", "Other"),
        entry("restarted", "Other"),
        entry("stopped", "Other"),
        entry("deleted", "Other"),
    ];
    assert_eq!(log, expected.iter().collect::<Vec<_>>());
    let raw = rig.server.own(&rig.admin, "GET", "/api/admin/audit?action=session").send().await;
    assert!(raw.json().as_array().unwrap().iter().all(|entry| entry["address"] == "127.0.0.1"), "{raw:?}");
    let page = rig.server.own(&rig.admin, "GET", "/admin/audit?action=session").send().await.body;
    assert!(
        page.contains("session.renamed") && page.contains(">sessions</option>") && !page.contains("person.invited")
    );
    rig.server.close().await;
}

#[tokio::test]
async fn a_blocked_persons_sessions_are_stopped_in_the_admins_name() {
    let rig = Rig::new().await;
    let block = rig.server.own(&rig.admin, "PATCH", "/api/users/ada@example.org").json(r#"{"state":"blocked"}"#);
    assert_eq!(block.send().await.status, 200);
    let log = rig.actions(EMAIL).await;
    assert!(log.contains(&("session.stopped".into(), format!("{} Ada's", rig.adas))), "{log:?}");
    rig.server.close().await;
}

#[tokio::test]
async fn an_order_is_noted_also_when_whoever_gave_it_hangs_up() {
    let rig = Rig::new().await;
    rig.server.runtime.hold(Call::Delete);
    let request = rig.server.own(&rig.ada, "DELETE", &format!("/api/sessions/{}", rig.adas));
    let connection = request.open().await;
    tokio::time::timeout(LIMIT, rig.server.runtime.began(Call::Delete, 1)).await.expect("the delete began");
    drop(connection);
    rig.server.runtime.release(Call::Delete);
    let log = rig.actions("ada@example.org").await;
    assert!(log.contains(&("session.deleted".into(), format!("{} Ada's", rig.adas))), "{log:?}");
    rig.server.close().await;
}
