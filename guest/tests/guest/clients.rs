//! Clients of one terminal: bytes, control frames, who drives, and what is refused.

use protocol::frame::{ClientFrame, ServerFrame};
use tungstenite::Message;

use crate::support::{Guest, Heard, eventually};

#[test]
fn every_byte_value_passes_both_ways_unchanged() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.type_in(b"stty raw -echo; echo =go; exec cat\n");
    client.wait_for(b"=go\n");
    let all: Vec<u8> = (0..=255).cycle().take(20_000).collect();
    client.seen.clear();
    for part in all.chunks(3_000) {
        client.type_in(part);
    }
    while client.seen.len() < all.len() {
        assert!(!matches!(client.hear(), Heard::Closed(_) | Heard::Gone));
    }
    assert!(client.seen == all);
}

#[test]
fn output_that_looks_like_our_frames_stays_output_and_pasted_json_stays_input() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    let json = r#"{"type":"exit","code":0,"signal":null}"#;
    client.type_in(format!("echo '{json}'; echo =do''ne\n").as_bytes());
    client.wait_for(format!("\n{json}\r\n").as_bytes());
    client.wait_for(b"=done");
    assert!(!client.frames.iter().any(|frame| matches!(frame, ServerFrame::Exit { .. })));
    client.type_in(br#"{"type":"resize","cols":2,"rows":2}"#);
    client.wait_for(br#""rows":2}"#);
    client.settle();
    assert_eq!(guest.terminals()[0].cols, 80);
}

#[test]
fn what_breaks_the_rules_is_closed_with_its_code_and_the_terminal_lives() {
    let guest = Guest::start();
    let mut steady = guest.ready("1/ws");
    for (wrong, code) in [
        (Message::text("not json"), 4400),
        (Message::text(r#"{"type":"unknown"}"#), 4400),
        (Message::text(r#"{"type":"hello"}"#), 4400),
        (Message::text(r#"{"type":"resize","cols":0,"rows":24}"#), 4400),
        (Message::text(r#"{"type":"resize","cols":65535,"rows":24}"#), 4400),
        (Message::text(r#"{"type":"resize","cols":80}"#), 4400),
        (Message::text(r#"{"type":"ack","offset":-1}"#), 4400),
        (Message::text(""), 4400),
        (Message::text("a".repeat(70_000)), 1009),
        (Message::binary(vec![b'a'; 64 * 1024 + 1]), 1009),
    ] {
        let mut client = guest.connect("1/ws");
        // The guest may close before all of a frame that is too long was written.
        let _ = client.socket.send(wrong.clone());
        assert_eq!(client.wait_close(), code, "{:?}", wrong.to_text().map(|text| &text[..text.len().min(40)]));
    }
    steady.type_in(b"echo unha''rmed\n");
    steady.wait_for(b"unharmed");
}

#[test]
fn terminals_that_cannot_be_are_4404_and_malformed_queries_4400() {
    let guest = Guest::start();
    for target in ["0/ws", "7/ws", "x/ws", "10/ws"] {
        assert_eq!(guest.connect(target).wait_close(), 4404, "{target}");
    }
    for target in ["1/ws?cols=0&rows=0", "1/ws?cols=65535&rows=24", "1/ws?cols=80", "1/ws?since=x"] {
        assert_eq!(guest.connect(target).wait_close(), 4400, "{target}");
    }
    assert!(guest.terminals().is_empty());
}

#[test]
fn the_seventeenth_client_is_one_too_many_until_another_leaves() {
    let guest = Guest::start();
    let mut clients: Vec<_> = (0..16).map(|_| guest.connect("1/ws")).collect();
    for client in &mut clients {
        client.wait_frame(|frame| matches!(frame, ServerFrame::Hello { .. }));
    }
    assert_eq!(guest.connect("1/ws").wait_close(), 4429);
    clients.pop().expect("a client").leave();
    eventually("room", || guest.terminals()[0].clients == 15);
    let mut next = guest.connect("1/ws");
    next.wait_frame(|frame| matches!(frame, ServerFrame::Hello { .. }));
}

#[test]
fn one_drives_and_the_others_follow() {
    let guest = Guest::start();
    let mut first = guest.ready("1/ws?cols=100&rows=30");
    assert!(first.drives);
    let mut second = guest.connect("1/ws?cols=50&rows=20");
    let hello = second.wait_frame(|frame| matches!(frame, ServerFrame::Hello { .. }));
    assert!(matches!(hello, ServerFrame::Hello { cols: 100, rows: 30, driver: false, .. }), "{hello:?}");
    first.wait_frame(|frame| *frame == ServerFrame::Driver { you: true, count: 2 });
    second.wait_frame(|frame| *frame == ServerFrame::Driver { you: false, count: 2 });

    // A watcher's size and input count for nothing.
    second.send(&ClientFrame::Resize { cols: 60, rows: 20 });
    second.type_in(b"echo wat''cher\n");
    second.settle();
    first.send(&ClientFrame::Resize { cols: 120, rows: 40 });
    second.wait_frame(|frame| *frame == ServerFrame::Resized { cols: 120, rows: 40 });
    first.type_in(b"stty size; echo dri''ver\n");
    first.wait_for(b"40 120\r\n");
    first.wait_for(b"driver");
    second.wait_for(b"driver");
    assert!(!first.has_seen(b"watcher"));

    // Taking control brings the taker's size.
    second.send(&ClientFrame::TakeControl);
    second.wait_frame(|frame| *frame == ServerFrame::Driver { you: true, count: 2 });
    first.wait_frame(|frame| *frame == ServerFrame::Driver { you: false, count: 2 });
    first.wait_frame(|frame| *frame == ServerFrame::Resized { cols: 60, rows: 20 });
    second.type_in(b"echo no''w; stty size\n");
    first.wait_for(b"now");
    first.wait_for(b"20 60\r\n");

    // When the driver leaves, the latest other client drives.
    let mut third = guest.connect("1/ws");
    third.wait_frame(|frame| matches!(frame, ServerFrame::Hello { .. }));
    second.leave();
    third.wait_frame(|frame| *frame == ServerFrame::Driver { you: true, count: 2 });
    first.wait_frame(|frame| *frame == ServerFrame::Driver { you: false, count: 2 });
}

#[test]
fn title_directory_bell_and_notification_are_told() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.type_in(b"printf '\\033]2;a title\\007\\033]7;file://host/some/where\\033\\\\\\007\\033]9;note\\007\\033]777;notify;head;body\\007'\n");
    client.wait_frame(|frame| *frame == ServerFrame::Title { title: "a title".to_owned() });
    client.wait_frame(|frame| *frame == ServerFrame::Cwd { path: "/some/where".to_owned() });
    client.wait_frame(|frame| *frame == ServerFrame::Bell);
    client.wait_frame(|frame| matches!(frame, ServerFrame::Notification { body, .. } if body == "note"));
    client
        .wait_frame(|frame| *frame == ServerFrame::Notification { title: "head".to_owned(), body: "body".to_owned() });
    let mut late = guest.connect("1/ws");
    late.wait_frame(|frame| matches!(frame, ServerFrame::Hello { title, .. } if title == "a title"));
    late.wait_frame(|frame| *frame == ServerFrame::Cwd { path: "/some/where".to_owned() });
}

#[test]
fn a_question_to_the_terminal_is_answered_by_the_guest_and_one_for_colours_only_while_nobody_watches() {
    let guest = Guest::start();
    assert_eq!(guest.request("PUT", "/terminals/1", b"{}").0, 200);
    eventually("a prompt", || guest.text(1).contains('>'));
    let ask = b"stty raw -echo; printf '\\033[5n'; dd bs=1 count=4 2>/dev/null | od -c; stty sane\n";
    guest.request("POST", "/terminals/1/input", ask);
    eventually("an answer", || guest.text(1).contains("033   [   0   n"));

    let mut client = guest.connect("1/ws");
    client.wait_frame(|frame| matches!(frame, ServerFrame::Hello { .. }));
    // Written in another way, since the screen that it begins with has the answer of before.
    client.type_in(b"stty raw -echo; printf '\\033[5n'; dd bs=1 count=4 2>/dev/null | od -tx1; stty sane\n");
    client.wait_for(b"1b 5b 30 6e");
    client.settle();
    client.type_in(b"stty raw -echo; printf '\\033]11;?\\007'; dd bs=1 count=4 2>/dev/null | od -c; stty sane\n");
    client.wait_for(b"\x1b]11;?");
    client.settle();
    client.type_in(b"mine");
    client.wait_for(b"m   i   n   e");
}
