//! A terminal's echo while somebody guesses passwords: each guess costs the server a hash, and its terminals
//! must not feel it.
//!
//! The guesses come when they are due, whether or not those before have been answered, and so that neither an
//! address's nor an account's limit stops them: what is measured is the hashing.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow};

use crate::lines::{Context, echo};
use crate::product::{Server, Session};
use crate::pty::Pty;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::{Echo, Terminal, echoing_cat, quiet_shell};

/// Guesses a second.
const RATE: u32 = 200;
/// Guessers at once. The server lets 33 wait and answers the rest at once, so that some are always free.
const GUESSERS: usize = 64;
/// Accounts that are guessed at, none of which there is: a guess at one takes as long as at one there is, and after 40
/// an account is closed, which in our time none reaches.
const ACCOUNTS: u32 = 200;
/// Addresses that guess. Each may make ten guesses at once, of them five at one account. A prime, so that none comes
/// back to an account; and account and address together stay below the 4,096 that the server remembers.
const ADDRESSES: u32 = 1009;
/// The network of benchmarks (RFC 2544, appendix C.2.2).
const NETWORK: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
/// How long guesses come before anything is measured beside them, so that as many wait as may.
const WARM_UP: Duration = Duration::from_secs(1);

const WRONG: u16 = 401;

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("there is no server")?;
    let session = Session::start(&context.product)?;
    let mut product = session.connect(1)?;
    let mut floor = Pty::shell()?;
    for terminal in [&mut product as &mut dyn Terminal, &mut floor] {
        quiet_shell(terminal)?;
        echoing_cat(terminal, Echo::Program)?;
        echo::block(terminal)?;
    }

    let guesses = Guesses::new(context.pick(5, 20));
    let (mut times, mut floors) = (Samples::default(), Samples::default());
    let outcome = std::thread::scope(|scope| {
        let guessers: Vec<_> = (0..GUESSERS).map(|_| scope.spawn(|| guesses.make(server))).collect();
        std::thread::sleep(WARM_UP);
        while !guesses.are_over() {
            floors.extend(&echo::block(&mut floor)?);
            times.extend(&echo::block(&mut product)?);
        }
        let mut all = Outcome::default();
        for guesser in guessers {
            all.add(guesser.join().map_err(|_| anyhow!("a guesser panicked"))??);
        }
        anyhow::Ok(all)
    })?;

    let per_second = |count: u32, time: Duration| f64::from(count) / time.as_secs_f64();
    let hashed = outcome.answers.get(&WRONG).copied().unwrap_or_default();
    let answers: Vec<_> = outcome.answers.iter().map(|(status, count)| format!("{count} of {status}")).collect();
    Ok(vec![
        Row::new("sign-in", "echo p50", times.p50() * 1e3, "µs").floor(floors.p50() * 1e3).samples(times.len()),
        Row::new("sign-in", "echo p99", times.p99(), "ms")
            .floor(floors.p99())
            .limit(Limit::Below(5.0))
            .samples(times.len()),
        // With fewer the echo was measured beside something else.
        Row::new("sign-in", "guesses", per_second(guesses.count, outcome.last_sent), "/s")
            .limit(Limit::AtLeast(f64::from(RATE) * 0.95))
            .note(answers.join(", ")),
        // A hash takes tens of milliseconds, and one at a time is computed. With fewer a limit was measured.
        Row::new("sign-in", "passwords hashed", per_second(hashed, outcome.last_answered), "/s")
            .limit(Limit::AtLeast(10.0)),
    ])
}

/// Wrong passwords, each due at its time.
struct Guesses {
    began: Instant,
    count: u32,
    next: AtomicU32,
}

/// How guesses ended.
#[derive(Debug, Default)]
struct Outcome {
    /// How many were answered with each status.
    answers: BTreeMap<u16, u32>,
    /// When the last was sent and the last answered, from when they began.
    last_sent: Duration,
    last_answered: Duration,
}

impl Guesses {
    /// As many as `seconds` have, from now on.
    fn new(seconds: u32) -> Self {
        Self { began: Instant::now(), count: seconds * RATE, next: AtomicU32::new(0) }
    }

    /// Whether the last is due.
    fn are_over(&self) -> bool {
        self.began.elapsed() >= self.due(self.count)
    }

    fn due(&self, number: u32) -> Duration {
        Duration::from_secs(1) * number / RATE
    }

    /// Makes those that no other guesser does, until there are no more.
    fn make(&self, server: &Server) -> Result<Outcome> {
        let mut outcome = Outcome::default();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            if number >= self.count {
                return Ok(outcome);
            }
            std::thread::sleep(self.due(number).saturating_sub(self.began.elapsed()));
            outcome.last_sent = self.began.elapsed();
            let (email, client) = guess(number);
            let status = server.try_sign_in(&email, "not-the-password", client)?;
            outcome.last_answered = self.began.elapsed();
            *outcome.answers.entry(status).or_default() += 1;
        }
    }
}

/// At which account a guess is made, and from where.
fn guess(number: u32) -> (String, IpAddr) {
    let client = Ipv4Addr::from(u32::from(NETWORK) + number % ADDRESSES);
    (format!("guess-{}@example.org", number % ACCOUNTS), client.into())
}

impl Outcome {
    fn add(&mut self, other: Self) {
        for (status, count) in other.answers {
            *self.answers.entry(status).or_default() += count;
        }
        self.last_sent = self.last_sent.max(other.last_sent);
        self.last_answered = self.last_answered.max(other.last_answered);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_address_guesses_twice_at_an_account() {
        let guesses = Guesses::new(20);
        let different: BTreeSet<_> = (0..guesses.count).map(guess).collect();
        assert_eq!(different.len(), 4000);
        assert_eq!(different.iter().map(|(_, client)| client).collect::<BTreeSet<_>>().len(), 1009);
        assert_eq!(guesses.due(guesses.count), Duration::from_secs(20));
    }
}
