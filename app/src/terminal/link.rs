//! The connection of one terminal: when to connect, wait, hold still or give up.
//!
//! ```text
//!            begin                hello
//!   Idle ────────────▶ Connecting ──────▶ Connected
//!                        ▲     │ closed      │ closed
//!            timer, seen │     ▼             ▼
//!                        └── Waiting ◀───────┤ worth retrying
//!                    Hidden, Offline ◀───────┤ … while nobody looks or nothing connects
//!                    Stopped, Ended, Refused ◀ not worth retrying; `again` starts over
//! ```
//!
//! The page hears that its session stopped or runs from its events, and each socket hears it by itself; either may be
//! first. Only when both say so is it stopped.
//!
//! No I/O: each event returns what the caller is to do.

use protocol::close;

/// The longest first wait, milliseconds; half of it is sure, so nobody retries before 500 ms.
const FIRST_WAIT_MS: f64 = 1_000.0;
/// The longest wait, milliseconds.
const LONGEST_WAIT_MS: f64 = 15_000.0;

/// Where the connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Not begun.
    Idle,
    /// The first attempt is under way.
    Connecting,
    Connected,
    /// Cut; the next attempt comes in so many milliseconds, or is under way when none.
    Reconnecting {
        wait_ms: Option<u32>,
    },
    /// Cut while the page is hidden: the next attempt comes when it is seen again.
    Hidden,
    /// Cut while the browser is offline: the next attempt comes when it is online again.
    Offline,
    /// The session does not run.
    Stopped,
    /// The terminal's process ended.
    Ended,
    /// The server will not have us, by this close code.
    Refused {
        code: u16,
    },
}

/// What the caller is to do. Each command but [`Command::Nothing`] first drops a timer that runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    Nothing,
    /// Open a socket now.
    Connect,
    /// Call [`Link::waited`] after so many milliseconds.
    Wait {
        ms: u32,
    },
    /// Wait for no timer.
    Hold,
}

/// One terminal's connection.
#[derive(Debug)]
pub struct Link {
    status: Status,
    /// Attempts that failed since the last `hello`.
    failures: u32,
    visible: bool,
    online: bool,
    /// Whether the session runs, by what the page has heard.
    runs: bool,
    /// Whether the last socket was closed because the session stopped.
    told_of_stop: bool,
}

impl Link {
    /// A connection not begun, in a page that is `visible` or not and a browser `online` or not. Its session runs.
    #[must_use]
    pub fn new(visible: bool, online: bool) -> Self {
        Self { status: Status::Idle, failures: 0, visible, online, runs: true, told_of_stop: false }
    }

    #[must_use]
    pub fn status(&self) -> Status {
        self.status
    }

    /// Somebody wants the terminal: the first time, or again after it ended or was stopped.
    pub fn again(&mut self) -> Command {
        match self.status {
            Status::Connecting | Status::Connected | Status::Reconnecting { wait_ms: None } => Command::Nothing,
            _ => {
                self.failures = 0;
                self.status = Status::Connecting;
                Command::Connect
            }
        }
    }

    /// The guest said `hello`.
    pub fn greeted(&mut self) {
        self.failures = 0;
        self.told_of_stop = false;
        self.status = Status::Connected;
    }

    /// The socket is closed, with `code`. `random` is in 0–1.
    pub fn closed(&mut self, code: u16, random: f64) -> Command {
        self.told_of_stop = code == close::STOPPED;
        self.status = match code {
            close::ENDED => Status::Ended,
            close::STOPPED if !self.runs => Status::Stopped,
            _ if code != close::STOPPED && !close::is_worth_retrying(code) => Status::Refused { code },
            _ if !self.online => Status::Offline,
            _ if !self.visible => Status::Hidden,
            _ => {
                let ms = wait(self.failures, random);
                self.failures = self.failures.saturating_add(1);
                self.status = Status::Reconnecting { wait_ms: Some(ms) };
                return Command::Wait { ms };
            }
        };
        Command::Hold
    }

    /// The wait is over.
    pub fn waited(&mut self) -> Command {
        if matches!(self.status, Status::Reconnecting { wait_ms: Some(_) }) { self.retry() } else { Command::Nothing }
    }

    /// The page was shown or hidden.
    pub fn seen(&mut self, visible: bool) -> Command {
        self.visible = visible;
        self.reconsider()
    }

    /// The browser went online or offline.
    pub fn online(&mut self, online: bool) -> Command {
        self.online = online;
        self.reconsider()
    }

    /// The page hears that the session `runs`, or does no longer.
    pub fn runs(&mut self, runs: bool) -> Command {
        let before = std::mem::replace(&mut self.runs, runs);
        if runs {
            // At once, whatever its stop had left.
            return if before { Command::Nothing } else { self.again() };
        }
        if !self.told_of_stop || !self.waits() {
            return Command::Nothing;
        }
        self.status = Status::Stopped;
        Command::Hold
    }

    fn waits(&self) -> bool {
        matches!(self.status, Status::Reconnecting { wait_ms: Some(_) } | Status::Hidden | Status::Offline)
    }

    /// A cut connection waits, holds still or tries at once, as page and browser permit.
    fn reconsider(&mut self) -> Command {
        if !self.waits() {
            return Command::Nothing;
        }
        let held = match (self.online, self.visible) {
            (false, _) => Status::Offline,
            (true, false) => Status::Hidden,
            // A page that was visible and online all along waits on.
            (true, true) if matches!(self.status, Status::Reconnecting { .. }) => return Command::Nothing,
            (true, true) => {
                self.failures = 0;
                return self.retry();
            }
        };
        self.status = held;
        Command::Hold
    }

    fn retry(&mut self) -> Command {
        self.status = Status::Reconnecting { wait_ms: None };
        Command::Connect
    }
}

/// Equal jitter: half of a doubling time is sure, the other half is left to chance, so that a
/// server that comes back isn't met by everybody in the same moment. `random` is in 0–1.
pub fn wait(failures: u32, random: f64) -> u32 {
    let ceiling = (FIRST_WAIT_MS * f64::from(1_u32 << failures.min(10))).min(LONGEST_WAIT_MS);
    (ceiling / 2.0 * (1.0 + random.clamp(0.0, 1.0))) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn connected() -> Link {
        let mut link = Link::new(true, true);
        assert_eq!(link.again(), Command::Connect);
        link.greeted();
        link
    }

    test_everywhere! {
        fn a_cut_is_retried_on_a_ladder_from_half_a_second_to_fifteen() {
            let mut link = connected();
            let mut least = Vec::new();
            for _ in 0..8 {
                let Command::Wait { ms } = link.closed(1006, 0.0) else { panic!("no wait") };
                least.push(ms);
                assert_eq!(link.status(), Status::Reconnecting { wait_ms: Some(ms) });
                assert_eq!(link.waited(), Command::Connect);
            }
            assert_eq!(least, [500, 1_000, 2_000, 4_000, 7_500, 7_500, 7_500, 7_500]);
            assert_eq!(link.closed(1006, 1.0), Command::Wait { ms: 15_000 });
        }

        fn a_hello_puts_the_ladder_back_to_its_foot() {
            let mut link = connected();
            for _ in 0..5 {
                link.closed(1006, 0.5);
                link.waited();
            }
            link.greeted();
            assert_eq!(link.closed(1006, 0.0), Command::Wait { ms: 500 });
        }

        fn thousands_of_failures_do_not_overflow_the_ladder() {
            assert_eq!(wait(u32::MAX, 1.0), 15_000);
            assert_eq!(wait(0, f64::NAN.max(0.0)), 500);
        }

        fn codes_that_no_retry_can_help_end_it() {
            for (code, status) in [
                (close::ENDED, Status::Ended),
                (close::STOPPED, Status::Stopped),
                (close::FORBIDDEN, Status::Refused { code: close::FORBIDDEN }),
                (close::NOT_SIGNED_IN, Status::Refused { code: close::NOT_SIGNED_IN }),
                (close::NOT_FOUND, Status::Refused { code: close::NOT_FOUND }),
                (close::BAD_REQUEST, Status::Refused { code: close::BAD_REQUEST }),
            ] {
                let mut link = connected();
                link.runs(code != close::STOPPED);
                assert_eq!(link.closed(code, 0.5), Command::Hold, "{code}");
                assert_eq!(link.status(), status, "{code}");
                assert_eq!(link.seen(true), Command::Nothing, "{code}");
                assert_eq!(link.online(true), Command::Nothing, "{code}");
            }
        }

        fn codes_that_pass_are_retried() {
            for code in [close::TRY_AGAIN, close::FAULT, close::TOO_MANY, close::TOO_BIG, 1005, 1006, 1012] {
                assert!(matches!(connected().closed(code, 0.5), Command::Wait { .. }), "{code}");
            }
        }

        fn a_stop_is_believed_when_socket_and_page_have_told_of_it_in_either_order() {
            let mut link = connected();
            assert_eq!(link.runs(false), Command::Nothing);
            assert_eq!(link.status(), Status::Connected);
            assert_eq!(link.closed(close::STOPPED, 0.5), Command::Hold);
            assert_eq!(link.status(), Status::Stopped);
            assert_eq!(link.runs(true), Command::Connect);

            let mut link = connected();
            assert_eq!(link.closed(close::STOPPED, 0.0), Command::Wait { ms: 500 });
            assert_eq!(link.runs(false), Command::Hold);
            assert_eq!(link.status(), Status::Stopped);
            assert_eq!(link.waited(), Command::Nothing);
        }

        fn a_restart_that_the_page_has_heard_of_before_its_socket_is_connected_to() {
            let mut link = connected();
            link.runs(false);
            assert_eq!(link.runs(true), Command::Nothing);
            assert_eq!(link.closed(close::STOPPED, 0.0), Command::Wait { ms: 500 });
            assert_eq!(link.waited(), Command::Connect);
            link.greeted();
            assert_eq!(link.status(), Status::Connected);
        }

        fn a_cut_that_no_stop_has_made_is_retried_after_the_session_stopped() {
            let mut link = connected();
            assert!(matches!(link.closed(1006, 0.5), Command::Wait { .. }));
            assert_eq!(link.runs(false), Command::Nothing);
            assert_eq!(link.waited(), Command::Connect);
            assert_eq!(link.closed(close::STOPPED, 0.5), Command::Hold);
            assert_eq!(link.status(), Status::Stopped);
        }

        fn nothing_is_tried_while_hidden_and_at_once_when_seen() {
            let mut link = connected();
            assert_eq!(link.seen(false), Command::Nothing);
            assert_eq!(link.closed(1006, 0.5), Command::Hold);
            assert_eq!(link.status(), Status::Hidden);
            assert_eq!(link.seen(true), Command::Connect);
        }

        fn nothing_is_tried_while_offline_and_at_once_when_online() {
            let mut link = connected();
            assert!(matches!(link.closed(1006, 0.5), Command::Wait { .. }));
            assert_eq!(link.online(false), Command::Hold);
            assert_eq!(link.status(), Status::Offline);
            assert_eq!(link.seen(true), Command::Hold);
            assert_eq!(link.online(true), Command::Connect);
        }

        fn coming_online_while_hidden_still_waits_to_be_seen() {
            let mut link = connected();
            link.seen(false);
            link.online(false);
            link.closed(1006, 0.5);
            assert_eq!(link.online(true), Command::Hold);
            assert_eq!(link.status(), Status::Hidden);
            assert_eq!(link.seen(true), Command::Connect);
        }

        fn a_timer_that_fires_late_starts_nothing() {
            let mut link = connected();
            link.closed(1006, 0.5);
            link.online(false);
            assert_eq!(link.waited(), Command::Nothing);
            link.online(true);
            link.greeted();
            assert_eq!(link.waited(), Command::Nothing);
        }

        fn it_opens_again_after_an_end_and_never_twice_at_once() {
            let mut link = connected();
            assert_eq!(link.again(), Command::Nothing);
            link.closed(close::ENDED, 0.5);
            assert_eq!(link.again(), Command::Connect);
            assert_eq!(link.again(), Command::Nothing);
        }
    }
}
