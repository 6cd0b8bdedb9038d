//! A person's files as the home of containers.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::{Path, PathBuf};

use super::{GRACE, Rig, spec};
use crate::{ContainerSpec, Home, RuntimeError};

/// A person's files on the host, and who they belong to there.
pub struct Person {
    directory: PathBuf,
    owner: u32,
}

impl Person {
    /// Somebody with a tree, and nothing in it.
    #[must_use]
    pub fn new(rig: &Rig) -> Self {
        let directory = rig.host.directory().join("person");
        fs::create_dir(&directory).unwrap();
        let ours = fs::metadata(&directory).unwrap().uid();
        let person = Self { directory, owner: if ours == 0 { Home::OWNER } else { ours } };
        person.make("tree");
        person
    }

    /// Makes a directory of theirs.
    pub fn make(&self, name: &str) -> PathBuf {
        let path = self.directory.join(name);
        fs::create_dir(&path).unwrap();
        self.own(&path);
        path
    }

    /// The path of something in their home.
    #[must_use]
    pub fn home(&self, path: &str) -> PathBuf {
        self.directory.join("tree").join(path)
    }

    /// Writes a file into their home.
    pub fn write(&self, path: &str, content: &str) {
        fs::write(self.home(path), content).unwrap();
        self.own(&self.home(path));
    }

    /// The spec of a container with this home.
    #[must_use]
    pub fn spec(&self, workspace: Option<&Path>, private: &[&str]) -> ContainerSpec {
        let home = Home {
            tree: self.home(""),
            workspace: workspace.map(Path::to_owned),
            private: private.iter().map(|path| (*path).to_owned()).collect(),
        };
        ContainerSpec { home: Some(home), ..spec() }
    }

    /// Sees that what is there is a file or directory of theirs.
    pub fn owns(&self, path: &Path) {
        let found = fs::symlink_metadata(path).unwrap();
        assert_eq!(found.uid(), self.owner, "{}", path.display());
        assert!(!found.is_symlink(), "{}", path.display());
    }

    fn own(&self, path: &Path) {
        if self.owner != fs::metadata(path).unwrap().uid() {
            chown(path, Some(self.owner), Some(self.owner)).unwrap();
        }
    }
}

pub async fn a_home_is_one_on_both_sides_and_outlives_its_container(rig: &mut Rig) {
    let person = Person::new(rig);
    person.write("from-host", "hello\n");
    person.write(".profile", "# mine\n");
    let workspace = person.make("workspace");
    let (id, shell) = rig.start(&person.spec(Some(&workspace), &[])).await;
    assert_eq!(shell.succeed("pwd; cat ~/from-host ~/.profile").await, "/home/user/workspace\nhello\n# mine");
    assert_eq!(shell.succeed("stat -c '%U %G' ~ ~/from-host . ~/.bashrc | sort -u").await, "user user");
    shell.succeed("echo one > ~/from-inside; mkdir ~/deep; echo two > ~/deep/er; echo three > here").await;
    shell.succeed("printf '#!/bin/sh\necho runs\n' > ~/program; chmod +x ~/program; ~/program").await;
    for path in ["from-inside", "deep", "deep/er", ".bashrc"] {
        person.owns(&person.home(path));
    }
    person.owns(&workspace.join("here"));
    assert_eq!(fs::read_to_string(person.home("deep/er")).unwrap(), "two\n");
    assert_eq!(fs::read_dir(person.home("workspace")).unwrap().count(), 0, "the workspace is another directory");
    person.write("from-host", "changed\n");
    assert_eq!(shell.succeed("cat ~/from-host").await, "changed");

    rig.runtime().stop(&id, GRACE).await.unwrap();
    rig.runtime().start(&id).await.unwrap();
    assert_eq!(shell.succeed("cat ~/from-inside ~/workspace/here").await, "one\nthree");
    rig.runtime().delete(&id).await.unwrap();
    assert_eq!(fs::read_to_string(person.home("from-inside")).unwrap(), "one\n");
    assert_eq!(fs::read_to_string(workspace.join("here")).unwrap(), "three\n");
    assert_eq!(fs::read_to_string(person.home(".profile")).unwrap(), "# mine\n");
}

pub async fn private_directories_are_the_containers_alone(rig: &mut Rig) {
    let person = Person::new(rig);
    fs::create_dir(person.home(".npm")).unwrap();
    person.own(&person.home(".npm"));
    person.write(".npm/shared", "");
    let private = [".cache", ".npm", ".claude/debug"];
    let (id, one) = rig.start(&person.spec(None, &private)).await;
    let (_, other) = rig.start(&person.spec(None, &private)).await;
    assert_eq!(one.succeed("ls -A ~/.npm ~/.cache | grep -v :").await.trim(), "");
    assert_eq!(one.succeed("stat -c '%U %G' ~/.cache ~/.npm ~/.claude | sort -u").await, "user user");
    one.succeed("for d in .cache .npm .claude/debug; do echo own > ~/$d/own; done; echo both > ~/.claude/both").await;
    for path in [".cache", ".claude/debug"] {
        person.owns(&person.home(path));
        assert_eq!(fs::read_dir(person.home(path)).unwrap().count(), 0, "{path}");
    }
    assert!(person.home(".npm/shared").exists() && !person.home(".npm/own").exists());
    assert_eq!(
        other.succeed("cat ~/.claude/both; ls -A ~/.cache ~/.npm ~/.claude/debug | grep -v :").await.trim(),
        "both"
    );
    rig.runtime().stop(&id, GRACE).await.unwrap();
    rig.runtime().start(&id).await.unwrap();
    assert_eq!(one.succeed("cat ~/.cache/own ~/.npm/own ~/.claude/debug/own").await, "own\nown\nown");
}

pub async fn containers_share_a_home_and_have_their_own_workspaces(rig: &mut Rig) {
    let person = Person::new(rig);
    let (first, second) = (person.make("first"), person.make("second"));
    let (_, one) = rig.start(&person.spec(Some(&first), &[])).await;
    let (_, other) = rig.start(&person.spec(Some(&second), &[])).await;
    let (_, third) = rig.start(&person.spec(None, &[])).await;
    one.succeed("echo one > mine; echo shared > ~/shared").await;
    other.succeed("echo other > mine").await;
    assert_eq!(third.succeed("pwd; stat -c %U .; cat ~/shared; ls -A").await, "/home/user/workspace\nuser\nshared");
    third.succeed("echo third > mine").await;
    assert_eq!(one.succeed("cat mine").await, "one");
    assert_eq!(other.succeed("cat ~/shared mine").await, "shared\nother");
    assert_eq!(fs::read_to_string(first.join("mine")).unwrap(), "one\n");
    assert_eq!(fs::read_to_string(person.home("workspace/mine")).unwrap(), "third\n");
}

pub async fn an_upload_is_the_users_in_such_a_home(rig: &mut Rig) {
    let person = Person::new(rig);
    let (_, shell) = rig.start(&person.spec(None, &[])).await;
    let answer = shell.upload("note.txt", "from the page").await;
    assert!(answer.contains("/home/user/uploads/note.txt"), "{answer}");
    assert_eq!(shell.succeed("stat -c '%U %G' ~/uploads ~/uploads/note.txt").await, "user user\nuser user");
    person.owns(&person.home("uploads"));
    person.owns(&person.home("uploads/note.txt"));
    assert_eq!(fs::read_to_string(person.home("uploads/note.txt")).unwrap(), "from the page");
}

pub async fn a_home_that_is_not_there_is_told_of(rig: &mut Rig) {
    let person = Person::new(rig);
    let workspace = person.make("workspace");
    let id = rig.create(&person.spec(Some(&workspace), &[])).await;
    fs::remove_dir(&workspace).unwrap();
    expect_start_error(rig.runtime().start(&id).await, &workspace);
    person.own(&person.make("workspace"));
    rig.runtime().start(&id).await.unwrap();
    rig.runtime().stop(&id, GRACE).await.unwrap();
    fs::rename(person.home(""), person.directory.join("gone")).unwrap();
    expect_start_error(rig.runtime().start(&id).await, &person.home(""));
}

fn expect_start_error(outcome: Result<(), RuntimeError>, path: &Path) {
    let Err(RuntimeError::Start { detail }) = outcome else { panic!("{outcome:?}") };
    let path = path.to_string_lossy();
    assert!(detail.contains("there is no directory") && detail.contains(path.trim_end_matches('/')), "{detail}");
}

pub async fn what_its_own_files_take_is_told(rig: &mut Rig) {
    const WRITTEN: u64 = 8 << 20;
    let person = Person::new(rig);
    let workspace = person.make("workspace");
    let (id, shell) = rig.start(&person.spec(Some(&workspace), &[".cache"])).await;
    let mut before = rig.runtime().disk_use(&id).await.unwrap();
    for place in ["/var/tmp", "~/.cache", "~/workspace"] {
        shell.succeed(&format!("head -c {WRITTEN} /dev/urandom > {place}/file")).await;
        let now = rig.runtime().disk_use(&id).await.unwrap();
        assert!((WRITTEN..WRITTEN * 5 / 4).contains(&(now - before)), "{place}: {before}, then {now}");
        before = now;
    }
    shell.succeed(&format!("head -c {WRITTEN} /dev/urandom > ~/file")).await;
    let beside = rig.runtime().disk_use(&id).await.unwrap() - before;
    assert!(beside < WRITTEN / 4, "the home is everybody's: {beside}");
    rig.runtime().stop(&id, GRACE).await.unwrap();
    assert!(rig.runtime().disk_use(&id).await.unwrap() >= before);
}
