//! A server process of a test's own: port 0, a data directory of its own, and gone with the test.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::client::Client;

/// The administrator that each server comes up with.
pub const EMAIL: &str = "admin@example.org";
pub const PASSWORD: &str = "correct-horse-battery";
/// Far more than anything here takes; a hang is told as one.
pub const LIMIT: Duration = Duration::from_secs(60);

pub struct Server {
    child: Child,
    pub client: Client,
    pub data: PathBuf,
    /// What else is on its command line, each time it starts.
    extra: Vec<String>,
    /// Variables that it gets besides, each time it starts.
    variables: Vec<(String, String)>,
    /// Removed last. None when the data directory is the test's own.
    directory: Option<TempDir>,
}

impl Server {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A server with more on its command line.
    pub async fn with(extra: &[&str]) -> Self {
        let directory = tempfile::Builder::new().prefix("berth-test-").tempdir().unwrap();
        let mut server = Self::on(directory.path(), extra).await;
        server.directory = Some(directory);
        server
    }

    /// A server with more in its environment.
    pub async fn within(variables: Vec<(String, String)>) -> Self {
        let directory = tempfile::Builder::new().prefix("berth-test-").tempdir().unwrap();
        let mut server = Self::spawn(directory.path(), &[], variables).await;
        server.directory = Some(directory);
        server
    }

    /// A server on an existing data directory.
    pub async fn on(data: &Path, extra: &[&str]) -> Self {
        Self::spawn(data, extra, Vec::new()).await
    }

    async fn spawn(data: &Path, extra: &[&str], variables: Vec<(String, String)>) -> Self {
        let (child, address, cookie) = spawn(data, extra, &variables).await;
        let extra = extra.iter().map(|&word| word.to_owned()).collect();
        let client = Client::new(address, cookie);
        Self { child, client, data: data.to_owned(), extra, variables, directory: None }
    }

    pub fn pid(&self) -> Pid {
        Pid::from_raw(i32::try_from(self.child.id().expect("a running server")).unwrap())
    }

    /// kill -9, and a new server on the same data.
    pub async fn kill_and_start_again(&mut self) {
        self.kill().await;
        self.start_again().await;
    }

    pub async fn kill(&mut self) {
        kill(self.pid(), Signal::SIGKILL).unwrap();
        self.child.wait().await.unwrap();
    }

    pub async fn start_again(&mut self) {
        let extra: Vec<_> = self.extra.iter().map(String::as_str).collect();
        let (child, address, cookie) = spawn(&self.data, &extra, &self.variables).await;
        self.child = child;
        self.client = Client::new(address, cookie);
    }

    /// kill -9, and a new server on the same data with something else on its command line.
    pub async fn start_with(&mut self, extra: &[&str]) {
        self.extra = extra.iter().map(|&word| word.to_owned()).collect();
        self.kill_and_start_again().await;
    }

    /// The same with this besides.
    pub async fn with_more(&mut self, extra: &[String]) {
        self.extra.extend_from_slice(extra);
        self.kill_and_start_again().await;
    }

    /// SIGTERM, and how the server ended.
    pub async fn terminate(&mut self) -> std::process::ExitStatus {
        kill(self.pid(), Signal::SIGTERM).unwrap();
        tokio::time::timeout(LIMIT, self.child.wait()).await.expect("the server never ended").unwrap()
    }

    /// Deletes every session, so that no container outlives the test.
    pub async fn close(mut self) {
        for session in self.client.sessions().await {
            self.client.delete(&session.id).await;
        }
        assert!(self.terminate().await.success());
        assert_eq!(processes_with(&self.data), Vec::<i32>::new(), "processes left behind");
        drop(self.directory.take());
    }
}

impl Drop for Server {
    /// A test that fails half-way leaves no containers either: all that name its directory are killed.
    fn drop(&mut self) {
        let _ = self.child.start_kill();
        if self.directory.is_some() {
            for pid in processes_with(&self.data) {
                let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
            }
        }
    }
}

async fn spawn(data: &Path, extra: &[&str], variables: &[(String, String)]) -> (Child, String, String) {
    std::fs::create_dir_all(data).unwrap();
    let password_file = data.join("admin-password");
    std::fs::write(&password_file, PASSWORD).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_berth"))
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .arg("--guest")
        .arg(guest())
        .args(extra)
        .args(["--admin-email", EMAIL, "--admin-password-file"])
        .arg(&password_file)
        // A flag has the last word; without one, an engine that this host may have is left alone.
        .env("BERTH_RUNTIME", "embedded")
        .env_remove("RUST_LOG")
        // Tests make and open more in a second than a person in a minute.
        .envs([("BERTH_LIMITS_CREATES_A_MINUTE", "100000"), ("BERTH_LIMITS_SOCKETS_A_MINUTE", "100000")])
        .envs(variables.iter().cloned())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let printed = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((address, _)) = line.trim().strip_prefix("http://").and_then(|url| url.split_once('/')) {
                return address.to_owned();
            }
        }
        panic!("the server ended without printing its address");
    };
    let address = tokio::time::timeout(LIMIT, printed).await.expect("the server never printed its address");
    // Read on, so that the server never writes into a closed pipe.
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    let cookie = Client::sign_in(&address).await;
    (child, address, cookie)
}

/// The guest's binary: from the environment, else where `cargo xtask` builds it.
fn guest() -> PathBuf {
    let built = || {
        let target = Path::new(env!("CARGO_BIN_EXE_berth")).ancestors().nth(2).unwrap().to_owned();
        target.join("x86_64-unknown-linux-musl/guest/berth-guest")
    };
    let guest = std::env::var_os("BERTH_GUEST").map_or_else(built, PathBuf::from);
    assert!(guest.exists(), "no guest at {}; run cargo xtask test, which builds it", guest.display());
    guest
}

/// Host processes whose command line names `directory`, and containers' whose mounts do.
pub fn processes_with(directory: &Path) -> Vec<i32> {
    let name = directory.to_str().unwrap();
    let namespace = |process: &Path| std::fs::read_link(process.join("ns/pid")).ok();
    let host = namespace(Path::new("/proc/self"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        if pid == std::process::id().cast_signed() {
            continue;
        }
        // A process may end between the listing and the look.
        let has =
            |file: &str| std::fs::read(entry.path().join(file)).is_ok_and(|text| contains(&text, name.as_bytes()));
        if has("cmdline") || (namespace(&entry.path()).is_some_and(|its| Some(its) != host) && has("mountinfo")) {
            found.push(pid);
        }
    }
    found
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

/// Host process ids of guests whose mounts name `directory`.
pub fn guests_of(directory: &Path) -> Vec<i32> {
    let is_guest =
        |pid: &i32| std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == "berth-guest");
    processes_with(directory).into_iter().filter(is_guest).collect()
}
