//! This host as the conformance suite sees it.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use protocol::ContainerId;
use runtime::Runtime;
use runtime::conformance::Host;
use runtime_embedded::{Config, Embedded};
use tempfile::TempDir;

/// Says where the helper is, if not where cargo put it.
pub const HELPER: &str = "BERTH_TEST_HELPER";
/// Says where the guest is, if not where cargo puts it.
pub const GUEST: &str = "BERTH_GUEST";

/// A data directory of one test's own.
pub struct Here {
    directory: TempDir,
    /// What containers that ran were seen to have.
    seen: Mutex<HashMap<ContainerId, Seen>>,
}

#[derive(Default)]
struct Seen {
    namespaces: BTreeSet<PathBuf>,
    /// When, in clock ticks since boot. The kernel gives a namespace's number to another once it is
    /// gone, so a younger process that has the number is another test's.
    at: u64,
}

impl Here {
    pub fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), seen: Mutex::new(HashMap::new()) }
    }

    fn runtime_directory(&self) -> PathBuf {
        self.directory.path().join("runtime")
    }

    fn container(&self, id: &ContainerId) -> PathBuf {
        self.runtime_directory().join("containers").join(id.as_str())
    }

    /// The process that a record names.
    fn process(&self, id: &ContainerId, record: &str) -> Option<i32> {
        let text = fs::read(self.container(id).join(record)).ok()?;
        let record: serde_json::Value = serde_json::from_slice(&text).ok()?;
        i32::try_from(record["pid"].as_i64()?).ok()
    }

    fn init(&self, id: &ContainerId) -> i32 {
        self.process(id, "process.json").expect("it runs")
    }

    fn cgroups(&self, id: &ContainerId) -> Vec<PathBuf> {
        let installation = fs::read_to_string(self.runtime_directory().join("installation")).unwrap();
        let mut found = Vec::new();
        find_cgroups(Path::new("/sys/fs/cgroup"), &format!("berth/{installation}/{id}"), &mut found);
        found
    }
}

/// Directories under `tree` that end in `path`. Looks no deeper than our groups can be.
fn find_cgroups(tree: &Path, path: &str, found: &mut Vec<PathBuf>) {
    let own = tree.join(path);
    if own.is_dir() {
        found.push(own);
    }
    for entry in fs::read_dir(tree).into_iter().flatten().flatten() {
        let below = entry.path().join(path);
        if below.is_dir() {
            found.push(below);
        }
    }
}

/// After a test that failed, its containers still run.
impl Drop for Here {
    fn drop(&mut self) {
        let containers = fs::read_dir(self.runtime_directory().join("containers")).into_iter().flatten().flatten();
        let ids: Vec<ContainerId> = containers.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
        for id in &ids {
            if let Some(pid) = self.process(id, "process.json") {
                // SAFETY: plain numbers; its record is there, so nobody else has the number yet.
                unsafe { libc::kill(pid, libc::SIGKILL) };
            }
        }
        for id in ids {
            for cgroup in self.cgroups(&id) {
                // Not while something dies in it; then it stays, empty.
                let _ = fs::remove_dir(cgroup);
            }
        }
        let installation = fs::read_to_string(self.runtime_directory().join("installation")).unwrap_or_default();
        for entry in fs::read_dir("/sys/fs/cgroup").into_iter().flatten().flatten() {
            let _ = fs::remove_dir(entry.path().join("berth").join(&installation));
        }
        let _ = fs::remove_dir(Path::new("/sys/fs/cgroup/berth").join(&installation));
    }
}

#[async_trait]
impl Host for Here {
    async fn open(&self) -> Arc<dyn Runtime> {
        Arc::new(Embedded::open(config(self.directory.path())).await.unwrap())
    }

    fn traces(&self, id: &ContainerId) -> Vec<String> {
        let mut seen = self.seen.lock().unwrap();
        let seen = seen.entry(id.clone()).or_default();
        if let Some(pid) = self.process(id, "process.json") {
            let own = namespaces_of("self");
            seen.namespaces.extend(namespaces_of(&pid.to_string()).difference(&own).cloned());
            seen.at = ticks_since_boot();
        }
        let namespaces = &seen.namespaces;
        let mut traces = Vec::new();
        for kind in ["containers", "making", "trash"] {
            let path = self.runtime_directory().join(kind).join(id.as_str());
            traces.extend(path.exists().then(|| format!("directory {}", path.display())));
        }
        traces.extend(self.cgroups(id).iter().map(|path| format!("cgroup {}", path.display())));
        let ours = self.directory.path().to_string_lossy().into_owned();
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        traces.extend(mounts.lines().filter(|line| line.contains(&ours)).map(|line| format!("mount {line}")));
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Some(pid) = entry.file_name().to_str().filter(|name| name.parse::<u32>().is_ok()).map(str::to_owned)
            else {
                continue;
            };
            let inside = namespaces_of(&pid).intersection(namespaces).next().is_some()
                && started(&pid).is_some_and(|start| start <= seen.at);
            if inside {
                traces.push(format!(
                    "process {pid} {}",
                    fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default()
                ));
            }
        }
        let alive = self.process(id, "process.json").filter(|pid| Path::new(&format!("/proc/{pid}")).exists());
        traces.extend(alive.map(|pid| format!("process {pid}")));
        traces
    }

    fn signal_init(&self, id: &ContainerId, signal: i32) {
        // SAFETY: plain numbers; the process is a container's.
        assert_eq!(unsafe { libc::kill(self.init(id), signal) }, 0);
    }

    fn sacrifice_init(&self, id: &ContainerId) {
        fs::write(format!("/proc/{}/oom_score_adj", self.init(id)), "1000").unwrap();
    }

    fn forget_init(&self, id: &ContainerId) {
        // SAFETY: plain numbers; as a subreaper we are its parent.
        let collected = unsafe { libc::waitpid(self.init(id), std::ptr::null_mut(), 0) };
        assert_eq!(collected, self.init(id), "{}", std::io::Error::last_os_error());
    }

    fn directory(&self) -> PathBuf {
        self.directory.path().to_owned()
    }

    fn secret(&self) -> String {
        self.directory.path().join("runtime").to_string_lossy().into_owned()
    }
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

fn namespaces_of(pid: &str) -> BTreeSet<PathBuf> {
    let links = fs::read_dir(format!("/proc/{pid}/ns")).into_iter().flatten().flatten();
    links.filter_map(|link| fs::read_link(link.path()).ok()).collect()
}

/// The driver's configuration for a data directory.
pub fn config(directory: &Path) -> Config {
    Config { data_dir: directory.to_owned(), guest_binary: guest(), helper: helper(), helper_args: Vec::new() }
}

pub fn helper() -> PathBuf {
    std::env::var_os(HELPER).map_or_else(|| env!("CARGO_BIN_EXE_berth-container-helper").into(), PathBuf::from)
}

/// The guest's binary: where `BERTH_GUEST` says, else where cargo puts it.
pub fn guest() -> PathBuf {
    let path = std::env::var_os(GUEST).map_or_else(
        || {
            let helper = Path::new(env!("CARGO_BIN_EXE_berth-container-helper"));
            // <target>/<profile>/berth-container-helper
            let target = helper.ancestors().nth(2).unwrap();
            target.join(format!("{}-unknown-linux-musl/guest/berth-guest", std::env::consts::ARCH))
        },
        PathBuf::from,
    );
    assert!(
        path.is_file(),
        "no guest at {}: build it with `cargo build -p berth-guest --profile guest --target {}-unknown-linux-musl`, \
         or say with BERTH_GUEST where it is",
        path.display(),
        std::env::consts::ARCH,
    );
    path
}
