//! How much memory the screen takes at most, whatever a program writes (hostile cases 10 and 15).
//!
//! Counted by the allocator, not measured by the clock or the kernel, so that it is the same on every
//! machine. The count is of the thread: each test runs in one of its own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use guest::screen::Screen;
use protocol::frame::{SCROLLBACK_LINES, Size};

/// One mebibyte.
const MIB: usize = 1024 * 1024;
/// Bytes of one read of the PTY, joined.
const PIECE: usize = 64 * 1024;
const SIZE: Size = Size { cols: 80, rows: 24 };

/// Makes the piece of this number.
type Piece = Box<dyn Fn(usize) -> Vec<u8>>;

thread_local! {
    /// Bytes allocated by this thread and not freed, and the most there ever were.
    static NOW: Cell<usize> = const { Cell::new(0) };
    static PEAK: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

impl Counting {
    fn add(bytes: usize) {
        // A thread that is ending has no cells any more; nothing of ours is allocated then.
        let _ = NOW.try_with(|now| {
            now.set(now.get().wrapping_add(bytes));
            let _ = PEAK.try_with(|peak| peak.set(peak.get().max(now.get())));
        });
    }
}

// SAFETY: every call is handed on to `System` as it came; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::add(layout.size());
        // SAFETY: the caller's promises are those that `System` asks for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        let _ = NOW.try_with(|now| now.set(now.get().saturating_sub(layout.size())));
        // SAFETY: as above.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// What `work` returns, what it keeps, and the most it held meanwhile.
fn measured<T>(work: impl FnOnce() -> T) -> (T, usize, usize) {
    let before = NOW.get();
    PEAK.set(before);
    let result = work();
    (result, NOW.get().saturating_sub(before), PEAK.get().saturating_sub(before))
}

/// A screen that has taken in what `piece` makes, piece by piece, as the PTY would bring it.
fn flooded(size: Size, pieces: usize, piece: impl Fn(usize) -> Vec<u8>) -> Screen {
    let mut screen = Screen::new(size, SCROLLBACK_LINES);
    let mut events = Vec::new();
    for n in 0..pieces {
        screen.advance(&piece(n), &mut events);
        events.clear();
    }
    screen
}

#[test]
fn a_full_scrollback_of_ordinary_output_takes_at_most_two_mebibytes() {
    let (_screen, kept, peak) = measured(|| {
        flooded(SIZE, 3 * SCROLLBACK_LINES, |n| {
            format!("\x1b[1m\x1b[32m   Compiling\x1b[0m crate-{n} v0.{}.1 (/home/user/workspace/crate-{n})\r\n", n % 7)
                .into_bytes()
        })
    });
    assert!(kept > MIB / 4, "{kept} bytes cannot be ten thousand lines");
    assert!(kept <= 2 * MIB && peak <= 2 * MIB + MIB / 4, "kept {kept}, peak {peak}");
}

#[test]
fn a_flood_takes_no_more_memory_than_a_full_scrollback() {
    let line = |n: usize| format!("{n:08} some more output of a build that never ends\r\n").into_bytes();
    let mut screen = flooded(SIZE, 2 * SCROLLBACK_LINES, line);
    let (_, kept, peak) = measured(|| {
        let mut events = Vec::new();
        for n in 0..5 * SCROLLBACK_LINES {
            screen.advance(&line(n), &mut events);
        }
    });
    // Chunks come and go: no more than one of them is between two states.
    assert!(kept <= MIB / 4 && peak <= MIB / 2, "kept {kept}, peak {peak}");
}

#[test]
fn the_dearest_lines_there_are_take_at_most_sixteen_mebibytes() {
    let link = "x".repeat(1_900);
    let dear: [(&str, Piece); 4] = [
        (
            "a style a cell",
            Box::new(|n| {
                (0..80)
                    .flat_map(|x| format!("\x1b[38;2;{x};{};1;48;2;1;2;{x};4:3;58;2;{x};2;3mx", n % 256).into_bytes())
                    .collect()
            }),
        ),
        ("eight marks a cell", Box::new(|_| format!("a{}", "\u{301}".repeat(20)).repeat(80).into_bytes())),
        (
            "a link a cell",
            Box::new(move |n| {
                (0..20)
                    .flat_map(|x| format!("\x1b]8;;http://x/{link}{n}.{x}\x07y\x1b[3C").into_bytes())
                    .chain(*b"\r\n")
                    .collect()
            }),
        ),
        ("wide characters", Box::new(|_| "日本語🙂".repeat(40).into_bytes())),
    ];
    for (about, piece) in dear {
        // Links of 2 KiB fill the 8 MiB of scrollback after some 220 lines; the rest is tables and slack.
        let (screen, kept, peak) = measured(|| flooded(SIZE, 600, piece));
        assert!(kept <= 16 * MIB && peak <= 18 * MIB, "{about}: kept {kept}, peak {peak}");
        let (snapshot, _, peak) = measured(|| screen.snapshot(protocol::frame::SNAPSHOT_LINES));
        assert!(peak <= 40 * MIB, "{about}: a snapshot of {} bytes took {peak}", snapshot.len());
    }
}

#[test]
fn sequences_that_collect_without_end_take_at_most_one_mebibyte() {
    for (about, start, more) in [
        ("an OSC", "\x1b]2;", "x"),
        ("a link", "\x1b]8;;http://", "x"),
        ("a DCS", "\x1bPq", "#"),
        ("a sixel's parameters", "\x1bP", "1;"),
        ("an APC", "\x1b_", "G"),
        ("parameters", "\x1b[", "1;"),
        ("sub-parameters", "\x1b[38", ":2"),
        ("intermediates", "\x1b[", "!"),
        ("titles", "", "\x1b]2;title\x07\x1b[22;2t"),
        ("keyboards", "", "\x1b[>1u"),
        ("colours", "", "\x1b]4;1;#123456;2;#123456;300;#123456\x07"),
        ("saved cursors", "", "\x1b7\x1b[s\x1b[?1048h\x1b[?1049h\x1b[?1049l"),
        ("bells and notices", "", "\x07\x1b]9;x\x07\x1b[c"),
    ] {
        let more = more.repeat(PIECE / more.len());
        let (screen, kept, peak) = measured(|| {
            let mut screen = flooded(SIZE, 1, |_| start.as_bytes().to_vec());
            let mut events = Vec::new();
            for _ in 0..20 {
                screen.advance(more.as_bytes(), &mut events);
                events.clear();
            }
            screen
        });
        assert!(kept <= MIB && peak <= MIB, "{about}: kept {kept}, peak {peak}");
        assert!(screen.snapshot(0).len() <= MIB / 4, "{about}");
    }
}

/// Each is one thing that no program needs, in the amount that somebody hostile would write.
#[test]
fn one_enormous_thing_takes_no_more_than_what_is_shown_of_it() {
    let links = |count: usize, length: usize| -> Vec<u8> {
        (0..count).flat_map(|n| format!("\x1b]8;;http://x/{n}/{}\x07y", "x".repeat(length)).into_bytes()).collect()
    };
    let enormous = "2147483647";
    let numbers =
        ["L", "M", "S", "T", "@", "P", "X", "I", "Z", "A", "B", "C", "D", "E", "F", "G", "d", "b", ";1H", "r"];
    let numbers: String = numbers.iter().map(|last| format!("x\x1b[{enormous}{last}")).collect();
    for (about, bytes, most) in [
        ("marks on a cell", format!("a{}", "\u{301}".repeat(100_000)).into_bytes(), MIB / 4),
        ("marks on nothing", "\u{301}".repeat(100_000).into_bytes(), MIB / 4),
        ("a line", b"x".repeat(10_000_000), 4 * MIB),
        ("a line of wide characters", "日".repeat(1_000_000).into_bytes(), 8 * MIB),
        ("a link", links(1, 64 * 1024), MIB / 4),
        ("links too long to be kept", links(50, 64 * 1024), MIB / 4),
        // Those on the screen, those swept with them and those of the lines that the scrollback has room for.
        ("links", links(12_000, 1_900), 16 * MIB),
        ("links and nothing in them", b"\x1b]8;;http://x\x07\x1b]8;;\x07".repeat(100_000), MIB / 4),
        ("numbers", numbers.repeat(20).into_bytes(), MIB / 4),
        ("a number", [b"\x1b[".as_slice(), &b"9".repeat(10_000_000), b"b"].concat(), MIB / 4),
    ] {
        let (screen, kept, peak) = measured(|| {
            let mut screen = Screen::new(Size { cols: 200, rows: 50 }, SCROLLBACK_LINES);
            let mut events = Vec::new();
            for piece in bytes.chunks(PIECE) {
                screen.advance(piece, &mut events);
                events.clear();
            }
            screen
        });
        assert!(kept <= most && peak <= most + MIB / 4, "{about}: kept {kept}, peak {peak}");
        // Links are left out of a snapshot beyond one mebibyte.
        assert!(screen.snapshot(1_000).len() <= MIB + MIB / 4, "{about}");
    }
}

#[test]
fn the_largest_screen_and_a_storm_of_sizes_stay_bounded_and_are_given_back() {
    let largest = Size { cols: 1_000, rows: 1_000 };
    let mut screen = flooded(SIZE, 2_000, |n| format!("{n} {}\r\n", "wrapped ".repeat(n % 40)).into_bytes());
    let (_, kept, peak) = measured(|| {
        for n in 0..8_u16 {
            screen.resize(largest);
            screen.advance(b"\x1b[?1049h\x1b#8\x1b[?1049l", &mut Vec::new());
            screen.resize(Size { cols: 2 + n, rows: 2 });
        }
        screen.resize(SIZE);
    });
    // A million cells of 16 bytes on each of two screens, and the rows being wrapped.
    assert!(peak <= 80 * MIB, "peak {peak}");
    assert!(kept <= 4 * MIB, "kept {kept}");
}
