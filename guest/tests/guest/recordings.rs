//! What real programs draw, through the guest's own socket, with the connection cut again and again.

use guest::screen::{Screen, ScreenEvent};
use protocol::frame::{ClientFrame, SCROLLBACK_LINES};

use crate::recording::{self, Event};
use crate::support::{Client, Guest, Heard};

/// Chunks between two cuts.
const EVERY: usize = 10;
/// Lines of scrollback that are compared: what a snapshot has at most.
const LINES: usize = protocol::frame::SNAPSHOT_LINES;

/// Hears the stream up to `offset` and gives what came to the page's screen.
fn catch_up(client: &mut Client, offset: u64, page: &mut Screen) {
    while client.offset < offset {
        assert!(!matches!(client.hear(), Heard::Closed(_) | Heard::Gone));
    }
    page.advance(&client.seen, &mut Vec::new());
    client.seen.clear();
}

#[test]
fn a_page_cut_off_at_every_tenth_chunk_shows_what_one_shows_that_never_was() {
    let mut replayed = 0;
    for recording::Recording { name, size, events } in recording::all() {
        // The guest's answer to a query would come back through `cat`, as output that no program wrote.
        if asks(size, &events) {
            continue;
        }
        replayed += 1;
        let guest = Guest::start();
        let mut client = guest.ready(&format!("1/ws?cols={}&rows={}", size.cols, size.rows));
        // What is typed from now on comes back as it is.
        client.type_in(b"stty raw -echo; echo =re''ady; exec cat\n");
        client.wait_for(b"=ready\n");
        client.seen.clear();
        client.snapshots = 0;
        let mut page = Screen::new(size, SCROLLBACK_LINES);
        let mut live = Screen::new(size, SCROLLBACK_LINES);
        let (mut resumed, mut redrawn) = (0, 0);
        let reset = Event::Output(b"\x1bc".to_vec());
        for (at, event) in [reset].iter().chain(&events).enumerate() {
            let is_cut = at % EVERY == EVERY - 1;
            match event {
                Event::Output(bytes) => {
                    let (epoch, offset) = (client.epoch.clone(), client.offset);
                    client.type_in(bytes);
                    live.advance(bytes, &mut Vec::new());
                    if is_cut && (at / EVERY).is_multiple_of(2) {
                        // A network that broke before this chunk came: the ring still has it.
                        client.leave();
                        client = guest.connect(&format!("1/ws?since={offset}&epoch={epoch}"));
                        resumed += 1;
                    }
                    catch_up(&mut client, offset + bytes.len() as u64, &mut page);
                }
                Event::Resize(size) => {
                    client.send(&ClientFrame::Resize { cols: size.cols, rows: size.rows });
                    client.settle();
                    page.resize(*size);
                    live.resize(*size);
                }
            }
            if is_cut && at / EVERY % 2 == 1 {
                // A page that was away for so long that only a snapshot is left for it.
                assert_eq!(client.snapshots, 0, "{name}: resumed before chunk {at}");
                client.leave();
                client = guest.connect("1/ws");
                client.settle();
                assert_eq!(client.snapshots, 1, "{name}: redrawn after chunk {at}");
                page.advance(&client.snapshot, &mut Vec::new());
                client.snapshots = 0;
                redrawn += 1;
            }
            assert_same(&live, &page, &format!("{name}: after chunk {at}"));
        }
        assert!(events.len() < 3 * EVERY || resumed > 0 && redrawn > 0, "{name}");
        assert_same(&live, &page, &name);
        // The guest's own text, and so what other clients are told, has each line once too.
        let text = String::from_utf8(live.contents(false)).expect("text");
        assert_eq!(guest.text(1), text, "{name}");
    }
    assert!(replayed >= 5, "only {replayed} recordings without a query");
}

/// Whether a terminal answers anything of a recording.
fn asks(size: protocol::frame::Size, events: &[Event]) -> bool {
    let mut screen = Screen::new(size, SCROLLBACK_LINES);
    let mut told = Vec::new();
    for event in events {
        match event {
            Event::Output(bytes) => screen.advance(bytes, &mut told),
            Event::Resize(size) => screen.resize(*size),
        }
    }
    told.iter().any(|event| matches!(event, ScreenEvent::Reply(_)))
}

#[track_caller]
fn assert_same(live: &Screen, page: &Screen, about: &str) {
    let (live, page) = (live.dump(LINES), page.dump(LINES));
    let differing = live.lines().zip(page.lines()).find(|(live, page)| live != page);
    assert!(live == page, "{about}: {differing:#?}");
}
