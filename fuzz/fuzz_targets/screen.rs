//! Whatever a program writes and however the window changes, the screen neither panics nor grows, and
//! what it tells others holds nothing that could act on them. Time is bounded by libFuzzer's limit.

#![no_main]

mod input;

use guest::screen::{Screen, ScreenEvent};
use input::Step;
use libfuzzer_sys::fuzz_target;

/// Lines of scrollback: enough for each input, few enough to be dropped from in some.
const LINES: usize = 200;
/// Events of one read, as `guest::screen` documents them, and the replies it never gives twice.
const MAX_EVENTS: usize = 256;
/// Bytes of a title, a notification or a path.
const MAX_TEXT: usize = 4096;
/// Bytes that a snapshot has at most for each cell of screens and scrollback, dearest styles and links
/// of 2 KiB included.
const MAX_BYTES_A_CELL: usize = 2200;

fuzz_target!(|data: &[u8]| {
    let Some((size, steps)) = input::read(data) else { return };
    let mut screen = Screen::new(size, LINES);
    for step in steps {
        match step {
            Step::Output(bytes) => {
                let mut events = Vec::new();
                screen.advance(bytes, &mut events);
                assert!(events.len() <= MAX_EVENTS);
                events.iter().for_each(check);
            }
            Step::Resize(size) => screen.resize(size),
        }
    }
    let text = String::from_utf8(screen.contents(false)).expect("text");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    let size = screen.size();
    let cells = usize::from(size.cols) * (2 * usize::from(size.rows) + LINES);
    assert!(screen.snapshot(LINES).len() <= MAX_BYTES_A_CELL * cells + 64 * 1024);
});

fn check(event: &ScreenEvent) {
    match event {
        ScreenEvent::Title(text) | ScreenEvent::Cwd(text) => clean(text),
        ScreenEvent::Notification { title, body } => {
            clean(title);
            clean(body);
        }
        // Numbers and fixed words only: nothing a program chose may be typed for it.
        ScreenEvent::Reply(bytes) => {
            assert!(bytes.len() <= 64, "{bytes:?}");
            assert!(bytes.starts_with(b"\x1b") && !bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0x03)));
        }
        ScreenEvent::Bell => {}
    }
}

fn clean(text: &str) {
    assert!(text.len() <= MAX_TEXT && !text.chars().any(char::is_control), "{text:?}");
}
