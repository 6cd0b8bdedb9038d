//! Tables of screens, and the addresses in them.

use super::*;
use crate::terminal::test_everywhere;

/// The addresses on a screen; a row that begins with `\` is one that the terminal wrapped.
fn urls(width: u16, screen: &str) -> Vec<String> {
    let rows: Vec<Row> = screen
        .lines()
        .map(|line| line.strip_prefix('\\').map_or_else(|| Row::of(line, false), |line| Row::of(line, true)))
        .collect();
    find(&rows, width).into_iter().map(|link| link.url).collect()
}

/// `text` broken into rows of `cells`, each put between `before` and `after`.
fn broken(text: &str, cells: usize, before: &str, after: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let row = |piece: &[char]| {
        let piece: String = piece.iter().collect();
        format!("{before}{piece:cells$}{after}\n")
    };
    characters.chunks(cells).map(row).collect()
}

const SIGN_IN: &str = "https://auth.example.com/oauth/authorize?client_id=app_EMoam&response_type=code&redirect_uri=http%3A%2F%2Flocalhost%3A1455%2Fauth%2Fcallback&state=Zx9Q";

test_everywhere! {
    fn an_address_is_told_in_part_when_it_is_too_long_to_read() {
        assert_eq!(told("https://example.com/ä"), "https://example.com/ä");
        let exact = format!("https://example.com/{}", "ä".repeat(MAX_TOLD - 20));
        assert_eq!(told(&exact), exact);
        let longer = told(&format!("{exact}x"));
        assert_eq!(longer, format!("{exact}…"));
    }

    fn an_address_ends_where_its_text_does() {
        for (text, expected) in [
            ("see https://example.com/a for more", "https://example.com/a"),
            ("https://example.com", "https://example.com"),
            ("(https://example.com/a)", "https://example.com/a"),
            ("https://example.com/a_(b)", "https://example.com/a_(b)"),
            ("(see https://example.com/a_(b)).", "https://example.com/a_(b)"),
            ("https://example.com/a, then", "https://example.com/a"),
            ("https://example.com/a...", "https://example.com/a"),
            ("\"https://example.com/a\"", "https://example.com/a"),
            ("'https://example.com/a'", "https://example.com/a"),
            ("<https://example.com/a>", "https://example.com/a"),
            ("[text](https://example.com/a)", "https://example.com/a"),
            ("`https://example.com/a`", "https://example.com/a"),
            ("http://[::1]:8080/x", "http://[::1]:8080/x"),
            ("[http://localhost:3000]", "http://localhost:3000"),
            ("url=https://example.com/?a=b&c=d#e", "https://example.com/?a=b&c=d#e"),
            ("HTTPS://Example.COM/A", "HTTPS://Example.COM/A"),
            ("https://example.com/?u=https://other.example/x y", "https://example.com/?u=https://other.example/x"),
            ("https://de.wikipedia.org/wiki/Höhe.", "https://de.wikipedia.org/wiki/Höhe"),
            ("详见https：//没有 https://example.com/路径。然后", "https://example.com/路径"),
            ("https://example.com|next", "https://example.com"),
            ("https://example.com/a\\b", "https://example.com/a"),
        ] {
            assert_eq!(urls(200, text), [expected], "{text}");
        }
    }

    fn what_is_no_web_address_is_no_link() {
        for text in [
            "javascript:alert(1)",
            "JaVaScRiPt://example.com/%0aalert(1)",
            "data:text/html,<script>",
            "file:///etc/passwd",
            "ftp://example.com",
            "vbscript:x",
            "blob:https", // no host
            "https://",
            "https:///path",
            "http://@",
            "https://...",
            "https:/example.com",
            "https:example.com",
            "xhttps://example.com",
            "h\u{200b}ttps://example.com",
            "\u{202e}https://example.com",
            "hxxps://example.com",
        ] {
            assert_eq!(urls(200, text), [""; 0], "{text:?}");
        }
    }

    fn what_is_not_seen_ends_a_link() {
        for hidden in ['\u{202e}', '\u{200b}', '\u{2066}', '\u{feff}', '\u{ad}', '\u{3164}', '\u{e0041}', '\u{7}', '\u{1b}'] {
            assert_eq!(urls(200, &format!("https://example.com/a{hidden}moc.live")), ["https://example.com/a"], "{hidden:?}");
            assert!(!may_open(&format!("https://example.com/a{hidden}")), "{hidden:?}");
        }
    }

    fn only_web_addresses_may_be_opened() {
        assert!(may_open("https://example.com/a?b#c"));
        assert!(may_open("HTTP://example.com"));
        for url in ["javascript:alert(1)", " https://a.b", "https://a.b/\n", "https://a b", "//a.b", "", "https://", "http", "é"] {
            assert!(!may_open(url), "{url:?}");
        }
    }

    fn the_host_is_the_one_that_is_led_to() {
        for (url, expected) in [
            ("https://example.com/a", Some("example.com")),
            ("https://google.com@evil.example/a", Some("evil.example")),
            ("https://google.com:x@y@evil.example:81?@google.com", Some("evil.example:81")),
            ("https://evil.example\\@google.com", Some("evil.example")),
            ("https://evil.example#@google.com", Some("evil.example")),
            ("http://[::1]:80/", Some("[::1]:80")),
            ("https://", None),
            ("mailto:a@b.c", None),
        ] {
            assert_eq!(host(url), expected, "{url}");
        }
    }

    fn several_addresses_in_one_row_are_several_links() {
        assert_eq!(urls(80, "['https://a.example','https://b.example']"), ["https://a.example", "https://b.example"]);
        assert_eq!(urls(80, "https://a.example http://b.example,https://c.example"), ["https://a.example", "http://b.example,https://c.example"]);
    }

    fn what_the_terminal_wrapped_is_joined() {
        let screen = "see https://example.com/aa\n\\bbbbbbbbbbbbbbbbbbbbbbbbbb\n\\cc and more";
        assert_eq!(urls(26, screen), ["https://example.com/aabbbbbbbbbbbbbbbbbbbbbbbbbbcc"]);
    }

    fn a_phones_width_wraps_a_long_address_into_many_rows() {
        let long = format!("https://example.com/{}", "a1".repeat(400));
        let screen = broken(&long, 40, "", "").replace('\n', "\n\\");
        assert_eq!(urls(40, &screen), [long]);
    }

    fn what_a_program_broke_at_the_full_width_is_joined() {
        assert_eq!(urls(60, &broken(SIGN_IN, 60, "", "")), [SIGN_IN]);
    }

    fn what_a_program_indented_is_joined() {
        assert_eq!(urls(62, &broken(SIGN_IN, 60, "  ", "")), [SIGN_IN]);
        assert_eq!(urls(64, &broken(SIGN_IN, 60, "  ", "  ")), [SIGN_IN]);
        let hanging = format!("Open: {}\n      {}\n      {}", &SIGN_IN[..54], &SIGN_IN[54..108], &SIGN_IN[108..]);
        assert_eq!(urls(60, &hanging), [SIGN_IN]);
    }

    fn what_stands_in_a_box_is_joined() {
        for (before, after) in [("│ ", " │"), ("┃", "┃"), ("║  ", "  ║"), ("| ", " |"), (" │ ", " │ ")] {
            let body = broken(SIGN_IN, 50, before, after);
            assert_eq!(urls(80, &format!("╭────╮\n{body}╰────╯")), [SIGN_IN], "{before:?}");
        }
        // A bar at the left alone, as quotes have.
        assert_eq!(urls(52, &broken(SIGN_IN, 50, "▌ ", "")), [SIGN_IN]);
    }

    fn up_to_ten_rows_are_joined_and_no_more() {
        let exactly = format!("https://example.com/{}", "a1".repeat(90));
        assert_eq!(exactly.len(), 200);
        assert_eq!(urls(20, &broken(&exactly, 20, "", "")), std::slice::from_ref(&exactly));
        let more = format!("{exactly}b2");
        assert_eq!(urls(20, &broken(&more, 20, "", "")), [exactly]);
    }

    fn what_is_no_continuation_is_not_joined() {
        let first = "https://example.com/aaaaaaaaaaaaaaaaaaaa"; // 40 characters
        for next in [
            "and then do this",
            "Next, look at it",
            "root@box:~/workspace$",
            "root@box:~/workspace$ ls -l",
            "user@host:/srv# make",
            "$ ls",
            "- item",
            "* item",
            "1. item",
            "/usr/bin/env is there",
            "10:45:12 INFO started",
            "Note: this",
            "https://example.com/b",
            "│ boxed │",
            "                              far-away/1",
            "",
        ] {
            let screen = format!("{first}\n{next}");
            assert_eq!(urls(40, &screen)[0], first, "{next:?}");
        }
    }

    fn an_address_that_ends_before_the_edge_is_whole() {
        let first = "https://example.com/aaaa";
        for next in ["bbbb/cccc?d=e", "b=c"] {
            assert_eq!(urls(80, &format!("{first}\n{next}")), [first]);
            assert_eq!(urls(80, &format!("│ {first}          │\n│ {next:34}│")), [first]);
            assert_eq!(urls(80, &format!("{first}\n\\{next}")), [first], "what follows an erased edge");
        }
    }

    fn near_the_edge_only_what_looks_like_a_piece_is_joined() {
        let first = "https://example.com/aaaaaaaaaaaaaaaaaa"; // 38 of 40
        assert_eq!(urls(40, &format!("{first}\nDone")), [first]);
        assert_eq!(urls(40, &format!("{first}\ndone.")), [first]);
        assert_eq!(urls(40, &format!("{first}\nb_c=1")), [format!("{first}b_c=1")]);
    }

    fn rows_of_different_boxes_are_not_joined() {
        let row = broken(&SIGN_IN[..50], 50, "│ ", " │");
        let other = broken(&SIGN_IN[50..], 60, "│ ", " │");
        assert_eq!(urls(80, &format!("{row}{other}")), [&SIGN_IN[..50]]);
    }

    fn the_parts_are_where_the_text_stands() {
        let screen = broken(SIGN_IN, 60, "│ ", " │");
        let rows: Vec<Row> = screen.lines().map(|line| Row::of(line, false)).collect();
        let links = find(&rows, 64);
        assert_eq!(links.len(), 1);
        assert!(!links[0].in_one_stretch);
        assert_eq!(links[0].parts[0], Part { row: 0, first: 2, last: 61 });
        assert_eq!(links[0].parts[2].row, 2);
        assert_eq!(links[0].parts.iter().map(|part| usize::from(part.last - part.first) + 1).sum::<usize>(), SIGN_IN.len());
    }

    fn wide_characters_keep_their_columns() {
        // Two wide characters, then a space, then the address.
        let mut characters = vec![('日', 0), ('本', 2), (' ', 4)];
        characters.extend("https://a.example".chars().zip(5..));
        let links = find(&[Row { characters, wrapped: false }], 80);
        assert_eq!(links[0].parts, [Part { row: 0, first: 5, last: 21 }]);
        assert!(links[0].in_one_stretch);
    }

    fn a_line_of_ten_megabytes_is_looked_at_in_part() {
        let text = format!("https://example.com/{}", "a".repeat(10 * 1024 * 1024));
        let links = find(&[Row::of(&text, false)], 1_000);
        assert_eq!(links[0].url.len(), MAX_CELLS);
        let rows: Vec<Row> = (0..100_000).map(|row| Row::of(&text[..80], row > 0)).collect();
        let links = find(&rows[..MAX_ROWS_AROUND * 2 + 1], 80);
        assert!(links[0].url.len() <= MAX_LENGTH);
    }

    fn a_screen_of_beginnings_is_no_quadratic_work() {
        let row = Row::of(&"https://a".repeat(111), false);
        let rows = vec![row; MAX_ROWS_AROUND * 2 + 1];
        assert!(find(&rows, 1_000).len() <= rows.len());
    }
}
