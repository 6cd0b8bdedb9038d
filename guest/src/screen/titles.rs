//! The window title and its stack (XTWINOPS 22 and 23).

/// Bytes of a title that are kept.
const MAX_TITLE: usize = 1024;
/// Titles on the stack; the oldest go first, as in xterm.js.
pub(super) const MAX_DEPTH: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Titles {
    current: String,
    stack: Vec<String>,
}

impl Titles {
    pub fn current(&self) -> &str {
        &self.current
    }

    pub fn stack(&self) -> &[String] {
        &self.stack
    }

    /// Sets the title and returns it as it is kept.
    pub fn set(&mut self, title: &[u8]) -> String {
        self.current = sanitize(title, MAX_TITLE);
        self.current.clone()
    }

    pub fn push(&mut self) {
        if self.stack.len() == MAX_DEPTH {
            self.stack.remove(0);
        }
        self.stack.push(self.current.clone());
    }

    pub fn pop(&mut self) -> Option<String> {
        self.current = self.stack.pop()?;
        Some(self.current.clone())
    }
}

/// `bytes` as text without control characters and without those that reorder what stands around
/// them, at most `limit` bytes.
pub(super) fn sanitize(bytes: &[u8], limit: usize) -> String {
    let mut text = String::new();
    for c in String::from_utf8_lossy(bytes).chars() {
        let reorders = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if c.is_control() || reorders {
            continue;
        }
        if text.len() + c.len_utf8() > limit {
            break;
        }
        text.push(c);
    }
    text
}
