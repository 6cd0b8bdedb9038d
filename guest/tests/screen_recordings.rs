//! What real programs draw survives a snapshot, wherever it is taken, and a change of size.
//!
//! The recordings and how they were made are in `fixtures/README.md`.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::path::Path;

use guest::screen::Screen;
use protocol::frame::Size;

/// Bytes of a piece: no multiple of anything, so that cuts fall inside sequences and characters.
const PIECE: usize = 1499;
/// Pieces between two snapshots.
const EVERY: usize = 7;
/// More lines than any recording has.
const ALL: usize = 10_000;

struct Recording {
    name: String,
    size: Size,
    bytes: Vec<u8>,
}

fn recordings() -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut recordings: Vec<Recording> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "bin"))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let (cols, rows) = name.rsplit_once('-').unwrap().1.split_once('x').unwrap();
            let size = Size { cols: cols.parse().unwrap(), rows: rows.parse().unwrap() };
            Recording { bytes: std::fs::read(&path).unwrap(), name, size }
        })
        .collect();
    recordings.sort_by(|left, right| left.name.cmp(&right.name));
    recordings
}

fn feed(screen: &mut Screen, bytes: &[u8]) {
    screen.advance(bytes, &mut Vec::new());
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
    let recordings = recordings();
    for program in ["vim", "htop", "tmux", "less", "codex", "opencode", "shell", "fzf"] {
        assert!(recordings.iter().any(|recording| recording.name.starts_with(program)), "{program}");
    }
    assert!(recordings.iter().any(|recording| recording.size == Size { cols: 120, rows: 40 }));
}

#[test]
fn a_snapshot_of_a_program_restores_it_and_stays_right_to_the_end() {
    for Recording { name, size, bytes } in recordings() {
        let mut live = Screen::new(size, ALL);
        let mut rejoined: Vec<(usize, Screen)> = Vec::new();
        for (at, piece) in bytes.chunks(PIECE).enumerate() {
            if at % EVERY == 0 {
                rejoined.push((at, restored(&live)));
            }
            feed(&mut live, piece);
            let dump = live.dump(ALL);
            for (from, screen) in &mut rejoined {
                feed(screen, piece);
                assert_same(&dump, screen, || format!("{name}: snapshot before piece {from}, compared after {at}"));
            }
        }
    }
}

#[test]
fn a_snapshot_of_a_program_stays_right_through_changes_of_size() {
    let sizes = [Size { cols: 61, rows: 17 }, Size { cols: 133, rows: 45 }, Size { cols: 37, rows: 60 }];
    for Recording { name, size, bytes } in recordings() {
        for (turn, other) in sizes.into_iter().enumerate() {
            let mut live = Screen::new(size, ALL);
            let pieces: Vec<&[u8]> = bytes.chunks(PIECE).collect();
            // Away from the recorded size a third in, and back to it two thirds in.
            let (away, back) = (pieces.len() / 3 + turn, pieces.len() * 2 / 3);
            let mut rejoined: Vec<(usize, Screen)> = Vec::new();
            for (at, piece) in pieces.into_iter().enumerate() {
                if at % EVERY == 0 || at == away || at == back {
                    rejoined.push((at, restored(&live)));
                }
                let new = if at == away { Some(other) } else { (at == back).then_some(size) };
                if let Some(new) = new {
                    live.resize(new);
                    rejoined.push((at, restored(&live)));
                }
                feed(&mut live, piece);
                let dump = live.dump(ALL);
                for (from, screen) in &mut rejoined {
                    if let Some(new) = new {
                        screen.resize(new);
                    }
                    feed(screen, piece);
                    assert_same(&dump, screen, || format!("{name}: {other:?}, snapshot before {from}, after {at}"));
                }
            }
        }
    }
}

#[test]
fn snapshots_of_snapshots_do_not_double_the_scrollback() {
    for Recording { name, size, bytes } in recordings() {
        let mut live = Screen::new(size, ALL);
        let mut page = Screen::new(size, ALL);
        for (at, piece) in bytes.chunks(PIECE).enumerate() {
            feed(&mut live, piece);
            feed(&mut page, piece);
            if at % EVERY == 0 {
                // As a page does whose connection broke: what it showed stays until the snapshot comes.
                let snapshot = page.snapshot(ALL);
                feed(&mut page, &snapshot);
                // Titles stacked in the page stay below the snapshot's: no sequence empties the stack.
                let state = |screen: &Screen| {
                    let dump = screen.dump(ALL);
                    dump.lines().filter(|line| !line.starts_with("Titles")).collect::<Vec<_>>().join("\n")
                };
                assert!(state(&live) == state(&page), "{name}: after piece {at}");
            }
        }
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
