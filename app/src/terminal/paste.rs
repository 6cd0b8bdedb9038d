//! A paste: what of it the program gets, when the person is asked first, and how it leaves.

use std::collections::VecDeque;

use protocol::frame::MAX_CLIENT_FRAME;

use super::links::is_deceptive;

/// How a program that asked for it is told where a paste begins and ends.
const BEGIN: &str = "\x1b[200~";
const END: &str = "\x1b[201~";
/// The end again, as it is written with one control character of eight bits.
const END_C1: &str = "\u{9b}201~";

/// What Ctrl+C sends.
const INTERRUPT: &[u8] = b"\x03";

/// How many lines a question shows, and how many characters of each.
const SHOWN_LINES: usize = 8;
const SHOWN_CHARACTERS: usize = 120;

/// How much may wait in the browser's socket before more is handed to it, bytes. Little, so that
/// a key pressed after a paste was called off doesn't wait behind it.
pub const MAX_BUFFERED: u32 = 4 * MAX_CLIENT_FRAME as u32;

/// What a person sees of a paste before they agree to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// Its first lines; whatever can't be seen is written out.
    pub lines: Vec<String>,
    /// How many there are in all.
    pub count: usize,
    /// Whether it holds control characters other than line breaks and tabs: keys, to the program.
    pub has_keys: bool,
}

/// Whether a paste has to be asked about: the program would take its line breaks for Enter, or
/// its control characters for keys.
#[must_use]
pub fn must_ask(text: &str, bracketed: bool) -> bool {
    !bracketed && text.chars().any(|c| c.is_control() && c != '\t')
}

/// What the program gets of a paste.
#[must_use]
pub fn prepare(text: &str, bracketed: bool) -> String {
    let mut out = String::with_capacity(text.len() + BEGIN.len() + END.len());
    if bracketed {
        out.push_str(BEGIN);
    }
    let begin = out.len();
    let mut before = None;
    for c in text.chars() {
        match c {
            '\n' if before == Some('\r') => {}
            '\n' => out.push('\r'),
            '~' if bracketed => {
                out.push('~');
                // Looked for after each, so that none comes together around one that was removed.
                for end in [END, END_C1] {
                    if out[begin..].ends_with(end) {
                        out.truncate(out.len() - end.len());
                    }
                }
            }
            _ => out.push(c),
        }
        before = Some(c);
    }
    if bracketed {
        out.push_str(END);
    }
    out
}

/// What is shown of a paste.
#[must_use]
pub fn preview(text: &str) -> Preview {
    let unified = text.replace("\r\n", "\n").replace('\r', "\n");
    let body = unified.strip_suffix('\n').unwrap_or(&unified);
    Preview {
        lines: body.split('\n').take(SHOWN_LINES).map(visible).collect(),
        count: body.split('\n').count(),
        has_keys: text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\r' | '\n')),
    }
}

/// A line with all in it made visible, and no longer than can be read.
fn visible(line: &str) -> String {
    let mut out = String::new();
    for (place, c) in line.chars().enumerate() {
        if place == SHOWN_CHARACTERS {
            out.push('…');
            break;
        }
        match c {
            '\t' => out.push(' '),
            // Unicode has a picture of each.
            '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
            '\u{7f}' => out.push('\u{2421}'),
            c if c.is_control() || is_deceptive(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// Input on its way into the socket: in order, and no faster than it goes.
#[derive(Debug, Default)]
pub struct Outbox {
    waiting: VecDeque<Vec<u8>>,
    /// How much of the first has left.
    sent: usize,
}

impl Outbox {
    /// Puts input behind what waits. Ctrl+C calls off what waits: nobody wants the rest of a paste
    /// that they interrupt.
    pub fn push(&mut self, bytes: &[u8]) {
        if bytes == INTERRUPT {
            // Whatever was typed behind it, a paste that is cut is to be ended.
            let ends = self.waiting.iter().any(|input| input.ends_with(END.as_bytes()));
            self.clear();
            if ends {
                self.waiting.push_back(END.as_bytes().to_vec());
            }
        }
        if !bytes.is_empty() {
            self.waiting.push_back(bytes.to_vec());
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Forgets all that has not left: the connection it was meant for is gone.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.sent = 0;
    }

    /// Hands frames to `send` until `buffered` says that enough is under way.
    pub fn flush(&mut self, buffered: impl Fn() -> u32, mut send: impl FnMut(&[u8])) {
        while let Some(first) = self.waiting.front() {
            if buffered() >= MAX_BUFFERED {
                return;
            }
            let end = first.len().min(self.sent + MAX_CLIENT_FRAME);
            send(&first[self.sent..end]);
            self.sent = end;
            if end == first.len() {
                self.waiting.pop_front();
                self.sent = 0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn line_breaks_become_the_enter_key() {
            assert_eq!(prepare("a\nb\r\nc\rd\n\ne", false), "a\rb\rc\rd\r\re");
        }

        fn a_program_that_asked_is_told_where_a_paste_begins_and_ends() {
            assert_eq!(prepare("a\nb", true), "\x1b[200~a\rb\x1b[201~");
            assert_eq!(prepare("", true), "\x1b[200~\x1b[201~");
        }

        fn a_paste_cannot_end_itself() {
            for text in [
                "a\x1b[201~rm -rf ~\n",
                "a\x1b[20\x1b[201~1~b",
                "a\x1b[2\x1b[20\x1b[201~1~01~b",
                "a\u{9b}201~b",
                "\x1b[20\u{9b}201~1~",
                "\x1b[201~",
            ] {
                let prepared = prepare(text, true);
                let inner = prepared.strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END)).expect("bracketed");
                assert!(!inner.contains(END) && !inner.contains(END_C1), "{text:?} gave {prepared:?}");
            }
            assert_eq!(prepare("x\x1b[201~y", false), "x\x1b[201~y", "nobody asked, so it is text");
        }

        fn only_what_would_press_keys_is_asked_about() {
            assert!(!must_ask("ls -l\t~", false));
            assert!(must_ask("ls\n", false));
            assert!(must_ask("ls\r", false));
            assert!(must_ask("ls\u{f}", false), "readline runs a line for Ctrl-O too");
            assert!(must_ask("\u{1b}", false));
            assert!(!must_ask("ls\nrm\u{3}", true));
        }

        fn a_preview_shows_what_cannot_be_seen() {
            let preview = preview("ls\r\nrm\u{1b}[2K\u{202e}x\u{7f}\n");
            assert_eq!(preview.lines, ["ls", "rm␛[2K\u{fffd}x␡"]);
            assert_eq!(preview.count, 2);
            assert!(preview.has_keys);
        }

        fn a_preview_is_bounded() {
            let preview = preview(&"x".repeat(1_000).as_str().repeat(3).replace("xxxxx", "x\n"));
            assert_eq!(preview.lines.len(), SHOWN_LINES);
            assert_eq!(preview.count, 600);
            let long = super::preview(&"y".repeat(1_000_000));
            assert_eq!(long.lines[0].chars().count(), SHOWN_CHARACTERS + 1);
            assert!(!long.has_keys);
        }

        fn ten_megabytes_leave_whole_in_order_and_no_faster_than_they_go() {
            let paste: Vec<u8> = (0..10 * 1024 * 1024u32).map(|i| (i / 7) as u8).collect();
            let mut outbox = Outbox::default();
            outbox.push(&paste);
            outbox.push(b"typed after");
            let (buffered, mut got, mut turns) = (Cell::new(0u32), Vec::new(), 0);
            while !outbox.is_empty() {
                outbox.flush(
                    || buffered.get(),
                    |frame| {
                        assert!(frame.len() <= MAX_CLIENT_FRAME);
                        buffered.set(buffered.get() + frame.len() as u32);
                        got.extend_from_slice(frame);
                    },
                );
                assert!(buffered.get() < MAX_BUFFERED + MAX_CLIENT_FRAME as u32);
                buffered.set(0);
                turns += 1;
            }
            assert_eq!(turns, 41, "the last few bytes are a turn of their own");
            assert!(got.starts_with(&paste));
            assert_eq!(&got[paste.len()..], b"typed after");
        }

        fn an_interrupt_calls_off_the_rest_of_a_paste() {
            for (paste, left) in [("x".repeat(1_000_000), "\x03"), (prepare(&"x".repeat(1_000_000), true), "\x1b[201~\x03")] {
                let mut outbox = Outbox::default();
                outbox.push(paste.as_bytes());
                let turns = Cell::new(0);
                outbox.flush(|| if turns.get() < 2 { 0 } else { MAX_BUFFERED }, |_| turns.set(turns.get() + 1));
                outbox.push(b"q");
                outbox.push(INTERRUPT);
                let mut got = Vec::new();
                outbox.flush(|| 0, |frame| got.extend_from_slice(frame));
                assert_eq!(got, left.as_bytes());
            }
        }

        fn a_cut_forgets_the_rest() {
            let mut outbox = Outbox::default();
            outbox.push(&vec![1; MAX_CLIENT_FRAME * 9]);
            let full = Cell::new(false);
            outbox.flush(|| if full.get() { MAX_BUFFERED } else { 0 }, |_| full.set(true));
            assert!(!outbox.is_empty());
            outbox.clear();
            outbox.push(b"x");
            let mut got = Vec::new();
            outbox.flush(|| 0, |frame| got.extend_from_slice(frame));
            assert_eq!(got, b"x");
        }
    }
}
