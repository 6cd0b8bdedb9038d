//! The API but for its sockets: the token, the routes, and what is refused.

use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};

use protocol::guest::{Health, Problem, Terminal};

use crate::support::{Guest, eventually};

#[test]
fn nothing_is_told_or_done_without_the_token() {
    let guest = Guest::start();
    let wrong = "08".repeat(32);
    for headers in [
        "",
        "Authorization: Bearer \r\n",
        "Authorization: Basic abc\r\n",
        &format!("Authorization: Bearer {wrong}\r\n"),
    ] {
        for (method, path) in [
            ("GET", "/health"),
            ("GET", "/terminals"),
            ("PUT", "/terminals/1"),
            ("DELETE", "/terminals/1"),
            ("GET", "/terminals/1/ws"),
            ("GET", "/terminals/1/scrollback"),
            ("POST", "/terminals/1/input"),
            ("POST", "/uploads?name=x"),
            ("POST", "/callback"),
            ("POST", "/shutdown"),
            ("GET", "/nowhere"),
        ] {
            let handshake = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
            let (status, _) = guest.request_with(&format!("{headers}{handshake}"), method, path, b"{\"grace_ms\":0}");
            assert_eq!(status, 401, "{method} {path} with {headers:?}");
        }
    }
    assert!(guest.terminals().is_empty());
    assert!(!guest.directory.path().join("uploads").exists());
}

#[test]
fn the_socket_is_its_owners_alone() {
    let guest = Guest::start();
    let mode = std::fs::metadata(guest.socket()).expect("the socket").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_terminal_is_opened_described_typed_into_and_closed() {
    let guest = Guest::start();
    let (status, body) = guest.request("GET", "/health", b"");
    let health: Health = serde_json::from_slice(&body).expect("health");
    assert_eq!((status, health.pid, health.terminals), (200, guest.pid(), 0));

    assert_eq!(guest.request("DELETE", "/terminals/3", b"").0, 404);
    assert_eq!(guest.request("POST", "/terminals/3/input", b"x").0, 404);
    assert_eq!(guest.request("GET", "/terminals/3/scrollback", b"").0, 404);
    assert_eq!(guest.request("PUT", "/terminals/3", b"").0, 200);
    eventually("a prompt", || guest.text(3).contains('>'));
    assert_eq!(
        guest.request("POST", "/terminals/3/input", b"echo $((6*7)); trap '' HUP; sleep 1001 & disown; sleep 1000\n").0,
        204
    );
    eventually("an answer", || guest.text(3).contains("42"));
    eventually("the process is seen", || guest.terminals()[0].process == "sleep");
    let (_, ansi) = guest.request("GET", "/terminals/3/scrollback?format=ansi", b"");
    assert!(ansi.windows(2).any(|two| two == b"42"));
    assert_eq!(guest.request("GET", "/terminals/3/scrollback?format=html", b"").0, 400);
    let all: Vec<Terminal> = guest.terminals();
    assert_eq!((all.len(), all[0].id.get(), all[0].clients), (1, 3, 0));
    assert!(all[0].offset > 0);

    // SIGHUP is ignored in there, so this takes SIGKILL.
    assert_eq!(guest.request("DELETE", "/terminals/3", b"").0, 204);
    assert!(guest.terminals().is_empty());
    assert_eq!(sleepers(&guest), 0);
}

#[test]
fn a_close_goes_on_when_whoever_asked_for_it_hangs_up() {
    let guest = Guest::start();
    assert_eq!(guest.request("PUT", "/terminals/1", b"").0, 200);
    eventually("a prompt", || guest.text(1).contains('>'));
    let stubborn = b"trap '' HUP; sleep 1001 & sleep 1000; while :; do sleep 1000; done\n";
    assert_eq!(guest.request("POST", "/terminals/1/input", stubborn).0, 204);
    eventually("the programs run", || sleepers(&guest) == 2);
    let mut stream = guest.stream();
    let head = format!("DELETE /terminals/1 HTTP/1.1\r\nHost: g\r\nAuthorization: Bearer {}\r\n\r\n", guest.token);
    stream.write_all(head.as_bytes()).expect("a request");
    // Only once it is under way: a guest need not begin for somebody who is gone already.
    stream.set_read_timeout(Some(std::time::Duration::from_millis(300))).expect("a timeout");
    let _ = stream.read(&mut [0]);
    drop(stream);
    eventually("all are gone", || guest.terminals().is_empty() && sleepers(&guest) == 0);
}

/// Programs called `sleep` that descend from the guest.
fn sleepers(guest: &Guest) -> usize {
    let home = format!("HOME={}", guest.directory.path().display());
    let entries = std::fs::read_dir("/proc").expect("/proc").flatten();
    entries
        .filter(|entry| {
            let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
            let name = std::fs::read_to_string(entry.path().join("comm")).unwrap_or_default();
            name.trim() == "sleep" && environment.split(|byte| *byte == 0).any(|pair| pair == home.as_bytes())
        })
        .count()
}

#[test]
fn what_is_malformed_is_refused_with_a_reason() {
    let guest = Guest::start();
    for (method, path, body, status) in [
        ("GET", "/", &b""[..], 404),
        ("GET", "/terminals/0", b"", 404),
        ("PUT", "/terminals/7", b"{}", 404),
        ("PUT", "/terminals/01", b"{}", 404),
        ("PUT", "/terminals/1/../2", b"{}", 404),
        ("PUT", "/terminals/1", b"{\"size\":{\"cols\":0,\"rows\":24}}", 400),
        ("PUT", "/terminals/1", b"{\"time_zone\":\"../../etc/passwd\"}", 400),
        ("PUT", "/terminals/1", b"{\"unknown\":1}", 400),
        ("PUT", "/terminals/1", b"not json", 400),
        ("PUT", "/terminals/1", &vec![b' '; 70_000], 413),
        ("POST", "/terminals/1", b"", 405),
        ("POST", "/health", b"", 405),
        ("POST", "/shutdown", b"{}", 400),
        ("POST", "/shutdown", b"{\"grace_ms\":-1}", 400),
        ("GET", "/terminals/1/ws", b"", 400),
    ] {
        let (found, answer) = guest.request(method, path, body);
        assert_eq!(found, status, "{method} {path}");
        let problem: Problem = serde_json::from_slice(&answer).expect("a problem");
        assert!(!problem.error.is_empty());
    }
    assert!(guest.terminals().is_empty());
}

#[test]
fn a_head_without_end_is_cut_off() {
    let guest = Guest::start();
    let mut stream = guest.stream();
    let _ = stream.write_all(b"GET /health HTTP/1.1\r\n");
    let line = format!("X: {}\r\n", "a".repeat(1000));
    while stream.write_all(line.as_bytes()).is_ok() {}
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    assert_eq!(guest.request("GET", "/health", b"").0, 200);
}

#[test]
fn the_configuration_of_another_program_stops_it_with_one_line_and_a_record() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("guest.json");
    std::fs::write(&path, "{\"token\":\"secret\"}").expect("written");
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_berth-guest")).arg(&path).output().expect("run");
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).expect("utf-8");
    assert!(said.lines().count() == 1 && !said.contains("secret"), "{said}");
    assert!(std::fs::metadata(directory.path().join("exit.json")).expect("a record").size() > 0);
}
