//! Podman's service by somebody who is not root. Run as root, the test becomes such a user first.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use engines::Kind;
use runtime::conformance::{Host as _, Rig, home, isolation, spec};

use crate::support::{GUEST, Here, IMAGE, guest, image_tar};

/// A user that no system has.
const USER: u32 = 64_997;

/// Becomes the user, in namespaces whose `/etc` knows of them, and runs what follows.
const BECOME: &str = "mount -t overlay overlay -o \"lowerdir=/etc,upperdir=$1/upper,workdir=$1/work\" /etc || exit 9; \
    id=$2; shift 2; exec setpriv --reuid $id --regid $id --clear-groups \"$@\"";

/// Runs a case of the conformance suite on a rig of its own.
macro_rules! on_its_own {
    ($($case:ident)::+) => {{
        eprintln!("{}", stringify!($($case)::+));
        let mut rig = Rig::new(Box::new(Here::new(Kind::RootlessPodman).await)).await;
        $($case)::+(&mut rig).await;
        rig.finish().await;
    }};
}

#[test]
fn podman_without_root_does_what_it_can() {
    let is_there = |program: &str| ["/usr/bin", "/bin"].iter().any(|folder| Path::new(folder).join(program).is_file());
    if !is_there("newuidmap") {
        eprintln!("not tried: newuidmap (Debian's uidmap) is not installed");
        return;
    }
    if nix::unistd::Uid::effective().is_root() {
        become_another_and_repeat();
        return;
    }
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(without_root());
}

fn become_another_and_repeat() {
    let open = tempfile::tempdir().unwrap();
    fs::set_permissions(open.path(), Permissions::from_mode(0o1777)).unwrap();
    // Cargo's directory may be closed to others.
    let copy = |from: &Path, name: &str| {
        let to = open.path().join(name);
        fs::copy(from, &to).unwrap();
        fs::set_permissions(&to, Permissions::from_mode(0o755)).unwrap();
        to
    };
    let program = copy(&std::env::current_exe().unwrap(), "test");
    let output = Command::new("unshare")
        // With a namespace of processes, so that Podman's process that only holds its own ends with the test.
        .args(["--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--", "sh", "-c", BECOME, "sh"])
        .arg(with_ids(open.path()))
        .arg(USER.to_string())
        .arg(program)
        .args(["--exact", "rootless::podman_without_root_does_what_it_can", "--nocapture"])
        .env(GUEST, copy(&guest(), "guest"))
        .env(IMAGE, copy(&image_tar(), "image.tar"))
        .env("TMPDIR", open.path())
        .current_dir("/")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("1 passed"), "{text}");
}

/// A layer over `/etc` in which the user exists and has subordinate ids.
fn with_ids(directory: &Path) -> PathBuf {
    let layer = directory.join("etc");
    let upper = layer.join("upper");
    fs::create_dir_all(&upper).unwrap();
    fs::create_dir(layer.join("work")).unwrap();
    let user =
        format!("{}\nberth-test:x:{USER}:{USER}::/:/bin/sh\n", fs::read_to_string("/etc/passwd").unwrap().trim());
    let ids = "berth-test:1000000:65536\n";
    for (name, text) in [("passwd", &*user), ("subuid", ids), ("subgid", ids)] {
        fs::write(upper.join(name), text).unwrap();
    }
    for path in [&layer, &upper] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    layer
}

async fn without_root() {
    let here = Here::new(Kind::RootlessPodman).await;
    let health = here.open().await.health().await;
    assert!(health.available, "{}", health.summary);
    let enforced = |name: &str| health.enforcement.iter().any(|found| found.name == name && found.enforced);
    assert!(enforced("user_namespace") && !enforced("network"), "{health:?}");
    let mut rig = Rig::new(Box::new(here)).await;
    let (_, shell) = rig.start(&spec()).await;
    assert_eq!(shell.succeed("id -un; stat -c %U /etc . /proc/1").await, "user\nroot\nuser\nroot");
    drop(shell);
    rig.finish().await;
    on_its_own!(home::a_home_is_one_on_both_sides_and_outlives_its_container);
    on_its_own!(isolation::the_guest_and_its_token_are_out_of_reach);
    on_its_own!(isolation::no_program_gains_rights);
}
