//! What the driver keeps on disk about each container, and how it is written so that a crash
//! leaves either the old or the new, never half.
//!
//! ```text
//! <data>/runtime/
//!   installation          random name of this installation, for cgroups
//!   making/               containers not finished; emptied at start-up
//!   trash/                containers being removed; emptied at start-up
//!   containers/<id>/
//!     container.json      what it was made from (mode 0600, has the guest's token)
//!     process.json        its init, while it runs
//!     exit.json           how it ended last
//!     lock                held by the child that starts it
//!     guest.log           what the guest wrote to its standard error since it started
//!     network.log         what pasta complained of
//!     root/               the container's root directory
//!     usr/{upper,work}    its own layer over the host's /usr
//!     run/                the guest's private directory
//!     private/<n>/        its own files in place of those of the person's home
//! ```

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use protocol::{ContainerId, GuestToken, SessionId};
use runtime::{ContainerSpec, Home, Limits};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::identity::Identity;

pub(crate) const CONTAINER: &str = "container.json";
pub(crate) const PROCESS: &str = "process.json";
pub(crate) const EXIT: &str = "exit.json";
pub(crate) const LOCK: &str = "lock";
pub(crate) const LOG: &str = "guest.log";
pub(crate) const ROOT: &str = "root";
pub(crate) const USR: &str = "usr";
pub(crate) const RUN: &str = "run";
pub(crate) const PRIVATE: &str = "private";

/// What a container was made from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ContainerRecord {
    pub id: ContainerId,
    pub session: SessionId,
    pub token: GuestToken,
    pub limits: Limits,
    pub env: std::collections::BTreeMap<String, String>,
    pub identity: Identity,
    /// None in records from before there were homes, too.
    #[serde(default)]
    pub home: Option<Home>,
}

impl ContainerRecord {
    pub(crate) fn new(id: ContainerId, spec: &ContainerSpec, identity: Identity) -> Self {
        Self {
            id,
            session: spec.session.clone(),
            token: spec.token.clone(),
            limits: spec.limits,
            env: spec.env.clone(),
            identity,
            home: spec.home.clone(),
        }
    }
}

/// A process, told apart from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Process {
    pub pid: i32,
    /// Clock ticks between boot and its start, field 22 of `/proc/<pid>/stat`.
    pub start_time: u64,
    /// The boot it belongs to.
    pub boot: String,
}

impl Process {
    /// Describes a process that runs now.
    pub(crate) fn of(pid: i32) -> io::Result<Self> {
        Ok(Self { pid, start_time: start_time(pid)?, boot: boot()? })
    }

    /// Whether that very process still exists, as a zombie at least.
    pub(crate) fn exists(&self) -> bool {
        boot().is_ok_and(|boot| boot == self.boot) && start_time(self.pid).is_ok_and(|time| time == self.start_time)
    }
}

impl Process {
    /// The wait status of that very process, if it is a zombie: dead, and not yet collected by its
    /// parent. Field 52 of `/proc/<pid>/stat`.
    pub(crate) fn status_as_zombie(&self) -> Option<i32> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid)).ok()?;
        parse_zombie(&stat, self.start_time)
    }
}

fn parse_zombie(stat: &str, start_time: u64) -> Option<i32> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_whitespace();
    let dead = fields.next()? == "Z" && parse_start_time(stat)? == start_time;
    if dead { fields.nth(48)?.parse().ok() } else { None }
}

fn boot() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

fn start_time(pid: i32) -> io::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse_start_time(&stat).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "no start time in stat"))
}

/// The name, in brackets, may itself hold brackets and spaces; the last `)` ends it.
fn parse_start_time(stat: &str) -> Option<u64> {
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_whitespace().nth(19)?.parse().ok()
}

/// Reads a record, or nothing if there is none.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<Option<T>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes a record in place of an older one, whole. Mode 0600. Survives a crash of ours, but not
/// one of the host at that moment, which no process outlives either.
pub(crate) fn write<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    write_new(path, record).map(drop)
}

/// The same, and on disk when this returns.
pub(crate) fn write_durable<T: Serialize>(path: &Path, record: &T) -> io::Result<()> {
    write_new(path, record)?.sync_all()
}

fn write_new<T: Serialize>(path: &Path, record: &T) -> io::Result<File> {
    let temporary = path.with_extension("new");
    remove(&temporary)?;
    let mut file: File = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    file.write_all(&serde_json::to_vec(record)?)?;
    fs::rename(&temporary, path)?;
    Ok(file)
}

/// Removes a record if it is there.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_process_name_cannot_forge_a_start_time() {
        let stat = "7 (a) 1 2 (b) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 9 10";
        assert_eq!(parse_start_time(stat), Some(4242));
        assert_eq!(parse_start_time("7 (a"), None);
    }

    #[test]
    fn a_zombie_tells_how_it_ended() {
        let mut child = std::process::Command::new("sh").args(["-c", "kill -9 $$"]).spawn().unwrap();
        let process = Process::of(i32::try_from(child.id()).unwrap()).unwrap();
        let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
        let status = loop {
            match process.status_as_zombie() {
                Some(status) => break status,
                None => assert!(std::time::Instant::now() < until, "it does not die"),
            }
        };
        assert!(libc::WIFSIGNALED(status) && libc::WTERMSIG(status) == libc::SIGKILL);
        child.wait().unwrap();
        assert_eq!(process.status_as_zombie(), None);
    }

    #[test]
    fn a_process_is_not_another_with_its_number() {
        let own = Process::of(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(own.exists());
        assert!(!Process { start_time: own.start_time + 1, ..own.clone() }.exists());
        assert!(!Process { boot: "another".to_owned(), ..own }.exists());
    }

    #[test]
    fn a_record_from_before_there_were_homes_has_none() {
        let stored = r#"{"id":"berth-0123456789ab","session":"0123456789ab","token":"TOKEN",
            "limits":{"cpu_millis":1000,"memory_bytes":1,"pids":2,"disk_bytes":3},"env":{},
            "identity":{"Subordinate":{"uid":1,"gid":2,"first_uid":3,"first_gid":4,"count":5}}}"#;
        let token = serde_json::to_string(&GuestToken::from_random([7; 32])).unwrap();
        let mut record: ContainerRecord = serde_json::from_str(&stored.replace("\"TOKEN\"", &token)).unwrap();
        assert_eq!(record.home, None);
        assert!(matches!(record.identity, Identity::Subordinate { count: 5, .. }));
        let home = Home { tree: "/a".into(), workspace: None, private: vec![".cache".to_owned()] };
        record.home = Some(home.clone());
        let again: ContainerRecord = serde_json::from_slice(&serde_json::to_vec(&record).unwrap()).unwrap();
        assert_eq!(again.home, Some(home));
    }

    #[test]
    fn a_record_is_replaced_whole() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.json");
        assert_eq!(read::<u32>(&path).unwrap(), None);
        write(&path, &1_u32).unwrap();
        fs::write(path.with_extension("new"), "left by a crash").unwrap();
        write(&path, &2_u32).unwrap();
        assert_eq!(read::<u32>(&path).unwrap(), Some(2));
        remove(&path).unwrap();
        remove(&path).unwrap();
    }
}
