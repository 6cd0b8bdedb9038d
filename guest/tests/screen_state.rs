//! A screen can be cut anywhere: in its input, and in time by a snapshot.

#![allow(clippy::unwrap_used, clippy::expect_used)]

#[path = "screen_support/streams.rs"]
mod streams;

use guest::screen::Screen;
use protocol::frame::Size;
use streams::Random;

/// Random streams of each property: enough to have found every fault known so far, in a second or two.
const STREAMS: u64 = 1500;
/// More lines than any stream here writes.
const ALL: usize = 100_000;

fn size(random: &mut Random) -> Size {
    Size { cols: random.below(30) as u16 + 2, rows: random.below(10) as u16 + 2 }
}

fn fed(size: Size, bytes: &[u8]) -> Screen {
    let mut screen = Screen::new(size, ALL);
    screen.advance(bytes, &mut Vec::new());
    screen
}

/// Fails with the first line that differs.
#[track_caller]
fn assert_same(left: &str, right: &str, about: &str) {
    if left != right {
        let (at, (left, right)) = left
            .lines()
            .zip(right.lines())
            .enumerate()
            .find(|(_, (l, r))| l != r)
            .unwrap_or((0, ("length", "differs")));
        panic!("{about}\nline {at}\n left {left}\nright {right}");
    }
}

#[test]
fn input_cut_into_bytes_gives_the_same_screen_as_in_one_piece() {
    for seed in 0..STREAMS {
        let mut random = Random::new(seed);
        let size = size(&mut random);
        let bytes = streams::stream(&mut random, 60, size.cols, size.rows);
        let whole = fed(size, &bytes);
        let mut cut = Screen::new(size, ALL);
        for byte in &bytes {
            cut.advance(&[*byte], &mut Vec::new());
        }
        assert_same(&whole.dump(ALL), &cut.dump(ALL), &format!("seed {seed} {:?}", String::from_utf8_lossy(&bytes)));
    }
}

#[test]
fn a_snapshot_at_any_byte_restores_the_state_and_lets_the_stream_go_on() {
    for seed in 0..STREAMS {
        let mut random = Random::new(seed);
        let size = size(&mut random);
        let bytes = streams::stream(&mut random, 60, size.cols, size.rows);
        let cut = random.below(bytes.len() + 1);
        let before = fed(size, &bytes[..cut]);
        let snapshot = before.snapshot(ALL);
        let mut restored = fed(size, &snapshot);
        let about = format!(
            "seed {seed} {size:?}\ninput {:?}\nsnapshot {:?}\nafter {:?}",
            String::from_utf8_lossy(&bytes[..cut]),
            String::from_utf8_lossy(&snapshot),
            String::from_utf8_lossy(&bytes[cut..])
        );
        assert_same(&before.dump(ALL), &restored.dump(ALL), &about);
        restored.advance(&bytes[cut..], &mut Vec::new());
        assert_same(&fed(size, &bytes).dump(ALL), &restored.dump(ALL), &about);
    }
}
