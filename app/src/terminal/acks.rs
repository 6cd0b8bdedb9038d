//! When to tell the guest how far the terminal has parsed.

use protocol::frame::ACK_INTERVAL;

/// The acknowledgements of one connection.
///
/// xterm.js reports what it parsed, in order; an ack leaves once about each [`ACK_INTERVAL`], and
/// at once after a snapshot, because the guest sends nothing live before it.
#[derive(Debug, Default)]
pub struct Acks {
    acked: u64,
}

impl Acks {
    /// Starts anew at `offset`, which a `hello` named.
    pub fn restart(&mut self, offset: u64) {
        self.acked = offset;
    }

    /// The terminal has parsed the stream up to `offset`: what to acknowledge, if anything.
    pub fn parsed(&mut self, offset: u64, at_once: bool) -> Option<u64> {
        let due = at_once || offset.saturating_sub(self.acked) >= ACK_INTERVAL;
        due.then(|| {
            self.acked = offset;
            offset
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn an_ack_leaves_once_an_interval() {
            let mut acks = Acks::default();
            acks.restart(1_000);
            assert_eq!(acks.parsed(1_001, false), None);
            assert_eq!(acks.parsed(1_000 + ACK_INTERVAL - 1, false), None);
            assert_eq!(acks.parsed(1_000 + ACK_INTERVAL, false), Some(1_000 + ACK_INTERVAL));
            assert_eq!(acks.parsed(1_001 + ACK_INTERVAL, false), None);
        }

        fn a_snapshot_is_acknowledged_at_once_even_when_it_goes_back() {
            let mut acks = Acks::default();
            acks.restart(500_000);
            assert_eq!(acks.parsed(3, true), Some(3));
            assert_eq!(acks.parsed(4, false), None);
        }

        fn what_an_older_offset_says_is_not_sent() {
            let mut acks = Acks::default();
            acks.restart(500_000);
            assert_eq!(acks.parsed(10, false), None);
        }
    }
}
