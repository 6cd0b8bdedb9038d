//! What the screen says besides being drawn: its text, its replies, and when not to be cut.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use guest::screen::{Screen, ScreenEvent};
use protocol::frame::Size;

fn shown(size: (u16, u16), bytes: &str) -> Screen {
    let mut screen = Screen::new(Size { cols: size.0, rows: size.1 }, 1_000);
    screen.advance(bytes.as_bytes(), &mut Vec::new());
    screen
}

fn text(screen: &Screen, ansi: bool) -> String {
    String::from_utf8(screen.contents(ansi)).unwrap()
}

fn replies(bytes: &str) -> Vec<String> {
    let mut events = Vec::new();
    Screen::new(Size { cols: 80, rows: 24 }, 0).advance(bytes.as_bytes(), &mut events);
    events
        .into_iter()
        .filter_map(|event| match event {
            ScreenEvent::Reply(bytes) => Some(String::from_utf8(bytes).unwrap()),
            _ => None,
        })
        .collect()
}

#[test]
fn text_joins_wrapped_rows_and_leaves_out_blanks_at_the_end_of_lines_and_of_the_screen() {
    let screen = shown((10, 3), "first\r\n0123456789abc  \r\n\r\n日本 wide e\u{301}\r\n\x1b[1mlast\x1b[m   \r\n");
    assert_eq!(text(&screen, false), "first\n0123456789abc\n\n日本 wide e\u{301}\nlast\n");
    assert_eq!(text(&shown((10, 3), ""), false), "");
    assert_eq!(text(&shown((10, 3), "\r\n\r\n"), false), "");
}

#[test]
fn text_keeps_the_columns_that_a_cursor_movement_skipped() {
    assert_eq!(text(&shown((20, 3), "a\x1b[5Cb\x1b[2;3Hc"), false), "a     b\n  c\n");
}

#[test]
fn text_is_of_the_screen_that_is_shown() {
    let mut screen = shown((20, 3), "normal\r\n\x1b[?1049h\x1b[Halternate");
    assert!(text(&screen, false).contains("alternate"));
    screen.advance(b"\x1b[?1049l", &mut Vec::new());
    assert_eq!(text(&screen, false), "normal\n");
}

#[test]
fn ansi_text_has_colours_that_end_with_their_line_and_no_other_sequence() {
    let screen =
        shown((20, 3), "\x1b[1;31mred\x1b[m plain\r\n\x1b[4mon\r\ntwo\x1b[m\x1b]8;;https://example.org\x07link");
    let ansi = text(&screen, true);
    assert_eq!(ansi.lines().next().unwrap(), "\x1b[;1;31mred\x1b[m plain");
    assert!(ansi.lines().nth(1).unwrap().ends_with("\x1b[m"), "{ansi:?}");
    for sequence in ansi.split('\x1b').skip(1) {
        let end = sequence.find(|c: char| c.is_ascii_alphabetic()).unwrap();
        assert_eq!(&sequence[end..=end], "m", "{ansi:?}");
    }
    // The same text with the sequences taken out.
    let plain: String = ansi.split('\x1b').map(|part| part.split_once('m').map_or(part, |(_, rest)| rest)).collect();
    assert!(ansi.starts_with('\x1b') && plain.starts_with("red plain\non\n"), "{plain:?}");
}

#[test]
fn an_update_is_synchronized_from_its_begin_to_its_end_or_a_reset() {
    for (bytes, reply) in [
        ("x", "\x1b[?2026;2$y"),
        ("\x1b[?2026h", "\x1b[?2026;1$y"),
        ("\x1b[?2026hdrawing\x1b[2J", "\x1b[?2026;1$y"),
        ("\x1b[?2026hdrawing\x1b[2J\x1b[?2026l", "\x1b[?2026;2$y"),
        ("\x1b[?2026;25h", "\x1b[?2026;1$y"),
        ("\x1b[?2026h\x1b[!p", "\x1b[?2026;2$y"),
        ("\x1b[?2026h\x1bc", "\x1b[?2026;2$y"),
    ] {
        assert_eq!(replies(&format!("{bytes}\x1b[?2026$p")), [reply], "{bytes:?}");
    }
}

#[test]
fn each_query_is_answered_as_xterm_js_answers_it() {
    let version = format!("\x1bP>|Berth({})\x1b\\", env!("CARGO_PKG_VERSION"));
    for (query, reply) in [
        ("\x1b[c", "\x1b[?1;2c"),
        ("\x1b[0c", "\x1b[?1;2c"),
        ("\x1b[>c", "\x1b[>0;276;0c"),
        ("\x1b[>q", version.as_str()),
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b[6n", "\x1b[1;1R"),
        ("\x1b[5;9H\x1b[6n", "\x1b[5;9R"),
        ("\x1b[5;9H\x1b[?6n", "\x1b[?5;9R"),
        ("\x1b[4$p", "\x1b[4;2$y"),
        ("\x1b[4h\x1b[4$p", "\x1b[4;1$y"),
        ("\x1b[?2004$p", "\x1b[?2004;2$y"),
        ("\x1b[?2004h\x1b[?2004$p", "\x1b[?2004;1$y"),
        ("\x1b[?2026$p", "\x1b[?2026;2$y"),
        ("\x1b[?1049h\x1b[?1049$p", "\x1b[?1049;1$y"),
        ("\x1b[?1002;1006h\x1b[?1002$p", "\x1b[?1002;1$y"),
        ("\x1b[?1002;1006h\x1b[?1006$p", "\x1b[?1006;1$y"),
        ("\x1b[?9999$p", "\x1b[?9999;0$y"),
        ("\x1b[?u", "\x1b[?0u"),
        ("\x1b[>5u\x1b[?u", "\x1b[?5u"),
        ("\x1b[>5u\x1b[<u\x1b[?u", "\x1b[?0u"),
        ("\x1b]11;#102030\x07\x1b]11;?\x07", "\x1b]11;rgb:1010/2020/3030\x1b\\"),
        ("\x1b]4;7;#a0b0c0\x07\x1b]4;7;?\x07", "\x1b]4;7;rgb:a0a0/b0b0/c0c0\x1b\\"),
        ("\x1bP$qm\x1b\\", "\x1bP1$r0m\x1b\\"),
        ("\x1b[3;9r\x1bP$qr\x1b\\", "\x1bP1$r3;9r\x1b\\"),
        ("\x1b[4 q\x1bP$q q\x1b\\", "\x1bP1$r4 q\x1b\\"),
        ("\x1b[1\"q\x1bP$q\"q\x1b\\", "\x1bP1$r1\"q\x1b\\"),
        ("\x1bP$qx\x1b\\", "\x1bP0$r\x1b\\"),
    ] {
        assert_eq!(replies(query), [reply], "{query:?}");
    }
    // Programs ask whether the page is dark before anything has set a colour.
    assert_eq!(replies("\x1b]10;?\x07").len(), 1);
    assert_eq!(replies("\x1b]11;?\x07").len(), 1);
    assert_eq!(replies("\x1b]4;7;?\x07"), [] as [String; 0], "the page's palette isn't known here");
}
