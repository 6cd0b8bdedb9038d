//! Kitty's keyboard protocol: the flags a program asked for, with a stack for each screen.
//!
//! <https://sw.kovidgoyal.net/kitty/keyboard-protocol/>

/// Flags there are.
const MASK: u8 = 0b1_1111;
/// Entries a stack may have; the oldest go first, as the protocol wants.
const MAX_DEPTH: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Keyboard {
    flags: u8,
    /// What was set before, oldest first.
    stack: Vec<u8>,
}

impl Keyboard {
    pub fn flags(&self) -> u8 {
        self.flags
    }

    pub fn stack(&self) -> &[u8] {
        &self.stack
    }

    pub fn push(&mut self, flags: i32) {
        if self.stack.len() == MAX_DEPTH {
            self.stack.remove(0);
        }
        self.stack.push(self.flags);
        self.flags = flags as u8 & MASK;
    }

    pub fn pop(&mut self, count: usize) {
        for _ in 0..count.min(self.stack.len()) {
            self.flags = self.stack.pop().unwrap_or_default();
        }
        if count > MAX_DEPTH {
            self.flags = 0;
        }
    }

    /// `how`: 1 (or missing) sets exactly these, 2 adds them, 3 takes them away.
    pub fn set(&mut self, flags: i32, how: i32) {
        let flags = flags as u8 & MASK;
        match how {
            0 | 1 => self.flags = flags,
            2 => self.flags |= flags,
            3 => self.flags &= !flags,
            _ => {}
        }
    }
}
