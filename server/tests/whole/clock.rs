//! A wall clock that jumps, as after a wrong battery or a long sleep of the machine: the server's alone is moved, by
//! libfaketime, and its monotonic clock is left as it is.

use std::path::{Path, PathBuf};

use app::model::session::{Session, SessionState};
use http::{Method, StatusCode};
use tempfile::TempDir;
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use crate::server::Server;

/// What sleep is put off by for people who set nothing.
const IDLE: Duration = Duration::minutes(30);

/// How far a server's clock is from this host's.
struct Clock(TempDir);

impl Clock {
    fn new() -> Self {
        let clock = Self(tempfile::tempdir().unwrap());
        clock.set(Duration::ZERO);
        clock
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("offset")
    }

    /// All at once, so that the server never reads half of it.
    fn set(&self, ahead: Duration) {
        let new = self.0.path().join("new");
        std::fs::write(&new, format!("{:+}s\n", ahead.whole_seconds())).unwrap();
        std::fs::rename(new, self.file()).unwrap();
    }

    fn variables(&self) -> Vec<(String, String)> {
        let file = self.file();
        [
            ("LD_PRELOAD", library().to_str().unwrap()),
            ("FAKETIME_TIMESTAMP_FILE", file.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
            ("NO_FAKE_STAT", "1"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }
}

impl Drop for Clock {
    /// A server that is killed leaves the library's shared memory behind, by its process's number.
    fn drop(&mut self) {
        for entry in std::fs::read_dir("/dev/shm").into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let pid = ["faketime_shm_", "sem.faketime_sem_"].iter().find_map(|prefix| name.strip_prefix(prefix));
            if pid.is_some_and(|pid| !Path::new("/proc").join(pid).exists()) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

fn library() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").unwrap().flatten().map(|entry| entry.path());
    let found = folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).find(|library| library.is_file());
    found.expect("no libfaketime; cargo xtask test installs it")
}

fn parse(text: &str) -> OffsetDateTime {
    OffsetDateTime::parse(text, &Rfc3339).unwrap()
}

/// Asserts that a time is within a few seconds of what the server's clock says.
fn assert_near(text: &str, ahead: Duration, told: &str) {
    let off = parse(text) - (OffsetDateTime::now_utc() + ahead);
    assert!(off.abs() < Duration::seconds(20), "{told}: {text} is off by {off}");
}

fn assert_started_quickly(session: &Session) {
    let stages: u32 = session.start.iter().map(|stage| stage.ms).sum();
    let ready = session.ready_ms.unwrap();
    assert!(session.start.len() == 4 && stages <= ready + 4 && ready < 20_000, "{session:?}");
}

#[tokio::test]
async fn a_clock_that_jumps_puts_nothing_to_sleep_and_ends_nothing() {
    let clock = Clock::new();
    let server = Server::within(clock.variables()).await;
    let id = server.client.running().await;
    let mut terminal = server.client.terminal(&id, 1).await;
    terminal.run("word=remembered").await;
    server.client.until_looked_at(&[&id], 1).await;
    for (looks, hours) in [(2, 26), (3, -26), (4, 0)] {
        let ahead = Duration::hours(hours);
        let told = format!("{hours} hours ahead");
        clock.set(ahead);
        // The next look is seconds away.
        let all = server.client.until_looked_at(&[&id], looks).await;
        let sleeps_at = all[&id].usage.as_ref().unwrap().sleeps_at.clone().unwrap();
        let left = parse(&sleeps_at) - (OffsetDateTime::now_utc() + ahead);
        assert!(left <= IDLE && left > IDLE - Duration::minutes(3), "{told}: it sleeps in {left}");
        assert_eq!(server.client.session(&id).await.state, SessionState::Running, "{told}");
        assert_eq!(terminal.run("echo $word").await, "remembered\n", "{told}");
    }
    server.close().await;
}

#[tokio::test]
async fn sessions_start_stop_and_outlive_the_server_whatever_the_clock_says() {
    let clock = Clock::new();
    let mut server = Server::within(clock.variables()).await;
    let steady = server.client.running().await;
    for hours in [0, 26, -26] {
        let ahead = Duration::hours(hours);
        let told = format!("{hours} hours ahead");
        clock.set(ahead);
        let id = server.client.running().await;
        let session = server.client.session(&id).await;
        assert_started_quickly(&session);
        assert_near(&session.created_at, ahead, &told);
        assert_near(&session.active_at, ahead, &told);
        server.kill_and_start_again().await;
        server.client.until(&steady, |state| *state == SessionState::Running).await;
        server.client.until(&id, |state| *state == SessionState::Running).await;
        server.client.stop(&id).await;
        server.client.until(&id, |state| *state == SessionState::Stopped).await;
        for page in ["/", "/account", "/admin/runtime", "/admin/sessions", "/api/sessions", "/api/audit?page=1"] {
            let status = server.client.send(Method::GET, page, bytes::Bytes::new()).await.status();
            assert!(!status.is_server_error(), "{told}: {page}: {status}");
        }
    }
    // Beyond the end of the sign-in, and back before a sweep: nothing but the sign-in is over, and only meanwhile.
    clock.set(Duration::days(40));
    let refused = server.client.send(Method::GET, "/api/sessions", bytes::Bytes::new()).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    clock.set(Duration::ZERO);
    assert_eq!(server.client.session(&steady).await.state, SessionState::Running);
    server.close().await;
}

#[test]
fn the_library_moves_the_wall_clock_alone() {
    let clock = Clock::new();
    clock.set(Duration::hours(26));
    let output = std::process::Command::new("perl")
        .args(["-MTime::HiRes=clock_gettime,CLOCK_REALTIME,CLOCK_MONOTONIC", "-e"])
        .arg("printf '%d %d', clock_gettime(CLOCK_REALTIME), clock_gettime(CLOCK_MONOTONIC)")
        .envs(clock.variables())
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let (wall, steady) = printed.split_once(' ').unwrap();
    let uptime = std::fs::read_to_string(Path::new("/proc/uptime")).unwrap();
    let uptime: f64 = uptime.split_whitespace().next().unwrap().parse().unwrap();
    let expected = OffsetDateTime::now_utc().unix_timestamp() + 26 * 3600;
    assert!((wall.parse::<i64>().unwrap() - expected).abs() < 5, "{printed}");
    assert!((steady.parse::<f64>().unwrap() - uptime).abs() < 5.0, "{printed} {uptime}");
}
