//! What 200 clients leave behind that come and are cut off.

use std::os::fd::AsFd as _;
use std::time::{Duration, Instant};

use anyhow::Result;

use crate::lines::Context;
use crate::machine::{Holdings, holdings};
use crate::product::Session;
use crate::report::{Limit, Row};
use crate::socket::Event;
use crate::terminal::{PATIENCE, Terminal as _, quiet_shell, wait_for};

/// Clients.
const CLIENTS: usize = 200;
/// How long the last of them may take to be forgotten.
const SETTLE: Duration = Duration::from_secs(15);

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let session = Session::start(&context.product)?;
    let mut shell = session.connect(1)?;
    quiet_shell(&mut shell)?;
    // Whatever is only made once, such as a pool's threads, is there after a few.
    (0..20).try_for_each(|turn| come_and_go(&session, turn))?;
    std::thread::sleep(Duration::from_secs(1));
    let before = all(&session)?;
    (0..CLIENTS).try_for_each(|turn| come_and_go(&session, turn))?;
    let deadline = Instant::now() + SETTLE;
    let mut after = all(&session)?;
    while excess(&before, &after).iter().any(|left| *left > 0) && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(100));
        after = all(&session)?;
    }
    shell.send(b"printf 'ali%s' ve\n")?;
    wait_for(&mut shell, b"alive", PATIENCE)?;
    let note = session
        .between()
        .iter()
        .zip(&after)
        .map(|((who, _), held)| {
            format!("{who}: {} descriptors, {} threads, {} processes", held.descriptors, held.threads, held.processes)
        })
        .collect::<Vec<_>>()
        .join("; ");
    let mut rows: Vec<_> = ["processes", "descriptors", "threads"]
        .into_iter()
        .zip(excess(&before, &after))
        .map(|(what, left)| {
            Row::new("leaks", format!("{what} left"), f64::from(left), "").limit(Limit::AtMost(0.0)).samples(CLIENTS)
        })
        .collect();
    if let Some(first) = rows.first_mut() {
        first.note = note;
    }
    Ok(rows)
}

fn all(session: &Session) -> Result<Vec<Holdings>> {
    session.between().into_iter().map(|(_, pid)| holdings(pid)).collect()
}

/// Processes, descriptors and threads that are more than before, over server and guest.
fn excess(before: &[Holdings], after: &[Holdings]) -> [u32; 3] {
    let sum = |part: fn(&Holdings) -> usize| {
        let left =
            before.iter().zip(after).map(|(before, after)| part(after).saturating_sub(part(before))).sum::<usize>();
        u32::try_from(left).unwrap_or(u32::MAX)
    };
    [sum(|held| held.processes), sum(|held| held.descriptors), sum(|held| held.threads)]
}

/// A client that leaves in one of the ways in which clients leave.
fn come_and_go(session: &Session, turn: usize) -> Result<()> {
    let mut socket = session.connect(1)?;
    match turn % 4 {
        // Before it has read anything.
        0 => socket.cut(),
        // After the first frame, with the rest unread: the kernel sends a reset.
        1 => {
            socket.next(1)?;
            drop(socket);
            Ok(())
        }
        // In the midst of typing.
        2 => {
            socket.send(b":\n")?;
            drop(socket);
            Ok(())
        }
        // In the midst of a frame.
        _ => {
            while !matches!(socket.next(usize::MAX)?, Event::Output(_) | Event::Closed(_)) {}
            nix::unistd::write(socket.descriptor().as_fd(), &[0x82])?;
            socket.cut()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_counted_and_what_is_gone_is_not() {
        let held = |descriptors, threads, processes| Holdings { descriptors, threads, processes };
        let before = [held(10, 2, 1), held(5, 1, 2)];
        assert_eq!(excess(&before, &[held(9, 2, 1), held(5, 1, 2)]), [0, 0, 0]);
        assert_eq!(excess(&before, &[held(9, 4, 1), held(8, 1, 3)]), [1, 3, 2]);
    }
}
