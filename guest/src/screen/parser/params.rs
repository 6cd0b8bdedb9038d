//! The numeric parameters of a sequence, with xterm.js' bounds and defaults.

/// Parameters, and sub-parameters in all, that a sequence may have. More are ignored.
const MAX: usize = 32;

/// Parameters. A missing one is 0, a missing sub-parameter -1.
#[derive(Debug, Clone)]
pub(in crate::screen) struct Params {
    values: [i32; MAX],
    len: usize,
    subs: [i32; MAX],
    subs_len: usize,
    /// Where in `subs` each parameter's own end; they begin where the one before ends.
    subs_end: [u8; MAX],
    full: bool,
    subs_full: bool,
    in_sub: bool,
}

impl Params {
    pub fn new() -> Self {
        let mut params = Self {
            values: [0; MAX],
            len: 0,
            subs: [0; MAX],
            subs_len: 0,
            subs_end: [0; MAX],
            full: false,
            subs_full: false,
            in_sub: false,
        };
        params.clear();
        params
    }

    /// One parameter, missing: what a sequence begins with.
    #[inline]
    pub fn clear(&mut self) {
        self.values[0] = 0;
        self.subs_end[0] = 0;
        self.len = 1;
        self.subs_len = 0;
        self.full = false;
        self.subs_full = false;
        self.in_sub = false;
    }

    /// A digit, `;` or `:`.
    #[inline]
    pub fn push(&mut self, byte: u8) {
        match byte {
            b';' => {
                self.in_sub = false;
                if self.len >= MAX {
                    self.full = true;
                    return;
                }
                self.values[self.len] = 0;
                self.subs_end[self.len] = self.subs_len as u8;
                self.len += 1;
            }
            b':' => {
                self.in_sub = true;
                if self.full || self.subs_len >= MAX {
                    self.subs_full = true;
                    return;
                }
                self.subs[self.subs_len] = -1;
                self.subs_len += 1;
                self.subs_end[self.len - 1] = self.subs_len as u8;
            }
            _ => {
                if self.full || (self.in_sub && (self.subs_full || self.subs_len == 0)) {
                    return;
                }
                let value =
                    if self.in_sub { &mut self.subs[self.subs_len - 1] } else { &mut self.values[self.len - 1] };
                let digit = i32::from(byte - b'0');
                *value = if *value < 0 { digit } else { value.saturating_mul(10).saturating_add(digit) };
            }
        }
    }

    pub fn len(&self) -> usize {
        self.len
    }

    /// The parameter at `index`, 0 when missing.
    pub fn get(&self, index: usize) -> i32 {
        if index < self.len { self.values[index] } else { 0 }
    }

    /// The parameter as a count: 1 when missing or 0.
    pub fn count(&self, index: usize) -> usize {
        self.get(index).max(1) as usize
    }

    /// The sub-parameters of the parameter at `index`.
    pub fn subs(&self, index: usize) -> &[i32] {
        let start = if index == 0 { 0 } else { usize::from(self.subs_end[index - 1]) };
        &self.subs[start..usize::from(self.subs_end[index])]
    }
}
