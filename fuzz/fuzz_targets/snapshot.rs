//! A snapshot, taken anywhere, makes a fresh screen the same as the one it was taken of; so does a
//! snapshot of that; and both stay the same through what comes after. For as much as a snapshot surely carries: beyond
//! that it leaves lines and links out.

#![no_main]

mod input;

use guest::screen::Screen;
use input::Step;
use libfuzzer_sys::fuzz_target;

/// More lines than an input writes.
const ALL: usize = 1_000_000;
/// Bytes of a snapshot that surely lacks nothing. Lines are left out beyond a mebibyte of what they may take at most, which
/// is less than 32 times what they do take in rows of at most 127 columns.
const WHOLE: usize = 32 * 1024;

fuzz_target!(|data: &[u8]| {
    let Some((size, steps)) = input::read(data) else { return };
    let mut live = Screen::new(size, ALL);
    let cut = steps.len() / 2;
    for step in &steps[..cut] {
        run(&mut live, step);
    }
    let snapshot = live.snapshot(ALL);
    if snapshot.len() > WHOLE {
        return;
    }
    let mut second = restored(&live, &snapshot);
    let mut third = restored(&second, &second.snapshot(ALL));
    same(&live, &second);
    same(&second, &third);
    for screen in [&mut live, &mut second, &mut third] {
        steps[cut..].iter().for_each(|step| run(screen, step));
    }
    if live.snapshot(ALL).len() > WHOLE {
        return;
    }
    same(&live, &second);
    same(&second, &third);
});

fn run(screen: &mut Screen, step: &Step<'_>) {
    match step {
        Step::Output(bytes) => screen.advance(bytes, &mut Vec::new()),
        Step::Resize(size) => screen.resize(*size),
    }
}

fn restored(screen: &Screen, snapshot: &[u8]) -> Screen {
    let mut restored = Screen::new(screen.size(), ALL);
    restored.advance(snapshot, &mut Vec::new());
    restored
}

#[track_caller]
fn same(left: &Screen, right: &Screen) {
    let (left, right) = (left.dump(ALL), right.dump(ALL));
    let differing = left.lines().zip(right.lines()).find(|(left, right)| left != right);
    assert!(left == right, "{differing:#?}");
}
