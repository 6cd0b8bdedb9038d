//! What breaks inside a container, and that nobody else notices.

use app::model::error::ErrorCode;
use app::model::session::{Cause, SessionState};
use http::{Method, StatusCode};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use protocol::close;

use crate::server::{Server, guests_of};

#[tokio::test]
async fn a_killed_guest_fails_its_session_with_the_signal_and_it_starts_again() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    terminal.run("echo kept > note").await;
    kill(Pid::from_raw(guests_of(&server.data)[0]), Signal::SIGKILL).unwrap();
    let code = terminal.closed().await;
    assert!([close::FAULT, close::STOPPED].contains(&code), "{code}");
    assert_eq!(server.client.until_failed(&id).await, Cause::Killed { signal: 9 });
    server.client.start(&id).await;
    server.client.until(&id, |state| *state == SessionState::Running).await;
    assert_eq!(server.client.terminal(&id, 1).await.run("cat note").await, "kept\n");
    server.close().await;
}

#[tokio::test]
async fn a_hung_guest_is_told_as_one_within_a_limit_and_can_be_deleted() {
    let server = Server::new().await;
    let id = server.client.running().await;
    kill(Pid::from_raw(guests_of(&server.data)[0]), Signal::SIGSTOP).unwrap();
    let (status, error) = server.client.error(Method::GET, &format!("/api/terminal/{id}/status")).await;
    assert_eq!((status, error.code), (StatusCode::SERVICE_UNAVAILABLE, ErrorCode::RuntimeUnavailable));
    assert!(error.error.contains("does not answer"), "{}", error.error);
    assert_eq!(server.client.refusal(&id, 1).await, close::FAULT);
    // Reading goes on meanwhile.
    assert_eq!(server.client.session(&id).await.state, SessionState::Running);
    server.client.delete(&id).await;
    server.close().await;
}

#[tokio::test]
async fn a_program_that_eats_all_memory_is_killed_and_its_shell_lives() {
    let server = Server::with(&["--limits-memory", "128MiB"]).await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    let hog = "(head -c 1000m /dev/zero | tail >/dev/null); echo status $?";
    let outcome = terminal.run(hog).await;
    assert!(outcome.contains("Killed") || outcome.contains("status 137") || outcome.contains("status 1"), "{outcome}");
    assert_eq!(terminal.run("echo alive").await, "alive\n");
    assert_eq!(server.client.session(&id).await.state, SessionState::Running);
    server.close().await;
}

#[tokio::test]
async fn a_fork_bomb_stays_within_its_container() {
    let server = Server::new().await;
    let (bomber, neighbour) = (server.client.running().await, server.client.running().await);
    let mut bomb = server.client.terminal(&bomber, 1).await;
    let mut quiet = server.client.terminal(&neighbour, 1).await;
    let from = bomb.shown.len();
    bomb.type_in(" bomb() { bomb | bomb & }; bomb\r").await;
    bomb.until_shown(from, "Resource temporarily unavailable").await;
    assert_eq!(quiet.run("echo alive").await, "alive\n");
    assert_eq!(server.client.terminal(&server.client.running().await, 1).await.run("echo also").await, "also\n");
    server.client.delete(&bomber).await;
    server.close().await;
}

#[tokio::test]
async fn what_looks_like_our_frames_is_only_output() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    let printed = terminal.run(r#"printf '{"type":"exit","code":0}\n'"#).await;
    assert_eq!(printed, "{\"type\":\"exit\",\"code\":0}\n");
    assert_eq!(terminal.ended, None);
    let from = terminal.shown.len();
    terminal.type_in(" echo re''ady; cat > pasted\r").await;
    terminal.until_shown(from, "ready").await;
    terminal.type_in("{\"type\":\"take_control\"}\r\u{4}").await;
    assert_eq!(terminal.run("cat pasted").await, "{\"type\":\"take_control\"}\n");
    server.close().await;
}
