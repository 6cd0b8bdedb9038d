//! What a new size leaves of the screen, and snapshots taken after it.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "screen_support/streams.rs"]
mod streams;

use guest::screen::Screen;
use protocol::frame::Size;
use streams::Random;

/// Random streams: enough to meet every mode on both screens at many sizes, within two seconds.
const STREAMS: u64 = 1000;
/// More lines than any stream here writes.
const ALL: usize = 100_000;

fn shown(size: (u16, u16), bytes: &str) -> Screen {
    let mut screen = Screen::new(Size { cols: size.0, rows: size.1 }, ALL);
    screen.advance(bytes.as_bytes(), &mut Vec::new());
    screen
}

fn resize(screen: &mut Screen, cols: u16, rows: u16) {
    screen.resize(Size { cols, rows });
}

/// The rows of scrollback and screen, without the blanks at their ends.
fn rows(screen: &Screen) -> Vec<String> {
    let dump = screen.dump(ALL);
    let is_row = |line: &&str| line.starts_with(" |") || line.starts_with("+|");
    dump.lines().filter(is_row).map(|line| line[2..].trim_end_matches(['|', '·']).to_owned()).collect()
}

fn cursor(screen: &Screen) -> String {
    screen.dump(0).split_whitespace().skip_while(|word| *word != "cursor").nth(1).unwrap().to_owned()
}

#[test]
fn a_narrower_screen_wraps_lines_anew_and_a_wider_one_joins_them_again() {
    let mut screen = shown((12, 6), "0123456789ab\r\nshort\r\n$ ");
    resize(&mut screen, 5, 6);
    assert_eq!(rows(&screen), ["01234", "56789", "ab", "short", "$ ", ""]);
    assert_eq!(cursor(&screen), "2,4");
    resize(&mut screen, 12, 6);
    assert_eq!(rows(&screen)[..3], ["0123456789ab", "short", "$ "]);
    assert_eq!(cursor(&screen), "2,2");
}

#[test]
fn the_line_the_cursor_is_in_is_left_to_its_program() {
    let mut screen = shown((12, 4), "above\r\n$ a long command line");
    resize(&mut screen, 6, 4);
    assert_eq!(rows(&screen), ["above", "$ a lo", "mand l", ""]);
}

#[test]
fn a_wide_character_that_no_longer_fits_goes_to_the_next_row_whole() {
    let mut screen = shown((8, 5), "日本語日\r\n");
    resize(&mut screen, 5, 5);
    assert_eq!(rows(&screen)[..2], ["日本", "語日"]);
    resize(&mut screen, 8, 5);
    assert_eq!(rows(&screen)[0], "日本語日");
}

#[test]
fn rows_go_to_the_scrollback_and_come_back_from_it() {
    let mut screen = shown((10, 4), "1\r\n2\r\n3\r\n4");
    resize(&mut screen, 10, 2);
    assert_eq!(rows(&screen), ["1", "2", "3", "4"]);
    assert_eq!(cursor(&screen), "1,1");
    resize(&mut screen, 10, 4);
    assert_eq!(rows(&screen), ["1", "2", "3", "4"]);
    assert_eq!(cursor(&screen), "1,3");
}

#[test]
fn empty_rows_below_the_cursor_go_first() {
    let mut screen = shown((10, 6), "1\r\n2");
    resize(&mut screen, 10, 3);
    assert_eq!(rows(&screen), ["1", "2", ""]);
    assert_eq!(cursor(&screen), "1,1");
}

#[test]
fn the_alternate_screen_is_cut_and_the_normal_one_behind_it_wrapped() {
    let mut screen = shown((10, 3), "0123456789\r\n$ \x1b[?1049h\x1b[Habcdefghij");
    resize(&mut screen, 5, 3);
    assert_eq!(rows(&screen), ["01234", "56789", "$ ", "abcde", "", ""]);
    screen.advance(b"\x1b[?1049l", &mut Vec::new());
    assert_eq!(rows(&screen), ["01234", "56789", "$ "]);
}

#[test]
fn a_saved_cursor_moves_by_the_lines_that_wrapping_adds_and_takes() {
    // As in xterm.js, wherever those lines are, and whether or not they push others into the scrollback.
    let mut screen = shown((12, 5), "above\r\n\x1b7abcdefghijkl\r\n$ ");
    resize(&mut screen, 6, 5);
    assert!(screen.dump(ALL).contains("saved 0,2 "), "{}", screen.dump(ALL));
    resize(&mut screen, 12, 5);
    assert!(screen.dump(ALL).contains("saved 0,1 "), "{}", screen.dump(ALL));
}

#[test]
fn the_scroll_region_is_the_whole_screen_again_and_tab_stops_go_on() {
    let mut screen = shown((20, 6), "\x1b[2;4r");
    resize(&mut screen, 40, 8);
    let dump = screen.dump(0);
    assert!(dump.contains("region 0-7 tabs [0, 8, 16, 24, 32]"), "{dump}");
}

#[test]
fn a_snapshot_after_changes_of_size_restores_the_state_and_lets_the_stream_go_on() {
    for seed in 0..STREAMS {
        let mut random = Random::new(seed);
        let mut size = || Size { cols: random.below(30) as u16 + 2, rows: random.below(10) as u16 + 2 };
        let (first, second, third) = (size(), size(), size());
        let stream = |random: &mut Random, size: Size| streams::stream(random, 40, size.cols, size.rows);
        let mut live = Screen::new(first, ALL);
        live.advance(&stream(&mut random, first), &mut Vec::new());
        live.resize(second);
        live.advance(&stream(&mut random, second), &mut Vec::new());
        live.resize(third);
        let mut restored = Screen::new(third, ALL);
        let snapshot = live.snapshot(ALL);
        restored.advance(&snapshot, &mut Vec::new());
        assert_eq!(live.dump(ALL), restored.dump(ALL), "seed {seed}: {:?}", String::from_utf8_lossy(&snapshot));
        let rest = stream(&mut random, third);
        live.advance(&rest, &mut Vec::new());
        restored.advance(&rest, &mut Vec::new());
        assert_eq!(live.dump(ALL), restored.dump(ALL), "seed {seed} after more output");
    }
}

/// What the fuzzer found: each is a size, output, a smaller size, more output, and a larger size.
#[test]
fn a_snapshot_carries_all_that_a_larger_screen_shows_again() {
    for (about, (cols, rows), before, after) in [
        ("a saved cursor above the screen", (109, 32), "\x1b[17;79Hm\x1b[111H", ""),
        ("a tab stop beyond the edge", (114, 32), "", "\x1b[58G\x1bH"),
    ] {
        let mut live = shown((cols, rows), before);
        resize(&mut live, 61, 17);
        let mut restored = Screen::new(live.size(), ALL);
        restored.advance(&live.snapshot(ALL), &mut Vec::new());
        for screen in [&mut live, &mut restored] {
            screen.advance(after.as_bytes(), &mut Vec::new());
            resize(screen, 117, 63);
        }
        assert_eq!(live.dump(ALL), restored.dump(ALL), "{about}");
    }
}

/// What the fuzzer found of lines that go on: each is a size, output, the size at which the snapshot is taken, more output,
/// and a last size.
#[test]
fn a_snapshot_wraps_as_the_screen_that_it_is_of() {
    for (about, first, before, second, after, third) in [
        ("a gap before a wide character", (4, 4), "\x1b[4mabc日\r\n", (4, 4), "", (8, 4)),
        ("a gap where half a wide character was", (4, 4), "ab日\x1b[3G\x1b[4mx\r\n", (4, 4), "", (3, 4)),
        ("such a gap moved by a deletion", (4, 4), "ab日\x1b[3G\x1b[4mx\x1b[G\x1b[P\r\n", (4, 4), "", (3, 4)),
        ("such a gap in a wider row", (4, 4), "ab日\x1b[3G\x1b[4mx\x1b[G", (6, 4), "\n", (5, 4)),
        ("halves of wide characters", (4, 4), "日日\x1b[4m\x1b[2Gx\r\n日\x1b[Gx\r\n", (4, 4), "", (3, 4)),
        (
            "the link of a gap in the scrollback",
            (4, 2),
            "\x1b]8;;http://b\x07b\r\n\x1b]8;;http://a\x07abc日\x1b]8;;\x07\r\n",
            (4, 2),
            "",
            (8, 2),
        ),
        ("a tab stop past the edge", (2, 4), "ab\x1bH", (2, 4), "", (40, 4)),
        ("a saved cursor past the edge", (4, 4), "abcd\x1b7", (4, 4), "", (8, 4)),
        ("a saved cursor in a line that is joined", (80, 24), "012\x1b[9H\x1b7", (2, 2), "", (80, 40)),
        ("a wrap that pends over nothing", (2, 27), "?[\x1b[S", (2, 27), "", (52, 63)),
        ("the same with the origin in a region", (4, 9), "\x1b[3;6r\x1b[?6habcd\x1b[S", (4, 9), "", (9, 12)),
        ("a first row that continues nothing", (2, 3), "abcd\x1b[H\x1b[M", (2, 3), "\x1b[L", (2, 4)),
        ("such a row in the scrollback", (2, 3), "abcd\x1b[H\x1b[M\n\n\n\n", (2, 3), "", (2, 6)),
        ("such a row of the alternate screen", (2, 3), "\x1b[?1049habcd\x1b[H\x1b[M", (2, 3), "\x1b[L", (2, 4)),
        (
            "such a row after one of another width",
            (10, 4),
            "one\r\n\n\n\n",
            (5, 4),
            "\x1b[Habcdefghij\x1b[H\x1b[M\x1b[4H\n\n",
            (8, 4),
        ),
        ("blank rows at the end of a stored line", (4, 2), "abcdx\x08\x1b[X\r\n\n", (3, 2), "", (4, 2)),
        ("an empty cell before a wide character", (8, 2), "ab\x1b[C日\r\n\n", (3, 2), "", (8, 2)),
        ("a wrap that pends over nothing there", (4, 4), "\x1b[?1049h\nabcd\x1b[S", (4, 4), "\x1b[H", (4, 4)),
    ] {
        let mut live = shown(first, before);
        resize(&mut live, second.0, second.1);
        let mut restored = Screen::new(live.size(), ALL);
        restored.advance(&live.snapshot(ALL), &mut Vec::new());
        assert_eq!(live.dump(ALL), restored.dump(ALL), "{about}");
        for screen in [&mut live, &mut restored] {
            screen.advance(after.as_bytes(), &mut Vec::new());
            resize(screen, third.0, third.1);
        }
        assert_eq!(live.dump(ALL), restored.dump(ALL), "{about}, after a change of size");
    }
    // The shortest that was found: the gap is no part of the line.
    let mut screen = shown((4, 4), "\x1b[4mabc日\r\n");
    resize(&mut screen, 8, 4);
    assert!(screen.contents(false).starts_with("abc日\n".as_bytes()));
}
