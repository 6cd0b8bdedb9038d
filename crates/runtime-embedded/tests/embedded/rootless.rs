//! Containers without root. Run as root, the test becomes somebody else first: a user with one id
//! and no more.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use runtime::conformance::{GRACE, Host as _, Rig, spec};
use runtime::{Exit, RuntimeError};

use crate::support::{GUEST, HELPER, Here, guest, helper};

/// A user that no system has.
const NOBODY_IN_PARTICULAR: u32 = 64_999;

#[test]
fn a_container_works_without_root_and_says_what_it_lacks() {
    if nix::unistd::Uid::effective().is_root() {
        become_another_and_repeat();
        return;
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(without_root());
}

fn become_another_and_repeat() {
    // Cargo's directory may be closed to others.
    let open = tempfile::tempdir().unwrap();
    fs::set_permissions(open.path(), Permissions::from_mode(0o755)).unwrap();
    let copy = |from: &Path, name: &str| {
        let to = open.path().join(name);
        fs::copy(from, &to).unwrap();
        fs::set_permissions(&to, Permissions::from_mode(0o755)).unwrap();
        to
    };
    let own = copy(&std::env::current_exe().unwrap(), "test");
    let output = Command::new(own)
        .args(["--exact", "rootless::a_container_works_without_root_and_says_what_it_lacks", "--nocapture"])
        .env(HELPER, copy(&helper(), "helper"))
        .env(GUEST, copy(&guest(), "guest"))
        .env_remove("TMPDIR")
        .current_dir("/")
        .uid(NOBODY_IN_PARTICULAR)
        .gid(NOBODY_IN_PARTICULAR)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

async fn without_root() {
    let here = Here::new();
    let health = here.open().await.health().await;
    let enforced = |name: &str| {
        let found = health.enforcement.iter().find(|enforcement| enforcement.name == name).unwrap();
        assert!(!found.detail.is_empty(), "{name}");
        found.enforced
    };
    assert!(enforced("seccomp"));
    assert!(!enforced("root_filesystem"), "the host's /usr can't be made writable without root");
    assert!(!enforced("disk"));
    for name in ["cpu", "memory", "pids", "network", "user_namespace"] {
        enforced(name);
    }
    if !health.available {
        // A host that keeps user namespaces to root. It says so, and does nothing by halves.
        assert!(health.summary.contains("namespace"), "{}", health.summary);
        let refused = here.open().await.create(&spec()).await;
        assert!(matches!(refused, Err(RuntimeError::Unavailable { .. })), "{refused:?}");
        return;
    }
    let mut rig = Rig::new(Box::new(here)).await;
    let (id, shell) = rig.start(&spec()).await;
    assert_eq!(shell.succeed("id -un; pwd").await, "user\n/home/user/workspace");
    shell.succeed("echo kept > note").await;
    assert_eq!(shell.succeed("ls -A /dev/shm /tmp | grep -v :").await.trim(), "");
    assert_ne!(shell.run("mount -t tmpfs none /tmp").await.code, 0);
    assert_ne!(shell.run("unshare -U true").await.code, 0);
    assert_ne!(shell.run("touch /usr/bin/trespass").await.code, 0);
    assert_ne!(shell.run(&format!("ls {}", rig.host.secret())).await.code, 0);
    rig.runtime().stop(&id, GRACE).await.unwrap();
    assert_eq!(rig.runtime().wait(&id).await.unwrap(), Exit::Code(0));
    rig.runtime().start(&id).await.unwrap();
    assert_eq!(shell.succeed("cat note").await, "kept");
    drop(shell);
    rig.open_again().await;
    rig.finish().await;
}
