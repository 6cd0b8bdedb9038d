//! An engine of one test's own: its files, its socket, its network and its mounts are nobody else's.
//!
//! The test's thread gets a network and a mount namespace of its own, and the engine is started from it. So the
//! engine's bridges, its rules of netfilter and its mounts go when test and engine do, whatever happened.

use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::image;

/// Longer than an engine takes to start or to end on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
/// How often it is looked whether it has; nothing announces it.
const POLL: Duration = Duration::from_millis(20);

/// Which engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Docker,
    Podman,
    /// By somebody who is not root, in namespaces that whoever starts the test has made.
    RootlessPodman,
}

/// An engine that runs, or has been killed; see the module. Dropping it removes its containers and ends it.
#[derive(Debug)]
pub struct Engine {
    pub kind: Kind,
    /// Where its bridges are: the driver's threads are elsewhere.
    pub network_namespace: PathBuf,
    /// More of its command line, from its next start on.
    pub arguments: Vec<String>,
    directory: PathBuf,
    process: Option<Child>,
    /// There until the engine has ended.
    _files: Arc<TempDir>,
}

impl Engine {
    /// Starts one that keeps everything in `directory`. The calling thread gets namespaces of its own, so this has to
    /// be a test's own thread.
    pub fn start(kind: Kind, files: Arc<TempDir>) -> Self {
        Self::start_within(kind, files, None)
    }

    /// The same with so many bytes for its data.
    pub fn start_within(kind: Kind, files: Arc<TempDir>, size: Option<u64>) -> Self {
        if kind != Kind::RootlessPodman {
            Self::be_alone();
            // Engines sync what they write, and nothing here has to outlast a power cut.
            let data = files.path().join("data");
            fs::create_dir(&data).unwrap();
            let options = size.map(|size| format!("size={size}"));
            mount(Some("tmpfs"), &data, Some("tmpfs"), MsFlags::empty(), options.as_deref()).unwrap();
        }
        let thread = Path::new("/proc").join(fs::read_link("/proc/thread-self").unwrap());
        let mut engine = Self {
            kind,
            network_namespace: thread.join("ns/net"),
            arguments: Vec::new(),
            directory: files.path().to_owned(),
            process: None,
            _files: files,
        };
        engine.go_on();
        engine
    }

    fn be_alone() {
        assert!(nix::unistd::Uid::effective().is_root(), "these tests have to run as root");
        unshare(CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS).unwrap();
        mount(None::<&str>, "/", None::<&str>, MsFlags::MS_REC | MsFlags::MS_PRIVATE, None::<&str>).unwrap();
        // What network plug-ins note is not the host's affair either.
        fs::create_dir_all("/var/lib/cni").unwrap();
        mount(Some("tmpfs"), "/var/lib/cni", Some("tmpfs"), MsFlags::empty(), None::<&str>).unwrap();
        // A host that has an address and a way out, as it has to seem to those who try to reach it.
        for line in [
            "link set lo up",
            "link add eth0 type veth peer name outside",
            "address add 192.0.2.2/24 dev eth0",
            "link set outside up",
            "link set eth0 up",
            "route add default via 192.0.2.1",
        ] {
            assert!(Command::new("ip").args(line.split(' ')).status().unwrap().success(), "{line}");
        }
    }

    /// Where its API is.
    #[must_use]
    pub fn socket(&self) -> PathBuf {
        self.directory.join("engine.sock")
    }

    /// Where it keeps images and containers.
    #[must_use]
    pub fn data(&self) -> PathBuf {
        self.directory.join("data")
    }

    /// The group that containers' cgroups are in, by its path below each controller's root.
    #[must_use]
    pub fn group(&self) -> String {
        format!("berth-test-{}", self.directory.file_name().unwrap().to_string_lossy().trim_start_matches('.'))
    }

    /// Starts it, for the first time or again.
    pub fn go_on(&mut self) {
        assert!(self.process.is_none(), "it runs");
        let log = File::options().create(true).append(true).open(self.directory.join("engine.log")).unwrap();
        let mut command = match self.kind {
            Kind::Docker => self.dockerd(),
            Kind::Podman | Kind::RootlessPodman => self.podman(),
        };
        command.args(&self.arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        // Podman's monitor leaves a file named `oom` wherever it was started when a container is out of memory.
        command.current_dir(&self.directory);
        self.process = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while self.get("/_ping").is_none() {
            let ended = self.process.as_mut().unwrap().try_wait().unwrap();
            assert!(ended.is_none() && begun.elapsed() < LIMIT, "the engine does not start:\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }

    fn dockerd(&self) -> Command {
        // What one that was killed leaves.
        let _ = fs::remove_file(self.directory.join("pid"));
        let mut command = Command::new("dockerd");
        command.arg("--data-root").arg(self.data());
        command.arg("--exec-root").arg(self.directory.join("exec"));
        command.arg("--pidfile").arg(self.directory.join("pid"));
        // Not the host's.
        let config = self.directory.join("daemon.json");
        fs::write(&config, "{}").unwrap();
        command.arg("--config-file").arg(config);
        command.arg("-H").arg(format!("unix://{}", self.socket().display()));
        command.args(["--bridge=none", "--userland-proxy=false", "--live-restore"]);
        command.args(["--exec-opt", "native.cgroupdriver=cgroupfs"]);
        command.arg(format!("--cgroup-parent=/{}", self.group()));
        command
    }

    fn podman(&self) -> Command {
        let _ = fs::remove_file(self.socket());
        let conf = self.directory.join("containers.conf");
        // crun refuses to work where both versions of cgroups are.
        let runtime = if Path::new("/sys/fs/cgroup/unified").exists() { "runc" } else { "crun" };
        // What Debian 12 has; later ones have another, and no plug-ins for this one.
        let network = if Path::new("/usr/lib/cni/bridge").exists() { "network_backend = \"cni\"\n" } else { "" };
        let text = format!(
            "[engine]\ncgroup_manager = \"cgroupfs\"\nevents_logger = \"file\"\nruntime = \"{runtime}\"\n\
             [containers]\n[network]\n{network}network_config_dir = \"{}\"\n",
            self.directory.join("networks").display()
        );
        fs::create_dir_all(self.directory.join("networks")).unwrap();
        fs::write(&conf, text).unwrap();
        let mut command = Command::new("podman");
        command.arg("--root").arg(self.data());
        command.arg("--runroot").arg(self.directory.join("exec"));
        command.arg("--tmpdir").arg(self.directory.join("tmp"));
        // Else it may take the one that copies the whole image for each container.
        command.arg("--storage-driver=overlay");
        command.args(["system", "service", "--time=0"]).arg(format!("unix://{}", self.socket().display()));
        command.env("CONTAINERS_CONF", conf);
        if self.kind == Kind::RootlessPodman {
            command.env("HOME", &self.directory).env("XDG_RUNTIME_DIR", &self.directory);
        }
        command
    }

    /// Ends it at once, as a crash does. Containers go on.
    pub fn crash(&mut self) {
        let mut process = self.process.take().expect("it runs");
        process.kill().unwrap();
        process.wait().unwrap();
        // Its containerd is killed with it, and must not be there when the next one comes; a zombie, which has no
        // command line, counts for the next one if it finds its number.
        let mark = format!("{}/exec/containerd/containerd.toml", self.directory.display());
        self.until(|| !processes_with(&mark).iter().any(|pid| comm(*pid) == "containerd"));
        let _ = fs::remove_file(self.directory.join("exec/containerd/containerd.pid"));
    }

    /// Has it hang, or go on again: it is there, and does nothing.
    pub fn hang(&self, is_so: bool) {
        let signal = if is_so { Signal::SIGSTOP } else { Signal::SIGCONT };
        let process = self.process.as_ref().expect("it runs");
        kill(Pid::from_raw(i32::try_from(process.id()).unwrap()), signal).unwrap();
    }

    fn until(&self, mut condition: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !condition() {
            assert!(begun.elapsed() < LIMIT, "it does not come about:\n{}", self.log());
            std::thread::sleep(POLL);
        }
    }

    /// The end of what it logged.
    #[must_use]
    pub fn log(&self) -> String {
        let text = fs::read_to_string(self.directory.join("engine.log")).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    /// What the engine has at a path of its API, if it has something there.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<Value> {
        let (status, body) = self.ask("GET", path)?;
        (status == 200).then(|| serde_json::from_str(&body).unwrap_or(Value::Null))
    }

    /// Asks without a body, and without the driver. None, when nobody answers.
    #[must_use]
    pub fn ask(&self, method: &str, path: &str) -> Option<(u16, String)> {
        self.send(method, path, &[])
    }

    /// Gives it the image [`image::NAME`], of a tar from [`image::tar`].
    pub fn load_image(&self, tar: &Path) {
        let (repository, tag) = image::NAME.rsplit_once(':').unwrap();
        let path = format!("/images/create?fromSrc=-&repo={repository}&tag={tag}");
        let answer = self.send("POST", &path, &fs::read(tar).unwrap()).expect("the engine answers");
        // What goes wrong on the way is told in the body, after a status that was good.
        assert!(answer.0 == 200 && !answer.1.contains("\"error\""), "{answer:?}\n{}", self.log());
    }

    fn send(&self, method: &str, path: &str, body: &[u8]) -> Option<(u16, String)> {
        let mut stream = UnixStream::connect(self.socket()).ok()?;
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: engine\r\nContent-Length: {}\r\n\r\n", body.len()).ok()?;
        stream.write_all(body).ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let status = head.split_whitespace().nth(1)?.parse().ok()?;
        Some((status, body.to_owned()))
    }

    /// Number of a container's init, while it runs.
    #[must_use]
    pub fn init(&self, id: &str) -> Option<i32> {
        let container = self.get(&format!("/containers/{id}/json"))?;
        let pid = container["State"]["Pid"].as_i64()?;
        i32::try_from(pid).ok().filter(|pid| *pid > 0)
    }

    /// Has the engine forget how a container ended, as a power cut just before does: its record still says that it runs.
    pub fn forget_end(&mut self, id: &str) {
        self.crash();
        match self.kind {
            Kind::Docker => {
                let path = self.data().join("containers").join(id).join("config.v2.json");
                let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
                let state = &mut config["State"];
                state["Running"] = Value::Bool(true);
                state["ExitCode"] = 0.into();
                state["Pid"] = 4_194_303.into();
                fs::write(&path, config.to_string()).unwrap();
            }
            Kind::Podman | Kind::RootlessPodman => {
                // It looks for this file's absence to know that the host was started anew, when there are neither
                // mounts nor cgroups.
                unmount(id);
                let _ = fs::remove_file(self.directory.join("tmp").join("alive"));
                for entry in fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
                    let _ = fs::remove_dir(entry.path().join("libpod_parent").join(format!("libpod-{id}")));
                }
            }
        }
        self.go_on();
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if self.process.is_none() && !std::thread::panicking() {
            self.go_on();
        }
        for container in
            self.get("/containers/json?all=1").into_iter().flat_map(|v| v.as_array().cloned().unwrap_or_default())
        {
            let id = container["Id"].as_str().unwrap_or_default().to_owned();
            let _ = self.ask("POST", &format!("/containers/{id}/unpause"));
            let _ = self.ask("DELETE", &format!("/containers/{id}?force=1&v=1"));
        }
        if let Some(mut process) = self.process.take() {
            let _ = kill(Pid::from_raw(i32::try_from(process.id()).unwrap()), Signal::SIGTERM);
            let begun = Instant::now();
            while process.try_wait().unwrap().is_none() && begun.elapsed() < LIMIT / 4 {
                std::thread::sleep(POLL);
            }
            let _ = process.kill();
            let _ = process.wait();
        }
        // Shims and monitors of containers that could not be removed: their command lines name our directory.
        let mark = self.directory.to_string_lossy().into_owned();
        for pid in processes_with(&mark) {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        unmount(&mark);
        for entry in fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
            let _ = fs::remove_dir(entry.path().join(self.group()));
        }
        let _ = fs::remove_dir(Path::new("/sys/fs/cgroup").join(self.group()));
    }
}

/// Takes away the mounts of this thread's namespace that have such a word in their line.
fn unmount(mark: &str) {
    let mounts = fs::read_to_string("/proc/thread-self/mountinfo").unwrap_or_default();
    for line in mounts.lines().rev().filter(|line| line.contains(mark)) {
        let target = line.split(' ').nth(4).unwrap_or_default();
        let _ = nix::mount::umount2(target, nix::mount::MntFlags::MNT_DETACH);
    }
}

/// Processes that have a word like this on their command line; not we.
fn processes_with(mark: &str) -> Vec<i32> {
    let own = i32::try_from(std::process::id()).unwrap();
    let all =
        fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let has_it = |pid: &i32| {
        fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| String::from_utf8_lossy(&line).contains(mark))
    };
    all.filter(|pid| *pid != own).filter(has_it).collect()
}

fn comm(pid: i32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default().trim().to_owned()
}
