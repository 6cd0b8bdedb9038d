//! Sessions at a real dockerd of the test's own, through the real server.

use app::model::error::ErrorCode;
use app::model::session::{Cause, SessionState};
use http::{Method, StatusCode};
use protocol::{SessionId, close};

use crate::rig::Rig;
use crate::server::guests_of;

#[tokio::test]
async fn a_session_runs_at_docker_and_its_terminal_outlives_a_killed_server() {
    let mut rig = Rig::with("auto").await;
    let id = rig.server.client.running().await;
    assert_eq!(rig.containers(), 1, "auto takes an engine that is ready");
    let mut terminal = rig.server.client.terminal(&id, 1).await;
    assert_eq!(terminal.run("id -un; pwd; cat /proc/1/comm").await, "user\n/home/user/workspace\nberth-guest\n");
    terminal.run("word=remembered; echo kept > ~/note").await;

    rig.server.kill_and_start_again().await;

    assert_eq!(rig.server.client.session(&id).await.state, SessionState::Running);
    let mut again = rig.server.client.terminal_since(&id, 1, &terminal).await;
    assert_eq!(again.epoch, terminal.epoch);
    assert_eq!(again.run("echo $word").await, "remembered\n");
    rig.server.client.stop(&id).await;
    rig.server.client.until(&id, |state| *state == SessionState::Stopped).await;
    rig.server.client.start(&id).await;
    rig.server.client.until(&id, |state| *state == SessionState::Running).await;
    assert_eq!(rig.server.client.terminal(&id, 1).await.run("cat ~/note").await, "kept\n");
    assert_eq!(rig.containers(), 1, "it is the same container");
    rig.close().await;
}

#[tokio::test]
async fn an_engine_that_is_killed_and_comes_back_takes_no_session_with_it() {
    let mut rig = Rig::docker().await;
    let id = rig.server.client.running().await;
    let mut terminal = rig.server.client.terminal(&id, 1).await;
    terminal.run("word=remembered").await;

    rig.engine().crash();
    assert_eq!(terminal.run("echo $word").await, "remembered\n", "terminals are not the engine's affair");
    let (status, health) = rig.get("/api/health").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((&health["runtime"]["name"], &health["runtime"]["available"]), (&"docker".into(), &false.into()));
    let told = health["runtime"]["summary"].as_str().unwrap();
    assert!(told.contains("is the engine running?"), "{told}");
    // A server that starts meanwhile does not take what it can't see for gone.
    rig.server.kill_and_start_again().await;
    assert_eq!(rig.server.client.session(&id).await.state, SessionState::Running);
    let mut again = rig.server.client.terminal_since(&id, 1, &terminal).await;
    assert_eq!(again.epoch, terminal.epoch);
    assert_eq!(again.run("echo $word").await, "remembered\n");
    let other = rig.server.client.create().await;
    rig.server.client.start(&other).await;
    let Cause::RuntimeUnavailable { detail } = rig.server.client.until_failed(&other).await else {
        panic!("it has another cause")
    };
    assert!(detail.contains("is the engine running?"), "{detail}");

    rig.engine().go_on();
    assert_eq!(rig.server.client.session(&id).await.state, SessionState::Running);
    assert_eq!(again.run("echo $word").await, "remembered\n");
    rig.server.client.start(&other).await;
    rig.server.client.until(&other, |state| *state == SessionState::Running).await;
    rig.close().await;
}

#[tokio::test]
async fn a_container_removed_behind_our_back_is_told_as_gone() {
    let mut rig = Rig::docker().await;
    let id = rig.server.client.running().await;
    let mut terminal = rig.server.client.terminal(&id, 1).await;
    assert_eq!(rig.engine().ask("DELETE", &format!("/containers/berth-{id}?force=1")).unwrap().0, 204);
    let code = terminal.closed().await;
    assert!([close::FAULT, close::STOPPED].contains(&code), "{code}");
    let cause = rig.server.client.until_failed(&id).await;
    assert!(matches!(cause, Cause::ContainerGone | Cause::Killed { signal: 9 }), "{cause:?}");
    rig.server.client.start(&id).await;
    rig.server.client.until(&id, |state| *state == SessionState::Running).await;
    rig.close().await;
}

#[tokio::test]
async fn sessions_of_both_runtimes_are_beside_each_other_and_one_goes_on_without_the_other() {
    let mut rig = Rig::with("embedded").await;
    let embedded = rig.server.client.running().await;
    assert_eq!((rig.containers(), guests_of(&rig.server.data).len()), (0, 1));
    rig.start_with("docker").await;
    let docker = rig.server.client.running().await;
    assert_eq!(rig.containers(), 1);
    let (_, report) = rig.get("/api/admin/runtime").await;
    assert_eq!((&report["name"], &report["available"]), (&"docker".into(), &true.into()));
    assert_eq!((&report["others"][0]["name"], &report["others"][0]["available"]), (&"embedded".into(), &true.into()));
    let (_, sessions) = rig.get("/api/admin/sessions").await;
    let runtime_of = |id: &SessionId| {
        let all = sessions.as_array().unwrap();
        all.iter().find(|session| session["id"] == id.as_str()).unwrap()["runtime"].clone()
    };
    assert_eq!((runtime_of(&embedded), runtime_of(&docker)), ("embedded".into(), "docker".into()));

    // A session stays where its container is, whatever is the default by now.
    rig.server.client.stop(&embedded).await;
    rig.server.client.until(&embedded, |state| *state == SessionState::Stopped).await;
    rig.engine().crash();
    rig.server.kill_and_start_again().await;
    rig.server.client.start(&embedded).await;
    rig.server.client.until(&embedded, |state| *state == SessionState::Running).await;
    assert_eq!(rig.server.client.terminal(&embedded, 1).await.run("echo alive").await, "alive\n");
    let (status, error) = rig.server.client.error(Method::GET, "/api/admin/containers").await;
    assert_eq!((status, error.code), (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::RuntimeUnavailable));
    assert!(error.error.contains("docker can't say what it has"), "{}", error.error);
    rig.server.client.delete(&embedded).await;
    rig.engine().go_on();
    assert_eq!(rig.server.client.session(&docker).await.state, SessionState::Running);
    rig.close().await;
}
