//! The image of the tests' containers, made once from this host's own programs: no registry can be asked.

use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What engines know it as.
pub const NAME: &str = "localhost/berth-test:latest";
const SCRIPT: &str = include_str!("image.sh");

/// The image as a tar of its root directory, in `place`, where it stays for the next. Tests are processes of their own,
/// so one makes it and others wait.
#[must_use]
pub fn tar(place: &Path) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    SCRIPT.hash(&mut hasher);
    fs::create_dir_all(place).unwrap();
    let tar = place.join(format!("image-{:016x}.tar", hasher.finish()));
    let lock = File::create(place.join("image.lock")).unwrap();
    lock.lock().unwrap();
    if !tar.is_file() {
        let work = tempfile::tempdir_in(place).unwrap();
        let made = work.path().join("image.tar");
        let output = Command::new("sh")
            .args(["-c", SCRIPT, "image.sh"])
            .arg(work.path().join("root"))
            .arg(&made)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        fs::rename(made, &tar).unwrap();
    }
    tar
}
