//! The address that a sign-in ended on, given to the program that waits for it, and to nobody else.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use protocol::guest::CalledBack;

use crate::support::{Guest, LIMIT};

/// Takes one connection, answers `answer`, and tells what it was asked.
fn program(answer: &'static [u8]) -> (u16, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let thread = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        stream.set_read_timeout(Some(LIMIT)).expect("a timeout");
        let head = read_head(&mut stream);
        // A guest that has read enough may be gone.
        let _ = stream.write_all(answer);
        head
    });
    (port, thread)
}

fn read_head(stream: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("utf-8")
}

fn call(guest: &Guest, url: &str) -> (u16, Option<u16>) {
    let body = serde_json::json!({ "url": url }).to_string();
    let (status, answer) = guest.request("POST", "/callback", body.as_bytes());
    (status, serde_json::from_slice::<CalledBack>(&answer).ok().map(|answer| answer.status))
}

#[test]
fn the_program_gets_the_address_as_it_is_and_its_status_is_told() {
    let guest = Guest::start();
    for (answer, status) in [
        (&b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"[..], 200),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/evil\r\nContent-Length: 0\r\n\r\n", 302),
        (b"HTTP/1.0 400 Bad Request\r\n\r\nno", 400),
    ] {
        let (port, asked) = program(answer);
        assert_eq!(call(&guest, &format!("http://localhost:{port}/cb?code=a%20b&x=%0d%0a#frag")), (200, Some(status)));
        let asked = asked.join().expect("asked");
        assert!(asked.starts_with("GET /cb?code=a%20b&x=%0d%0a HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains(&format!("\r\nHost: localhost:{port}\r\n")), "{asked}");
        assert!(!asked.contains("Authorization"), "{asked}");
    }
}

#[test]
fn an_answer_without_end_is_read_no_further_than_it_must() {
    let guest = Guest::start();
    static LONG: [u8; 1 << 20] = {
        let mut long = [b'x'; 1 << 20];
        let head = b"HTTP/1.1 200 OK\r\n\r\n";
        let mut at = 0;
        while at < head.len() {
            long[at] = head[at];
            at += 1;
        }
        long
    };
    let (port, asked) = program(&LONG);
    assert_eq!(call(&guest, &format!("http://127.0.0.1:{port}/")), (200, Some(200)));
    asked.join().expect("asked");
}

#[test]
fn nobody_there_and_no_http_are_told_apart_from_an_answer() {
    let guest = Guest::start();
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    assert_eq!(call(&guest, &format!("http://localhost:{free}/")), (502, None));
    for answer in [&b""[..], b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 999 Odd\r\n\r\n", b"HTTP/1.1"] {
        let (port, asked) = program(answer);
        assert_eq!(call(&guest, &format!("http://localhost:{port}/")), (502, None));
        asked.join().expect("asked");
    }
}

#[test]
fn no_other_host_is_called() {
    let guest = Guest::start();
    let listener = TcpListener::bind("0.0.0.0:0").expect("a port");
    listener.set_nonblocking(true).expect("non-blocking");
    let port = listener.local_addr().expect("an address").port();
    for host in [
        "0.0.0.0",
        "127.0.0.2",
        "2130706433",
        "0x7f000001",
        "[::ffff:127.0.0.1]",
        "localhost@127.0.0.1",
        "localhost.evil",
        "u:p@localhost",
    ] {
        assert_eq!(call(&guest, &format!("http://{host}:{port}/")), (400, None), "{host}");
    }
    assert_eq!(call(&guest, &format!("http://localhost:{port}/ HTTP/1.1\r\nX: y")), (400, None));
    assert_eq!(guest.request("POST", "/callback", b"{\"url\":1}").0, 400);
    assert_eq!(guest.request("GET", "/callback", b"").0, 405);
    assert!(listener.accept().is_err(), "nobody was called");
}
