//! A start that hangs: in the engine, in the guest, in the shell. It ends within a limit, with what hung told, and
//! holds up nobody else.

use std::time::Instant;

use app::model::session::{Cause, SessionState, Stage};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::rig::Rig;
use crate::server::guests_of;

/// Has all shells of the one person say nothing until `~/speak` is there.
async fn silence(rig: &Rig) {
    let first = rig.server.client.running().await;
    std::fs::write(rig.home().join(".bashrc"), "until [ -e ~/speak ]; do read -t 0.1 < <(:); done\n").unwrap();
    rig.server.client.delete(&first).await;
}

#[tokio::test]
async fn a_shell_that_says_nothing_is_let_be() {
    let rig = Rig::embedded().await;
    silence(&rig).await;
    let id = rig.server.client.running().await;
    let warming = rig.server.client.session(&id).await.start.pop().unwrap();
    assert!(warming.stage == Stage::Warming && (5000..10_000).contains(&warming.ms), "{warming:?}");
    std::fs::write(rig.home().join("speak"), "").unwrap();
    assert_eq!(rig.server.client.terminal(&id, 1).await.run("echo alive").await, "alive\n");
    rig.close().await;
}

#[tokio::test]
async fn a_guest_that_hangs_while_its_shell_is_awaited_fails_the_start() {
    let rig = Rig::embedded().await;
    silence(&rig).await;
    let id = rig.server.client.create().await;
    rig.server.client.start(&id).await;
    rig.server.client.until(&id, |state| *state == SessionState::Starting { stage: Stage::Warming }).await;
    let hung = Instant::now();
    kill(Pid::from_raw(guests_of(&rig.server.data)[0]), Signal::SIGSTOP).unwrap();
    std::fs::write(rig.home().join("speak"), "").unwrap();
    let other = rig.server.client.running().await;
    assert_eq!(rig.server.client.until_failed(&id).await, Cause::GuestUnresponsive);
    assert!(hung.elapsed().as_secs() < 20, "{:?}", hung.elapsed());
    assert_eq!(rig.server.client.terminal(&other, 1).await.run("echo alive").await, "alive\n");
    rig.server.client.start(&id).await;
    rig.server.client.until(&id, |state| *state == SessionState::Running).await;
    rig.close().await;
}

mod docker {
    use engines::Side;

    use super::*;

    #[tokio::test]
    async fn an_engine_that_hangs_fails_what_needs_it_and_nothing_else() {
        let mut rig = Rig::with("docker").await;
        let running = rig.server.client.running().await;
        let mut terminal = rig.server.client.terminal(&running, 1).await;
        terminal.run("word=remembered").await;
        let new = rig.server.client.create().await;
        let embedded = rig.server.client.create_with(r#"{"runtime":"embedded"}"#).await;

        rig.engine().hang(true);
        let hung = Instant::now();
        rig.server.client.start(&new).await;
        // Terminals, new ones too, and the other runtime have nothing to do with it.
        assert_eq!(terminal.run("echo $word").await, "remembered\n");
        assert_eq!(rig.server.client.terminal(&running, 2).await.run("echo alive").await, "alive\n");
        rig.server.client.start(&embedded).await;
        rig.server.client.until(&embedded, |state| *state == SessionState::Running).await;
        assert!(hung.elapsed().as_secs() < 10, "{:?}", hung.elapsed());
        let cause = rig.server.client.until_failed(&new).await;
        assert_eq!(cause, Cause::StartTimeout { stage: Stage::Creating });
        assert!(hung.elapsed().as_secs() < 25, "{:?}", hung.elapsed());
        assert_eq!(rig.server.client.session(&running).await.state, SessionState::Running);

        rig.engine().hang(false);
        rig.server.client.start(&new).await;
        rig.server.client.until(&new, |state| *state == SessionState::Running).await;
        rig.server.client.delete(&embedded).await;
        rig.assert_there_are(&[&running, &new], "the engine goes on");
        rig.close().await;
    }

    #[tokio::test]
    async fn a_guest_that_does_not_answer_is_told_as_one() {
        let rig = Rig::gated().await;
        let id = rig.server.client.create().await;
        rig.gate().bar(Side::Answer, |line| line.contains("/start "));
        rig.server.client.start(&id).await;
        rig.gate().holds().await;
        kill(Pid::from_raw(guests_of(&rig.server.data)[0]), Signal::SIGSTOP).unwrap();
        rig.open();
        let hung = Instant::now();
        let other = rig.server.client.running().await;
        assert_eq!(rig.server.client.until_failed(&id).await, Cause::GuestUnresponsive);
        assert!(hung.elapsed().as_secs() < 20, "{:?}", hung.elapsed());
        rig.server.client.start(&id).await;
        rig.server.client.until(&id, |state| *state == SessionState::Running).await;
        rig.assert_there_are(&[&id, &other], "started again");
        rig.close().await;
    }

    #[tokio::test]
    async fn an_engine_that_hangs_over_some_sessions_holds_up_no_other() {
        let mut rig = Rig::gated().await;
        let (new, old) = (rig.server.client.create().await, rig.server.client.running().await);
        rig.server.client.stop(&old).await;
        rig.server.client.until(&old, |state| *state == SessionState::Stopped).await;
        let container = rig.engine().get(&format!("/containers/berth-{old}/json")).unwrap();
        let looks = [format!("berth-{new}/json "), format!("{}/json ", container["Id"].as_str().unwrap())];
        rig.gate().bar(Side::Request, move |line| looks.iter().any(|look| line.contains(look)));

        let hung = Instant::now();
        for id in [&new, &old] {
            rig.server.client.start(id).await;
        }
        let other = rig.server.client.running().await;
        assert_eq!(rig.server.client.terminal(&other, 1).await.run("echo alive").await, "alive\n");
        assert!(hung.elapsed().as_secs() < 12, "{:?}", hung.elapsed());
        for (id, stage, limit) in [(&new, Stage::Creating, 25), (&old, Stage::Starting, 40)] {
            assert_eq!(rig.server.client.until_failed(id).await, Cause::StartTimeout { stage });
            assert!(hung.elapsed().as_secs() < limit, "{:?}", hung.elapsed());
        }
        rig.open();
        for id in [&new, &old] {
            rig.server.client.start(id).await;
            rig.server.client.until(id, |state| *state == SessionState::Running).await;
        }
        rig.assert_there_are(&[&new, &old, &other], "the engine goes on");
        rig.close().await;
    }
}
