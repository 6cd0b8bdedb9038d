//! What fingers on a terminal mean.
//!
//! ```text
//! idle ─down─▶ pressed ─moves along a line─▶ arrows
//!                 │     ─moves up or down──▶ scrolling ─up─▶ (glides) ─▶ idle
//!                 │     ─stays─────────────▶ selecting
//!                 │     ─second finger─────▶ pinching
//!                 └─up──▶ a tap: the browser makes a click of it, and xterm.js has that
//! ```

/// How far a finger may stray and still tap, CSS pixels.
const SLOP: f64 = 10.0;
/// How much more along than across a swipe must be to be one along the line.
const ALONG: f64 = 1.3;
/// How long a finger stays before it selects, milliseconds: Android's own.
pub const LONG_PRESS_MS: u32 = 500;
/// The least way of a finger for one arrow, CSS pixels.
const LEAST_STEP: f64 = 9.0;
/// A finger that stays this many steps away from where it began repeats the arrow.
const HOLD_STEPS: i32 = 4;
/// How long it stays there first, and how often it then repeats, milliseconds.
const HOLD_AFTER_MS: f64 = 350.0;
const HOLD_EVERY_MS: f64 = 70.0;
/// The part of its speed that a glide keeps in a millisecond.
const GLIDE_KEEPS: f64 = 0.997;
/// Slower than this a glide ends, CSS pixels a millisecond.
const GLIDE_ENDS: f64 = 0.03;
/// Faster than this a scroll never glides: what would fly by can't be seen.
const GLIDE_MOST: f64 = 4.0;
/// A finger that rested this long before it left throws nothing, milliseconds.
const REST_MS: f64 = 60.0;

/// A finger's place, CSS pixels, and the time, milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Touch {
    pub id: i32,
    pub x: f64,
    pub y: f64,
    pub at: f64,
}

/// What the terminal is to do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Action {
    /// Presses the arrow to the right, or to the left, so many times.
    Arrows { right: bool, count: u32 },
    /// Scrolls by so many lines, to older ones when negative.
    Scroll { lines: i32 },
    /// Selects the word there.
    SelectWord { x: f64, y: f64 },
    /// The selection ends there.
    Extend { x: f64, y: f64 },
    /// The finger has left a selection.
    Selected,
    /// The font is to be so many times as large as when the pinch began.
    Pinch { factor: f64 },
    /// The pinch is over.
    Pinched,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    Idle,
    Pressed {
        from: Touch,
    },
    Arrows {
        from: Touch,
        sent: i32,
        last: Touch,
        repeated: f64,
    },
    Scrolling {
        last: Touch,
        rest: f64,
        speed: f64,
    },
    Gliding {
        rest: f64,
        speed: f64,
        at: f64,
    },
    Selecting {
        id: i32,
    },
    Pinching {
        fingers: [Touch; 2],
        apart: f64,
    },
    /// Fingers of an ended gesture are still down.
    Spent {
        fingers: u32,
    },
}

#[derive(Debug)]
pub struct Gestures {
    state: State,
    cell_width: f64,
    cell_height: f64,
}

impl Gestures {
    #[must_use]
    pub fn new() -> Self {
        Self { state: State::Idle, cell_width: LEAST_STEP, cell_height: 2.0 * LEAST_STEP }
    }

    /// The size of a character, which swipes are measured by.
    pub fn measure(&mut self, cell_width: f64, cell_height: f64) {
        self.cell_width = cell_width.max(LEAST_STEP);
        self.cell_height = cell_height.max(1.0);
    }

    /// A finger comes down.
    pub fn down(&mut self, touch: Touch) -> Option<Action> {
        match self.state {
            State::Idle | State::Gliding { .. } => {
                self.state = State::Pressed { from: touch };
                None
            }
            State::Pressed { from } | State::Arrows { last: from, .. } | State::Scrolling { last: from, .. } => {
                let fingers = [from, touch];
                self.state = State::Pinching { fingers, apart: apart(fingers).max(1.0) };
                None
            }
            State::Pinching { .. } => {
                self.state = State::Spent { fingers: 3 };
                Some(Action::Pinched)
            }
            State::Selecting { .. } => None,
            State::Spent { fingers } => {
                self.state = State::Spent { fingers: fingers + 1 };
                None
            }
        }
    }

    /// A finger moves.
    pub fn moved(&mut self, touch: Touch) -> Option<Action> {
        match self.state {
            State::Pressed { from } if from.id == touch.id => {
                let (dx, dy) = (touch.x - from.x, touch.y - from.y);
                if dx.hypot(dy) < SLOP {
                    return None;
                }
                if dx.abs() > dy.abs() * ALONG {
                    self.state = State::Arrows { from, sent: 0, last: touch, repeated: touch.at };
                    self.moved(touch)
                } else {
                    self.state = State::Scrolling { last: from, rest: 0.0, speed: 0.0 };
                    self.moved(touch)
                }
            }
            State::Arrows { from, sent, last, repeated } if from.id == touch.id => {
                let steps = ((touch.x - from.x) / self.cell_width).trunc() as i32;
                let went = steps - sent;
                let moved = (touch.x - last.x).abs() > 1.0;
                let repeated = if moved { touch.at } else { repeated };
                self.state = State::Arrows { from, sent: steps, last: touch, repeated };
                (went != 0).then(|| Action::Arrows { right: went > 0, count: went.unsigned_abs() })
            }
            State::Scrolling { last, rest, speed } if last.id == touch.id => {
                let way = touch.y - last.y;
                let time = (touch.at - last.at).max(1.0);
                // Smoothed, for the last move before a finger leaves is seldom its speed.
                let speed = 0.4 * speed + 0.6 * (way / time);
                let (lines, rest) = self.lines(rest + way);
                self.state = State::Scrolling { last: touch, rest, speed };
                scroll(lines)
            }
            State::Pinching { mut fingers, apart: began } => {
                let finger = fingers.iter_mut().find(|finger| finger.id == touch.id)?;
                *finger = touch;
                self.state = State::Pinching { fingers, apart: began };
                Some(Action::Pinch { factor: apart(fingers) / began })
            }
            State::Selecting { id } if id == touch.id => Some(Action::Extend { x: touch.x, y: touch.y }),
            _ => None,
        }
    }

    /// A finger leaves.
    pub fn up(&mut self, touch: Touch) -> Option<Action> {
        match self.state {
            State::Scrolling { last, rest, speed } if last.id == touch.id => {
                let rested = touch.at - last.at > REST_MS;
                let speed = if rested { 0.0 } else { speed.clamp(-GLIDE_MOST, GLIDE_MOST) };
                self.state = State::Gliding { rest, speed, at: touch.at };
                None
            }
            State::Selecting { id } if id == touch.id => {
                self.state = State::Idle;
                Some(Action::Selected)
            }
            State::Pinching { .. } => {
                self.state = State::Spent { fingers: 1 };
                Some(Action::Pinched)
            }
            State::Spent { fingers } if fingers > 1 => {
                self.state = State::Spent { fingers: fingers - 1 };
                None
            }
            State::Selecting { .. } => None,
            _ => {
                self.state = State::Idle;
                None
            }
        }
    }

    /// The browser has taken the fingers away.
    pub fn cancel(&mut self) -> Option<Action> {
        let was = std::mem::replace(&mut self.state, State::Idle);
        match was {
            State::Pinching { .. } => Some(Action::Pinched),
            State::Selecting { .. } => Some(Action::Selected),
            _ => None,
        }
    }

    /// [`LONG_PRESS_MS`] have passed since the finger `id` came down.
    pub fn long_press(&mut self, id: i32) -> Option<Action> {
        let State::Pressed { from } = self.state else { return None };
        if from.id != id {
            return None;
        }
        self.state = State::Selecting { id };
        Some(Action::SelectWord { x: from.x, y: from.y })
    }

    /// A frame of the screen is due, at `now`: what goes on by itself.
    pub fn frame(&mut self, now: f64) -> Option<Action> {
        match self.state {
            State::Gliding { rest, speed, at } => {
                let time = (now - at).max(0.0);
                let (lines, rest) = self.lines(rest + speed * time);
                let speed = speed * GLIDE_KEEPS.powf(time);
                self.state =
                    if speed.abs() < GLIDE_ENDS { State::Idle } else { State::Gliding { rest, speed, at: now } };
                scroll(lines)
            }
            State::Arrows { from, sent, last, repeated } if sent.abs() >= HOLD_STEPS => {
                let since = now - repeated;
                let due = if now - last.at >= HOLD_AFTER_MS { HOLD_EVERY_MS } else { HOLD_AFTER_MS };
                if since < due {
                    return None;
                }
                self.state = State::Arrows { from, sent, last, repeated: now };
                Some(Action::Arrows { right: sent > 0, count: 1 })
            }
            _ => None,
        }
    }

    /// Whether [`Self::frame`] has something to do.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        matches!(self.state, State::Gliding { .. } | State::Arrows { .. })
    }

    /// The whole lines in a way of the finger, and what is left of it. A finger that goes down
    /// draws older lines in.
    fn lines(&self, way: f64) -> (i32, f64) {
        let lines = (way / self.cell_height).trunc();
        (-(lines as i32), way - lines * self.cell_height)
    }
}

impl Default for Gestures {
    fn default() -> Self {
        Self::new()
    }
}

fn scroll(lines: i32) -> Option<Action> {
    (lines != 0).then_some(Action::Scroll { lines })
}

fn apart([a, b]: [Touch; 2]) -> f64 {
    (a.x - b.x).hypot(a.y - b.y)
}

#[cfg(test)]
mod tests;
