//! The way of sharing a workspace in which only what agents are told of a repository is shared.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use berth::storage::{Direction, Layout};

struct Sides {
    _directory: tempfile::TempDir,
    layout: Layout,
    shared: PathBuf,
    own: PathBuf,
}

const SESSION: &str = "abcdefghij01";

impl Sides {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let layout = Layout::new(directory.path());
        let sharing = app::model::preferences::WorkspaceSharing::Metadata;
        let home = layout.home("ada", &SESSION.parse().unwrap(), sharing).unwrap();
        Self { _directory: directory, layout, shared: home.tree.join("workspace"), own: home.workspace.unwrap() }
    }

    fn share(&self, direction: Direction) {
        self.layout.share_metadata("ada", &SESSION.parse().unwrap(), direction).unwrap();
    }
}

/// Writes a file that changed so many seconds after another time.
fn write(root: &Path, path: &str, text: &str, seconds: u64) {
    let at = root.join(path);
    std::fs::create_dir_all(at.parent().unwrap()).unwrap();
    std::fs::write(&at, text).unwrap();
    let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000 + seconds);
    std::fs::File::open(at).unwrap().set_modified(time).unwrap();
}

fn read(root: &Path, path: &str) -> Option<String> {
    std::fs::read_to_string(root.join(path)).ok()
}

#[test]
fn what_is_known_of_a_repository_goes_both_ways_and_nothing_else_does() {
    let sides = Sides::new();
    write(&sides.own, "repo/CLAUDE.md", "told", 1);
    write(&sides.own, "repo/.claude/memory/notes", "notes", 1);
    write(&sides.own, "repo/src/secret", "code", 1);
    write(&sides.own, "loose", "file", 1);
    sides.share(Direction::OutOfSession);
    assert_eq!(read(&sides.shared, "repo/CLAUDE.md").as_deref(), Some("told"));
    assert_eq!(read(&sides.shared, "repo/.claude/memory/notes").as_deref(), Some("notes"));
    assert!(!sides.shared.join("repo/src").exists() && !sides.shared.join("loose").exists());
    // The later one goes, and the earlier does not.
    write(&sides.shared, "repo/CLAUDE.md", "told by another", 5);
    write(&sides.shared, "repo/.claude/memory/notes", "old", 0);
    write(&sides.shared, "unknown/CLAUDE.md", "not checked out here", 5);
    sides.share(Direction::IntoSession);
    assert_eq!(read(&sides.own, "repo/CLAUDE.md").as_deref(), Some("told by another"));
    assert_eq!(read(&sides.own, "repo/.claude/memory/notes").as_deref(), Some("notes"));
    assert!(!sides.own.join("unknown").exists());
    assert_eq!(read(&sides.own, "repo/src/secret").as_deref(), Some("code"));
    // Again changes nothing.
    let trash = sides.shared.ancestors().nth(2).unwrap().join("trash");
    let before = crate::drawer::names(&trash);
    sides.share(Direction::IntoSession);
    sides.share(Direction::IntoSession);
    assert_eq!(crate::drawer::names(&trash), before);
}

#[test]
fn what_a_container_prepared_for_it_harms_nothing_outside_and_no_other_repository() {
    let sides = Sides::new();
    let canary = tempfile::tempdir().unwrap();
    std::fs::write(canary.path().join("CLAUDE.md"), "canary").unwrap();
    std::os::unix::fs::symlink(canary.path(), sides.own.join("linked")).unwrap();
    std::os::unix::fs::symlink(canary.path(), sides.shared.join("repo-a")).unwrap();
    std::fs::write(sides.shared.join("repo-b"), "a file, not a folder").unwrap();
    for name in ["repo-a", "repo-b", "repo-e", "repo-f", "repo-z"] {
        write(&sides.own, &format!("{name}/CLAUDE.md"), name, 9);
    }
    std::fs::create_dir_all(sides.own.join("repo-c")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", sides.own.join("repo-c/CLAUDE.md")).unwrap();
    std::fs::create_dir_all(sides.own.join("repo-d/.claude")).unwrap();
    // As much as nobody has room for.
    std::fs::File::create(sides.own.join("repo-d/.claude/huge")).unwrap().set_len(1 << 40).unwrap();
    std::fs::remove_file(sides.own.join("repo-e/CLAUDE.md")).unwrap();
    nix::unistd::mkfifo(&sides.own.join("repo-e/CLAUDE.md"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    sides.share(Direction::OutOfSession);
    assert_eq!(std::fs::read_dir(canary.path()).unwrap().count(), 1);
    assert_eq!(read(canary.path(), "CLAUDE.md").as_deref(), Some("canary"));
    assert_eq!(read(&sides.shared, "repo-b").as_deref(), Some("a file, not a folder"));
    assert!(!sides.shared.join("repo-d/.claude").exists() && !sides.shared.join("linked").exists());
    for name in ["repo-f", "repo-z"] {
        assert_eq!(read(&sides.shared, &format!("{name}/CLAUDE.md")).as_deref(), Some(name));
    }
    let uploads = sides.shared.ancestors().nth(2).unwrap().join("uploads");
    assert_eq!(crate::drawer::names(&uploads), Vec::<String>::new());
}
