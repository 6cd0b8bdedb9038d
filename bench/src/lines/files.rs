//! Files: how fast large ones come and go beside nginx on the same disk, what they cost the server in memory,
//! and how fast many small ones are listed, counted and stored.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail, ensure};

use crate::lines::Context;
use crate::machine::resident_kib;
use crate::nginx::Nginx;
use crate::product::Server;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::find;

const MIB: u64 = 1 << 20;
/// What is written to a socket at once.
const PIECE: usize = 256 << 10;
/// How long either server may be silent.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two looks at the server's memory.
const LOOK: Duration = Duration::from_millis(20);

/// Large files, one after the other through both servers in turn.
pub fn transfer(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("there is no server")?;
    let data = server.data_dir()?;
    let nginx = Nginx::start(&data)?;
    let (size, rounds) = (context.pick(256, 1024) * MIB, context.pick(3, 5));
    // Both disks' caches and both allocators are warm after this.
    let headers = server.headers();
    let (mut up, mut up_floor) = (Samples::default(), Samples::default());
    let (mut down, mut down_floor) = (Samples::default(), Samples::default());
    let idle = resident_kib(server.pid())?;
    let memory = Watched::default();
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| memory.watch(server.pid()));
        let measured = (|| {
            for round in 0..=rounds {
                let path = format!("/api/storage/upload?path=big-{round}&clash=replace");
                let theirs = send(nginx.address(), "PUT", &format!("/big-{round}"), "", size)?;
                let ours = send(server.address(), "POST", &path, headers, size)?;
                let path = format!("/api/storage/download?path=big-{round}");
                let their_answer = receive(nginx.address(), &format!("/big-{round}"), "", size)?;
                let our_answer = receive(server.address(), &path, headers, size)?;
                fs::remove_file(nginx.files().join(format!("big-{round}")))?;
                fs::remove_file(server.home()?.join(format!("big-{round}")))?;
                if round > 0 {
                    up.push(rate(size, ours));
                    up_floor.push(rate(size, theirs));
                    down.push(rate(size, our_answer));
                    down_floor.push(rate(size, their_answer));
                }
            }
            anyhow::Ok(())
        })();
        memory.is_over.store(true, Ordering::Relaxed);
        let watched = watching.join().map_err(|_| anyhow!("the memory's watcher panicked"))?;
        measured.and(watched)
    })?;
    let peak = f64::from(memory.peak_kib.load(Ordering::Relaxed));
    let file = format!("{} MiB each", size / MIB);
    Ok(vec![
        Row::new("files", "upload, p50", up.p50(), "MiB/s")
            .floor(up_floor.p50())
            .limit(Limit::AtLeastFloors(0.8))
            .samples(up.len())
            .note(format!("floor: nginx; {file}")),
        Row::new("files", "download, p50", down.p50(), "MiB/s")
            .floor(down_floor.p50())
            .limit(Limit::AtLeastFloors(0.8))
            .samples(down.len())
            .note(format!("floor: nginx; {file}")),
        Row::new("files", "memory over idle, peak", (peak - idle) / 1024.0, "MiB").limit(Limit::Below(40.0)),
    ])
}

/// One file in parts, as a page sends it.
pub fn parts(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("there is no server")?;
    let size = context.pick(1, 10) * 1024 * MIB;
    let idle = resident_kib(server.pid())?;
    let memory = Watched::default();
    let body = format!("{{\"at\":{{\"path\":\"parts\"}},\"size\":{size}}}");
    let began = Instant::now();
    std::thread::scope(|scope| {
        let watching = scope.spawn(|| memory.watch(server.pid()));
        let sent = (|| {
            let upload = server.send_json("POST", "/api/storage/upload/initiate", &body)?.json()?;
            let id = upload["id"].as_str().context("an upload without id")?.to_owned();
            let part = upload["part_size"].as_u64().context("an upload without parts")?;
            // Backwards, for any order is as good.
            for number in (0..size.div_ceil(part)).rev() {
                let path = format!("/api/storage/upload/part?upload={id}&number={number}");
                send(server.address(), "POST", &path, server.headers(), part.min(size - number * part))?;
            }
            server.send_json("POST", "/api/storage/upload/complete", &format!("{{\"upload\":\"{id}\"}}"))?.json()?;
            anyhow::Ok(())
        })();
        memory.is_over.store(true, Ordering::Relaxed);
        let watched = watching.join().map_err(|_| anyhow!("the memory's watcher panicked"))?;
        sent.and(watched)
    })?;
    let took = began.elapsed();
    let file = server.home()?.join("parts");
    ensure!(fs::metadata(&file)?.len() == size, "the file has another length");
    fs::remove_file(file)?;
    let peak = f64::from(memory.peak_kib.load(Ordering::Relaxed));
    Ok(vec![
        Row::new("files-parts", "memory over idle, peak", (peak - idle) / 1024.0, "MiB")
            .limit(Limit::AtMost(16.0))
            .note(format!("{} GiB at {:.0} MiB/s", size / MIB / 1024, rate(size, took))),
    ])
}

/// Many small files.
pub fn small(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("there is no server")?;
    let home = server.home()?;
    let listed = home.join("listed");
    fs::create_dir(&listed)?;
    for number in 0..10_000 {
        fs::write(listed.join(format!("file-{number:05}.txt")), b"x")?;
    }
    let browse = timed(server, "/api/storage/browse?path=listed", context.pick(20, 100))?;
    let by_time = timed(server, "/api/storage/browse?path=listed&sort=modified", context.pick(20, 100))?;

    let counted = home.join("counted");
    for folder in 0..1_000 {
        let folder = counted.join(format!("{}/{folder}", folder % 32));
        fs::create_dir_all(&folder)?;
        for number in 0..100 {
            fs::write(folder.join(number.to_string()), b"x")?;
        }
    }
    let first = timed(server, "/api/storage/stats", 1)?;
    let mut stats = Samples::default();
    for number in 0..context.pick(20, 100) {
        fs::write(counted.join(format!("0/new-{number}")), b"xx")?;
        stats.extend(&timed(server, "/api/storage/stats", 1)?);
    }

    let files = 1_000;
    let stored = store_small(server, files)?;
    let count = fs::read_dir(home.join("dropped"))?.count();
    ensure!(count == files as usize, "{count} of {files} files are there");
    for folder in ["listed", "counted", "dropped"] {
        fs::remove_dir_all(home.join(folder))?;
    }
    Ok(vec![
        Row::new("files-small", "first page of 10,000 entries, p99", browse.p99(), "ms")
            .limit(Limit::Below(60.0))
            .samples(browse.len())
            .note(format!("p50 {:.1} ms; by time p50 {:.1} ms", browse.p50(), by_time.p50())),
        Row::new("files-small", "stats of 100,000 files, p99", stats.p99(), "ms")
            .limit(Limit::Below(50.0))
            .samples(stats.len())
            .note(format!("p50 {:.1} ms; the first time {:.0} ms", stats.p50(), first.p50())),
        Row::new("files-small", "1,000 files dropped", stored.as_secs_f64(), "s").limit(Limit::Below(10.0)),
    ])
}

fn timed(server: &Server, path: &str, times: usize) -> Result<Samples> {
    let (mut connection, headers) = server.keep()?;
    let mut samples = Samples::default();
    for _ in 0..times {
        let began = Instant::now();
        let answer = connection.request("GET", path, headers)?;
        samples.push_ms(began.elapsed());
        ensure!(answer.status == 200, "{path} answers {}", answer.status);
    }
    Ok(samples)
}

/// As a page drops a folder: four at a time.
fn store_small(server: &Server, files: u32) -> Result<Duration> {
    const AT_ONCE: usize = 4;
    let next = AtomicU32::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        let senders: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= files {
                            return anyhow::Ok(());
                        }
                        let path = format!("/api/storage/upload?path=dropped/file-{number}");
                        send(server.address(), "POST", &path, server.headers(), 2_000)?;
                    }
                })
            })
            .collect();
        for sender in senders {
            sender.join().map_err(|_| anyhow!("a sender panicked"))??;
        }
        anyhow::Ok(())
    })?;
    Ok(began.elapsed())
}

#[allow(clippy::cast_precision_loss)]
fn rate(bytes: u64, time: Duration) -> f64 {
    bytes as f64 / MIB as f64 / time.as_secs_f64()
}

/// Sends `size` bytes; answers how long that took, the answer included.
fn send(address: SocketAddr, method: &str, path: &str, headers: &str, size: u64) -> Result<Duration> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: {size}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes())?;
    let piece: Vec<u8> = (0..PIECE).map(|number| (number * 31 % 251) as u8).collect();
    let mut left = size;
    while left > 0 {
        let length = left.min(PIECE as u64) as usize;
        stream.write_all(&piece[..length])?;
        left -= length as u64;
    }
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    let took = began.elapsed();
    let status = answer.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    ensure!(status.starts_with(b"2"), "{method} {path}: {}", String::from_utf8_lossy(&answer));
    Ok(took)
}

/// Reads `size` bytes; answers how long that took.
fn receive(address: SocketAddr, path: &str, headers: &str, size: u64) -> Result<Duration> {
    let began = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(
        format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n").as_bytes(),
    )?;
    let mut piece = vec![0; PIECE];
    let mut head = Vec::new();
    let mut received = loop {
        let length = stream.read(&mut piece)?;
        ensure!(length > 0, "GET {path}: the connection ended in the head");
        head.extend_from_slice(&piece[..length]);
        if let Some(end) = find(&head, b"\r\n\r\n") {
            ensure!(head.starts_with(b"HTTP/1.1 200"), "GET {path}: {}", String::from_utf8_lossy(&head[..end]));
            break (head.len() - end - 4) as u64;
        }
    };
    loop {
        match stream.read(&mut piece)? {
            0 => break,
            length => received += length as u64,
        }
    }
    let took = began.elapsed();
    if received != size {
        bail!("GET {path}: {received} bytes of {size}");
    }
    Ok(took)
}

/// The most memory that a process was seen to have.
#[derive(Debug, Default)]
struct Watched {
    peak_kib: AtomicU32,
    is_over: AtomicBool,
}

impl Watched {
    fn watch(&self, pid: i32) -> Result<()> {
        while !self.is_over.load(Ordering::Relaxed) {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            self.peak_kib.fetch_max(resident_kib(pid)? as u32, Ordering::Relaxed);
            std::thread::sleep(LOOK);
        }
        Ok(())
    }
}

/// The one person's home in a server's data directory.
pub fn home_in(data: &Path) -> Result<std::path::PathBuf> {
    let homes: Vec<_> = fs::read_dir(data.join("files"))?
        .filter_map(|entry| Some(entry.ok()?.path().join("home")))
        .filter(|home| home.is_dir())
        .collect();
    match homes.as_slice() {
        [home] => Ok(home.clone()),
        others => bail!("{} homes in {}", others.len(), data.display()),
    }
}
