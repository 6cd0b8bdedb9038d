//! A disk that is full, for real: the data directory, or what the engine has, is a small tmpfs.

use std::path::Path;
use std::process::Command;

use app::model::session::{Cause, SessionState};
use http::Method;

use crate::rig::Rig;
use crate::server::Server;

/// A tmpfs for as long as this lives.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(megabytes: u32) -> Self {
        let directory = tempfile::Builder::new().prefix("berth-test-").tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(directory.path())
            .status()
            .unwrap();
        assert!(mounted.success(), "mounting a tmpfs needs root");
        Self(directory)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["--lazy"]).arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn a_full_disk_is_told_as_one_and_a_delete_makes_room() {
    let disk = SmallDisk::new(24);
    let server = Server::on(disk.path(), &[]).await;
    let hog = server.client.running().await;
    let waiting = server.client.create().await;
    let mut terminal = server.client.terminal(&hog, 1).await;
    let outcome = terminal.run("head -c 100m /dev/zero > ~/hog").await;
    assert!(outcome.contains("No space left"), "{outcome}");
    assert_eq!(terminal.run("echo alive").await, "alive\n");

    // Nothing can be written, not even the row: a documented error or a failed start, never a hang.
    let response = server.client.send(Method::POST, &format!("/api/sessions/{waiting}/start"), "".into()).await;
    if response.status().is_success() {
        let failed = server.client.until_failed(&waiting).await;
        assert!(!failed.sentence().is_empty());
    } else {
        let error: app::model::error::ApiError = serde_json::from_slice(response.body()).unwrap();
        assert!(!error.request_id.is_empty());
    }
    assert_eq!(server.client.session(&hog).await.state, SessionState::Running, "reading works on");

    terminal.run("rm ~/hog").await;
    server.client.start(&waiting).await;
    server.client.until(&waiting, |state| *state == SessionState::Running).await;
    assert_eq!(server.client.terminal(&waiting, 1).await.run("echo alive").await, "alive\n");
    server.close().await;
}

/// The engine's own disk, where images and what containers change are.
mod docker {
    use super::*;

    /// The image has some twenty megabytes.
    const SIZE: u64 = 128 << 20;

    #[tokio::test]
    async fn an_engine_whose_disk_is_full_is_told_as_one_and_room_is_all_that_it_takes() {
        let rig = Rig::docker_within(SIZE).await;
        let running = rig.server.client.running().await;
        let stopped = rig.server.client.running().await;
        rig.server.client.stop(&stopped).await;
        rig.server.client.until(&stopped, |state| *state == SessionState::Stopped).await;
        let new = rig.server.client.create().await;
        // A program fills it from inside: what is not home is the engine's to keep.
        let mut terminal = rig.server.client.terminal(&running, 1).await;
        let outcome = terminal.run("head -c 1000m /dev/zero > /var/tmp/hog").await;
        assert!(outcome.contains("No space left"), "{outcome}");
        assert_eq!(terminal.run("echo alive").await, "alive\n");

        for id in [&new, &stopped] {
            rig.server.client.start(id).await;
            assert_eq!(rig.server.client.until_failed(id).await, Cause::DiskFull);
        }
        assert_eq!(rig.server.client.session(&running).await.state, SessionState::Running);
        assert_eq!(terminal.run("echo note > ~/note; cat ~/note").await, "note\n", "home is on another disk");

        terminal.run("rm /var/tmp/hog").await;
        for id in [&new, &stopped] {
            rig.server.client.start(id).await;
            rig.server.client.until(id, |state| *state == SessionState::Running).await;
            assert_eq!(rig.server.client.terminal(id, 1).await.run("echo alive").await, "alive\n");
        }
        rig.assert_there_are(&[&running, &stopped, &new], "with room");
        rig.close().await;
    }
}
