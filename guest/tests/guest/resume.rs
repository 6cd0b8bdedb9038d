//! Coming back: with an offset nothing is lost or doubled; without, or too late, the present comes.

use protocol::frame::{RING_BYTES, ServerFrame};

use crate::support::{Guest, Heard, eventually};

#[test]
fn a_cut_at_any_byte_loses_and_doubles_nothing() {
    let guest = Guest::start();
    let mut first = guest.ready("1/ws");
    first.acks = true;
    let (epoch, start) = (first.epoch.clone(), first.offset);
    first.seen.clear();
    first.type_in(b"stty -echo; seq 1 30000; echo =do''ne\n");
    first.wait_keeping(b"=done");
    let whole = first.seen.clone();
    let end = start + whole.len() as u64;
    for step in 0..40u64 {
        let since = start + step * (whole.len() as u64) / 40 + step % 3;
        let mut again = guest.connect(&format!("1/ws?since={since}&epoch={epoch}"));
        while again.offset < end {
            assert!(!matches!(again.hear(), Heard::Closed(_) | Heard::Gone));
        }
        assert_eq!(again.snapshots, 0);
        let missed = usize::try_from(since - start).expect("small");
        // The prompt may have come since.
        assert!(again.seen.starts_with(&whole[missed..]), "since {since}");
    }
}

#[test]
fn a_client_cut_in_the_middle_of_a_flood_again_and_again_gets_every_byte_once() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    let epoch = client.epoch.clone();
    client.type_in(b"stty -echo; echo =go; seq 1 400000; echo =do''ne\n");
    client.acks = true;
    client.wait_for(b"=go\r\n");
    let mut stream = std::mem::take(&mut client.seen);
    let mut offset = client.offset;
    let mut cut = 1;
    while !stream.ends_with(b"=done\r\n") && !stream.windows(5).rev().take(200).any(|five| five == b"=done") {
        drop(client);
        client = guest.connect(&format!("1/ws?since={offset}&epoch={epoch}"));
        client.acks = true;
        cut = cut * 5 % 97 + 1;
        // An offset the ring has left is a snapshot, and then this test would prove nothing.
        for _ in 0..cut {
            if matches!(client.hear(), Heard::Closed(_) | Heard::Gone) {
                panic!("closed");
            }
            if client.seen.windows(5).rev().take(200).any(|five| five == b"=done") {
                break;
            }
        }
        assert_eq!(client.snapshots, 0);
        stream.append(&mut client.seen);
        offset = client.offset;
    }
    let text = String::from_utf8_lossy(&stream);
    let numbers = text.lines().filter_map(|line| line.trim().parse::<u32>().ok());
    assert!(numbers.eq(1..=400_000));
}

#[test]
fn another_epoch_or_an_offset_off_the_ring_brings_a_snapshot() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.acks = true;
    let (epoch, offset) = (client.epoch.clone(), client.offset);
    client.type_in(b"echo mar''k\n");
    client.wait_for(b"mark");
    for target in [
        "1/ws".to_owned(),
        format!("1/ws?since={offset}"),
        format!("1/ws?since={offset}&epoch=0000000000000000"),
        format!("1/ws?since=99999999&epoch={epoch}"),
    ] {
        let mut other = guest.connect(&target);
        other.wait_for(b"mark");
        assert_eq!(other.snapshots, 1, "{target}");
    }
    let bytes = RING_BYTES + 100_000;
    client.type_in(format!("stty -echo; head -c {bytes} /dev/zero | tr '\\0' x; echo =do''ne\n").as_bytes());
    client.wait_for(b"=done");
    let mut late = guest.connect(&format!("1/ws?since={offset}&epoch={epoch}"));
    late.wait_for(b"=done");
    assert_eq!(late.snapshots, 1);
}

#[test]
fn connections_cut_while_the_shell_starts_leave_one_shell_and_then_none() {
    let guest = Guest::start();
    for _ in 0..100 {
        drop(guest.connect("1/ws"));
    }
    eventually("all cuts are noticed", || guest.terminals()[0].clients == 0);
    assert_eq!(guest.terminals().len(), 1);
    assert_eq!(children(guest.pid()), 1);
    assert_eq!(guest.request("DELETE", "/terminals/1", b"").0, 204);
    eventually("no child is left", || children(guest.pid()) == 0);
    // Its terminal's thread and descriptors are gone too.
    eventually("one thread is left", || entries(guest.pid(), "task") == 1);
    let idle = entries(guest.pid(), "fd");
    let mut client = guest.ready("1/ws");
    client.type_in(b"exit\n");
    client.wait_frame(|frame| matches!(frame, ServerFrame::Exit { .. }));
    client.wait_close();
    drop(client);
    eventually("no descriptor is left", || entries(guest.pid(), "fd") <= idle);
}

fn children(pid: u32) -> usize {
    let list = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).expect("children");
    list.split_whitespace().count()
}

fn entries(pid: u32, what: &str) -> usize {
    std::fs::read_dir(format!("/proc/{pid}/{what}")).expect("entries").count()
}
