//! Which processes belong to a terminal: those of the session that its shell leads.

use std::fs;

use crate::sys;

/// Sends `signal` to every process of the session that `leader` leads; answers how many there are.
/// The dead that nobody has reaped yet don't count.
pub fn signal_session(leader: i32, signal: i32) -> usize {
    let members = session(leader);
    members.iter().for_each(|pid| sys::kill(*pid, signal));
    members.len()
}

/// The living processes of the session that `leader` leads.
#[must_use]
pub fn session(leader: i32) -> Vec<i32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        session_of(&stat) == Some(leader)
    })
    .collect()
}

/// The session in a line of `/proc/PID/stat`, unless the process is dead. The name before it may
/// hold anything, brackets and spaces too.
fn session_of(stat: &str) -> Option<i32> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let session = fields.nth(2)?.parse().ok()?;
    (!matches!(state, "Z" | "X")).then_some(session)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_name_does_not_hide_a_process() {
        assert_eq!(session_of("7 (a) S 1 1 1 (b) S 1 7 9 0 -1"), Some(9));
        assert_eq!(session_of("7 (a) Z 1 7 9 0 -1"), None);
        assert_eq!(session_of(""), None);
    }
}
