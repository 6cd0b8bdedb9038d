//! Containers without root. Run as root, a test becomes somebody else first: a user with one id
//! and no more, or one with subordinate ids.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use runtime::conformance::{GRACE, Host as _, Rig, spec};
use runtime::{Exit, RuntimeError};

use crate::support::{GUEST, HELPER, Here, guest, helper};

/// Users that no system has.
const NOBODY_IN_PARTICULAR: u32 = 64_999;
const WITH_SUBORDINATE_IDS: u32 = 64_998;

/// Becomes a user with subordinate ids, in a mount namespace whose `/etc` says so, and runs what follows.
const BECOME: &str = "mount -t overlay overlay -o \"lowerdir=/etc,upperdir=$1/upper,workdir=$1/work\" /etc || exit 9; \
    id=$2; shift 2; exec setpriv --reuid $id --regid $id --clear-groups \"$@\"";

/// Runs a case of the conformance suite on a rig of its own.
macro_rules! on_its_own {
    ($($case:ident)::+) => {{
        let mut rig = Rig::new(Box::new(Here::new())).await;
        runtime::conformance::$($case)::+(&mut rig).await;
        rig.finish().await;
    }};
}

#[test]
fn a_container_works_without_root_and_says_what_it_lacks() {
    if nix::unistd::Uid::effective().is_root() {
        become_another_and_repeat("a_container_works_without_root_and_says_what_it_lacks", |program, _| {
            let mut command = Command::new(program);
            command.uid(NOBODY_IN_PARTICULAR).gid(NOBODY_IN_PARTICULAR);
            command
        });
        return;
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(without_root());
}

#[test]
fn with_subordinate_ids_files_have_one_owner_on_both_sides() {
    if !is_installed("newuidmap") {
        eprintln!("not tried: newuidmap (Debian's uidmap) is not installed");
        return;
    }
    if nix::unistd::Uid::effective().is_root() {
        become_another_and_repeat("with_subordinate_ids_files_have_one_owner_on_both_sides", |program, directory| {
            let mut command = Command::new("unshare");
            command.args(["--mount", "--", "sh", "-c", BECOME, "sh"]).arg(with_ids(directory));
            command.arg(WITH_SUBORDINATE_IDS.to_string()).arg(program);
            command
        });
        return;
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(with_subordinate_ids());
}

fn is_installed(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap()).any(|directory| directory.join(program).is_file())
}

/// A layer over `/etc` in which the user exists and has subordinate ids.
fn with_ids(directory: &Path) -> PathBuf {
    let layer = directory.join("etc");
    let upper = layer.join("upper");
    fs::create_dir_all(&upper).unwrap();
    fs::create_dir(layer.join("work")).unwrap();
    let id = WITH_SUBORDINATE_IDS;
    let user = format!("{}\nberth-test:x:{id}:{id}::/:/bin/sh\n", fs::read_to_string("/etc/passwd").unwrap().trim());
    for (name, text) in
        [("passwd", &*user), ("subuid", "berth-test:1000000:65536\n"), ("subgid", "berth-test:1000000:65536\n")]
    {
        fs::write(upper.join(name), text).unwrap();
    }
    for path in [&layer, &upper] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    layer
}

/// Runs the test `name` again, by a command that `as_another` makes of the program's path.
fn become_another_and_repeat(name: &str, as_another: impl Fn(&Path, &Path) -> Command) {
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
    let output = as_another(&own, open.path())
        .args(["--exact", &format!("rootless::{name}"), "--nocapture"])
        .env(HELPER, copy(&helper(), "helper"))
        .env(GUEST, copy(&guest(), "guest"))
        .env_remove("TMPDIR")
        .current_dir("/")
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
    homes().await;
}

async fn with_subordinate_ids() {
    let mut rig = Rig::new(Box::new(Here::new())).await;
    let health = rig.runtime().health().await;
    let ids = health.enforcement.iter().find(|enforcement| enforcement.name == "user_namespace").unwrap();
    assert!(ids.enforced, "{}", ids.detail);
    let (_, shell) = rig.start(&spec()).await;
    assert_eq!(shell.succeed("id -un; stat -c %U /etc . /proc/1").await, "user\nroot\nuser\nroot");
    assert_eq!(shell.succeed("awk '{print $1, $3}' /proc/self/uid_map").await, "0 1000\n1000 1\n1001 64535");
    drop(shell);
    rig.finish().await;
    on_its_own!(isolation::the_guest_and_its_token_are_out_of_reach);
    on_its_own!(isolation::no_program_gains_rights);
    on_its_own!(lifecycle::files_are_still_there_after_stop_and_start);
    on_its_own!(lifecycle::an_orderly_shutdown_is_code_zero);
    on_its_own!(lifecycle::deleting_twice_is_deleting_once);
    on_its_own!(adoption::an_end_that_nobody_saw_is_known_as_such);
    homes().await;
}

async fn homes() {
    on_its_own!(home::a_home_is_one_on_both_sides_and_outlives_its_container);
    on_its_own!(home::private_directories_are_the_containers_alone);
    on_its_own!(home::what_its_own_files_take_is_told);
    on_its_own!(home::containers_share_a_home_and_have_their_own_workspaces);
    on_its_own!(home::an_upload_is_the_users_in_such_a_home);
    on_its_own!(home::a_home_that_is_not_there_is_told_of);
}
