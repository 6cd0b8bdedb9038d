//! Bytes to actions: UTF-8 and the VT500 state machine as xterm.js runs it.
//!
//! The states are those of <https://vt100.net/emu/dec_ansi_parser>. UTF-8 is decoded first, so a C1
//! control is its two-byte form, and what isn't UTF-8 is dropped, because xterm.js drops it. It also
//! keeps the raw bytes of a sequence or character that is not finished, for a snapshot taken there.
//! It does not know what any sequence means.

mod params;

pub(super) use params::Params;

/// The longest OSC payload collected, bytes. A longer one is ignored as a whole.
pub(super) const MAX_OSC: usize = 64 * 1024;
/// The longest DCS payload collected, bytes: only queries of two or three bytes are understood.
const MAX_DCS: usize = 16;
/// The longest raw sequence kept for a snapshot besides an OSC, bytes. One longer than this, with at
/// most 32 parameters that count, is noise.
const MAX_RAW: usize = 4 * 1024;

/// What the parser calls for. `collect` holds a sequence's prefix and intermediates, oldest highest.
pub(super) trait Perform {
    /// A run of printable ASCII, never empty.
    fn print_ascii(&mut self, run: &[u8]);
    /// One character from U+00A0 on.
    fn print(&mut self, c: char);
    /// A C0 or C1 control.
    fn execute(&mut self, control: u32);
    fn csi(&mut self, params: &Params, collect: u32, last: u8);
    fn esc(&mut self, collect: u32, last: u8);
    fn osc(&mut self, payload: &[u8]);
    fn dcs(&mut self, collect: u32, last: u8, payload: &[u8]);
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Ground,
    Escape,
    EscapeIntermediate,
    CsiEntry,
    CsiParam,
    CsiIntermediate,
    CsiIgnore,
    /// An OSC, DCS (from its final byte on) or one of the strings that mean nothing.
    Osc,
    Text,
    DcsEntry,
    DcsParam,
    DcsIntermediate,
    DcsIgnore,
    Dcs,
}

/// The state machine.
#[derive(Debug)]
pub(super) struct Parser {
    state: State,
    params: Params,
    collect: u32,
    /// The final byte of a DCS whose payload is being collected.
    dcs_last: u8,
    /// What an OSC or DCS has brought so far.
    payload: Vec<u8>,
    /// The payload was too long: the OSC will not be dispatched.
    overflow: bool,
    /// The first bytes of a character.
    utf8: [u8; 4],
    utf8_len: usize,
    /// The raw bytes of the unfinished sequence, without an OSC's payload and without `utf8`.
    raw: Vec<u8>,
}

impl Parser {
    pub fn new() -> Self {
        Self {
            state: State::Ground,
            params: Params::new(),
            collect: 0,
            dcs_last: 0,
            payload: Vec::new(),
            overflow: false,
            utf8: [0; 4],
            utf8_len: 0,
            raw: Vec::new(),
        }
    }

    /// The bytes that bring a fresh parser to where this one is.
    pub fn unfinished(&self) -> Vec<u8> {
        let mut raw = match self.state {
            State::Ground => Vec::new(),
            // An OSC without a number is ignored to its end, as this one is.
            State::Osc if self.overflow => b"\x1b]x".to_vec(),
            State::Osc => [b"\x1b]", self.payload.as_slice()].concat(),
            _ => self.raw.clone(),
        };
        raw.extend_from_slice(&self.utf8[..self.utf8_len]);
        raw
    }

    /// Takes `bytes` in, cut anywhere.
    pub fn advance<P: Perform>(&mut self, bytes: &[u8], screen: &mut P) {
        let mut at = 0;
        while let Some(&byte) = bytes.get(at) {
            if byte >= 0x80 || self.utf8_len > 0 {
                at += self.utf8_byte(byte, screen);
                continue;
            }
            match self.state {
                State::Ground => match byte {
                    0x20..=0x7e => {
                        let run = printable(&bytes[at..]);
                        screen.print_ascii(&bytes[at..at + run]);
                        at += run;
                    }
                    0x1b => {
                        if let Some(length) = self.whole_csi(&bytes[at..], screen) {
                            at += length;
                        } else {
                            self.enter(State::Escape, &[byte]);
                            at += 1;
                        }
                    }
                    _ => {
                        if byte != 0x7f {
                            screen.execute(u32::from(byte));
                        }
                        at += 1;
                    }
                },
                State::Osc if byte >= 0x20 => {
                    let rest = &bytes[at..];
                    let run = rest.iter().position(|b| !(0x20..0x80).contains(b)).unwrap_or(rest.len());
                    self.collect_payload(&rest[..run], MAX_OSC);
                    at += run;
                }
                _ => {
                    self.step(byte, screen);
                    at += 1;
                }
            }
        }
    }

    /// A whole CSI sequence without anything unusual in it, dispatched at once. Returns its length.
    #[inline]
    fn whole_csi<P: Perform>(&mut self, bytes: &[u8], screen: &mut P) -> Option<usize> {
        if bytes.get(1) != Some(&b'[') {
            return None;
        }
        let mut at = 2;
        let mut collect = 0;
        self.params.clear();
        if let Some(&prefix @ b'<'..=b'?') = bytes.get(at) {
            collect = u32::from(prefix);
            at += 1;
        }
        while let Some(&byte @ b'0'..=b';') = bytes.get(at) {
            self.params.push(byte);
            at += 1;
        }
        if let Some(&intermediate @ 0x20..=0x2f) = bytes.get(at) {
            collect = collect << 8 | u32::from(intermediate);
            at += 1;
        }
        let last = *bytes.get(at)?;
        if !(0x40..0x7f).contains(&last) {
            return None;
        }
        screen.csi(&self.params, collect, last);
        Some(at + 1)
    }

    /// Begins a sequence at the state `state`, reached by the raw bytes `by`.
    fn enter(&mut self, state: State, by: &[u8]) {
        self.state = state;
        self.params.clear();
        self.collect = 0;
        self.payload.clear();
        self.overflow = false;
        self.raw.clear();
        self.raw.extend_from_slice(by);
    }

    fn ground(&mut self) {
        self.state = State::Ground;
        self.raw.clear();
        if self.payload.capacity() > MAX_RAW {
            self.payload = Vec::new();
        }
    }

    /// Goes on to `state` with one more raw byte.
    fn go(&mut self, state: State, byte: u8) {
        self.state = state;
        if self.raw.len() < MAX_RAW {
            self.raw.push(byte);
        } else {
            self.give_up();
        }
    }

    /// A sequence longer than any sensible one: ignored to its end, from a short form that a fresh
    /// parser ignores just so.
    fn give_up(&mut self) {
        let (state, raw): (State, &[u8]) = match self.state {
            State::Ground => return,
            State::CsiEntry | State::CsiParam | State::CsiIntermediate | State::CsiIgnore => {
                (State::CsiIgnore, b"\x1b[0<")
            }
            State::Escape | State::EscapeIntermediate => (State::EscapeIntermediate, b"\x1b\"\"\"\""),
            State::DcsEntry | State::DcsParam | State::DcsIntermediate | State::DcsIgnore => {
                (State::DcsIgnore, b"\x1bP0<")
            }
            // Its effect is decided: what more it brings changes nothing.
            State::Dcs | State::Osc | State::Text => return,
        };
        self.enter(state, raw);
        self.collect = u32::MAX;
    }

    fn collect(&mut self, byte: u8) {
        // Beyond three nothing is known, and nothing may become known again by shifting out.
        self.collect = if self.collect > 0xffff { u32::MAX } else { self.collect << 8 | u32::from(byte) };
    }

    fn collect_payload(&mut self, bytes: &[u8], limit: usize) {
        if self.overflow || self.payload.len() + bytes.len() > limit {
            self.overflow = true;
            self.payload = Vec::new();
        } else {
            self.payload.extend_from_slice(bytes);
        }
    }

    /// Ends an OSC or DCS; `done` unless it was cancelled.
    fn end_string<P: Perform>(&mut self, done: bool, screen: &mut P) {
        match self.state {
            State::Osc if done && !self.overflow => screen.osc(&self.payload),
            State::Dcs if done && !self.overflow => screen.dcs(self.collect, self.dcs_last, &self.payload),
            _ => {}
        }
    }

    /// One byte below 0x80, outside the ground state.
    fn step<P: Perform>(&mut self, byte: u8, screen: &mut P) {
        match byte {
            0x18 | 0x1a => {
                self.end_string(false, screen);
                self.ground();
                return screen.execute(u32::from(byte));
            }
            0x1b => {
                self.end_string(true, screen);
                return self.enter(State::Escape, &[byte]);
            }
            0x07 if self.state == State::Osc => {
                self.end_string(true, screen);
                return self.ground();
            }
            _ => {}
        }
        match (self.state, byte) {
            (State::Ground, _) => {}
            // A control inside a sequence takes effect at once and leaves the sequence as it is.
            (
                State::Escape
                | State::EscapeIntermediate
                | State::CsiEntry
                | State::CsiParam
                | State::CsiIntermediate
                | State::CsiIgnore,
                0x00..0x20,
            ) => screen.execute(u32::from(byte)),
            (State::Dcs, _) if byte != 0x7f => {
                self.collect_payload(&[byte], MAX_DCS);
                self.go(State::Dcs, byte);
            }
            (_, 0x00..0x20 | 0x7f) => {}
            (State::Escape, b'[') => self.go(State::CsiEntry, byte),
            (State::Escape, b']') => self.enter(State::Osc, b""),
            (State::Escape, b'P') => self.go(State::DcsEntry, byte),
            (State::Escape, b'X' | b'^' | b'_') => self.go(State::Text, byte),
            (State::Escape | State::EscapeIntermediate, 0x20..0x30) => {
                self.collect(byte);
                self.go(State::EscapeIntermediate, byte);
            }
            (State::Escape | State::EscapeIntermediate, _) => {
                let collect = self.collect;
                self.ground();
                screen.esc(collect, byte);
            }
            (State::CsiEntry | State::CsiParam, b'0'..=b';') => {
                self.params.push(byte);
                self.go(State::CsiParam, byte);
            }
            (State::CsiEntry, b'<'..=b'?') => {
                self.collect(byte);
                self.go(State::CsiParam, byte);
            }
            (State::CsiParam, b'<'..=b'?') | (State::CsiIntermediate, 0x30..0x40) => self.go(State::CsiIgnore, byte),
            (State::CsiEntry | State::CsiParam | State::CsiIntermediate, 0x20..0x30) => {
                self.collect(byte);
                self.go(State::CsiIntermediate, byte);
            }
            (State::CsiEntry | State::CsiParam | State::CsiIntermediate, _) => {
                self.ground();
                screen.csi(&self.params, self.collect, byte);
            }
            (State::CsiIgnore, 0x40..) => self.ground(),
            (State::CsiIgnore, _) => {}
            (State::DcsEntry | State::DcsParam, b'0'..=b';') => self.go(State::DcsParam, byte),
            (State::DcsEntry, b'<'..=b'?') => {
                self.collect(byte);
                self.go(State::DcsParam, byte);
            }
            (State::DcsParam, b'<'..=b'?') | (State::DcsIntermediate, 0x30..0x40) => self.go(State::DcsIgnore, byte),
            (State::DcsEntry | State::DcsParam | State::DcsIntermediate, 0x20..0x30) => {
                self.collect(byte);
                self.go(State::DcsIntermediate, byte);
            }
            (State::DcsEntry | State::DcsParam | State::DcsIntermediate, _) => {
                self.dcs_last = byte;
                self.go(State::Dcs, byte);
            }
            (State::Osc | State::Text | State::DcsIgnore | State::Dcs, _) => {}
        }
    }

    /// One byte of a character beyond ASCII, or what cuts one short. Returns how many bytes it took:
    /// 0 if the byte begins something of its own.
    fn utf8_byte<P: Perform>(&mut self, byte: u8, screen: &mut P) -> usize {
        if self.utf8_len == 0 {
            // A stray continuation, or a byte that is never in UTF-8, is dropped.
            if (0xc0..0xf8).contains(&byte) {
                self.utf8[0] = byte;
                self.utf8_len = 1;
            }
            return 1;
        }
        if byte & 0xc0 != 0x80 {
            self.utf8_len = 0;
            return 0;
        }
        self.utf8[self.utf8_len] = byte;
        self.utf8_len += 1;
        let length = match self.utf8[0] {
            0xc0..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        if self.utf8_len == length {
            self.utf8_len = 0;
            if let Ok(text) = std::str::from_utf8(&self.utf8[..length])
                && let Some(c) = text.chars().next()
                // xterm.js drops byte order marks.
                && c != '\u{feff}'
            {
                let utf8 = self.utf8;
                self.character(c, &utf8[..length], screen);
            }
        }
        1
    }

    /// A whole character beyond ASCII.
    fn character<P: Perform>(&mut self, c: char, utf8: &[u8], screen: &mut P) {
        let code = u32::from(c);
        if code >= 0xa0 {
            match self.state {
                State::Ground => screen.print(c),
                State::Osc => self.collect_payload(utf8, MAX_OSC),
                State::CsiIgnore | State::DcsIgnore => {}
                State::Dcs => {
                    self.collect_payload(utf8, MAX_DCS);
                    if self.raw.len() + utf8.len() <= MAX_RAW {
                        self.raw.extend_from_slice(utf8);
                    }
                }
                // Nothing else can hold one: the sequence is given up.
                _ => self.ground(),
            }
            return;
        }
        // C1 controls act in any state. In a string, only its terminator ends it well.
        if matches!(self.state, State::Osc | State::Dcs) {
            self.end_string(code == 0x9c, screen);
        }
        match code {
            0x90 => self.enter(State::DcsEntry, b"\x1bP"),
            0x9b => self.enter(State::CsiEntry, b"\x1b["),
            0x9d => self.enter(State::Osc, b""),
            0x98 | 0x9e | 0x9f => self.enter(State::Text, b"\x1bX"),
            0x9c => self.ground(),
            _ => {
                self.ground();
                screen.execute(code);
            }
        }
    }
}

/// The length of the run of printable ASCII that `bytes` begins with.
fn printable(bytes: &[u8]) -> usize {
    let mut at = 0;
    // Eight at a time: a byte is outside 0x20–0x7e if its top bit is set, or it is below 0x20, or 0x7f.
    while let Some(chunk) = bytes.get(at..at + 8).and_then(|chunk| <[u8; 8]>::try_from(chunk).ok()) {
        let word = u64::from_le_bytes(chunk);
        const LOW: u64 = 0x0101_0101_0101_0101;
        const HIGH: u64 = 0x8080_8080_8080_8080;
        let below = word.wrapping_sub(LOW * 0x20) & !word;
        let above = word.wrapping_add(LOW);
        let outside = (below | above | word) & HIGH;
        if outside != 0 {
            return at + (outside.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    at + bytes[at..].iter().take_while(|byte| (0x20..0x7f).contains(*byte)).count()
}
