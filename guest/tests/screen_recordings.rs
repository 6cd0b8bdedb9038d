//! What real programs draw survives a snapshot, wherever it is taken, and a change of size.
//!
//! The recordings and how they were made are in `fixtures/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "screen_support/recording.rs"]
mod recording;

use guest::screen::Screen;
use protocol::frame::Size;
use recording::{Event, Recording};

/// Chunks between two snapshots.
const EVERY: usize = 10;
/// More lines than any recording has.
const ALL: usize = 10_000;
/// A recording's file, bytes: so that they stay small enough to be read at every run of the tests.
const MAX_FILE: u64 = 112 * 1024;

fn feed(screen: &mut Screen, bytes: &[u8]) {
    screen.advance(bytes, &mut Vec::new());
}

fn happen(screen: &mut Screen, event: &Event) {
    match event {
        Event::Output(bytes) => feed(screen, bytes),
        Event::Resize(size) => screen.resize(*size),
    }
}

/// A screen that shows what `screen` does, as a browser that has just come back would.
fn restored(screen: &Screen) -> Screen {
    let mut restored = Screen::new(screen.size(), ALL);
    feed(&mut restored, &screen.snapshot(ALL));
    restored
}

/// Fails with the first line in which the live screen's dump and that of `restored` differ.
#[track_caller]
fn assert_same(live: &str, restored: &Screen, about: impl Fn() -> String) {
    let restored = restored.dump(ALL);
    if live != restored {
        let differing = live.lines().zip(restored.lines()).enumerate().find(|(_, (left, right))| left != right);
        panic!("{}: {differing:#?}", about());
    }
}

#[test]
fn the_recordings_are_of_the_programs_that_must_survive() {
    let recordings = recording::all();
    for program in
        ["vim", "htop", "tmux", "less", "lazygit", "fzf", "shell", "claude-code", "gemini", "codex", "opencode"]
    {
        assert!(recordings.iter().any(|recording| recording.name.starts_with(program)), "{program}");
    }
    let is_resize = |event: &Event| matches!(event, Event::Resize(_));
    let resized = recordings.iter().filter(|recording| recording.events.iter().any(is_resize));
    assert!(resized.count() >= 4, "recorded while the window changed");
    for file in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).unwrap() {
        let file = file.unwrap();
        assert!(file.metadata().unwrap().len() < MAX_FILE, "{}", file.path().display());
    }
}

#[test]
fn a_snapshot_of_a_program_restores_it_and_stays_right_to_the_end() {
    for Recording { name, size, events } in recording::all() {
        let mut live = Screen::new(size, ALL);
        let mut rejoined: Vec<(usize, Screen)> = Vec::new();
        for (at, event) in events.iter().enumerate() {
            if at % EVERY == 0 {
                rejoined.push((at, restored(&live)));
            }
            happen(&mut live, event);
            let dump = live.dump(ALL);
            for (from, screen) in &mut rejoined {
                happen(screen, event);
                assert_same(&dump, screen, || format!("{name}: snapshot before chunk {from}, compared after {at}"));
            }
        }
    }
}

#[test]
fn a_snapshot_of_a_program_stays_right_through_changes_of_size() {
    let sizes = [Size { cols: 61, rows: 17 }, Size { cols: 133, rows: 45 }, Size { cols: 37, rows: 60 }];
    for Recording { name, size, events } in recording::all() {
        for (turn, other) in sizes.into_iter().enumerate() {
            let mut live = Screen::new(size, ALL);
            // Away from the recorded size a third in, and back to it two thirds in.
            let (away, back) = (events.len() / 3 + turn, events.len() * 2 / 3);
            let mut rejoined: Vec<(usize, Screen)> = Vec::new();
            for (at, event) in events.iter().enumerate() {
                if at % (5 * EVERY) == 0 || at == away || at == back {
                    rejoined.push((at, restored(&live)));
                }
                let new = if at == away { Some(other) } else { (at == back).then_some(size) };
                if let Some(new) = new {
                    live.resize(new);
                    rejoined.push((at, restored(&live)));
                }
                happen(&mut live, event);
                let dump = live.dump(ALL);
                for (from, screen) in &mut rejoined {
                    if let Some(new) = new {
                        screen.resize(new);
                    }
                    happen(screen, event);
                    assert_same(&dump, screen, || format!("{name}: {other:?}, snapshot before {from}, after {at}"));
                }
            }
        }
    }
}

#[test]
fn a_page_that_reconnects_at_every_tenth_chunk_is_the_same_as_one_that_never_did() {
    for Recording { name, size, events } in recording::all() {
        let mut live = Screen::new(size, ALL);
        let mut page = Screen::new(size, ALL);
        for (at, event) in events.iter().enumerate() {
            happen(&mut live, event);
            happen(&mut page, event);
            if at % EVERY == 0 {
                // As a page does whose connection broke: what it showed stays until the snapshot comes,
                // scrollback, stacked titles and all.
                let snapshot = page.snapshot(ALL);
                feed(&mut page, &snapshot);
                assert_same(&live.dump(ALL), &page, || format!("{name}: after chunk {at}"));
            }
        }
        assert_eq!(live.contents(false), page.contents(false), "{name}: the scrollback");
    }
}

#[test]
fn each_line_of_a_long_output_is_in_the_scrollback_once_after_a_reconnect() {
    let mut live = Screen::new(Size { cols: 80, rows: 24 }, ALL);
    for line in 0..3_000 {
        feed(&mut live, format!("line {line}.\r\n").as_bytes());
    }
    let mut page = Screen::new(live.size(), ALL);
    feed(&mut page, b"line 2999.\r\nstale");
    for lines in [1_000, 0, 5_000] {
        feed(&mut page, &live.snapshot(lines));
        let text = String::from_utf8(page.contents(false)).unwrap();
        // Of 24 rows the last is empty.
        let first = 3_000_usize.saturating_sub(23 + lines);
        let expected: String = (first..3_000).map(|line| format!("line {line}.\n")).collect();
        assert!(text == expected, "{lines} lines: {} bytes instead of {}", text.len(), expected.len());
    }
}
