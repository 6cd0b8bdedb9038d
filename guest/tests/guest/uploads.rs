//! Files that are uploaded: whole or not at all, under a name that nobody has, and nowhere else.

use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use protocol::guest::Uploaded;

use crate::support::{Guest, eventually};

/// Over the upload's limit by one byte.
const TOO_LONG: u64 = protocol::upload::MAX_UPLOAD + 1;

fn folder(guest: &Guest) -> PathBuf {
    guest.directory.path().join("uploads")
}

fn names(guest: &Guest) -> Vec<String> {
    let entries =
        std::fs::read_dir(folder(guest)).map(|entries| entries.flatten().collect()).unwrap_or_else(|_| Vec::new());
    let mut names: Vec<_> = entries.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn upload(guest: &Guest, name: &str, body: &[u8]) -> (u16, String) {
    let (status, answer) = guest.request("POST", &format!("/uploads?name={name}"), body);
    let path = serde_json::from_slice::<Uploaded>(&answer).map(|uploaded| uploaded.path).unwrap_or_default();
    (status, path)
}

/// A connection on which an upload of `length` bytes has begun.
fn begun(guest: &Guest, name: &str, length: u64) -> UnixStream {
    let mut stream = guest.stream();
    let token = &guest.token;
    let head = format!(
        "POST /uploads?name={name} HTTP/1.1\r\nHost: g\r\nConnection: close\r\nContent-Length: {length}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("a head");
    stream
}

#[test]
fn a_file_arrives_byte_for_byte_under_a_name_that_nobody_has() {
    let guest = Guest::start();
    let body: Vec<u8> = (0..1_000_000u32).flat_map(u32::to_le_bytes).collect();
    let home = guest.directory.path().to_str().expect("utf-8");
    assert_eq!(upload(&guest, "%C3%A4%20b.png", &body), (201, format!("{home}/uploads/ä b.png")));
    assert_eq!(upload(&guest, "%C3%A4%20b.png", b"second"), (201, format!("{home}/uploads/ä b-2.png")));
    assert_eq!(upload(&guest, "%C3%A4%20b.png", b""), (201, format!("{home}/uploads/ä b-3.png")));
    assert_eq!(names(&guest), ["ä b-2.png", "ä b-3.png", "ä b.png"]);
    assert!(std::fs::read(folder(&guest).join("ä b.png")).expect("the first") == body);
    assert_eq!(std::fs::read(folder(&guest).join("ä b-2.png")).expect("the second"), b"second");
    let mode = folder(&guest).join("ä b.png").metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o7777, 0o644);
}

#[test]
fn many_at_once_with_one_name_are_as_many_files() {
    let guest = Guest::start();
    std::thread::scope(|scope| {
        for number in 0..6 {
            let guest = &guest;
            scope.spawn(move || assert_eq!(upload(guest, "x", format!("{number}").as_bytes()).0, 201));
        }
    });
    let mut contents: Vec<_> =
        names(&guest).iter().map(|name| std::fs::read_to_string(folder(&guest).join(name)).expect("a file")).collect();
    contents.sort();
    assert_eq!(contents, ["0", "1", "2", "3", "4", "5"]);
}

#[test]
fn a_name_that_is_no_plain_name_is_refused_and_leaves_nothing() {
    let guest = Guest::start();
    for name in [
        "",
        ".",
        "..",
        "a%2Fb",
        "%2Fetc%2Fpasswd",
        "..%2Fx",
        "a%00b",
        "a%0Ab",
        "%1B",
        "%FF",
        "%C3",
        "%E2%80%AEgpj.exe",
        "%",
        "%4",
        "%zz",
        "a+b",
        "a&b=c",
        ".berth-upload-x",
        &"x".repeat(256),
    ] {
        assert_eq!(upload(&guest, name, b"body").0, 400, "{name:?}");
    }
    assert_eq!(guest.request("POST", "/uploads", b"body").0, 400);
    assert_eq!(guest.request("GET", "/uploads?name=x", b"").0, 405);
    assert!(!folder(&guest).exists());
    assert!(!guest.directory.path().join("x").exists());
}

#[test]
fn no_link_that_a_program_planted_is_followed() {
    let guest = Guest::start();
    let elsewhere = guest.directory.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).expect("a folder");
    symlink(&elsewhere, folder(&guest)).expect("a link");
    assert_eq!(upload(&guest, "x", b"body").0, 409);
    assert_eq!(elsewhere.read_dir().expect("a folder").count(), 0);

    std::fs::remove_file(folder(&guest)).expect("unlinked");
    std::fs::write(folder(&guest), "a file").expect("a file");
    assert_eq!(upload(&guest, "x", b"body").0, 409);

    std::fs::remove_file(folder(&guest)).expect("unlinked");
    std::fs::create_dir(folder(&guest)).expect("a folder");
    let precious = guest.directory.path().join("precious");
    std::fs::write(&precious, "as it was").expect("a file");
    symlink(&precious, folder(&guest).join("x")).expect("a link");
    symlink("/nowhere", folder(&guest).join("x-2")).expect("a link");
    std::fs::create_dir(folder(&guest).join("x-3")).expect("a folder");
    let (status, path) = upload(&guest, "x", b"body");
    assert_eq!((status, path.ends_with("/uploads/x-4")), (201, true), "{path}");
    assert_eq!(std::fs::read_to_string(&precious).expect("a file"), "as it was");
}

#[test]
fn what_is_broken_off_leaves_nothing() {
    let guest = Guest::start();
    let mut stream = begun(&guest, "x", 1_000_000);
    stream.write_all(&[7; 100_000]).expect("a part");
    eventually("the upload has begun", || names(&guest).len() == 1);
    assert!(names(&guest)[0].starts_with(".berth-upload-"));
    drop(stream);
    eventually("nothing is left", || names(&guest).is_empty());
}

#[test]
fn what_a_killed_guest_left_is_gone_when_the_next_starts() {
    let guest = Guest::start_with(
        |command| command,
        |config| {
            let folder = PathBuf::from(&config.home).join("uploads");
            std::fs::create_dir(&folder).expect("a folder");
            for name in [".berth-upload-0123456789abcdef", "mine", ".mine"] {
                std::fs::write(folder.join(name), "x").expect("a file");
            }
            symlink("/etc", folder.join(".berth-upload-link")).expect("a link");
            std::fs::create_dir(folder.join(".berth-upload-folder")).expect("a folder");
        },
    );
    assert_eq!(names(&guest), [".berth-upload-folder", ".mine", "mine"]);
    assert!(std::path::Path::new("/etc/passwd").exists());
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read_and_when_its_length_is_not_told() {
    let guest = Guest::start();
    let answer = |mut stream: UnixStream| {
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    assert!(answer(begun(&guest, "x", TOO_LONG)).starts_with("HTTP/1.1 413"));

    let mut stream = guest.stream();
    let token = &guest.token;
    let head = format!(
        "POST /uploads?name=x HTTP/1.1\r\nHost: g\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).expect("a head");
    let before = guest.memory();
    let chunk = [b"100000\r\n".as_slice(), &vec![7; 1 << 20], b"\r\n"].concat();
    let mut most = 0;
    for _ in 0..=100 {
        if stream.write_all(&chunk).is_err() {
            break;
        }
        most = most.max(guest.memory());
    }
    assert!(answer(stream).starts_with("HTTP/1.1 413"));
    eventually("nothing is left", || names(&guest).is_empty());
    assert!(most < before + 8 * 1024 * 1024, "the file is passed on as it comes: {before} {most}");
}

#[test]
fn a_full_disk_is_told_and_left_as_it_was() {
    // The limit on a file's size stands for a disk that has no more room: both refuse a write.
    let guest = Guest::start_with(
        |command| {
            let mut limited = std::process::Command::new("/bin/sh");
            limited.args(["-c", "trap '' XFSZ; ulimit -f 64; exec \"$@\"", "sh"]);
            limited.arg(command.get_program()).args(command.get_args());
            limited
        },
        |_| {},
    );
    assert_eq!(upload(&guest, "x", &vec![7; 4 << 20]).0, 507);
    assert_eq!(names(&guest), Vec::<String>::new());
    assert_eq!(upload(&guest, "x", b"small").0, 201);
    assert_eq!(folder(&guest).join("x").metadata().expect("a file").size(), 5);
}
