//! `berth admin reconcile` on real containers, with a server and without.

use std::path::Path;

use app::model::session::{Cause, SessionState};
use berth::database::Database;
use protocol::SessionId;
use tokio::process::Command;

use crate::server::{LIMIT, Server, guests_of};

/// Takes a session out of the database behind everybody's back, as an older copy of it would have none.
async fn forget(data: &Path, id: &SessionId) {
    let database = Database::open(&format!("sqlite://{}/berth.db", data.display())).await.unwrap();
    database.delete_session(id).await.unwrap();
    database.close().await;
}

/// Runs the binary beside, or instead of, the server of `data`; answers what it printed.
async fn reconcile(data: &Path, flags: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
    command.args(["admin", "reconcile", "--data-dir"]).arg(data).args(flags).current_dir(data);
    command.env("BERTH_RUNTIME", "embedded");
    let output = tokio::time::timeout(LIMIT, command.output()).await.expect("an end").unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn strays_are_removed_and_others_live_with_a_server_and_without() {
    let mut server = Server::new().await;
    let (kept, lost, later) =
        (server.client.running().await, server.client.running().await, server.client.running().await);
    assert_eq!(guests_of(&server.data).len(), 3);

    forget(&server.data, &lost).await;
    let line = |id: &SessionId| format!("container berth-{id}: there is no session {id}\n");
    assert_eq!(reconcile(&server.data, &["--dry-run"]).await, format!("would remove {}", line(&lost)));
    assert_eq!(guests_of(&server.data).len(), 3);
    assert_eq!(reconcile(&server.data, &[]).await, format!("removed {}", line(&lost)));
    assert_eq!(guests_of(&server.data).len(), 2);
    assert_eq!(reconcile(&server.data, &[]).await, "nothing to mend\n");

    server.kill().await;
    forget(&server.data, &later).await;
    assert_eq!(reconcile(&server.data, &["--dry-run"]).await, format!("would remove {}", line(&later)));
    assert_eq!(reconcile(&server.data, &[]).await, format!("removed {}", line(&later)));
    assert_eq!(guests_of(&server.data).len(), 1, "one that has its session goes on");
    server.start_again().await;
    assert_eq!(server.client.session(&kept).await.state, SessionState::Running);
    assert_eq!(server.client.terminal(&kept, 1).await.run("echo alive").await, "alive\n");
    server.close().await;
}

#[tokio::test]
async fn a_session_whose_files_are_gone_is_told_so_and_starts_with_new_ones() {
    let mut server = Server::new().await;
    let (kept, lost) = (server.client.running().await, server.client.running().await);
    server.client.stop(&lost).await;
    server.client.until(&lost, |state| *state == SessionState::Stopped).await;
    server.kill().await;
    std::fs::remove_dir_all(server.data.join(format!("containers/runtime/containers/berth-{lost}"))).unwrap();
    let told = reconcile(&server.data, &[]).await;
    assert!(told.starts_with(&format!("marked session {lost} ")) && told.lines().count() == 1, "{told}");
    server.start_again().await;
    assert_eq!(server.client.until_failed(&lost).await, Cause::ContainerGone);
    server.client.start(&lost).await;
    server.client.until(&lost, |state| *state == SessionState::Running).await;
    assert_eq!(server.client.session(&kept).await.state, SessionState::Running);
    server.close().await;
}
