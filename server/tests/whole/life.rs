//! The main job: a shell in a container of its own that keeps its files and its screen.

use app::model::session::SessionState;
use protocol::frame::ServerFrame;

use crate::server::Server;

#[tokio::test]
async fn a_shell_answers_in_a_container_of_its_own() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    assert_eq!(
        terminal.run("id -un; id -u; pwd; echo $BERTH_SESSION $BERTH_TERMINAL $TERM").await,
        format!("user\n1000\n/home/user/workspace\n{id} 1 xterm-256color\n")
    );
    assert_eq!(terminal.run("cat /proc/1/comm").await.trim(), "berth-guest");
    assert_eq!(terminal.run("tput cols; tput lines").await, "100\n30\n");
    terminal.say(r#"{"type":"resize","cols":120,"rows":40}"#).await;
    assert_eq!(terminal.run("tput cols; tput lines").await, "120\n40\n");
    server.close().await;
}

#[tokio::test]
async fn files_survive_a_stop_and_a_start_and_go_with_the_session() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    terminal.run("echo precious > note; mkdir -p ~/deep/er; echo also > ~/deep/er/note").await;
    server.client.stop(&id).await;
    assert_eq!(terminal.closed().await, protocol::close::STOPPED);
    server.client.until(&id, |state| *state == SessionState::Stopped).await;
    assert_eq!(server.client.refusal(&id, 1).await, protocol::close::STOPPED);
    server.client.start(&id).await;
    server.client.until(&id, |state| *state == SessionState::Running).await;
    let mut terminal = server.client.terminal(&id, 1).await;
    assert_eq!(terminal.run("cat note ~/deep/er/note").await, "precious\nalso\n");
    server.client.delete(&id).await;
    assert!(server.client.sessions().await.is_empty());
    server.close().await;
}

#[tokio::test]
async fn six_terminals_are_six_shells_and_there_is_no_seventh() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut ttys = std::collections::HashSet::new();
    for number in 1..=6 {
        let mut terminal = server.client.terminal(&id, number).await;
        assert_eq!(terminal.run("echo $BERTH_TERMINAL").await.trim(), number.to_string());
        ttys.insert(terminal.run("tty").await);
    }
    assert_eq!(ttys.len(), 6);
    for number in [0, 7, 255] {
        assert_eq!(server.client.refusal(&id, number).await, protocol::close::NOT_FOUND);
    }
    server.close().await;
}

#[tokio::test]
async fn a_terminal_that_was_cut_goes_on_where_it_was() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    terminal.run("echo before").await;
    terminal.type_in(" seq 1 20000; echo al''l\r").await;
    let from = terminal.shown.len();
    terminal.until_shown(from, "\r\n5000\r\n").await;
    let mut again = server.client.terminal_since(&id, 1, &terminal).await;
    let (epoch, cut) = (terminal.epoch.clone(), terminal.offset);
    drop(terminal.socket);
    again.until_shown(0, "all").await;
    assert_eq!((again.epoch, again.snapshots), (epoch, 0));
    // What both saw is one stream: the numbers go on without a gap or a double.
    let whole = [&terminal.shown[from..], &again.shown].concat();
    let text = String::from_utf8_lossy(&whole).into_owned();
    let numbers: Vec<u32> = text.split(['\r', '\n']).filter_map(|line| line.parse().ok()).collect();
    assert_eq!(numbers, (1..=20000).collect::<Vec<u32>>(), "cut at {cut}");
    server.close().await;
}

#[tokio::test]
async fn a_shell_that_ends_says_how_and_the_next_socket_opens_another() {
    let server = Server::new().await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 2).await;
    terminal.type_in("exit 7\r").await;
    assert_eq!(terminal.closed().await, protocol::close::ENDED);
    assert_eq!(terminal.ended, Some(ServerFrame::Exit { code: Some(7), signal: None }));
    let mut another = server.client.terminal(&id, 2).await;
    assert_eq!(another.run("echo alive").await, "alive\n");
    server.close().await;
}

#[tokio::test]
async fn two_sessions_of_one_person_share_home_and_nothing_else() {
    let server = Server::new().await;
    let (one, two) = (server.client.running().await, server.client.running().await);
    let mut first = server.client.terminal(&one, 1).await;
    let mut second = server.client.terminal(&two, 1).await;
    let secrets =
        "for place in ~/workspace ~/.cache ~/.npm /tmp /var/tmp /dev/shm; do echo of-one > $place/secret; done";
    assert_eq!(first.run(&format!("{secrets}; echo of-both > ~/shared; ls ~/.cache")).await, "secret\n");
    first.run("(exec -a process-of-one tail -f /dev/null &)").await;
    assert_eq!(
        second
            .run("cat ~/shared; ls ~/workspace; cat /proc/[0-9]*/cmdline | tr '\\0' ' ' | grep -c process-of-on[e]")
            .await,
        "of-both\n0\n"
    );
    let seen = second.run("find / -name secret 2>/dev/null; hostname; cat /proc/mounts | grep -c berth-test").await;
    assert!(!seen.contains("/secret"), "{seen}");
    server.close().await;
}
