//! Starting a terminal's login shell: its environment, its rights, its session.

use std::ffi::OsString;
use std::io;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use protocol::TerminalId;
use protocol::frame::Size;
use protocol::guest::Config;

use crate::sys::{self, Pty};

/// Where programs are looked for, unless the container is told otherwise.
pub const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A shell that runs, and the terminal it runs in.
pub struct Shell {
    pub pty: Pty,
    /// Also the id of its session.
    pub pid: i32,
}

/// Starts a login shell in a terminal of its own. To be called from the thread that reaps, and
/// only from there: std waits for a child whose exec failed, and must find it.
///
/// # Errors
/// When there is no terminal or no process to be had, or the shell is not there.
pub fn start(config: &Config, id: TerminalId, size: Size, time_zone: Option<&str>) -> io::Result<Shell> {
    let pty = sys::open_pty(size)?;
    let user = config.user.map(|user| (user.uid, user.gid));
    if let Some((uid, gid)) = user
        && let Err(error) = sys::give_terminal(pty.slave.as_fd(), uid, gid)
    {
        eprintln!("berth-guest: terminal {id} stays the guest's own: {error}");
    }
    let mut command = Command::new(&config.shell);
    command.arg("-l").env_clear().envs(environment(config, id, user, time_zone));
    command.current_dir(working_directory(config));
    command.stdin(sys::copy(&pty.slave)?).stdout(sys::copy(&pty.slave)?).stderr(Stdio::from(sys::copy(&pty.slave)?));
    // SAFETY: `become_shell` makes only async-signal-safe calls.
    unsafe { command.pre_exec(move || sys::become_shell(user)) };
    let child = command.spawn()?;
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    // For a guest that may not write its own; by now the shell can be asked for by its pid.
    if std::fs::write(format!("/proc/{pid}/oom_score_adj"), sys::OOM_SCORE).is_err() {
        let set = std::fs::read_to_string(format!("/proc/{pid}/oom_score_adj")).unwrap_or_default();
        if set.trim().as_bytes() != sys::OOM_SCORE {
            eprintln!("berth-guest: programs of terminal {id} are no likelier to be killed than the guest");
        }
    }
    Ok(Shell { pty, pid })
}

fn environment(
    config: &Config,
    id: TerminalId,
    user: Option<(u32, u32)>,
    time_zone: Option<&str>,
) -> impl Iterator<Item = (OsString, OsString)> {
    let uid = user.map_or_else(sys::own_uid, |(uid, _)| uid);
    let name = user_name(uid).unwrap_or_else(|| "user".to_owned());
    let number = id.to_string();
    let ours = [("PATH", PATH), ("LANG", "C.UTF-8")].map(|(key, value)| (key.into(), value.into()));
    let given = config.env.iter().map(|(key, value)| (key.into(), value.into())).collect::<Vec<_>>();
    let fixed = [
        ("TERM", "xterm-256color"),
        ("COLORTERM", "truecolor"),
        ("BERTH_SESSION", config.session.as_str()),
        ("BERTH_TERMINAL", &number),
        ("HOME", &config.home),
        ("SHELL", &config.shell),
        ("USER", &name),
        ("LOGNAME", &name),
    ]
    .map(|(key, value)| (key.into(), value.into()));
    let zone = time_zone.filter(|zone| is_time_zone(zone)).map(|zone| ("TZ".into(), zone.into()));
    // A later one replaces an earlier one of the same name.
    ours.into_iter().chain(given).chain(fixed).chain(zone)
}

/// Where a new shell begins: the configured directory, made if it is missing; else home, else `/`.
fn working_directory(config: &Config) -> &Path {
    let directory = Path::new(&config.directory);
    if !directory.is_dir()
        && let Err(error) = make_directory(directory, config)
    {
        eprintln!("berth-guest: {}: {error}", directory.display());
    }
    let home = Path::new(&config.home);
    [directory, home].into_iter().find(|path| path.is_dir()).unwrap_or(Path::new("/"))
}

fn make_directory(directory: &Path, config: &Config) -> io::Result<()> {
    let missing: Vec<_> = directory.ancestors().take_while(|path| !path.exists()).collect();
    std::fs::create_dir_all(directory)?;
    if let Some(user) = config.user {
        for path in missing {
            std::os::unix::fs::lchown(path, Some(user.uid), Some(user.gid))?;
        }
    }
    Ok(())
}

fn user_name(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| name.to_owned())
    })
}

/// Whether `zone` has the form of a zone's name, and not that of a path out of where zones are.
#[must_use]
pub fn is_time_zone(zone: &str) -> bool {
    (1..=64).contains(&zone.len())
        && zone.starts_with(|first: char| first.is_ascii_alphabetic())
        && zone.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-' | b'+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_zone_is_a_name_and_not_a_path() {
        for right in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5"] {
            assert!(is_time_zone(right), "{right}");
        }
        for wrong in ["", "/etc/passwd", ":/etc/passwd", "../x", "a b", "A\n", "é"] {
            assert!(!is_time_zone(wrong), "{wrong:?}");
        }
    }
}
