//! A terminal to measure, bare or through the product, and the programs that benchmarks run in it.

use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::flood;

/// How long anything in a terminal's preparation may take.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Something that takes keys and gives output.
pub trait Terminal {
    /// Types `bytes`.
    fn send(&mut self, bytes: &[u8]) -> Result<()>;

    /// The next output; waits for it. What was returned before counts as parsed from now on.
    fn receive(&mut self) -> Result<&[u8]>;

    /// Output from at most one read, to be called when the descriptor is readable.
    fn receive_ready(&mut self) -> Result<Option<&[u8]>>;

    /// What becomes readable when there is output.
    fn descriptor(&self) -> BorrowedFd<'_>;

    /// Bytes that one read takes at most.
    fn set_read_size(&mut self, bytes: usize);
}

/// Reads until `marker` was seen; answers what came after it in the same piece. No more than the
/// marker's length is kept of what came before, so floods may be waited out.
pub fn wait_for(terminal: &mut dyn Terminal, marker: &[u8], limit: Duration) -> Result<Vec<u8>> {
    let deadline = Instant::now() + limit;
    let mut seen = Vec::new();
    loop {
        seen.extend_from_slice(terminal.receive()?);
        if let Some(at) = find(&seen, marker) {
            return Ok(seen.split_off(at + marker.len()));
        }
        if Instant::now() > deadline {
            let tail = String::from_utf8_lossy(&seen[seen.len().saturating_sub(200)..]).into_owned();
            bail!("{:?} did not come within {limit:?}; the last output was {tail:?}", String::from_utf8_lossy(marker));
        }
        let keep = seen.len().min(marker.len().max(200));
        seen.drain(..seen.len() - keep);
    }
}

/// Where `needle` first is in `hay`.
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|window| window == needle)
}

/// Runs a line in a shell and waits for it to be done, with nothing left to read. The marker is typed
/// in two parts, so that its echo is not taken for it, and is another each time, so that neither is
/// one that a snapshot shows from before.
pub fn run(terminal: &mut dyn Terminal, line: &str) -> Result<()> {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    let number = RUNS.fetch_add(1, Ordering::Relaxed);
    terminal.send(format!("{line}; printf 'do%s' ne-{number}.\n").as_bytes())?;
    wait_for(terminal, format!("done-{number}.").as_bytes(), PATIENCE)?;
    Ok(())
}

/// Turns a login shell into one that prints nothing of its own: no prompt, no echo, no line editor.
pub fn quiet_shell(terminal: &mut dyn Terminal) -> Result<()> {
    terminal.send(b" PS1= PS2= exec bash --noprofile --norc --noediting\n")?;
    run(terminal, "stty -echo")
}

/// Who echoes a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Echo {
    /// A `cat` on a raw terminal, as every shell with a line editor and every full-screen program
    /// echoes: the key wakes it, and its answer wakes the reader.
    Program,
    /// The kernel's line discipline, which wakes nobody but the reader.
    Kernel,
}

/// Turns a quiet shell into a `cat` with keys echoed.
pub fn echoing_cat(terminal: &mut dyn Terminal, echo: Echo) -> Result<()> {
    let line: &[u8] = match echo {
        Echo::Program => b"stty raw -echo; printf 'ca%s' t-ready; exec cat\n",
        Echo::Kernel => b"stty echo; printf 'ca%s' t-ready; exec cat >/dev/null\n",
    };
    terminal.send(line)?;
    wait_for(terminal, b"cat-ready", PATIENCE)?;
    Ok(())
}

/// Puts the flood's text into `~/flood` by a quiet shell.
pub fn write_flood(terminal: &mut dyn Terminal) -> Result<()> {
    run(terminal, &flood::script("~/flood"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::pty::Pty;

    #[test]
    fn a_bare_shell_echoes_and_writes_the_flood_as_it_is_expected() {
        let mut shell = Pty::shell().unwrap();
        quiet_shell(&mut shell).unwrap();
        write_flood(&mut shell).unwrap();
        shell.send(b"cat ~/flood\n").unwrap();
        let expected = flood::text();
        let mut got = Vec::new();
        while got.len() < expected.len() {
            got.extend_from_slice(shell.receive().unwrap());
        }
        assert_eq!(got.len(), expected.len());
        assert!(got == expected, "the flood differs from what is expected of it");
        echoing_cat(&mut shell, Echo::Kernel).unwrap();
        shell.send(b"k\n").unwrap();
        wait_for(&mut shell, b"k\r\n", PATIENCE).unwrap();
    }

    #[test]
    fn a_raw_cat_answers_each_key_and_nothing_else() {
        let mut shell = Pty::shell().unwrap();
        quiet_shell(&mut shell).unwrap();
        echoing_cat(&mut shell, Echo::Program).unwrap();
        for key in [b"k", b"\n"] {
            shell.send(key).unwrap();
            assert_eq!(shell.receive().unwrap(), key);
        }
    }

    #[test]
    fn a_marker_is_found_across_pieces() {
        assert_eq!(find(b"abcd", b"cd"), Some(2));
        assert_eq!(find(b"abcd", b"x"), None);
        let mut shell = Pty::shell().unwrap();
        quiet_shell(&mut shell).unwrap();
        shell.send(b"printf 'a%s' b; sleep 0.05; printf 'c%s' d\n").unwrap();
        assert_eq!(wait_for(&mut shell, b"bc", PATIENCE).unwrap(), b"d");
    }
}
