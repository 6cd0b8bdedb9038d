//! What a program may not make the screen do: grow without bound, take forever, or answer for the
//! person (hostile cases 6 and 15).

#![allow(clippy::unwrap_used, clippy::expect_used)]

use guest::screen::{Screen, ScreenEvent};
use protocol::frame::Size;

const SIZE: Size = Size { cols: 80, rows: 24 };

fn screen() -> Screen {
    Screen::new(SIZE, 10_000)
}

fn events(bytes: &[u8]) -> Vec<ScreenEvent> {
    let mut events = Vec::new();
    screen().advance(bytes, &mut events);
    events
}

/// The screen still works: it prints, and a snapshot restores it.
#[track_caller]
fn assert_alive(screen: &mut Screen) {
    screen.advance(b"\x1b\\\x1b[!p\x1b[Halive", &mut Vec::new());
    assert!(String::from_utf8_lossy(&screen.contents(false)).contains("alive"));
    let mut restored = Screen::new(screen.size(), 10_000);
    restored.advance(&screen.snapshot(10_000), &mut Vec::new());
    assert_eq!(restored.dump(10_000), screen.dump(10_000));
}

#[test]
fn queries_that_would_type_for_the_person_are_never_answered() {
    for query in
        ["\x05", "\x1b[21t", "\x1b[20t", "\x1b]52;c;?\x07", "\x1b[18t", "\x1b[8;50;100t", "\x1b]2;x\x07\x1b[21t"]
    {
        let replies = events(query.as_bytes()).into_iter().filter(|event| matches!(event, ScreenEvent::Reply(_)));
        assert_eq!(replies.count(), 0, "{query:?}");
    }
    let mut screen = screen();
    screen.advance(b"\x1b[8;50;100t\x1b[3;1;1t", &mut Vec::new());
    assert_eq!(screen.size(), SIZE);
}

#[test]
fn a_long_title_is_cut_and_control_characters_and_overrides_are_taken_out() {
    let mut screen = screen();
    let title = format!("\x1b]2;a\u{202e}b\x01\x7fc{}\x07", "x".repeat(60_000));
    screen.advance(title.as_bytes(), &mut Vec::new());
    assert_eq!(screen.title().len(), 1024);
    assert!(screen.title().starts_with("abcxx"), "{}", &screen.title()[..10]);
}

#[test]
fn an_endless_osc_is_ignored_whole_and_forgotten() {
    let mut screen = screen();
    screen.advance(b"\x1b]2;", &mut Vec::new());
    for _ in 0..200 {
        screen.advance(&[b'x'; 65_536], &mut Vec::new());
    }
    assert!(screen.snapshot(0).len() < 2_000);
    screen.advance(b"\x07", &mut Vec::new());
    assert_eq!(screen.title(), "");
    assert_alive(&mut screen);
}

#[test]
fn only_web_links_of_bounded_length_are_kept() {
    for (link, kept) in [
        ("https://example.org/x".to_owned(), true),
        ("HTTP://example.org".to_owned(), true),
        ("javascript:alert(1)".to_owned(), false),
        ("file:///etc/passwd".to_owned(), false),
        ("data://text/html,x".to_owned(), false),
        (format!("https://example.org/{}", "x".repeat(3_000)), false),
    ] {
        let mut screen = screen();
        screen.advance(format!("\x1b]8;;{link}\x07text\x1b]8;;\x07").as_bytes(), &mut Vec::new());
        let snapshot = String::from_utf8(screen.snapshot(0)).unwrap();
        assert_eq!(snapshot.contains(&link), kept, "{link}");
    }
}

#[test]
fn links_without_end_are_left_out_until_there_is_room_again() {
    let links = |from: usize| -> Vec<u8> {
        let link = |n: usize| format!("\x1b]8;;http://{n}.x/{}\x07y", "x".repeat(1_900)).into_bytes();
        (from..from + 4_000).flat_map(link).collect()
    };
    let size = Size { cols: 100, rows: 50 };
    let mut screen = Screen::new(size, 0);
    screen.advance(&links(0), &mut Vec::new());
    assert!(!screen.dump(0).contains("http://3999.x/"));
    screen.advance(b"\x1b[2J", &mut Vec::new());
    screen.advance(&links(4_000), &mut Vec::new());
    assert!(screen.dump(0).contains("http://5999.x/"));
    // A snapshot has fewer links than a screen may have.
    screen.advance(b"\x1b]8;;\x07\x1b[2J", &mut Vec::new());
    assert_alive(&mut screen);
}

#[test]
fn directories_are_absolute_decoded_and_clean() {
    for (uri, path) in [
        ("file://host/home/user/my%20dir", Some("/home/user/my dir")),
        ("file:///tmp", Some("/tmp")),
        ("file://host/a%0ab", None),
        ("file://host/a%1b]0;x", None),
        ("file://host", None),
        ("http://host/a", None),
        ("file://host/%zz", Some("/%zz")),
        ("file://host/%ff", None),
    ] {
        let mut screen = screen();
        screen.advance(format!("\x1b]7;{uri}\x07").as_bytes(), &mut Vec::new());
        assert_eq!(screen.cwd(), path, "{uri}");
    }
}

#[test]
fn progress_is_not_a_notification_and_floods_are_bounded() {
    assert_eq!(events(b"\x1b]9;4;1;50\x07"), []);
    let body = "done".to_owned();
    assert_eq!(events(b"\x1b]9;done\x07"), [ScreenEvent::Notification { title: String::new(), body }]);
    assert_eq!(events(&b"\x07".repeat(100_000)), [ScreenEvent::Bell]);
    assert!(events(&b"\x1b[c".repeat(20_000)).len() <= 256);
    assert!(events(&b"\x1b]9;x\x07".repeat(20_000)).len() <= 256);
}

#[test]
fn state_bombs_leave_a_small_snapshot_and_a_working_screen() {
    let bombs: Vec<Vec<u8>> = vec![
        [b"a".as_slice(), "\u{301}".repeat(100_000).as_bytes()].concat(),
        format!("\x1b[{}m", "1;".repeat(100_000)).into_bytes(),
        format!("\x1b[{}m", "38:".repeat(100_000)).into_bytes(),
        b"\x1b[99999999999999999999b".to_vec(),
        b"x\x1b[2147483647b\x1b[2147483647L\x1b[2147483647M\x1b[2147483647S\x1b[2147483647T".to_vec(),
        b"\x1b[2147483647@\x1b[2147483647P\x1b[2147483647X\x1b[2147483647I\x1b[2147483647Z\x1b[2147483647;2147483647H"
            .to_vec(),
        b"\x1b[2147483647A\x1b[2147483647B\x1b[2147483647C\x1b[2147483647D\x1b[2147483647;2147483647r".to_vec(),
        b"\x1b[>31u".repeat(10_000),
        b"\x1b[22t\x1b]2;t\x07".repeat(10_000),
        b"\x1bP".iter().copied().chain(std::iter::repeat_n(b'q', 200_000)).collect(),
        b"\x1b_".iter().copied().chain(std::iter::repeat_n(b'q', 200_000)).collect(),
        b"\x1b[".iter().copied().chain(std::iter::repeat_n(b' ', 200_000)).collect(),
        b"\x1b".iter().copied().chain(std::iter::repeat_n(b'(', 200_000)).collect(),
        (0..50_000).flat_map(|n| format!("\x1b[58;2;{};{};1mx", n % 256, n / 256).into_bytes()).collect(),
        (0..20_000).flat_map(|n| format!("\x1b]8;;http://x/{n}\x07e\u{301}\r").into_bytes()).collect(),
        (0..50_000).flat_map(|n| format!("\x1b]4;{};#abcdef\x07", n).into_bytes()).collect(),
    ];
    for bomb in bombs {
        let mut screen = screen();
        screen.advance(&bomb, &mut Vec::new());
        let about = String::from_utf8_lossy(&bomb[..bomb.len().min(20)]).into_owned();
        assert!(screen.snapshot(100).len() < 200_000, "{about:?}");
        assert_alive(&mut screen);
    }
}

#[test]
fn a_storm_of_sizes_keeps_the_text() {
    let mut screen = screen();
    for n in 0..200 {
        screen.advance(format!("line {n}\r\n").as_bytes(), &mut Vec::new());
    }
    for n in 0..500_u16 {
        screen.resize(Size { cols: n * 37 % 200, rows: n * 13 % 60 });
    }
    screen.resize(Size { cols: 0, rows: 65_535 });
    assert_eq!(screen.size(), Size { cols: 2, rows: 1_000 });
    screen.resize(SIZE);
    let contents = String::from_utf8(screen.contents(false)).unwrap();
    for n in 0..200 {
        assert!(contents.contains(&format!("line {n}\n")), "{n}");
    }
    assert_alive(&mut screen);
}

#[test]
fn a_snapshot_and_the_text_of_a_screen_full_of_long_links_are_bounded() {
    let size = Size { cols: 200, rows: 50 };
    let mut screen = Screen::new(size, 10_000);
    let mut events = Vec::new();
    for row in 0..150 {
        let mut line = Vec::new();
        for cell in 0..200 {
            let uri = format!("https://{row}.example/{cell}/{}", "x".repeat(500));
            line.extend_from_slice(
                format!("\x1b[38;2;{};{};1;48;2;9;{};9m\x1b]8;;{uri}\x1b\\y", row % 256, cell, cell).as_bytes(),
            );
        }
        line.extend_from_slice(b"\r\n");
        screen.advance(&line, &mut events);
    }
    let snapshot = screen.snapshot(1_000);
    assert!(snapshot.len() < 6 << 20, "{}", snapshot.len());
    assert!(screen.contents(true).len() < 8 << 20);

    // Ordinary lines are all there.
    let mut screen = Screen::new(size, 10_000);
    for line in 0..5_000 {
        screen.advance(format!("\x1b[32mline {line}\x1b[m of a program that says a lot\r\n").as_bytes(), &mut events);
    }
    let text = String::from_utf8(screen.contents(false)).expect("utf-8");
    assert!(text.starts_with("line 0 "), "{}", &text[..40]);
    let snapshot = String::from_utf8(screen.snapshot(1_000)).expect("utf-8");
    assert_eq!(snapshot.matches("of a program").count(), 1_049);
}
