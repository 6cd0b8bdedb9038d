//! Flow control: what keeps up gets every byte, what doesn't costs little and holds nobody up.

use std::time::{Duration, Instant};

use protocol::frame::{DRIVER_WINDOW, ServerFrame};

use crate::support::{Client, Guest, Heard, eventually};

/// How long the guest lets an update last.
const UPDATE_LIMIT: Duration = Duration::from_millis(150);

/// Asks for `megabytes` of numbered lines; the terminal makes \r\n of each \n.
fn flood(client: &mut Client, lines: u32) {
    client.type_in(format!("stty -echo; echo =go; seq -f %015.0f 1 {lines}; echo =do''ne\n").as_bytes());
    client.wait_for(b"=go\r\n");
}

/// Checks the lines that [`flood`] brings, without keeping them.
fn check_flood(client: &mut Client, lines: u32) {
    let mut next = 1;
    let mut rest: Vec<u8> = Vec::new();
    loop {
        rest.append(&mut client.seen);
        let whole = rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in rest[..whole].split_inclusive(|byte| *byte == b'\n') {
            if next > lines {
                assert_eq!(line, b"=done\r\n");
                return;
            }
            let number = line.strip_suffix(b"\r\n").and_then(|line| std::str::from_utf8(line).ok()?.parse().ok());
            assert_eq!(number, Some(next), "{:?}", String::from_utf8_lossy(line));
            next += 1;
        }
        rest.drain(..whole);
        assert!(!matches!(client.hear(), Heard::Closed(_) | Heard::Gone));
    }
}

#[test]
fn a_flood_arrives_whole_at_a_client_that_acknowledges() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.acks = true;
    let lines = 1_200_000; // 20 MB
    flood(&mut client, lines);
    check_flood(&mut client, lines);
    assert_eq!(client.snapshots, 1, "the one it was greeted with");
}

#[test]
fn a_flood_arrives_whole_at_a_client_that_only_reads() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    let lines = 600_000;
    flood(&mut client, lines);
    check_flood(&mut client, lines);
    assert_eq!(client.snapshots, 1);
}

#[test]
fn the_terminal_is_read_no_further_than_the_window_while_the_driver_is_at_work() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.type_in(b"yes\n");
    let mut furthest = 0;
    for _ in 0..200 {
        while client.offset < furthest + 20_000 {
            client.hear();
        }
        client.ack();
        furthest = client.offset;
        let read = guest.terminals()[0].offset;
        assert!(read <= furthest + DRIVER_WINDOW, "{read} read, {furthest} acknowledged");
    }
}

#[test]
fn an_interrupt_comes_through_a_flood_that_is_slowly_read() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.type_in(b"yes\n");
    client.acks = true;
    // 10 MB/s for a while, as a busy page does.
    let start = Instant::now();
    let from = client.offset;
    while client.offset < from + 4_000_000 {
        if (client.offset - from) as f64 / 10e6 <= start.elapsed().as_secs_f64() {
            client.hear();
            client.seen.clear();
        }
    }
    let asked = client.offset;
    client.type_in(b"\x03");
    client.wait_for(b"^C");
    client.wait_for(b"> ");
    // What was on its way is the window and what the sockets hold, not megabytes.
    assert!(client.offset - asked < 1_500_000, "{} stale bytes", client.offset - asked);
    assert_eq!(client.snapshots, 1);
}

#[test]
fn a_client_that_stops_reading_costs_little_holds_nothing_up_and_comes_back_to_the_present() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.acks = true;
    // The ring and the screen's scrollback are full before it is measured.
    flood(&mut client, 300_000);
    check_flood(&mut client, 300_000);
    let (before, before_offset) = (guest.memory(), client.offset);
    client.type_in(b"seq -f %015.0f 1 2000000; echo =fini''shed; stty echo\n");
    eventually("the program ends though nobody reads", || {
        let terminal = &guest.terminals()[0];
        terminal.offset > before_offset + 30_000_000 && terminal.process == "bash"
    });
    let grown = guest.memory().saturating_sub(before);
    assert!(grown < 2 * 1024 * 1024, "grown by {grown} bytes");
    client.wait_for(b"=finished");
    assert_eq!(client.snapshots, 2, "one when it came, one when it came back");
    client.type_in(b"echo ali''ve\n");
    client.wait_for(b"alive");
}

#[test]
fn a_slow_client_beside_a_fast_one_is_not_noticed() {
    let guest = Guest::start();
    let mut fast = guest.ready("1/ws");
    fast.acks = true;
    let mut slow = guest.connect("1/ws");
    slow.wait_frame(|frame| matches!(frame, ServerFrame::Hello { .. }));
    let lines = 600_000;
    flood(&mut fast, lines);
    check_flood(&mut fast, lines);
    assert_eq!(fast.snapshots, 1);
    // It sees the present when it looks again.
    slow.wait_for(b"=done");
    assert!(slow.snapshots >= 2);
}

#[test]
fn a_terminal_answers_while_another_floods() {
    let guest = Guest::start();
    let mut flooding = guest.ready("1/ws");
    let mut other = guest.ready("2/ws");
    flooding.type_in(b"yes\n");
    flooding.wait_for(b"y\r\ny\r\n");
    // Nobody reads the flood, so it runs as fast as the terminal is read.
    for number in 0..50 {
        other.type_in(format!("echo $(({number}+1000))\n").as_bytes());
        other.wait_for(format!("\n{}\r\n", number + 1000).as_bytes());
    }
}

#[test]
fn a_synchronized_update_is_not_cut_and_one_that_never_ends_is_let_go() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.type_in(b"stty -echo; echo =go\n");
    client.wait_for(b"\n=go\r\n");
    client.seen.clear();
    // Only on a machine that takes longer over one than an update may last may it be cut.
    let mut whole = false;
    for _ in 0..20 {
        let began = Instant::now();
        client.type_in(b"printf '\\033[?2026hone'; sleep 0.03; printf 'two'; sleep 0.03; printf 'three\\033[?2026l'\n");
        let (mut pieces, mut shown) = (0, Vec::new());
        while !shown.windows(5).any(|window| window == b"three") {
            match client.hear() {
                Heard::Bytes(bytes) => {
                    let is_of_it = [&b"one"[..], b"two", b"three"]
                        .iter()
                        .any(|part| bytes.windows(part.len()).any(|w| w == *part));
                    pieces += u32::from(is_of_it);
                    shown.extend(bytes);
                }
                Heard::Closed(_) | Heard::Gone => panic!("closed"),
                Heard::Frame(_) => {}
            }
        }
        whole = pieces == 1;
        if whole {
            let has = |what: &[u8]| shown.windows(what.len()).any(|window| window == what);
            assert!(has(b"\x1b[?2026hone") && has(b"three\x1b[?2026l"), "{shown:?}");
            break;
        }
        assert!(began.elapsed() > UPDATE_LIMIT, "cut after {:?}", began.elapsed());
    }
    assert!(whole, "this machine is too slow for any");
    client.type_in(b"printf '\\033[?2026hopen'; sleep 1000\n");
    client.wait_for(b"\x1b[?2026hopen");
    client.type_in(b"\x03");
}

#[test]
fn updates_without_a_pause_keep_nobody_waiting() {
    let guest = Guest::start();
    let mut first = guest.ready("1/ws");
    first.type_in(b"while :; do printf '\\033[?2026lx\\033[?2026h'; done\n");
    first.wait_for(b"\x1b[?2026lx\x1b[?2026h");
    let mut second = guest.connect("1/ws");
    second.wait_frame(|frame| matches!(frame, ServerFrame::Hello { .. }));
    first.type_in(b"\x03");
}

#[test]
fn a_paste_at_a_program_that_does_not_read_waits_in_its_socket() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.type_in(b"stty raw -echo; echo =g''o; sleep 1000\n");
    client.wait_for(b"=go");
    let before = guest.memory();
    let stream = client.socket.get_ref().try_clone().expect("the socket");
    stream.set_write_timeout(Some(Duration::from_millis(200))).expect("a timeout");
    let mut sent = 0;
    // What a socket holds, and what the guest does, is far from this.
    while sent < 10_000_000 {
        match client.socket.send(tungstenite::Message::Binary(vec![b'x'; 60_000].into())) {
            Ok(()) => sent += 60_000,
            Err(_) => break,
        }
    }
    assert!(sent < 2_000_000, "{sent} bytes were taken");
    let grown = guest.memory().saturating_sub(before);
    assert!(grown < 2 * 1024 * 1024, "grown by {grown} bytes");

    // Typed by request, it is refused; another client is heard and may take over.
    let mut refused = false;
    for _ in 0..8 {
        refused |= guest.request("POST", "/terminals/1/input", &[b'x'; 60_000]).0 == 409;
    }
    assert!(refused);
    let mut other = guest.connect("1/ws");
    other.wait_frame(|frame| matches!(frame, ServerFrame::Hello { .. }));
    other.settle();
    assert_eq!(guest.request("DELETE", "/terminals/1", b"").0, 204);
}

#[test]
fn an_idle_guest_uses_no_time_at_all() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.type_in(b"echo qui''et\n");
    client.wait_for(b"quiet");
    // The look at the foreground process that follows output is the last thing to happen.
    let switches = || {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", guest.pid())).expect("tasks").flatten();
        tasks.map(|task| std::fs::read_to_string(task.path().join("status")).expect("a status")).fold(
            0,
            |sum, status| {
                let counts = status.lines().filter(|line| line.contains("ctxt_switches"));
                sum + counts.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum::<u64>()
            },
        )
    };
    let (mut last, mut since) = (switches(), Instant::now());
    eventually("a second passes without a single switch", || {
        let now = switches();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        since.elapsed() > Duration::from_secs(1)
    });
}
