//! What goes on in the container: which program runs in the foreground of each terminal, what CPU time it and all
//! that it started have had, and which programs there are at all.
//!
//! Read from `/proc` when it is asked for; nothing here runs by itself.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use protocol::guest::{Config, Program};

/// As much of a command line as is read, bytes.
const LONGEST_COMMAND: u64 = 2048;
/// The most processes that are looked at; more than these has only a container that counts for busy anyway.
const MOST_PROCESSES: usize = 4096;
/// Where people's own installers put programs, below home.
const HOME_PLACES: [&str; 7] =
    [".local/bin", "bin", ".npm-global/bin", ".bun/bin", ".opencode/bin", ".claude/local", ".cargo/bin"];

/// What a line of `/proc/PID/stat` says (proc_pid_stat(5)).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stat {
    pid: i32,
    parent: i32,
    group: i32,
    /// The foreground group of its terminal; -1 for none.
    foreground: i32,
    /// Its own time and that of children it waited for, ticks.
    ticks: u64,
}

/// The processes of a moment.
pub struct Processes {
    all: HashMap<i32, Stat>,
    children: HashMap<i32, Vec<i32>>,
    /// Ticks in a second.
    ticks: u64,
}

impl Processes {
    /// Looks at all there are.
    #[must_use]
    pub fn look() -> Self {
        let entries = fs::read_dir("/proc").into_iter().flatten();
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<i32>().ok());
        let lines = pids.take(MOST_PROCESSES).filter_map(|pid| fs::read(format!("/proc/{pid}/stat")).ok());
        // SAFETY: sysconf has no preconditions.
        let ticks = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
        Self::of(
            lines.filter_map(|line| Stat::read(&String::from_utf8_lossy(&line))),
            u64::try_from(ticks).unwrap_or(100),
        )
    }

    fn of(stats: impl Iterator<Item = Stat>, ticks: u64) -> Self {
        let all: HashMap<i32, Stat> = stats.map(|stat| (stat.pid, stat)).collect();
        let mut children: HashMap<i32, Vec<i32>> = HashMap::new();
        for stat in all.values() {
            children.entry(stat.parent).or_default().push(stat.pid);
        }
        Self { all, children, ticks: ticks.max(1) }
    }

    /// What runs in the foreground of the terminal whose shell is `leader`; none while that is the shell itself.
    #[must_use]
    pub fn foreground(&self, leader: i32) -> Option<Program> {
        let shell = self.all.get(&leader)?;
        let group = shell.foreground;
        if group <= 0 || group == shell.group {
            return None;
        }
        let members: Vec<i32> = self.all.values().filter(|stat| stat.group == group).map(|stat| stat.pid).collect();
        let first = if self.all.contains_key(&group) { group } else { *members.iter().min()? };
        Some(Program { group, command: command_of(first), cpu_ms: self.cpu_ms(members) })
    }

    /// CPU time of `roots` and all that they started.
    fn cpu_ms(&self, roots: Vec<i32>) -> u64 {
        let (mut seen, mut waiting, mut ticks) = (HashSet::new(), roots, 0_u64);
        while let Some(pid) = waiting.pop() {
            if seen.insert(pid)
                && let Some(stat) = self.all.get(&pid)
            {
                ticks = ticks.saturating_add(stat.ticks);
                waiting.extend(self.children.get(&pid).into_iter().flatten());
            }
        }
        ticks.saturating_mul(1000) / self.ticks
    }
}

impl Stat {
    /// A line of `/proc/PID/stat`, unless the process is dead. The name in it may hold anything, brackets and
    /// spaces too.
    fn read(line: &str) -> Option<Self> {
        let pid = line.split_once(' ')?.0.parse().ok()?;
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_ascii_whitespace().collect();
        if matches!(*fields.first()?, "Z" | "X") {
            return None;
        }
        let number = |at: usize| fields.get(at).and_then(|field| field.parse::<i64>().ok());
        let id = |at: usize| number(at).and_then(|number| i32::try_from(number).ok());
        let ticks = (11..=14).filter_map(number).filter_map(|ticks| u64::try_from(ticks).ok()).sum();
        Some(Self { pid, parent: id(1)?, group: id(2)?, foreground: id(5)?, ticks })
    }
}

/// The command line of `pid` as it could be typed; empty when it can't be read.
fn command_of(pid: i32) -> String {
    let mut line = Vec::new();
    let opened = fs::File::open(format!("/proc/{pid}/cmdline"));
    if opened.and_then(|file| file.take(LONGEST_COMMAND).read_to_end(&mut line)).is_err() {
        // It ended between the two looks.
        return String::new();
    }
    let words = line.strip_suffix(b"\0").unwrap_or(&line).split(|byte| *byte == 0);
    let words: Vec<String> = words.map(|word| quote(&String::from_utf8_lossy(word))).collect();
    words.join(" ")
}

/// A word as a shell takes it whole.
fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    let word: String = word.chars().filter(|c| !c.is_control()).collect();
    if !word.is_empty() && word.chars().all(is_plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Which of `names` there are where programs usually are. A name with a directory in it is none.
#[must_use]
pub fn find_programs(config: &Config, names: &[String]) -> Vec<String> {
    let places = places(config);
    let is_there = |name: &&String| {
        !name.is_empty() && !name.contains('/') && places.iter().any(|place| is_program(&place.join(name.as_str())))
    };
    names.iter().filter(is_there).cloned().collect()
}

fn places(config: &Config) -> Vec<PathBuf> {
    let home = Path::new(&config.home);
    let path = config.env.get("PATH").map_or(crate::terminals::PATH, String::as_str);
    let mut places: Vec<PathBuf> = path.split(':').filter(|place| !place.is_empty()).map(PathBuf::from).collect();
    places.extend(HOME_PLACES.iter().map(|place| home.join(place)));
    // Where nvm keeps each version of Node with what was installed for it.
    let versions = fs::read_dir(home.join(".nvm/versions/node")).into_iter().flatten();
    places.extend(versions.filter_map(|entry| Some(entry.ok()?.path().join("bin"))));
    places
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stat(pid: i32, parent: i32, group: i32, foreground: i32, ticks: u64) -> Stat {
        Stat { pid, parent, group, foreground, ticks }
    }

    #[test]
    fn a_line_is_read_whatever_the_process_calls_itself() {
        let line = "42 (a) S 1 1 (b) S 7 42 9 34816 43 4194304 1 2 3 4 10 20 30 40 20 0 1 0";
        assert_eq!(Stat::read(line), Some(stat(42, 7, 42, 43, 100)));
        assert_eq!(Stat::read("42 (x) Z 7 42 9 0 -1 0 0 0 0 0 0 0 0 0"), None);
        assert_eq!(Stat::read("42 (x"), None);
        assert_eq!(Stat::read(""), None);
    }

    #[test]
    fn a_program_counts_with_all_that_it_started_and_the_shell_does_not() {
        let processes = Processes::of(
            [
                stat(10, 1, 10, 20, 1000),
                stat(20, 10, 20, 20, 5),
                stat(21, 20, 20, 20, 6),
                // What an agent starts in a group, or a session, of its own.
                stat(30, 21, 30, -1, 7),
                stat(40, 10, 40, 20, 100),
                stat(50, 1, 50, 50, 100),
            ]
            .into_iter(),
            100,
        );
        let program = processes.foreground(10).expect("a program");
        assert_eq!((program.group, program.cpu_ms), (20, 180));
        assert_eq!(processes.foreground(50), None, "a shell that waits");
        assert_eq!(processes.foreground(11), None, "no such shell");
    }

    #[test]
    fn processes_that_go_round_in_circles_are_counted_once() {
        let round = [stat(10, 1, 10, 20, 0), stat(20, 21, 20, 20, 5), stat(21, 20, 20, 20, 5)];
        assert_eq!(Processes::of(round.into_iter(), 100).foreground(10).expect("a program").cpu_ms, 100);
    }

    #[test]
    fn words_are_quoted_so_that_a_shell_takes_them_whole() {
        for (word, quoted) in
            [("npm", "npm"), ("a b", "'a b'"), ("", "''"), ("it's", r"'it'\''s'"), ("$(x)", "'$(x)'"), ("a\nb", "ab")]
        {
            assert_eq!(quote(word), quoted);
        }
    }

    #[test]
    fn this_test_is_found_in_proc() {
        let own = i32::try_from(std::process::id()).expect("a pid");
        let processes = Processes::look();
        assert!(processes.all.contains_key(&own));
        assert!(command_of(own).contains("guest"), "{}", command_of(own));
    }
}
