//! Whether a session is awake: when somebody typed last, and whether a program works.
//!
//! A program in the foreground works when it and all that it started use CPU, when it tells progress (OSC 9;4), or
//! when its title says so, as agents' titles do. Not when it only writes: a clock on the screen, or a flood of output,
//! is no work. Nor does a page that only watches keep anything awake. Time here is the monotonic clock's, so that
//! neither a changed clock nor a suspended machine puts a session to sleep.

use std::collections::HashMap;
use std::time::Duration;

use app::model::usage::Activity;
use protocol::TerminalId;
use protocol::guest::{self, Progress, TerminalActivity};
use tokio::time::Instant;

/// CPU time above which a program works, percent of one CPU. A spinner or `top` stays below, a program that waits for
/// an answer far below.
const BUSY_PERCENT: u128 = 5;
/// Output above which a program is taken to flood its terminal, bytes a second; whoever works writes less.
const FLOOD: u128 = 1 << 20;
/// A title or progress that says “working” counts as long as something is written at least this often: a program that
/// hangs says it for ever.
const SILENCE: Duration = Duration::from_secs(60);

/// The process group of no program.
const NO_PROGRAM: i32 = 0;

/// What was seen of a session.
#[derive(Debug)]
pub(super) struct Wakefulness {
    /// When it was awake last.
    awake: Instant,
    terminals: HashMap<TerminalId, Seen>,
}

/// What was seen of a terminal's program.
#[derive(Debug)]
struct Seen {
    at: Instant,
    group: i32,
    cpu_ms: u64,
    offset: u64,
    /// When it wrote last.
    wrote: Instant,
    progress: Progress,
    /// The program that told it; what another left behind says nothing of this one.
    progress_of: i32,
    title: String,
    title_of: i32,
}

impl Wakefulness {
    pub fn new(now: Instant) -> Self {
        Self { awake: now, terminals: HashMap::new() }
    }

    /// Somebody wants it to stay awake.
    pub fn touch(&mut self, now: Instant) {
        self.awake = now;
    }

    /// How long nothing has happened in it.
    pub fn idle_for(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.awake)
    }

    /// Takes in what the guest tells. `keep` is whether any program at all keeps it awake.
    pub fn observe(&mut self, now: Instant, activity: &guest::Activity, keep: bool) -> Activity {
        let typed = now.checked_sub(Duration::from_secs(activity.idle_seconds));
        self.awake = typed.map_or(self.awake, |typed| self.awake.max(typed));
        self.terminals.retain(|id, _| activity.terminals.iter().any(|open| open.terminal.id == *id));
        let each: Vec<Activity> = activity.terminals.iter().map(|terminal| self.look(now, terminal)).collect();
        if each.contains(&Activity::Working) || (keep && each.iter().any(|one| *one != Activity::Shell)) {
            self.awake = now;
        }
        each.into_iter().max().unwrap_or_default()
    }

    fn look(&mut self, now: Instant, open: &TerminalActivity) -> Activity {
        let (terminal, id) = (&open.terminal, open.terminal.id);
        // A shell counts as a program that never works, so that what the last program left behind is known.
        let (group, cpu_ms) = open.program.as_ref().map_or((NO_PROGRAM, 0), |program| (program.group, program.cpu_ms));
        let before = self.terminals.remove(&id);
        let is_same = before.as_ref().is_some_and(|seen| seen.group == group);
        let mut seen = Seen {
            at: now,
            group,
            cpu_ms,
            offset: terminal.offset,
            wrote: now,
            progress: terminal.progress,
            progress_of: group,
            title: terminal.title.clone(),
            title_of: group,
        };
        let mut is_busy = false;
        if let Some(before) = &before {
            if before.offset == seen.offset {
                seen.wrote = before.wrote;
            }
            if before.progress == seen.progress {
                seen.progress_of = before.progress_of;
            }
            if before.title == seen.title {
                seen.title_of = before.title_of;
            }
            if is_same {
                let passed = now.saturating_duration_since(before.at).as_millis().max(1);
                let cpu = u128::from(seen.cpu_ms.saturating_sub(before.cpu_ms));
                let written = u128::from(seen.offset.saturating_sub(before.offset));
                is_busy = cpu * 100 >= BUSY_PERCENT * passed && written * 1000 < FLOOD * passed;
            }
        }
        let speaks = now.saturating_duration_since(seen.wrote) < SILENCE;
        let says = if seen.title_of == seen.group { title_says(&seen.title) } else { None };
        let progresses =
            seen.progress_of == seen.group && matches!(seen.progress, Progress::Normal | Progress::Indeterminate);
        self.terminals.insert(id, seen);
        match says {
            _ if group == NO_PROGRAM => Activity::Shell,
            Some(Activity::NeedsYou) if !is_busy => Activity::NeedsYou,
            Some(Activity::Working) if speaks => Activity::Working,
            _ if is_busy || (progresses && speaks) => Activity::Working,
            _ => Activity::Waiting,
        }
    }
}

/// What an agent's title says: a turning wheel of braille dots (Claude Code, Codex) or a star (Gemini CLI) while it
/// works, a raised hand (Gemini CLI) when it asks.
fn title_says(title: &str) -> Option<Activity> {
    match title.chars().find(|c| !c.is_whitespace())? {
        '\u{2801}'..='\u{28ff}' | '\u{2726}' => Some(Activity::Working),
        '\u{270b}' => Some(Activity::NeedsYou),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use protocol::guest::{Program, Terminal};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    const LOOK: Duration = Duration::from_secs(5);

    /// A terminal with a program of group 7.
    fn runs(cpu_ms: u64, offset: u64) -> TerminalActivity {
        let terminal = Terminal {
            id: TerminalId::FIRST,
            cols: 80,
            rows: 24,
            title: String::new(),
            process: "claude".into(),
            clients: 3,
            offset,
            progress: Progress::None,
        };
        TerminalActivity { terminal, program: Some(Program { group: 7, command: "claude".into(), cpu_ms }) }
    }

    fn shell(offset: u64) -> TerminalActivity {
        TerminalActivity { program: None, ..runs(0, offset) }
    }

    /// What is found and how long it has been idle after looks at `states`, one each five seconds, while nobody types.
    fn after(states: impl IntoIterator<Item = TerminalActivity>, keep: bool) -> (Activity, Duration) {
        let begin = Instant::now();
        let (mut now, mut wakefulness, mut found) = (begin, Wakefulness::new(begin), Activity::Shell);
        for state in states {
            now += LOOK;
            let idle_seconds = now.duration_since(begin).as_secs();
            found = wakefulness.observe(now, &guest::Activity { idle_seconds, terminals: vec![state] }, keep);
        }
        (found, wakefulness.idle_for(now))
    }

    #[test]
    fn a_program_that_uses_cpu_works_and_one_that_waits_does_not() {
        assert_eq!(
            after((0..100).map(|look| runs(look * 300, look * 100)), false),
            (Activity::Working, Duration::ZERO)
        );
        // A spinner: output each second, hardly any CPU.
        assert_eq!(after((0..100).map(|look| runs(look * 100, look * 5000)), false), (Activity::Waiting, 500 * SECOND));
    }

    #[test]
    fn noise_keeps_nothing_awake() {
        // `while true; do date; sleep 1; done` in the shell, watched by three browsers.
        assert_eq!(after((0..100).map(|look| shell(look * 200)), false), (Activity::Shell, 500 * SECOND));
        // `yes`: all the CPU there is, and all of it into the terminal.
        let flood = (0..100).map(|look| runs(look * 5000, look * (50 << 20)));
        assert_eq!(after(flood, false), (Activity::Waiting, 500 * SECOND));
    }

    #[test]
    fn typing_keeps_it_awake() {
        let begin = Instant::now();
        let mut wakefulness = Wakefulness::new(begin);
        let now = begin + 100 * SECOND;
        wakefulness.observe(now, &guest::Activity { idle_seconds: 7, terminals: vec![shell(0)] }, false);
        assert_eq!(wakefulness.idle_for(now), 7 * SECOND);
        wakefulness.touch(now + SECOND);
        assert_eq!(wakefulness.idle_for(now + 2 * SECOND), SECOND);
        // A guest whose clock says more than the machine has been up for is no reason to panic.
        wakefulness.observe(now, &guest::Activity { idle_seconds: u64::MAX, terminals: Vec::new() }, false);
    }

    fn titled(title: &str, offset: u64) -> TerminalActivity {
        let mut state = runs(0, offset);
        state.terminal.title = title.into();
        state
    }

    #[test]
    fn titles_and_progress_say_that_an_agent_works_as_long_as_it_speaks() {
        let wheel = (0..100).map(|look| titled("\u{2810} Fixing tests", look));
        assert_eq!(after(wheel, false), (Activity::Working, Duration::ZERO));
        let hung = (0..100).map(|_| titled("\u{2810} Fixing tests", 0));
        let (found, idle) = after(hung, false);
        assert_eq!(found, Activity::Waiting);
        assert!(idle >= 400 * SECOND, "{idle:?}");
        assert_eq!(after((0..9).map(|look| titled("\u{2733} Claude Code", look)), false).0, Activity::Waiting);
        assert_eq!(after((0..9).map(|look| titled("\u{270b} Action Required", look)), false).0, Activity::NeedsYou);

        let progress = |group: i32, offset: u64, progress: Progress| {
            let mut state = runs(0, offset);
            state.terminal.progress = progress;
            state.program = Some(Program { group, command: "x".into(), cpu_ms: 0 });
            state
        };
        let works = (0..100).map(|look| progress(7, look, Progress::Indeterminate));
        assert_eq!(after(works, false), (Activity::Working, Duration::ZERO));
        assert_eq!(after((0..9).map(|look| progress(7, look, Progress::Paused)), false).0, Activity::Waiting);
        // What one program left behind says nothing of the next.
        let left = (0..100).map(|look| progress(if look < 2 { 7 } else { 8 }, look, Progress::Normal));
        assert_eq!(after(left, false).0, Activity::Waiting);
        let left = (0..9).map(|look| match look {
            0..3 => titled("\u{2810} Fixing tests", look),
            3..5 => TerminalActivity { program: None, ..titled("\u{2810} Fixing tests", look) },
            _ => TerminalActivity {
                program: Some(Program { group: 9, command: "vim".into(), cpu_ms: 0 }),
                ..titled("\u{2810} Fixing tests", look)
            },
        });
        assert_eq!(after(left, false).0, Activity::Waiting);
    }

    #[test]
    fn a_kept_job_keeps_it_awake_until_it_is_done() {
        assert_eq!(after((0..50).map(|_| runs(0, 0)), true), (Activity::Waiting, Duration::ZERO));
        let done = (0..50).map(|look| if look < 10 { runs(0, 0) } else { shell(0) });
        assert_eq!(after(done, true), (Activity::Shell, 200 * SECOND));
    }

    #[test]
    fn another_program_is_measured_anew() {
        let states = [
            runs(60_000, 0),
            TerminalActivity {
                program: Some(Program { group: 8, command: "y".into(), cpu_ms: 120_000 }),
                ..runs(0, 0)
            },
        ];
        assert_eq!(after(states, false).0, Activity::Waiting);
    }
}
