//! This host, with an engine of one test's own, as the conformance suite sees it.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bollard::{API_DEFAULT_VERSION, Docker};
use engines::{Engine, Kind, image};
use protocol::ContainerId;
use runtime::Runtime;
use runtime::conformance::{Host, Lack};
use runtime_docker::{DockerRuntime, Network, Options, Patience, Pull, Tls};
use tempfile::TempDir;

/// Says where the guest is, if not where cargo puts it.
pub const GUEST: &str = "BERTH_GUEST";
/// Says where the image is, if it has been made.
pub const IMAGE: &str = "BERTH_TEST_IMAGE";
/// Seconds that the tests' own client waits.
const CLIENT_LIMIT: u64 = 60;

/// A directory and an engine of one test's own.
pub struct Here {
    pub engine: Arc<Mutex<Engine>>,
    /// Where else it is, and by which certificates, if the driver is to use that.
    pub address: Option<(String, Tls)>,
    /// What containers that ran were seen to have.
    seen: Mutex<HashMap<ContainerId, Seen>>,
    /// The engine's, in which there is one for each who has it.
    directory: Arc<TempDir>,
    /// Counts those who have had the engine.
    number: Arc<AtomicUsize>,
    own: PathBuf,
}

#[derive(Default, Clone)]
struct Seen {
    session: String,
    namespace: Option<PathBuf>,
    /// When, in clock ticks since boot. The kernel gives a namespace's number to another once it is gone, so a
    /// younger process that has the number is another test's.
    at: u64,
}

impl Here {
    pub async fn new(kind: Kind) -> Self {
        let directory = Arc::new(tempfile::Builder::new().prefix("berth-").tempdir().unwrap());
        let engine = Engine::start(kind, Arc::clone(&directory));
        let own = directory.path().to_owned();
        let engine = Arc::new(Mutex::new(engine));
        let here = Self { engine, address: None, seen: Mutex::default(), directory, number: Arc::default(), own };
        here.load_image();
        here
    }

    /// The same engine for another test, which sees nothing of this one's.
    pub fn host(&self) -> Box<Self> {
        let own = self.directory.path().join(format!("host-{}", self.number.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir(&own).unwrap();
        let (engine, directory, number) =
            (Arc::clone(&self.engine), Arc::clone(&self.directory), Arc::clone(&self.number));
        Box::new(Self { engine, address: None, seen: Mutex::default(), directory, number, own })
    }

    pub fn client(&self) -> Docker {
        let url = format!("unix://{}", self.engine.lock().unwrap().socket().display());
        Docker::connect_with_unix(&url, CLIENT_LIMIT, API_DEFAULT_VERSION).unwrap()
    }

    pub fn load_image(&self) {
        self.engine.lock().unwrap().load_image(&image_tar());
    }

    pub fn options(&self) -> Options {
        let (url, tls) = match self.address.clone() {
            Some((url, tls)) => (url, Some(tls)),
            None => (format!("unix://{}", self.engine.lock().unwrap().socket().display()), None),
        };
        Options {
            url,
            tls,
            image: image::NAME.to_owned(),
            pull: Pull::Never,
            guest: guest(),
            directory: self.state(),
            installation: "test".to_owned(),
            network: Network::Walled,
            network_namespace: Some(self.engine.lock().unwrap().network_namespace.clone()),
            patience: Patience::default(),
        }
    }

    pub fn state(&self) -> PathBuf {
        self.own.join("state")
    }

    fn init(&self, id: &ContainerId) -> i32 {
        self.engine.lock().unwrap().init(id.as_str()).expect("it runs")
    }
}

#[async_trait]
impl Host for Here {
    async fn open(&self) -> Arc<dyn Runtime> {
        Arc::new(DockerRuntime::connect(self.options()).await.unwrap())
    }

    fn traces(&self, id: &ContainerId) -> Vec<String> {
        let engine = self.engine.lock().unwrap();
        let mut seen = self.seen.lock().unwrap();
        let seen = seen.entry(id.clone()).or_default();
        let mut traces = Vec::new();
        if let Some(container) = engine.get(&format!("/containers/{id}/json")) {
            traces.push(format!("directory of the container {id}"));
            container["Config"]["Labels"]["berth.session"].as_str().unwrap().clone_into(&mut seen.session);
            let pid = container["State"]["Pid"].as_i64().unwrap_or_default();
            if pid > 0 {
                seen.namespace = fs::read_link(format!("/proc/{pid}/ns/pid")).ok();
                seen.at = ticks_since_boot();
            }
        }
        let session = &seen.session;
        for (what, path) in
            [("network", format!("/networks/berth-{session}")), ("volume", format!("/volumes/berth-home-{session}"))]
        {
            traces.extend(engine.get(&path).map(|_| format!("directory of the {what} of {session}")));
        }
        let state = self.state().join(session);
        traces.extend((!session.is_empty() && state.exists()).then(|| format!("directory {}", state.display())));
        let bridge = fs::read_to_string("/proc/thread-self/net/dev").unwrap().contains(&format!("bt-{session}:"));
        traces.extend(bridge.then(|| format!("directory of the interface bt-{session}")));
        traces.extend(cgroups(Path::new("/sys/fs/cgroup"), id.as_str(), 4));
        let mounts = fs::read_to_string("/proc/thread-self/mountinfo").unwrap();
        let is_its = |line: &&str| line.contains(id.as_str()) && !line.contains("/containers/");
        traces.extend(mounts.lines().filter(is_its).map(|line| format!("mount {line}")));
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let inside = seen.namespace.is_some()
                && fs::read_link(entry.path().join("ns/pid")).ok() == seen.namespace
                && started(&name).is_some_and(|start| start <= seen.at);
            if inside {
                traces.push(format!("process {name}"));
            }
        }
        traces
    }

    fn signal_init(&self, id: &ContainerId, signal: i32) {
        let signal = nix::sys::signal::Signal::try_from(signal).unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.init(id)), signal).unwrap();
    }

    fn sacrifice_init(&self, id: &ContainerId) {
        fs::write(format!("/proc/{}/oom_score_adj", self.init(id)), "1000").unwrap();
    }

    fn forget_init(&self, id: &ContainerId) {
        let mut engine = self.engine.lock().unwrap();
        let begun = std::time::Instant::now();
        while engine.init(id.as_str()).is_some() {
            assert!(begun.elapsed() < runtime::conformance::LIMIT, "it does not die");
            std::thread::yield_now();
        }
        engine.forget_end(id.as_str());
    }

    fn directory(&self) -> PathBuf {
        self.own.clone()
    }

    fn secret(&self) -> String {
        self.state().to_string_lossy().into_owned()
    }

    fn lacks(&self, what: Lack) -> bool {
        let is_podman = self.engine.lock().unwrap().kind != Kind::Docker;
        let is_first_version = Path::new("/sys/fs/cgroup/memory").exists();
        // Podman 4.3 gives a cgroup namespace with version 2 of cgroups only, whatever it is asked for, and its
        // monitor misses with version 1 that it was init whom the kernel killed.
        match what {
            Lack::CgroupNamespace | Lack::OutOfMemoryCause => is_podman && is_first_version,
            // Its monitor outlives the engine's crash, and is sometimes faster than it.
            Lack::UnseenEnd => is_podman,
        }
    }
}

/// Directories of cgroups that have a container's id in their names.
fn cgroups(tree: &Path, id: &str, depth: u32) -> Vec<String> {
    let mut found = Vec::new();
    let directories = fs::read_dir(tree).into_iter().flatten().flatten();
    for entry in directories.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())) {
        if entry.file_name().to_string_lossy().contains(id) {
            found.push(format!("cgroup {}", entry.path().display()));
        } else if depth > 1 {
            found.extend(cgroups(&entry.path(), id, depth - 1));
        }
    }
    found
}

fn ticks_since_boot() -> u64 {
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let (seconds, hundredths) = uptime.split_whitespace().next().unwrap().split_once('.').unwrap();
    // A tick is a hundredth of a second for programs, on every architecture Berth is built for.
    seconds.parse::<u64>().unwrap() * 100 + hundredths.parse::<u64>().unwrap()
}

fn started(pid: &str) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()
}

/// The image: what `BERTH_TEST_IMAGE` says, else made here.
pub fn image_tar() -> PathBuf {
    std::env::var_os(IMAGE).map_or_else(|| image::tar(Path::new(env!("CARGO_TARGET_TMPDIR"))), PathBuf::from)
}

/// The guest's binary: where `BERTH_GUEST` says, else where cargo puts it.
pub fn guest() -> PathBuf {
    let path = std::env::var_os(GUEST).map_or_else(
        || {
            // <target>/tmp
            let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
            target.join(format!("{}-unknown-linux-musl/guest/berth-guest", std::env::consts::ARCH))
        },
        PathBuf::from,
    );
    assert!(path.is_file(), "no guest at {}; say with BERTH_GUEST where it is", path.display());
    path
}
