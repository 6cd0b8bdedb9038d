//! The server goes, the containers stay: kill -9 at each state of a session, and an orderly end.

use std::time::Duration;

use app::model::session::{Cause, SessionState, Stage};
use protocol::{SessionId, close};
use tokio::task::JoinHandle;

use crate::rig::Rig;
use crate::server::{Server, guests_of};

#[tokio::test]
async fn vim_is_still_there_after_the_server_was_killed() {
    let mut server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    let editor = terminal.run("command -v vim vi vim.tiny nano | head -1").await;
    let editor = editor.trim().to_owned();
    let has_editor = !editor.is_empty();
    // Without an editor on the host, a program that draws and reads the terminal as one does.
    let program = if has_editor { format!("{editor} text") } else { "printf '\\033[?1049h\\033[H'; cat".to_owned() };
    terminal.type_in(&format!("{program}\r")).await;
    let from = terminal.shown.len();
    terminal.until_shown(from, "\u{1b}[?1049h").await;
    let from = terminal.shown.len();
    terminal.type_in("iwritten before the kill").await;
    terminal.until_shown(from, "the kill").await;
    let guests = guests_of(&server.data);
    assert_eq!(guests.len(), 1);

    server.kill_and_start_again().await;

    assert_eq!(guests_of(&server.data), guests, "the container went on");
    assert_eq!(server.client.session(&id).await.state, SessionState::Running);
    let mut again = server.client.terminal(&id, 1).await;
    again.until_shown(0, "written before the kill").await;
    let shown = String::from_utf8_lossy(&again.shown).into_owned();
    assert!(["\u{1b}[?1049h", "\u{1b}[?1047h", "\u{1b}[?47h"].iter().any(|switch| shown.contains(switch)), "{shown:?}");
    if has_editor && editor.contains("vi") {
        let from = again.shown.len();
        again.type_in("\u{1b}:wq\r").await;
        again.until_shown(from, "\u{1b}[?1049l").await;
        let text = again.run("cat text").await;
        assert!(text.contains("written before the kill"), "{text}");
    }
    server.close().await;
}

#[tokio::test]
async fn a_server_killed_at_any_moment_of_a_start_loses_and_doubles_nothing() {
    let mut rig = Rig::embedded().await;
    let resting = rig.server.client.create().await;
    // From before the first effect to after the last: the kill falls into each stage in turn.
    for delay_ms in [0, 5, 10, 20, 30, 45, 60, 90, 130, 180] {
        let id = begin(&rig).await;
        // The one wait by the clock: the moment of the kill is what is varied.
        tokio::time::sleep(Duration::from_millis(delay_ms)).await;
        rig.server.kill().await;
        finished_by_the_next(&mut rig, &id, &format!("after {delay_ms} ms")).await;
    }
    assert_eq!(rig.server.client.session(&resting).await.state, SessionState::Created);
    rig.close().await;
}

#[tokio::test]
async fn a_server_killed_while_a_shell_is_silent_finishes_the_start() {
    killed_while_warming(Rig::embedded().await).await;
}

#[tokio::test]
async fn a_server_killed_during_a_stop_a_restart_or_a_delete_finishes_it() {
    let mut rig = Rig::embedded().await;
    let id = rig.server.client.running().await;
    rig.server.client.stop(&id).await;
    rig.server.kill().await;
    stopped_by_the_next(&mut rig, &id, "just asked to stop").await;
    run(&rig, &id).await;
    rig.server.client.restart(&id).await;
    rig.server.kill().await;
    running_by_the_next(&mut rig, &id, "just asked to restart").await;
    let request = condemn(&rig, &id);
    while rig.server.client.sessions().await.iter().any(|session| session.state == SessionState::Running) {
        tokio::task::yield_now().await;
    }
    rig.server.kill().await;
    deleted_by_the_next(&mut rig, "just asked to delete").await;
    request.abort();
    rig.close().await;
}

/// A new session that is being started.
async fn begin(rig: &Rig) -> SessionId {
    let id = rig.server.client.create().await;
    rig.server.client.start(&id).await;
    id
}

async fn run(rig: &Rig, id: &SessionId) {
    rig.server.client.start(id).await;
    rig.server.client.until(id, |state| *state == SessionState::Running).await;
}

/// Asks for a delete that the kill will cut off; its answer never comes.
fn condemn(rig: &Rig, id: &SessionId) -> JoinHandle<()> {
    let (client, condemned) = (rig.server.client.clone(), id.clone());
    tokio::spawn(async move { client.delete(&condemned).await })
}

/// The server was killed; the next one has the session running, in one container, and can delete it.
async fn finished_by_the_next(rig: &mut Rig, id: &SessionId, told: &str) {
    running_by_the_next(rig, id, told).await;
    rig.server.client.delete(id).await;
    rig.assert_there_are(&[], told);
}

async fn running_by_the_next(rig: &mut Rig, id: &SessionId, told: &str) {
    start_again(rig).await;
    rig.server.client.until(id, |state| *state == SessionState::Running).await;
    rig.assert_there_are(&[id], told);
    assert_eq!(rig.server.client.terminal(id, 1).await.run("echo alive").await, "alive\n");
}

async fn stopped_by_the_next(rig: &mut Rig, id: &SessionId, told: &str) {
    start_again(rig).await;
    rig.server.client.until(id, |state| *state == SessionState::Stopped).await;
    assert_eq!((rig.containers(), guests_of(&rig.server.data).len()), (1, 0), "{told}");
}

async fn deleted_by_the_next(rig: &mut Rig, told: &str) {
    start_again(rig).await;
    while !rig.server.client.sessions().await.is_empty() {
        tokio::task::yield_now().await;
    }
    rig.assert_there_are(&[], told);
}

/// What a gate holds goes on only now: an engine does what it was asked by somebody who is gone.
async fn start_again(rig: &mut Rig) {
    rig.open();
    rig.server.start_again().await;
}

/// The first terminal's shell says nothing until it may.
async fn killed_while_warming(mut rig: Rig) {
    let first = rig.server.client.running().await;
    let silent = rig.home().join(".bashrc");
    std::fs::write(&silent, "until [ -e ~/speak ]; do read -t 0.1 < <(:); done\n").unwrap();
    rig.server.client.delete(&first).await;
    let id = begin(&rig).await;
    rig.server.client.until(&id, |state| *state == SessionState::Starting { stage: Stage::Warming }).await;
    rig.server.kill().await;
    std::fs::write(rig.home().join("speak"), "").unwrap();
    finished_by_the_next(&mut rig, &id, "while warming").await;
    rig.close().await;
}

/// The same at Docker, where the engine can be held at each step.
mod docker {
    use engines::Side;

    use super::*;

    const KILL: fn(&str) -> bool = |line| line.starts_with("POST") && line.contains("/kill");

    #[tokio::test]
    async fn a_server_killed_at_any_stage_of_a_start_loses_and_doubles_nothing() {
        let mut rig = Rig::gated().await;
        let create: fn(&str) -> bool = |line| line.contains("/containers/create");
        let network: fn(&str) -> bool = |line| line.contains("/networks/create");
        let start: fn(&str) -> bool = |line| line.contains("/start ");
        for (side, which, stage, told) in [
            (Side::Request, create, Stage::Creating, "before the engine hears of the container"),
            (Side::Answer, create, Stage::Creating, "when the container is made"),
            (Side::Request, network, Stage::Creating, "before the engine hears of the network"),
            (Side::Answer, network, Stage::Creating, "when the network is made"),
            (Side::Request, start, Stage::Starting, "before the engine hears of the start"),
            (Side::Answer, start, Stage::Starting, "when the container runs"),
        ] {
            rig.gate().bar(side, which);
            let id = begin(&rig).await;
            rig.gate().holds().await;
            assert_eq!(rig.server.client.session(&id).await.state, SessionState::Starting { stage }, "{told}");
            rig.server.kill().await;
            finished_by_the_next(&mut rig, &id, told).await;
        }
        rig.close().await;
    }

    #[tokio::test]
    async fn a_server_killed_while_it_waits_for_the_guest_finishes_the_start() {
        let mut rig = Rig::gated().await;
        rig.gate().bar(Side::Answer, |line| line.contains("/start "));
        let id = begin(&rig).await;
        rig.gate().holds().await;
        // The start is answered, and the way to the guest is asked for in vain.
        rig.gate().bar(Side::Answer, |line| line.starts_with("GET") && line.contains("/json "));
        rig.gate().holds().await;
        let state = rig.server.client.session(&id).await.state;
        assert_eq!(state, SessionState::Starting { stage: Stage::Verifying });
        rig.server.kill().await;
        finished_by_the_next(&mut rig, &id, "while verifying").await;
        rig.close().await;
    }

    #[tokio::test]
    async fn a_server_killed_while_a_shell_is_silent_finishes_the_start() {
        killed_while_warming(Rig::docker().await).await;
    }

    #[tokio::test]
    async fn a_server_killed_during_a_stop_a_restart_or_a_delete_finishes_it() {
        let mut rig = Rig::gated().await;
        let id = rig.server.client.running().await;
        for side in [Side::Request, Side::Answer] {
            rig.gate().bar(side, KILL);
            rig.server.client.stop(&id).await;
            rig.gate().holds().await;
            rig.server.kill().await;
            stopped_by_the_next(&mut rig, &id, &format!("{side:?} of a stop")).await;
            run(&rig, &id).await;

            rig.gate().bar(side, KILL);
            rig.server.client.restart(&id).await;
            rig.gate().holds().await;
            rig.server.kill().await;
            running_by_the_next(&mut rig, &id, &format!("{side:?} of a restart")).await;
        }
        for side in [Side::Request, Side::Answer] {
            let id = rig.server.client.sessions().await.pop().map(|session| session.id);
            let id = match id {
                Some(id) => id,
                None => rig.server.client.running().await,
            };
            rig.gate().bar(side, |line| line.starts_with("DELETE") && line.contains("/containers/"));
            let request = condemn(&rig, &id);
            rig.gate().holds().await;
            rig.server.kill().await;
            deleted_by_the_next(&mut rig, &format!("{side:?} of a delete")).await;
            request.abort();
        }
        rig.close().await;
    }
}

#[tokio::test]
async fn an_orderly_end_tells_the_sockets_and_leaves_the_containers() {
    let mut server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    terminal.run("sleep 1000 & echo started").await;
    let guests = guests_of(&server.data);
    let began = std::time::Instant::now();
    let ended = tokio::spawn(async move {
        let status = server.terminate().await;
        (server, status, began.elapsed())
    });
    assert_eq!(terminal.closed().await, close::TRY_AGAIN);
    let (mut server, status, took) = ended.await.unwrap();
    assert!(status.success());
    assert!(took < Duration::from_secs(5), "{took:?}");
    assert_eq!(guests_of(&server.data), guests);
    server.start_again().await;
    let mut again = server.client.terminal_since(&id, 1, &terminal).await;
    assert_eq!(again.epoch, terminal.epoch);
    assert_eq!(again.run("jobs | grep -c sleep").await, "1\n");
    server.close().await;
}

#[tokio::test]
async fn a_container_that_died_while_the_server_was_away_is_told_as_failed() {
    let mut server = Server::new().await;
    let id = server.client.running().await;
    server.kill().await;
    for pid in guests_of(&server.data) {
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
    }
    server.start_again().await;
    let failed = server.client.until_failed(&id).await;
    assert!(matches!(failed, Cause::Killed { signal: 9 } | Cause::HostRestarted), "{failed:?}");
    server.client.start(&id).await;
    server.client.until(&id, |state| *state == SessionState::Running).await;
    server.close().await;
}
