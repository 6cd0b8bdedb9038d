//! Finds programs that the driver can use but does not need.

use std::env;
use std::path::{Path, PathBuf};

/// Where system programs are even if the caller's `PATH` leaves them out, as cron's does.
const SYSTEM: [&str; 3] = ["/usr/bin", "/usr/sbin", "/usr/local/bin"];

/// The absolute path of `program`, if it is installed.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .chain(SYSTEM.iter().map(PathBuf::from))
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(program))
        .find(|candidate| is_program(candidate))
}

fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata().is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}
