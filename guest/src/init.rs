//! The guest as init: reaping whoever ended, and ending everybody in order.
//!
//! Children are collected here and nowhere else, whoever started them. Orphans come to the guest
//! because it is pid 1, or, when it is not, because it asked to be their reaper.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, timeout, timeout_at};

use crate::Guest;
use crate::processes::{session, signal_session};
use crate::sys::{self, Reaped};

/// Between SIGTERM and SIGKILL when nobody says how long: a second less than the server gives the whole
/// container, so that it is the guest who ends it, in order.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(29);
/// How long the killed may take to be gone. They are only waited for in the kernel then.
const KILL_LIMIT: Duration = Duration::from_secs(2);
/// How long a closed terminal's programs get between SIGHUP and SIGKILL.
const HANGUP_GRACE: Duration = Duration::from_secs(1);
/// How long terminals may take to say good-bye to their clients.
const FAREWELL_LIMIT: Duration = Duration::from_millis(500);
/// How often it is looked whether a process is gone whose death nobody tells the guest of, because
/// its parent lives on.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// Reaps for as long as the guest lives.
///
/// # Errors
/// When SIGCHLD can't be listened to.
pub async fn reap_for_ever(guest: &Guest) -> std::io::Result<()> {
    let mut children = signal(SignalKind::child())?;
    loop {
        collect(guest);
        children.recv().await;
    }
}

/// Collects all that have ended; whether any child is left.
fn collect(guest: &Guest) -> bool {
    loop {
        match sys::reap() {
            Reaped::Child(pid, how) => {
                guest.terminals.child_ended(pid, how);
                guest.reaped.notify_waiters();
            }
            Reaped::AllRun => return true,
            Reaped::NoChildren => return false,
        }
    }
}

/// Closes one terminal: returns once none of its programs lives.
///
/// # Errors
/// When they live on though killed, which takes a kernel that can't kill them.
pub async fn close_terminal(guest: &Guest, leader: i32) -> Result<(), Undead> {
    signal_session(leader, libc::SIGHUP);
    // One that was stopped with Ctrl-Z hears a signal only when it goes on.
    signal_session(leader, libc::SIGCONT);
    if wait_until(guest, HANGUP_GRACE, || session(leader).is_empty()).await {
        return Ok(());
    }
    let gone = wait_until(guest, KILL_LIMIT, || signal_session(leader, libc::SIGKILL) == 0).await;
    if gone { Ok(()) } else { Err(Undead) }
}

/// Processes did not end though they were killed.
#[derive(Debug, thiserror::Error)]
#[error("processes did not end though they were killed")]
pub struct Undead;

/// Ends every process: SIGHUP to the terminals, SIGTERM to all, after `grace` SIGKILL.
pub async fn shut_down(guest: &Guest, grace: Duration) {
    guest.stopping.set(true);
    guest.terminals.stop();
    let leaders = guest.terminals.list();
    for (_, leader) in &leaders {
        signal_session(*leader, libc::SIGHUP);
    }
    signal_all(&leaders, libc::SIGTERM);
    signal_all(&leaders, libc::SIGCONT);
    if !wait_until(guest, grace, || !collect(guest)).await {
        let killed = wait_until(guest, KILL_LIMIT, || {
            signal_all(&leaders, libc::SIGKILL);
            !collect(guest)
        });
        if !killed.await {
            eprintln!("berth-guest: {Undead}");
        }
    }
    if !wait_until(guest, FAREWELL_LIMIT, || guest.terminals.are_over()).await {
        eprintln!("berth-guest: a terminal's clients did not take their leave");
    }
}

/// As pid 1, to every process of the container. Otherwise only to those that came from us: a guest
/// that is not alone must not end the world.
fn signal_all(leaders: &[(protocol::TerminalId, i32)], signal: i32) {
    if std::process::id() == 1 {
        sys::kill(-1, signal);
        return;
    }
    for (_, leader) in leaders {
        signal_session(*leader, signal);
    }
    for orphan in sys::children() {
        sys::kill(orphan, signal);
    }
}

/// Waits until `is_done`, looking whenever a child was reaped and now and then; false after `limit`.
async fn wait_until(guest: &Guest, limit: Duration, mut is_done: impl FnMut() -> bool) -> bool {
    let end = Instant::now() + limit;
    loop {
        let reaped = guest.reaped.notified();
        if is_done() {
            return true;
        }
        if Instant::now() >= end {
            return false;
        }
        // Either way it is time to look again.
        let _ = timeout_at(end, timeout(LOOK_INTERVAL, reaped)).await;
    }
}
