//! Homes whose owner has put something in the way of what is to be mounted in them.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::Path;

use runtime::conformance::home::Person;
use runtime::conformance::{GRACE, Rig};
use runtime::{Home, RuntimeError};

use crate::support::Here;

async fn rig() -> Rig {
    Rig::new(Box::new(Here::new())).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_directory_is_not_replaced_by_a_private_one() {
    let mut rig = rig().await;
    let person = Person::new(&rig);
    let outside = person.make("outside");
    person.make("tree/real");
    let names = [".cache", ".npm", ".deep/er", ".file", ".link"];
    symlink(&outside, person.home(".cache")).unwrap();
    symlink("/etc", person.home(".npm")).unwrap();
    symlink("/etc", person.home(".deep")).unwrap();
    symlink("real", person.home(".link")).unwrap();
    person.write(".file", "still here");
    let (id, shell) = rig.start(&person.spec(None, &names)).await;
    for _ in 0..2 {
        assert_eq!(shell.succeed("cat ~/.file; echo; readlink ~/.npm ~/.deep").await, "still here\n/etc\n/etc");
        assert_eq!(shell.succeed("grep -c ' /home/user' /proc/self/mountinfo").await, "1");
        rig.runtime().stop(&id, GRACE).await.unwrap();
        rig.runtime().start(&id).await.unwrap();
    }
    assert!(fs::read_dir(outside).unwrap().next().is_none() && !Path::new("/etc/er").exists());
    rig.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_or_file_in_place_of_the_workspace_is_told_of() {
    let mut rig = rig().await;
    let person = Person::new(&rig);
    let workspace = person.make("workspace");
    let id = rig.create(&person.spec(Some(&workspace), &[])).await;
    let place = person.home("workspace");
    symlink("/", &place).unwrap();
    refused(&rig, &id).await;
    fs::remove_file(&place).unwrap();
    person.write("workspace", "a file");
    refused(&rig, &id).await;
    assert_eq!(fs::read_to_string(&place).unwrap(), "a file");
    fs::remove_file(&place).unwrap();
    rig.runtime().start(&id).await.unwrap();
    rig.finish().await;
}

async fn refused(rig: &Rig, id: &protocol::ContainerId) {
    match rig.runtime().start(id).await {
        Err(RuntimeError::Start { detail }) => assert!(detail.contains("~/workspace is a file or a link"), "{detail}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_within_the_tree_is_not_reached_through_a_link() {
    let mut rig = rig().await;
    let person = Person::new(&rig);
    for name in ["tree/spaces", "tree/spaces/one"] {
        person.make(name);
    }
    let (id, shell) = rig.start(&person.spec(Some(&person.home("spaces/one")), &[])).await;
    shell.succeed("echo kept > note; cat ~/spaces/one/note; mv ~/spaces ~/moved; ln -s /etc ~/spaces").await;
    rig.runtime().stop(&id, GRACE).await.unwrap();
    fs::remove_file(person.home("spaces")).unwrap();
    symlink(person.home("moved"), person.home("spaces")).unwrap();
    let started = rig.runtime().start(&id).await;
    assert!(matches!(started, Err(RuntimeError::Start { .. })), "{started:?}");
    rig.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_in_a_home_gives_rights_or_devices() {
    let mut rig = rig().await;
    let person = Person::new(&rig);
    let workspace = person.make("workspace");
    let (_, shell) = rig.start(&person.spec(Some(&workspace), &[".cache"])).await;
    let mounts = shell.succeed("grep /home/user /proc/self/mountinfo").await;
    let places: Vec<_> = mounts.lines().map(|line| line.split(' ').nth(4).unwrap()).collect();
    assert_eq!(places, ["/home/user", "/home/user/workspace", "/home/user/.cache"]);
    for line in mounts.lines() {
        assert!(line.contains("nosuid") && line.contains("nodev") && !line.contains("noexec"), "{line}");
    }
    rig.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_others_are_nobodys_and_stay_closed() {
    let mut rig = rig().await;
    let person = Person::new(&rig);
    for (name, owner) in [("roots", 0), ("anothers", Home::OWNER + 1)] {
        person.write(name, "secret");
        chown(person.home(name), Some(owner), Some(owner)).unwrap();
        fs::set_permissions(person.home(name), std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    }
    let (_, shell) = rig.start(&person.spec(None, &[])).await;
    assert_eq!(shell.succeed("stat -c %U ~/roots ~/anothers").await, "nobody\nnobody");
    assert_ne!(shell.run("cat ~/roots || cat ~/anothers").await.code, 0);
    rig.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_way_of_a_dotfile_is_left_alone() {
    let mut rig = rig().await;
    let person = Person::new(&rig);
    let elsewhere = rig.host.directory().join("elsewhere");
    symlink(&elsewhere, person.home(".bashrc")).unwrap();
    person.write(".profile", "# mine\n");
    rig.create(&person.spec(None, &[])).await;
    assert!(!elsewhere.exists() && person.home(".bashrc").is_symlink());
    assert_eq!(fs::read_to_string(person.home(".profile")).unwrap(), "# mine\n");
    rig.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workspace_whose_place_the_host_removes_loses_no_file() {
    let mut rig = rig().await;
    let person = Person::new(&rig);
    let workspace = person.make("workspace");
    let (id, shell) = rig.start(&person.spec(Some(&workspace), &[])).await;
    shell.succeed("echo kept > note; cd").await;
    assert_ne!(shell.run("rmdir ~/workspace || mv ~/workspace ~/moved").await.code, 0);
    fs::remove_dir(person.home("workspace")).unwrap();
    assert_ne!(shell.run("ls ~/workspace").await.code, 0, "the kernel has taken it along");
    assert_eq!(fs::read_to_string(workspace.join("note")).unwrap(), "kept\n");
    rig.runtime().stop(&id, GRACE).await.unwrap();
    rig.runtime().start(&id).await.unwrap();
    assert_eq!(shell.succeed("cat ~/workspace/note").await, "kept");
    rig.finish().await;
}
