//! Starts a container: a private mount namespace in which its parts are put together, then
//! libcontainer for the namespaces, the root change, capabilities and system call filter.
//!
//! Everything is assembled under [`STAGE`] in a mount namespace of this child's own, so that no
//! mount is ever visible on the host, a crash leaves none, and nothing on the way to the data
//! directory has to be open to the container's ids.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use libcontainer::container::Container;
use libcontainer::container::builder::ContainerBuilder;
use libcontainer::syscall::syscall::SyscallType;
use nix::mount::{MsFlags, mount};
use nix::sched::{CloneFlags, unshare};
use protocol::guest;

use super::home::Sources;
use super::{Step, StepError, chain, filter, mounts, network, spec, userns};
use crate::identity::Identity;
use crate::record::{self, LOCK, LOG, PROCESS, Process, ROOT, RUN, USR};
use crate::request::Start;

/// Where the parts are put together. Covers the host's `/tmp` in our own namespace only; every
/// system has it, and everybody may pass it.
pub(super) const STAGE: &str = "/tmp";

/// Directories of the stage.
pub(super) struct Stage;

impl Stage {
    pub(super) fn path(part: &str) -> PathBuf {
        Path::new(STAGE).join(part)
    }
}

pub(super) fn run(start: &Start) -> Result<Process, StepError> {
    let _lock = lock(&start.directory)?;
    renew_private_directory(start)?;
    join_cgroups(&start.cgroups)?;
    userns::enter(start.identity)?;
    if matches!(start.identity, Identity::Range { .. }) {
        nix::unistd::setgroups(&[]).step(|| "drop groups".to_owned())?;
    }
    network::enter(start.identity, start.way_out)?;
    let log = open_log(&start.directory)?;
    let directory = stage(start)?;
    let mut container = build(start, log)?;
    let pid = container.pid().map(|pid| pid.as_raw());
    let pid = pid.ok_or_else(|| io::Error::other("no process id")).step(|| "start the container".to_owned())?;
    let begun = begin(start, &directory, &mut container, pid);
    if begun.is_err() {
        // It waits for our word and would do so for ever.
        // SAFETY: it is our child and not reaped, so the number is still its own.
        unsafe { libc::kill(pid, libc::SIGKILL) };
        // Its end is the server's to collect, as its parent after us.
    }
    begun
}

/// From a container whose init waits, to one whose guest runs.
fn begin(start: &Start, directory: &OwnedFd, container: &mut Container, pid: i32) -> Result<Process, StepError> {
    network::close(pid, start.identity, start.way_out)?;
    let process = Process::of(pid).step(|| "describe the container's init".to_owned())?;
    // By descriptor: the stage may cover the way to it.
    let record = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd())).join(PROCESS);
    // As the server, or it could not read it.
    let server = start.identity.user().filter(|_| start.identity.user_is_the_server());
    userns::reach_files_as(server, || record::write(&record, &process))
        .step(|| "record the container's init".to_owned())?;
    container.start().map_err(|error| io::Error::other(chain(&error))).step(|| "start the guest".to_owned())?;
    Ok(process)
}

/// Holds off a server that finds us at work after its predecessor was killed.
fn lock(directory: &Path) -> Result<File, StepError> {
    let path = directory.join(LOCK);
    let what = || "lock the container".to_owned();
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path).step(what)?;
    file.try_lock().map_err(io::Error::from).step(what)?;
    Ok(file)
}

/// Makes the guest's private directory anew, so that nothing an earlier guest left in it, such as
/// a symlink, is ever followed.
fn renew_private_directory(start: &Start) -> Result<(), StepError> {
    let what = || "make the guest's private directory".to_owned();
    let path = start.directory.join(RUN);
    match fs::remove_dir_all(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error).step(what),
        _ => {}
    }
    fs::create_dir(&path).step(what)?;
    fs::set_permissions(&path, Permissions::from_mode(0o700)).step(what)?;
    let config = path.join(guest::CONFIG_FILE);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&config).step(what)?;
    let text = serde_json::to_vec(&start.guest).map_err(io::Error::from).step(what)?;
    file.write_all(&text).step(what)?;
    if let Identity::Range { base } = start.identity {
        chown(&config, Some(base), Some(base)).step(what)?;
        chown(&path, Some(base), Some(base)).step(what)?;
    }
    Ok(())
}

fn join_cgroups(cgroups: &[PathBuf]) -> Result<(), StepError> {
    for cgroup in cgroups {
        fs::write(cgroup.join("cgroup.procs"), "0").step(|| format!("join {}", cgroup.display()))?;
    }
    Ok(())
}

fn open_log(directory: &Path) -> Result<File, StepError> {
    OpenOptions::new()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW | libc::O_APPEND)
        .open(directory.join(LOG))
        .step(|| "open the guest's log".to_owned())
}

/// Answers the container's directory.
fn stage(start: &Start) -> Result<OwnedFd, StepError> {
    let owners = if start.writable_usr { userns::owners(start.identity)? } else { None };
    let owners_of_home = if start.home.is_some() { userns::owners_of_home(start.identity)? } else { None };
    mounts::isolate()?;
    // Within our mount namespace, or the descriptors could not be mounted; but before the stage
    // may cover the way to them.
    let find = |path: &Path| mounts::locate(path).step(|| format!("open {}", path.display()));
    let directory = find(&start.directory)?;
    let root = find(&start.directory.join(ROOT))?;
    let run = find(&start.directory.join(RUN))?;
    let guest = find(&fs::canonicalize(&start.guest_binary).step(|| "find the guest".to_owned())?)?;
    let usr = find(Path::new("/usr"))?;
    let home = start.home.as_ref().map(|home| Sources::find(home, &start.directory)).transpose()?;
    let cgroup = start.unified.as_ref().map(|(mount_point, _)| find(mount_point)).transpose()?;

    mounts::memory(Path::new(STAGE), "mode=0755,size=1m")?;
    for part in ["container", "root", "lower", "usr", "run", "oci", "bundle"] {
        fs::create_dir(Stage::path(part)).step(|| format!("stage {part}"))?;
    }
    File::create_new(Stage::path("guest")).step(|| "stage the guest".to_owned())?;

    let closed = mounts::NO_SETUID | mounts::NO_DEVICES;
    mounts::attach(root.as_fd(), &Stage::path("root"), closed, None)?;
    mounts::attach(run.as_fd(), &Stage::path("run"), closed | mounts::NO_PROGRAMS, None)?;
    mounts::attach(guest.as_fd(), &Stage::path("guest"), closed | mounts::READ_ONLY, None)?;
    stage_usr(&directory, &usr, owners.as_ref())?;
    if let Some(home) = home {
        home.mount(find(&Stage::path("root"))?.as_fd(), start.identity, owners_of_home.as_ref())?;
    }
    stage_cgroup(cgroup.as_ref())?;
    Ok(directory)
}

fn stage_usr(directory: &OwnedFd, usr: &OwnedFd, owners: Option<&OwnedFd>) -> Result<(), StepError> {
    let closed = mounts::NO_SETUID | mounts::NO_DEVICES;
    let target = Stage::path("root").join("usr");
    let Some(owners) = owners else {
        return mounts::attach(usr.as_fd(), &target, closed | mounts::READ_ONLY, None);
    };
    let (lower, container) = (Stage::path("lower"), Stage::path("container"));
    mounts::attach(usr.as_fd(), &lower, closed | mounts::READ_ONLY, Some(owners.as_fd()))?;
    mounts::attach(directory.as_fd(), &container, closed, None)?;
    let (layer, merged) = (container.join(USR), Stage::path("usr"));
    mounts::overlay(&lower, &layer.join("upper"), &layer.join("work"), &merged)?;
    let merged = mounts::locate(&merged).step(|| "open /usr with its layer".to_owned())?;
    mounts::attach(merged.as_fd(), &target, closed, None)
}

/// libcontainer puts init into cgroups itself, in ways that need root on version 1 and systemd
/// elsewhere. The version 1 groups we have joined ourselves, and init inherits them; so it is
/// shown one version 2 tree, in which it only has to write init's number into a group that is there.
/// We stay out of that group: when libcontainer fails, it kills what is in it.
fn stage_cgroup(cgroup: Option<&OwnedFd>) -> Result<(), StepError> {
    let target = Path::new(spec::CGROUP_ROOT);
    match cgroup {
        Some(cgroup) => mounts::attach(cgroup.as_fd(), target, 0, None),
        // Not that it would be used: libcontainer takes a refusal there for a sign that it has to do
        // without. The tree is seen from a cgroup namespace of ours, or we might not mount it.
        None => unshare(CloneFlags::CLONE_NEWCGROUP)
            .and_then(|()| mount(Some("cgroup2"), target, Some("cgroup2"), MsFlags::empty(), None::<&str>))
            .step(|| "mount a cgroup tree".to_owned()),
    }
}

fn build(start: &Start, log: File) -> Result<Container, StepError> {
    let what = || "make the container".to_owned();
    let bundle = Stage::path("bundle");
    let text = serde_json::to_vec(&spec::build(start).map_err(io::Error::other).step(what)?);
    fs::write(bundle.join("config.json"), text.map_err(io::Error::from).step(what)?).step(what)?;
    let null = File::open("/dev/null").step(what)?;
    let output = log.try_clone().step(what)?;
    ContainerBuilder::new(start.id.clone(), SyscallType::default())
        .with_root_path(Stage::path("oci"))
        .map(|builder| {
            builder
                .with_stdin(null)
                .with_stdout(output)
                .with_stderr(log)
                .with_executor(filter::Filtered::default())
                .as_init(&bundle)
                .with_systemd(false)
                .with_detach(true)
        })
        .and_then(|builder| builder.build())
        .map_err(|error| io::Error::other(chain(&error)))
        .step(what)
}
