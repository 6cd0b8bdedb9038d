//! One client of a terminal: its socket, where in the stream it is, and what it has yet to be told.
//!
//! Bounded by construction. Output is never queued for a client: it has a cursor into the ring, and
//! at most one frame that its socket took only half of. What it is to be told besides output is a
//! set of marks, not a queue, so ten titles while it is stalled cost one frame.
//!
//! ```text
//! joining ──hello──▶ live ──exit or fault──▶ closing ──its close frame, its end, or the limit──▶ gone
//!                    │  ▲
//!        off the ring└──┘snapshot, once there is room
//! ```

use std::collections::VecDeque;
use std::io::{ErrorKind, IoSlice};
use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant};

use protocol::frame::{DRIVER_WINDOW, MAX_OUTPUT_FRAME, ServerFrame, Size};

use super::ring::Ring;
use crate::sys;
use crate::websocket::{self, Decoder, Header};

/// For how long a socket that we closed may stay open before it is dropped.
const CLOSE_LIMIT: Duration = Duration::from_secs(2);
/// How long updates may keep a client from being shown everything: as long as two may take.
const MAX_WAIT: Duration = Duration::from_millis(300);
/// Notifications and pongs kept for a client whose socket is full; more push out the oldest.
const MAX_KEPT: usize = 8;

/// See the module.
pub struct Client {
    /// Unique among the clients of one terminal; a later client's is greater.
    pub id: u64,
    pub socket: OwnedFd,
    pub decoder: Decoder,
    pub phase: Phase,
    /// Offset of the next byte to send.
    pub cursor: u64,
    /// What it has acknowledged, once it did for the first time.
    pub acked: Option<u64>,
    /// As the driver, it freed no room for too long, and the PTY is read on without it.
    pub lagging: bool,
    /// Its socket took less than it was given: wait until it is writable.
    pub blocked: bool,
    pub marks: Marks,
    /// Its own size, obeyed while it drives.
    pub size: Option<Size>,
    /// It has waited since then for an update's end, to be shown everything.
    pub held_up: Option<Instant>,
    out: Vec<u8>,
    sent: usize,
    /// How many of the last bytes in `out` are of the stream.
    stream_bytes: usize,
}

/// Where a client is in its life; see the module's diagram.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Phase {
    /// Not greeted yet. It has the stream up to `since` of `epoch`, if any.
    Joining {
        since: Option<(u64, String)>,
    },
    Live,
    /// Its close frame is in `out` or sent; dropped at the instant given.
    Closing(Instant),
    Gone,
}

/// What a client has yet to be told.
#[derive(Default)]
pub struct Marks {
    pub title: bool,
    pub process: bool,
    pub cwd: bool,
    pub bell: bool,
    pub driver: bool,
    pub resized: bool,
    pub notifications: VecDeque<(String, String)>,
    pub pongs: VecDeque<f64>,
    pub pings: VecDeque<Vec<u8>>,
}

/// Adds to a short queue, pushing out the oldest.
pub fn keep<T>(queue: &mut VecDeque<T>, item: T) {
    if queue.len() == MAX_KEPT {
        queue.pop_front();
    }
    queue.push_back(item);
}

impl Client {
    pub fn new(id: u64, socket: OwnedFd, since: Option<(u64, String)>) -> Self {
        Self {
            id,
            socket,
            decoder: Decoder::default(),
            phase: Phase::Joining { since },
            cursor: 0,
            acked: None,
            lagging: false,
            blocked: false,
            marks: Marks::default(),
            size: None,
            held_up: None,
            out: Vec::new(),
            sent: 0,
            stream_bytes: 0,
        }
    }

    /// Up to where it has the stream: what it acknowledged, or if it never does, what its socket took.
    pub fn has(&self) -> u64 {
        self.acked.unwrap_or_else(|| {
            let waiting = self.stream_bytes.min(self.out.len() - self.sent);
            self.cursor - waiting as u64
        })
    }

    /// How far it may be sent to: no further than the window beyond what it acknowledged, because
    /// a browser takes from its socket what its page has no time for.
    pub fn window_end(&self) -> u64 {
        self.acked.map_or(u64::MAX, |acked| acked + DRIVER_WINDOW)
    }

    /// It has parsed the stream up to `offset`. One it was never sent, or an older one, means nothing.
    pub fn acknowledge(&mut self, offset: u64) {
        let known = self.acked.unwrap_or(0);
        self.acked = Some(known.max(offset.min(self.cursor)));
    }

    /// Whether everything given to it is with its socket.
    pub fn is_drained(&self) -> bool {
        self.sent == self.out.len()
    }

    /// Whether it takes part: greeted, and not on its way out.
    pub fn is_live(&self) -> bool {
        self.phase == Phase::Live
    }

    /// Queues a text frame.
    pub fn tell(&mut self, frame: &ServerFrame) {
        // Serializing our own frames can't fail: no maps, no foreign types.
        if let Ok(json) = serde_json::to_vec(frame) {
            websocket::text(&mut self.out, &json);
            self.stream_bytes = 0;
        }
    }

    /// Queues the answer to a WebSocket ping.
    pub fn pong(&mut self, payload: &[u8]) {
        websocket::pong(&mut self.out, payload);
        self.stream_bytes = 0;
    }

    /// Whether it may be shown everything now. While an update is under way it waits, or it would see half of
    /// it; but a program that begins the next one at once must not keep it waiting for ever.
    pub fn may_be_shown(&mut self, is_held: bool) -> bool {
        let now = Instant::now();
        let waits = is_held && now < *self.held_up.get_or_insert(now) + MAX_WAIT;
        if !waits {
            self.held_up = None;
        }
        !waits
    }

    /// Queues what redraws everything; the stream goes on at `offset`.
    pub fn restore(&mut self, snapshot: &[u8], offset: u64) {
        self.tell(&ServerFrame::Snapshot { offset, bytes: snapshot.len() as u64 });
        for part in snapshot.chunks(MAX_OUTPUT_FRAME) {
            self.out.extend_from_slice(Header::binary(part.len()).as_bytes());
            self.out.extend_from_slice(part);
        }
        self.cursor = offset;
        self.acked = self.acked.map(|_| offset);
        self.lagging = false;
    }

    /// Queues the last frame. What was queued before it still goes out.
    pub fn close(&mut self, code: u16) {
        if matches!(self.phase, Phase::Joining { .. } | Phase::Live) {
            websocket::close(&mut self.out, code);
            self.stream_bytes = 0;
            self.phase = Phase::Closing(Instant::now() + CLOSE_LIMIT);
        }
    }

    /// Sends what is queued. False when the socket is full, or gone.
    pub fn flush(&mut self) -> bool {
        while self.sent < self.out.len() {
            let Some(count) =
                self.send(|client| sys::send(client.socket.as_fd(), &[IoSlice::new(&client.out[client.sent..])]))
            else {
                return false;
            };
            self.sent += count;
        }
        self.sent = 0;
        self.stream_bytes = 0;
        if self.out.capacity() > MAX_OUTPUT_FRAME * 2 {
            self.out = Vec::new();
        } else {
            self.out.clear();
        }
        true
    }

    /// Sends the next frame of the stream, up to `until`, straight from the ring. What its socket
    /// doesn't take is kept, because the ring moves on. False when the socket is full, or gone.
    pub fn send_stream(&mut self, ring: &Ring, until: u64) -> bool {
        let until = until.min(self.cursor + MAX_OUTPUT_FRAME as u64);
        let (a, b) = ring.slices(self.cursor, until);
        let header = Header::binary(a.len() + b.len());
        let parts = [IoSlice::new(header.as_bytes()), IoSlice::new(a), IoSlice::new(b)];
        let Some(mut count) = self.send(|client| sys::send(client.socket.as_fd(), &parts)) else {
            return false;
        };
        self.cursor = until;
        for part in [header.as_bytes(), a, b] {
            self.out.extend_from_slice(&part[count.min(part.len())..]);
            count = count.saturating_sub(part.len());
        }
        self.stream_bytes = self.out.len().min(a.len() + b.len());
        self.out.is_empty() || self.flush()
    }

    fn send(&mut self, mut action: impl FnMut(&Self) -> std::io::Result<usize>) -> Option<usize> {
        loop {
            match action(self) {
                Ok(count) => return Some(count),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.blocked = true;
                    return None;
                }
                // The peer is gone, which is no failure of ours.
                Err(_) => {
                    self.phase = Phase::Gone;
                    return None;
                }
            }
        }
    }
}
