//! The name of a terminal's foreground process, as a person would say it.
//!
//! Looked at after output or input, at most [`PER_SECOND`] times a second, and once more after the
//! last: a program's start is seen without a timer on an idle terminal.

use std::io::Read as _;
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

use crate::sys;

/// How often it is looked at, at most.
const PER_SECOND: u32 = 4;
const INTERVAL: Duration = Duration::from_millis(1000 / PER_SECOND as u64);
/// Whose first argument says more than they do.
const INTERPRETERS: [&str; 8] = ["node", "nodejs", "bun", "deno", "python", "python3", "ruby", "perl"];

/// As much of a command line as is read, bytes: it may be megabytes long.
const LONGEST_LINE: u64 = 4096;

/// See the module.
pub struct Foreground {
    pub name: String,
    last: Option<Instant>,
    due: Option<Instant>,
    /// Something happened since the last look.
    stirred: bool,
}

impl Foreground {
    pub fn new(name: String) -> Self {
        Self { name, last: None, due: None, stirred: false }
    }

    /// Something was written or read: look now, or when it is time again.
    pub fn stir(&mut self, now: Instant) {
        self.stirred = true;
        self.due.get_or_insert_with(|| self.last.map_or(now, |last| now.max(last + INTERVAL)));
    }

    /// There is nothing left to look at, and no time to wait for.
    pub fn rest(&mut self) {
        (self.due, self.stirred) = (None, false);
    }

    /// When to look.
    pub fn deadline(&self) -> Option<Instant> {
        self.due
    }

    /// Looks, if it is time; whether the name changed.
    pub fn look(&mut self, terminal: BorrowedFd<'_>, now: Instant) -> bool {
        if self.due.is_none_or(|due| due > now) {
            return false;
        }
        self.last = Some(now);
        // The look right after a key comes too early to see what the key has started: look again.
        self.due = std::mem::take(&mut self.stirred).then(|| now + INTERVAL);
        match sys::foreground_group(terminal).and_then(name_of) {
            Some(name) if name != self.name => {
                self.name = name;
                true
            }
            _ => false,
        }
    }
}

fn name_of(pid: i32) -> Option<String> {
    let name = std::fs::read(format!("/proc/{pid}/comm")).ok()?;
    // A program names itself as it likes, and the name is shown to people.
    let name: String = String::from_utf8_lossy(&name).chars().filter(|c| !c.is_control()).collect();
    if !INTERPRETERS.contains(&name.as_str()) {
        return Some(name);
    }
    let mut line = Vec::new();
    let read = std::fs::File::open(format!("/proc/{pid}/cmdline"));
    // A process that is gone by now has no script.
    read.and_then(|file| file.take(LONGEST_LINE).read_to_end(&mut line)).ok()?;
    Some(script_of(&line).unwrap_or(name))
}

/// The script an interpreter runs, without its directories and ending.
fn script_of(line: &[u8]) -> Option<String> {
    let script = line.split(|byte| *byte == 0).skip(1).find(|part| !part.starts_with(b"-"))?;
    let script = std::str::from_utf8(script).ok()?.rsplit('/').next()?;
    if script.contains(char::is_control) {
        return None;
    }
    let name = script.split_once('.').map_or(script, |(name, _)| name);
    (!name.is_empty() && name.len() <= 64).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_named_instead_of_its_interpreter() {
        assert_eq!(script_of(b"node\0--max-old\0/usr/bin/codex.js\0x").as_deref(), Some("codex"));
        assert_eq!(script_of(b"python3\0"), None);
        assert_eq!(script_of(b"python3\0-i\0"), None);
    }

    #[test]
    fn looks_are_spaced_and_end_with_one_after_the_last_stir() {
        let mut foreground = Foreground::new(String::new());
        let start = Instant::now();
        foreground.stir(start);
        assert_eq!(foreground.deadline(), Some(start));
        let bell = sys::open_pty(protocol::frame::Size::DEFAULT).expect("a terminal");
        use std::os::fd::AsFd;
        foreground.look(bell.master.as_fd(), start);
        assert_eq!(foreground.deadline(), Some(start + INTERVAL), "one trailing look");
        foreground.stir(start + INTERVAL / 2);
        assert_eq!(foreground.deadline(), Some(start + INTERVAL));
        foreground.look(bell.master.as_fd(), start + INTERVAL * 2);
        foreground.look(bell.master.as_fd(), start + INTERVAL * 4);
        assert_eq!(foreground.deadline(), None, "and then none");
    }
}
