//! The binary: how it refuses to start, and how it ends.

use std::io::{BufRead as _, BufReader};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// What a service manager is promised.
const SHUTDOWN: Duration = Duration::from_secs(5);

/// The binary with none of this process' settings, and no way to an engine that this host may have.
fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_berth"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("BERTH_")) {
        command.env_remove(name);
    }
    command.env("BERTH_RUNTIME", "embedded");
    command
}

fn berth(data: &Path, arguments: &[&str]) -> Command {
    let mut command = binary();
    command
        .args(["--listen", "127.0.0.1:0", "--data-dir"])
        .arg(data)
        .args(arguments)
        .current_dir(data.parent().unwrap());
    command
}

/// Runs one that must refuse; answers its one line.
fn refusal(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(status.code(), Some(2), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stdout.is_empty());
    stderr.trim_end().to_owned()
}

/// A process that is killed with the test.
struct Running(Child);

impl Running {
    /// Starts one and returns once it has printed its link.
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let running = Self(child);
        assert!(lines.map_while(Result::ok).any(|line| line.starts_with("  http://127.0.0.1:")), "no link was printed");
        running
    }

    fn end_by(&mut self, signal: Signal) -> (std::process::ExitStatus, Duration) {
        let asked = Instant::now();
        kill(Pid::from_raw(i32::try_from(self.0.id()).unwrap()), signal).unwrap();
        let status = self.0.wait().unwrap();
        (status, asked.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_port_that_is_taken_is_one_line_and_exit_code_2() {
    let directory = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let mut command = binary();
    command.args(["--listen", &address, "--data-dir"]).arg(directory.path().join("data"));
    let told = refusal(&mut command);
    assert!(told.starts_with(&format!("berth: can't listen on {address}: Address already in use")), "{told}");
}

#[test]
fn a_data_directory_that_cannot_be_written_is_one_line_and_exit_code_2() {
    // Not by its mode, which stops no root: nobody writes below a file, nor into /proc.
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    for data in [file.join("data"), "/proc/berth/data".into()] {
        let mut command = binary();
        command.args(["--listen", "127.0.0.1:0", "--data-dir"]).arg(&data);
        let told = refusal(&mut command);
        assert!(told.starts_with(&format!("berth: the data directory {} can't be used: ", data.display())), "{told}");
    }
}

#[test]
fn a_data_directory_in_use_is_one_line_and_exit_code_2() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let _first = Running::start(&mut berth(&data, &[]));
    let told = refusal(&mut berth(&data, &[]));
    assert_eq!(told, format!("berth: another berth already uses the data directory {}", data.display()));
}

#[test]
fn a_wrong_configuration_or_database_is_one_line_and_exit_code_2() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::write(directory.path().join("berth.toml"), "log = \"info\"\nlisten_on = \"x\"\n").unwrap();
    let told = refusal(&mut berth(&data, &[]));
    assert!(told.ends_with("berth.toml:2: unknown key `listen_on`; did you mean `listen`?"), "{told}");
    std::fs::remove_file(directory.path().join("berth.toml")).unwrap();
    let told = refusal(berth(&data, &[]).env("BERTH_LISTNE", "x"));
    assert_eq!(told, "berth: environment: unknown variable `BERTH_LISTNE`; did you mean `BERTH_LISTEN`?");
    let told = refusal(&mut berth(&data, &["--database-url", "postgres://berth:hunter2@127.0.0.1:1/berth"]));
    assert!(told.starts_with("berth: ") && told.contains("database") && !told.contains("hunter2"), "{told}");
}

#[test]
fn either_signal_ends_it_in_time_with_exit_code_0() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let (status, took) = Running::start(&mut berth(&data, &[])).end_by(signal);
        assert_eq!(status.code(), Some(0), "{signal}");
        assert!(took < SHUTDOWN, "{signal} took {took:?}");
    }
}

#[test]
fn a_configuration_is_printed_with_its_sources_and_without_its_secrets() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    std::fs::write(directory.path().join("berth.toml"), "[limits]\nmemory = \"1GiB\"\n").unwrap();
    let mut command = berth(&data, &[]);
    let output = command.arg("config").env("BERTH_LOG", "debug").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("log = \"debug\"  # BERTH_LOG"), "{text}");
    let mut command = binary();
    command.args(["config", "--database-url", "postgres://berth:hunter2@db/berth"]).current_dir(directory.path());
    let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(text.contains("database_url = \"postgres://berth:********@db/berth\"  # --database-url"), "{text}");
    assert!(text.contains("memory = \"1GiB\"  # ") && text.contains("berth.toml:2\n"), "{text}");
    assert!(!data.exists(), "printing the configuration makes nothing");
}

#[test]
fn health_tells_a_live_server_from_none() {
    let directory = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut command = binary();
    let none = command.args(["health", "--listen", &free]).current_dir(directory.path()).output().unwrap();
    assert_eq!(none.status.code(), Some(1));
    let mut serve = binary();
    serve.args(["--listen", &free, "--data-dir"]).arg(directory.path().join("data"));
    let _server = Running::start(&mut serve);
    let mut command = binary();
    let alive = command.args(["health", "--listen", &free]).current_dir(directory.path()).output().unwrap();
    assert_eq!(alive.status.code(), Some(0), "{alive:?}");
}
