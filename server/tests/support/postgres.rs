//! A Postgres of a test's own: Debian's binaries, a data directory in a temp dir, a Unix socket and no port.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A running Postgres, stopped and removed on drop.
pub struct Postgres {
    binaries: PathBuf,
    directory: TempDir,
}

impl Postgres {
    /// Makes a cluster and starts it; returns once it answers.
    pub fn start() -> Self {
        let directory = tempfile::Builder::new().prefix("berth-pg-").tempdir_in("/tmp").unwrap();
        let postgres = Self { binaries: binaries(), directory };
        let path = postgres.directory.path();
        fs::set_permissions(path, fs::Permissions::from_mode(0o700)).unwrap();
        if is_root() {
            run(Command::new("chown").arg("postgres").arg(path));
        }
        let data = path.join("data");
        let initdb = postgres
            .command("initdb")
            .args(["--auth=trust", "--username=berth", "--no-sync", "--encoding=UTF8"])
            .arg(&data)
            .stdout(Stdio::null())
            .status();
        assert!(initdb.unwrap().success(), "initdb failed");
        let options = format!("-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=off", path.display());
        run(postgres
            .command("pg_ctl")
            .args(["start", "--wait", "--timeout=30", "--silent", "-D"])
            .arg(&data)
            .arg("-l")
            .arg(path.join("log"))
            .arg("-o")
            .arg(options));
        postgres
    }

    pub fn url(&self) -> String {
        let socket = self.directory.path().display().to_string().replace('/', "%2F");
        format!("postgres://berth@{socket}/postgres")
    }

    /// Postgres refuses to run as root.
    fn command(&self, name: &str) -> Command {
        let program = self.binaries.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // The test's own directory may be closed to the postgres user.
        command.current_dir("/");
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.directory.path().join("data");
        let stop =
            self.command("pg_ctl").args(["stop", "--mode=immediate", "--wait", "--silent", "-D"]).arg(data).status();
        if !stop.is_ok_and(|status| status.success()) {
            eprintln!("postgres in {} did not stop", self.directory.path().display());
        }
    }
}

fn run(command: &mut Command) {
    // Nothing is inherited that a daemon could keep open.
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
    assert!(status.unwrap().success(), "{command:?} failed");
}

fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// Debian keeps them out of the path, by version.
fn binaries() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").expect("postgresql is installed; cargo xtask test does that");
    let mut found: Vec<PathBuf> = versions
        .flatten()
        .map(|version| version.path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| Path::new("/usr/bin").to_owned())
}
