//! The guest and the page count the same columns for every character there is.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use guest::screen::{Screen, ScreenEvent};
use protocol::frame::Size;

/// First and last of a run, and its columns, a run a line; the same for the page's table.
const WIDTHS: &str = include_str!("fixtures/widths.txt");
const PAGE: &str = include_str!("../../public/modules/widths.mjs");
/// Where runs may begin: what comes before is Latin and controls.
const FIRST: u32 = 0x300;
const LAST: u32 = 0x10_ffff;

fn expected() -> Vec<u8> {
    let mut widths = vec![1; LAST as usize + 1];
    for line in WIDTHS.lines() {
        let mut words = line.split(' ');
        let mut code = || usize::from_str_radix(words.next().unwrap(), 16).unwrap();
        let (first, last) = (code(), code());
        widths[first..=last].fill(words.next().unwrap().parse().unwrap());
    }
    widths
}

/// Where the cursor is after `text`, on a screen wide enough.
fn column(screen: &mut Screen, text: &str) -> usize {
    let mut events = Vec::new();
    screen.advance(format!("\r{text}\x1b[6n").as_bytes(), &mut events);
    let Some(ScreenEvent::Reply(reply)) = events.pop() else { panic!("no reply") };
    let reply = String::from_utf8(reply).unwrap();
    let column = reply.trim_end_matches('R').rsplit(';').next().unwrap();
    column.parse::<usize>().unwrap() - 1
}

#[test]
fn the_screen_moves_on_by_the_columns_of_every_character() {
    let expected = expected();
    let mut screen = Screen::new(Size { cols: 20, rows: 2 }, 0);
    // All planes that have characters of a width other than one; the rest would take half a minute.
    for c in (FIRST..=0x1_ffff).chain(0x2_fff0..=0x3_0010).chain(0xe_0000..=0xe_0fff).filter_map(char::from_u32) {
        // After a letter, so that a mark has something to join.
        let width = column(&mut screen, &format!("a{c}")) - 1;
        assert_eq!(width, usize::from(expected[c as usize]), "U+{:04X}", u32::from(c));
    }
}

#[test]
fn the_pages_table_is_the_same() {
    let mut widths = vec![1u8; LAST as usize + 1];
    for (name, width) in [("NONE", 0), ("TWO", 2)] {
        let (_, rest) = PAGE.split_once(&format!("const {name} =")).unwrap();
        let (literal, _) = rest.split_once(';').unwrap();
        let runs: String = literal.split('"').skip(1).step_by(2).collect();
        let mut at = 0;
        for run in runs.split(' ') {
            let (gap, length) = run.split_once('+').unwrap_or((run, "0"));
            let number = |digits: &str| usize::from_str_radix(digits, 36).unwrap();
            let first = at + number(gap);
            at = first + number(length);
            widths[first..=at].fill(width);
        }
    }
    assert!(widths == expected(), "public/modules/widths.mjs");
}

#[test]
fn emoji_since_unicode_12_are_wide_and_sequences_are_as_wide_as_their_parts() {
    let mut screen = Screen::new(Size { cols: 20, rows: 2 }, 0);
    for (text, width, about) in [
        ("🫠", 2, "Unicode 14"),
        ("🫨", 2, "Unicode 15"),
        ("🫩", 2, "Unicode 16"),
        ("日本", 4, "ideographs"),
        ("e\u{301}", 1, "a combining mark"),
        ("👩\u{200d}💻", 4, "a sequence"),
        ("❤\u{fe0f}", 1, "a variation selector"),
        ("👍🏽", 4, "a skin tone"),
        ("🇩🇪", 2, "a flag"),
    ] {
        assert_eq!(column(&mut screen, text), width, "{about}");
    }
}

#[test]
fn the_page_counts_with_that_table_and_no_other() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../public/modules");
    let modules: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    let calls = modules.iter().filter(|text| text.contains("useWidths(") && !text.contains("function useWidths("));
    assert_eq!(calls.count(), 1, "a terminal is given the table");
    assert!(
        !modules.iter().any(|text| text.contains("/vendor/addon-unicode")),
        "a table that differs from the guest's"
    );
}
