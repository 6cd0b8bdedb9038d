//! Who is parsed next, and when the browser gets its turn.
//!
//! All terminals of a page share one budget of time per frame. Output is handed to xterm.js in small
//! pieces, in turn, so that a flood in one terminal, or in six, leaves the page its frames and each
//! key its echo. Terminals that are shown come first; one that isn't still gets a turn now and then,
//! so that its program is not held up for ever.

/// Bytes handed over at a time: a millisecond or two of parsing.
pub const PIECE: usize = 16 * 1024;
/// Milliseconds of parsing per frame. A frame has 16 at 60 Hz; the rest is for drawing and keys.
const BUDGET_MS: f64 = 8.0;
/// After so many milliseconds without a piece the budget starts anew, frame or not.
const REST_MS: f64 = 16.0;
/// Terminals that are handed output in one frame. Drawing six of them anew costs more than a frame has; two at a time,
/// in turn, each of six is still drawn ten times a second.
const MOST_IN_A_FRAME: usize = 2;
/// Every so many pieces one goes to a terminal that isn't shown, if it waits.
const HIDDEN_SHARE: u32 = 8;

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// Hand over a piece of this terminal's.
    Piece(u32),
    /// The budget is spent: go on after the next frame.
    Frame,
    /// Nothing waits.
    Nothing,
}

/// The terminals of a page.
#[derive(Debug, Default)]
pub struct Pacer {
    terminals: Vec<Terminal>,
    /// Where the next turn is looked for.
    turn: usize,
    /// The terminals that had a piece in this frame.
    in_frame: Vec<u32>,
    /// Behind the last of them, where the next frame begins.
    after: usize,
    pieces: u32,
    /// When the last piece ended.
    ended: f64,
    spent: f64,
}

#[derive(Debug)]
struct Terminal {
    id: u32,
    shown: bool,
    waits: bool,
    /// Bytes that went ahead of its turn in this frame.
    ahead: usize,
}

impl Pacer {
    #[must_use]
    pub const fn new() -> Self {
        Self { terminals: Vec::new(), turn: 0, in_frame: Vec::new(), after: 0, pieces: 0, ended: 0.0, spent: 0.0 }
    }

    pub fn enter(&mut self, id: u32) {
        self.terminals.push(Terminal { id, shown: true, waits: false, ahead: 0 });
    }

    pub fn leave(&mut self, id: u32) {
        self.terminals.retain(|terminal| terminal.id != id);
    }

    pub fn show(&mut self, id: u32, shown: bool) {
        self.with(id, |terminal| terminal.shown = shown);
    }

    /// Whether a terminal has something to parse that may be handed over now.
    pub fn waits(&mut self, id: u32, waits: bool) {
        self.with(id, |terminal| terminal.waits = waits);
    }

    /// Whether so few bytes, for a shown terminal that had nothing to wait for, may go ahead
    /// though the budget is spent: an echo beside somebody's flood.
    pub fn goes_ahead(&mut self, id: u32, bytes: usize) -> bool {
        let mut ahead = false;
        self.with(id, |terminal| {
            if terminal.shown && !terminal.waits && terminal.ahead + bytes <= PIECE {
                terminal.ahead += bytes;
                ahead = true;
            }
        });
        ahead
    }

    /// A frame was drawn.
    pub fn drawn(&mut self) {
        self.spent = 0.0;
        self.in_frame.clear();
        self.turn = self.after;
        self.terminals.iter_mut().for_each(|terminal| terminal.ahead = 0);
    }

    /// A piece took from `began` to `ended`, milliseconds.
    pub fn ran(&mut self, began: f64, ended: f64) {
        self.spent += (ended - began).max(0.0);
        self.ended = ended;
    }

    /// What is next, at `now` milliseconds.
    pub fn next(&mut self, now: f64) -> Next {
        if !self.terminals.iter().any(|terminal| terminal.waits) {
            return Next::Nothing;
        }
        if now - self.ended >= REST_MS {
            self.drawn();
        }
        if self.spent >= BUDGET_MS {
            return Next::Frame;
        }
        let hidden_first = self.pieces % HIDDEN_SHARE == HIDDEN_SHARE - 1;
        self.pieces = self.pieces.wrapping_add(1);
        let chosen = self.in_turn(!hidden_first).or_else(|| self.in_turn(hidden_first));
        // Whoever waits yet had no turn in this frame, and gets one in the next.
        chosen.map_or(Next::Frame, Next::Piece)
    }

    /// The next in turn of those that are shown, or of those that aren't.
    fn in_turn(&mut self, shown: bool) -> Option<u32> {
        let count = self.terminals.len();
        let index = (0..count).map(|step| (self.turn + step) % count).find(|index| {
            let terminal = &self.terminals[*index];
            // One that isn't shown isn't drawn either.
            let may = !shown || self.in_frame.len() < MOST_IN_A_FRAME || self.in_frame.contains(&terminal.id);
            terminal.waits && terminal.shown == shown && may
        })?;
        self.turn = index + 1;
        let id = self.terminals[index].id;
        if shown && !self.in_frame.contains(&id) {
            self.in_frame.push(id);
            self.after = self.turn;
        }
        Some(id)
    }

    fn with(&mut self, id: u32, change: impl FnOnce(&mut Terminal)) {
        if let Some(terminal) = self.terminals.iter_mut().find(|terminal| terminal.id == id) {
            change(terminal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn flooding(ids: &[u32]) -> Pacer {
        let mut pacer = Pacer::default();
        for id in ids {
            pacer.enter(*id);
            pacer.waits(*id, true);
        }
        pacer.drawn();
        pacer
    }

    fn turns(pacer: &mut Pacer, count: usize) -> Vec<u32> {
        (0..count)
            .map(|_| match pacer.next(0.0) {
                Next::Piece(id) => id,
                other => panic!("{other:?}"),
            })
            .collect()
    }

    test_everywhere! {
        fn six_floods_take_turns_two_in_a_frame() {
            let mut pacer = flooding(&[1, 2, 3, 4, 5, 6]);
            for (one, other) in [(1, 2), (3, 4), (5, 6), (1, 2)] {
                assert_eq!(turns(&mut pacer, 3), [one, other, one]);
                pacer.drawn();
            }
        }

        fn who_had_no_turn_in_a_frame_has_one_in_the_next() {
            let mut pacer = flooding(&[1, 2, 3]);
            assert_eq!(turns(&mut pacer, 2), [1, 2]);
            pacer.waits(1, false);
            pacer.waits(2, false);
            assert_eq!(pacer.next(0.0), Next::Frame);
            pacer.drawn();
            assert_eq!(pacer.next(0.0), Next::Piece(3));
        }

        fn a_terminal_that_left_or_has_nothing_is_passed_over() {
            let mut pacer = flooding(&[1, 2, 3]);
            pacer.leave(2);
            assert_eq!(turns(&mut pacer, 4), [1, 3, 1, 3]);
            pacer.waits(1, false);
            assert_eq!(turns(&mut pacer, 2), [3, 3]);
            pacer.waits(3, false);
            assert_eq!(pacer.next(0.0), Next::Nothing);
        }

        fn a_hidden_flood_gets_one_piece_in_eight_and_all_when_alone() {
            let mut pacer = flooding(&[1, 2]);
            pacer.show(2, false);
            let hidden = turns(&mut pacer, 80).iter().filter(|id| **id == 2).count();
            assert_eq!(hidden, 10);
            pacer.waits(1, false);
            assert_eq!(turns(&mut pacer, 9), [2; 9]);
        }

        fn a_spent_budget_waits_for_the_frame() {
            let mut pacer = flooding(&[1]);
            pacer.ran(0.0, BUDGET_MS - 1.0);
            assert_eq!(pacer.next(7.0), Next::Piece(1));
            pacer.ran(7.0, 9.0);
            assert_eq!(pacer.next(9.0), Next::Frame);
            pacer.drawn();
            assert_eq!(pacer.next(16.0), Next::Piece(1));
        }

        fn a_page_at_rest_never_waits_for_a_frame() {
            let mut pacer = flooding(&[1]);
            for key in 1..100 {
                let now = f64::from(key) * 100.0;
                assert_eq!(pacer.next(now), Next::Piece(1));
                pacer.ran(now, now + 5.0);
            }
        }

        fn an_echo_goes_ahead_of_a_flood_but_another_flood_does_not() {
            let mut pacer = flooding(&[1]);
            pacer.enter(2);
            pacer.ran(0.0, BUDGET_MS);
            assert!(pacer.goes_ahead(2, 5));
            assert!(!pacer.goes_ahead(2, PIECE));
            assert!(!pacer.goes_ahead(1, 5));
            pacer.show(2, false);
            assert!(!pacer.goes_ahead(2, 5));
            pacer.show(2, true);
            pacer.drawn();
            assert!(pacer.goes_ahead(2, PIECE));
        }

        fn nobody_is_nothing() {
            assert_eq!(Pacer::default().next(5.0), Next::Nothing);
        }
    }
}
