//! A snapshot, taken anywhere, makes a fresh screen the same as the one it was taken of; so does a
//! snapshot of that; and both stay the same through what comes after.

#![no_main]

mod input;

use guest::screen::Screen;
use input::Step;
use libfuzzer_sys::fuzz_target;

/// More lines than an input writes.
const ALL: usize = 10_000;

fuzz_target!(|data: &[u8]| {
    let Some((size, steps)) = input::read(data) else { return };
    let mut live = Screen::new(size, ALL);
    let cut = steps.len() / 2;
    for step in &steps[..cut] {
        run(&mut live, step);
    }
    let mut second = restored(&live);
    let mut third = restored(&second);
    same(&live, &second);
    same(&second, &third);
    for screen in [&mut live, &mut second, &mut third] {
        steps[cut..].iter().for_each(|step| run(screen, step));
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

fn restored(screen: &Screen) -> Screen {
    let mut restored = Screen::new(screen.size(), ALL);
    restored.advance(&screen.snapshot(ALL), &mut Vec::new());
    restored
}

#[track_caller]
fn same(left: &Screen, right: &Screen) {
    let (left, right) = (left.dump(ALL), right.dump(ALL));
    let differing = left.lines().zip(right.lines()).find(|(left, right)| left != right);
    assert!(left == right, "{differing:#?}");
}
