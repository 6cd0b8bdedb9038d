//! Measures a guest against the floor, a bare PTY in this process, in one interleaved run:
//! `cargo run --release -p berth-guest --example measure -- PATH-OF-GUEST [MEGABYTES]`.
//!
//! Echo of one key (median and 99th percentile, also while another terminal floods), megabytes a
//! second of coloured text to a client that acknowledges, the guest's processor time for it, and
//! its resident memory. Not a test: numbers depend on the machine and who else uses it.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use guest::sys::{self, Interest};
use protocol::frame::{ACK_INTERVAL, ClientFrame, ServerFrame, Size};
use tungstenite::client::IntoClientRequest;
use tungstenite::{Message, WebSocket};

const TOKEN: &str = "token";
/// What the echo is measured in: keys come singly and nothing but the kernel answers.
const KEYS: &str = "stty -icanon; exec cat >/dev/null";
const ROUNDS: usize = 10;
const KEYS_A_ROUND: usize = 300;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let binary = arguments.next().expect("the path of a guest");
    let megabytes: u64 = arguments.next().map_or(100, |count| count.parse().expect("megabytes"));
    let directory = tempfile::tempdir().expect("a directory");
    write_text(&directory.path().join("text"), megabytes);
    let guest = Guest::start(&binary, directory.path());

    let mut one = guest.connect(1);
    one.wait_for(b"$ ");
    std::thread::sleep(Duration::from_secs(1));
    println!("resident with one terminal: {} KiB", guest.status("VmRSS:"));
    let (before, since) = (guest.cpu(), Instant::now());
    std::thread::sleep(Duration::from_secs(3));
    println!("idle: {} ticks in {:.0} s", guest.cpu() - before, since.elapsed().as_secs_f64());

    let mut floor = Bare::start(KEYS);
    one.run(KEYS);
    let (mut bare, mut through) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        measure(&mut bare, || floor.echo());
        measure(&mut through, || one.echo());
    }
    report("echo, bare PTY", &mut bare);
    report("echo, guest", &mut through);

    let mut flood = guest.connect(2);
    flood.wait_for(b"$ ");
    flood.run("while :; do cat text; done");
    let done = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let stop = std::sync::Arc::clone(&done);
    let reader = std::thread::spawn(move || {
        let start = flood.offset;
        let since = Instant::now();
        while !stop.load(std::sync::atomic::Ordering::Relaxed) {
            flood.hear();
        }
        let rate = (flood.offset - start) as f64 / 1e6 / since.elapsed().as_secs_f64();
        flood.send(&Message::binary(vec![3]));
        rate
    });
    through.clear();
    for _ in 0..ROUNDS {
        measure(&mut through, || one.echo());
    }
    report("echo, guest, another terminal floods", &mut through);
    done.store(true, std::sync::atomic::Ordering::Relaxed);
    println!("  the flood meanwhile: {:.0} MB/s", reader.join().expect("a rate"));

    for _ in 0..3 {
        let since = Instant::now();
        let count = Bare::start(&format!("cat {}", directory.path().join("text").display())).drain();
        let floor = count as f64 / 1e6 / since.elapsed().as_secs_f64();
        let mut client = guest.connect(3);
        client.wait_for(b"$ ");
        let (cpu, since, start) = (guest.cpu(), Instant::now(), client.offset);
        client.run("cat text; echo =do''ne");
        let expected = start + count;
        while client.offset < expected {
            client.hear();
        }
        let seconds = since.elapsed().as_secs_f64();
        let rate = count as f64 / 1e6 / seconds;
        let ticks = (guest.cpu() - cpu) as f64 / 100.0 / (count as f64 / 1e8);
        let frame = (client.offset - start) / client.frames.max(1);
        println!(
            "bulk: bare {floor:.0} MB/s, guest {rate:.0} MB/s ({:.2} x), {ticks:.2} CPU-s per 100 MB, {frame} bytes a frame, {} snapshots",
            rate / floor,
            client.snapshots
        );
        client.send(&Message::binary(&b"exit\n"[..]));
        std::thread::sleep(Duration::from_millis(300));
    }
    println!("resident afterwards: {} KiB", guest.status("VmRSS:"));
}

/// Coloured text as a build prints it.
fn write_text(path: &Path, megabytes: u64) {
    let mut file = std::io::BufWriter::new(File::create(path).expect("a file"));
    let (mut written, mut number) = (0, 0);
    while written < megabytes * 1_000_000 {
        let line = format!(
            "\x1b[32m   Compiling\x1b[0m package-{number} v0.{}.{} \x1b[1;34m(some/where)\x1b[0m and the rest of the line\n",
            number % 17,
            number % 31
        );
        file.write_all(line.as_bytes()).expect("written");
        written += line.len() as u64 + 1;
        number += 1;
    }
}

fn measure(into: &mut Vec<Duration>, mut echo: impl FnMut()) {
    for _ in 0..KEYS_A_ROUND {
        let since = Instant::now();
        echo();
        into.push(since.elapsed());
        // A person types: the next key finds everybody asleep.
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn report(what: &str, times: &mut [Duration]) {
    times.sort();
    let at = |part: usize| times[times.len() * part / 1000].as_micros();
    println!("{what}: p50 {} us, p99 {} us", at(500), at(990));
}

struct Bare {
    pty: sys::Pty,
    child: Child,
}

impl Bare {
    fn start(line: &str) -> Self {
        let pty = sys::open_pty(Size::DEFAULT).expect("a terminal");
        let end = || sys::copy(&pty.slave).expect("a copy");
        let mut command = Command::new("/bin/bash");
        command.args(["-c", line]).stdin(end()).stdout(end()).stderr(end());
        // SAFETY: only async-signal-safe calls.
        unsafe { command.pre_exec(|| sys::become_shell(None)) };
        let child = command.spawn().expect("a shell");
        let mut bare = Self { pty, child };
        if line == KEYS {
            std::thread::sleep(Duration::from_millis(300));
            bare.echo();
        }
        bare
    }

    fn echo(&mut self) {
        sys::write(self.pty.master.as_fd(), b"x").expect("written");
        self.read(&mut [0; 4096]);
    }

    fn read(&mut self, buffer: &mut [u8]) -> usize {
        let mut interests = [Interest::new(self.pty.master.as_raw_fd(), true, false)];
        sys::wait(&mut interests, Some(Duration::from_millis(500))).expect("waited");
        sys::read(self.pty.master.as_fd(), buffer).unwrap_or(0)
    }

    /// Reads until the program has ended; how much there was.
    fn drain(mut self) -> u64 {
        let (mut count, mut buffer) = (0, vec![0; 65536]);
        loop {
            match self.read(&mut buffer) {
                0 if self.child.try_wait().expect("a status").is_some() => return count,
                more => count += more as u64,
            }
            if self.child.try_wait().expect("a status").is_some() {
                while let more @ 1.. = sys::read(self.pty.master.as_fd(), &mut buffer).unwrap_or(0) {
                    count += more as u64;
                }
                return count;
            }
        }
    }
}

impl Drop for Bare {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

struct Guest {
    child: Child,
    socket: String,
}

impl Guest {
    fn start(binary: &str, directory: &Path) -> Self {
        let home = directory.to_str().expect("utf-8");
        std::fs::write(directory.join(".bash_profile"), "PS1='$ '; HISTFILE=\n").expect("a profile");
        let config = format!(
            r#"{{"session":"abcdefghij01","token":"{TOKEN}","listen":{{"unix":"{home}/guest.sock"}},"user":null,
            "directory":"{home}","home":"{home}","shell":"/bin/bash","env":{{}}}}"#
        );
        std::fs::write(directory.join("guest.json"), config).expect("a configuration");
        let child = Command::new(binary).arg(directory.join("guest.json")).spawn().expect("a guest");
        let socket = format!("{home}/guest.sock");
        while UnixStream::connect(&socket).is_err() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Self { child, socket }
    }

    fn connect(&self, terminal: u8) -> Client {
        let url = format!("ws://guest/terminals/{terminal}/ws?cols=120&rows=40");
        let mut request = url.into_client_request().expect("a request");
        request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().expect("a header"));
        let stream = UnixStream::connect(&self.socket).expect("a stream");
        let (socket, _) = tungstenite::client(request, stream).expect("a handshake");
        Client { socket, offset: 0, acked: 0, snapshot: 0, snapshots: 0, frames: 0, last: Vec::new() }
    }

    fn status(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a status");
        let line = status.lines().find(|line| line.starts_with(field)).expect("the field");
        line.split_whitespace().nth(1).and_then(|value| value.parse().ok()).expect("a number")
    }

    /// Processor time in ticks of 10 ms, user and system.
    fn cpu(&self) -> u64 {
        let mut stat = String::new();
        File::open(format!("/proc/{}/stat", self.child.id()))
            .and_then(|mut file| file.read_to_string(&mut stat))
            .expect("stat");
        let fields: Vec<_> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        fields[11].parse::<u64>().expect("ticks") + fields[12].parse::<u64>().expect("ticks")
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        sys::kill(i32::try_from(self.child.id()).expect("a pid"), libc::SIGTERM);
        let _ = self.child.wait();
    }
}

struct Client {
    socket: WebSocket<UnixStream>,
    offset: u64,
    acked: u64,
    snapshot: u64,
    snapshots: u64,
    frames: u64,
    last: Vec<u8>,
}

impl Client {
    fn hear(&mut self) -> bool {
        match self.socket.read().expect("a frame") {
            Message::Binary(bytes) if self.snapshot > 0 => {
                self.snapshot -= bytes.len() as u64;
                self.last = bytes.to_vec();
                false
            }
            Message::Binary(bytes) => {
                self.offset += bytes.len() as u64;
                self.frames += 1;
                if bytes.len() < 1024 {
                    self.last.extend_from_slice(&bytes);
                }
                if self.offset - self.acked >= ACK_INTERVAL {
                    self.acked = self.offset;
                    let ack = serde_json::to_string(&ClientFrame::Ack { offset: self.offset }).expect("json");
                    self.send(&Message::text(ack));
                }
                true
            }
            Message::Text(text) => {
                match serde_json::from_str(&text).expect("a frame") {
                    ServerFrame::Hello { offset, .. } => (self.offset, self.acked) = (offset, offset),
                    ServerFrame::Snapshot { offset, bytes } => {
                        (self.offset, self.snapshot) = (offset, bytes);
                        self.snapshots += 1;
                    }
                    _ => {}
                }
                false
            }
            other => panic!("{other:?}"),
        }
    }

    fn send(&mut self, message: &Message) {
        self.socket.send(message.clone()).expect("sent");
    }

    fn wait_for(&mut self, bytes: &[u8]) {
        while !self.last.windows(bytes.len()).any(|window| window == bytes) {
            self.hear();
        }
        self.last.clear();
    }

    /// Types a command, and waits until its line has been echoed.
    fn run(&mut self, line: &str) {
        self.send(&Message::binary(format!("{line}\n").into_bytes()));
        if line == KEYS {
            std::thread::sleep(Duration::from_millis(500));
            self.socket.get_ref().set_nonblocking(true).expect("set");
            while self.socket.read().is_ok() {}
            self.socket.get_ref().set_nonblocking(false).expect("set");
        }
    }

    fn echo(&mut self) {
        self.send(&Message::binary(&b"x"[..]));
        while !self.hear() {}
    }
}
