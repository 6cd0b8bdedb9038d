//! The server goes, the containers stay: kill -9 at each state of a session, and an orderly end.

use app::model::session::SessionState;
use protocol::close;

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
    let mut server = Server::new().await;
    let resting = server.client.create().await;
    // From before the first effect to after the last: the kill falls into each stage in turn.
    for delay_ms in [0, 5, 10, 20, 30, 45, 60, 90, 130, 180] {
        let id = server.client.create().await;
        server.client.start(&id).await;
        // The one wait by the clock: the moment of the kill is what is varied.
        tokio::time::sleep(std::time::Duration::from_millis(delay_ms)).await;
        server.kill_and_start_again().await;
        server.client.until(&id, |state| *state == SessionState::Running).await;
        assert_eq!(guests_of(&server.data).len(), 1, "after {delay_ms} ms");
        let mut terminal = server.client.terminal(&id, 1).await;
        assert_eq!(terminal.run("echo alive").await, "alive\n");
        server.client.delete(&id).await;
        assert_eq!(guests_of(&server.data).len(), 0, "after {delay_ms} ms");
    }
    assert_eq!(server.client.session(&resting).await.state, SessionState::Created);
    server.close().await;
}

#[tokio::test]
async fn a_server_killed_during_a_stop_or_a_delete_finishes_it() {
    let mut server = Server::new().await;
    let id = server.client.running().await;
    server.client.stop(&id).await;
    server.kill_and_start_again().await;
    server.client.until(&id, |state| *state == SessionState::Stopped).await;
    assert_eq!(guests_of(&server.data).len(), 0);

    server.client.start(&id).await;
    server.client.until(&id, |state| *state == SessionState::Running).await;
    let (client, condemned) = (server.client.clone(), id.clone());
    // Cut off by the kill; its answer never comes.
    let request = tokio::spawn(async move { client.delete(&condemned).await });
    loop {
        let sessions = server.client.sessions().await;
        match sessions.iter().find(|session| session.id == id).map(|session| &session.state) {
            Some(SessionState::Running) => tokio::task::yield_now().await,
            _ => break,
        }
    }
    server.kill_and_start_again().await;
    request.abort();
    while !server.client.sessions().await.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(guests_of(&server.data).len(), 0);
    server.close().await;
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
    assert!(took < std::time::Duration::from_secs(5), "{took:?}");
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
    assert!(
        matches!(failed, app::model::session::Cause::Killed { signal: 9 } | app::model::session::Cause::HostRestarted),
        "{failed:?}"
    );
    server.client.start(&id).await;
    server.client.until(&id, |state| *state == SessionState::Running).await;
    server.close().await;
}
