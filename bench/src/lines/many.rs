//! Many sessions on one machine: 200 that run, each with a client; 50 that are started at once; 1,000 that are stopped.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::lines::Context;
use crate::lines::echo::block;
use crate::machine::{Traces, resident_kib, traces};
use crate::product::{Product, Server, Session, first_output};
use crate::pty::Pty;
use crate::report::{Limit, Row};
use crate::socket::Socket;
use crate::stats::Samples;
use crate::terminal::{Echo, Terminal as _, echoing_cat, quiet_shell};

/// How many sessions are started at the same time, where that is not what is measured.
const AT_ONCE: usize = 8;
/// What a client reads at once; 200 of them with a browser's buffers would be 50 MB of ours.
const READ_SIZE: usize = 16 * 1024;
/// How long nothing is done before memory is looked at.
const REST: Duration = Duration::from_secs(2);
/// Samples of what a session uses that the server keeps.
const SAMPLES: usize = 60;
/// How long they take to come together.
const SAMPLING: Duration = Duration::from_secs(330);
/// How long a start at most takes that is one of many.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long what a server held for its sessions may take to go.
const SETTLE: Duration = Duration::from_secs(20);
/// How long after a start something is looked at again.
const POLL: Duration = Duration::from_millis(20);

/// 200 that run.
pub fn running(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("there is no server")?;
    let before = resident_kib(server.pid())?;
    let count = context.pick(50, 200);
    let sessions = side_by_side(count, || Session::start(&context.product))?;
    let mut sockets: Vec<Socket> = Vec::new();
    for session in &sessions {
        let mut socket = session.connect(1)?;
        socket.set_read_size(READ_SIZE);
        quiet_shell(&mut socket)?;
        echoing_cat(&mut socket, Echo::Program)?;
        sockets.push(socket);
    }
    let samples = if count < 200 { 2 } else { SAMPLES };
    let (mut kept, headers) = server.keep()?;
    let deadline = Instant::now() + SAMPLING;
    while samples_of(&kept.request("GET", "/api/sessions/batch-status", headers)?.json()?, count)? < samples {
        ensure!(Instant::now() < deadline, "the server has no {samples} samples of each session");
        std::thread::sleep(Duration::from_secs(1));
    }

    let (mut status, mut size) = (Samples::default(), 0);
    let (mut echo, mut floor) = (Samples::default(), Samples::default());
    let mut bare = Pty::shell()?;
    quiet_shell(&mut bare)?;
    echoing_cat(&mut bare, Echo::Program)?;
    for socket in &mut sockets {
        floor.extend(&block(&mut bare)?);
        echo.extend(&block(socket)?);
        for _ in 0..5 {
            let began = Instant::now();
            let answer = kept.request("GET", "/api/sessions/batch-status", headers)?;
            status.push_ms(began.elapsed());
            size = answer.body.len();
        }
    }
    let updates = updates(server, &sessions)?;
    std::thread::sleep(REST);
    let resident = resident_kib(server.pid())?;
    let note = format!("{count} sessions with a client each; {:.1} MiB before", before / 1024.0);
    Ok(vec![
        Row::new("running", "server's memory", resident / 1024.0, "MiB").limit(Limit::Below(120.0)).note(note),
        Row::new("running", "batch-status, p99", status.p99(), "ms")
            .limit(Limit::Below(20.0))
            .samples(status.len())
            .note(format!("p50 {:.1} ms; {} KiB, {samples} samples of each", status.p50(), size / 1024)),
        Row::new("running", "a live update, slowest", updates.max(), "ms")
            .limit(Limit::Below(1000.0))
            .samples(updates.len())
            .note(format!("p50 {:.1} ms; renamed, or its guest killed", updates.p50())),
        Row::new("running", "echo, p99", echo.p99(), "ms")
            .floor(floor.p99())
            .limit(Limit::Below(5.0))
            .samples(echo.len())
            .note(format!("p50 {:.0} µs, of the floor {:.0} µs", echo.p50() * 1e3, floor.p50() * 1e3)),
    ])
}

/// How many samples the server has at least of each session, all of which have to be there.
fn samples_of(statuses: &Value, count: usize) -> Result<usize> {
    let all = statuses.as_array().context("batch-status is no list")?;
    ensure!(all.len() >= count, "{} sessions of {count} are told", all.len());
    let each = all.iter().map(|status| status["samples"]["cpu_millis"].as_array().map_or(0, Vec::len));
    Ok(each.min().unwrap_or_default())
}

/// From a change until the page's stream of events tells of it: each session is given a new name, and at last some of
/// their guests are killed.
fn updates(server: &Server, sessions: &[Session]) -> Result<Samples> {
    let mut events = server.events()?;
    let mut times = Samples::default();
    for session in sessions {
        let id = &session.running().id;
        let name = format!("{id} renamed");
        let began = Instant::now();
        let answer = server.send_json("PATCH", &format!("/api/sessions/{id}"), &format!(r#"{{"name":"{name}"}}"#))?;
        ensure!(answer.status == 200, "renaming answered {}", answer.status);
        events.until(|event, data| event == "session" && data.contains(&name))?;
        times.push_ms(began.elapsed());
    }
    for session in sessions.iter().rev().take(10) {
        let id = &session.running().id;
        let began = Instant::now();
        kill(Pid::from_raw(session.running().guest), Signal::SIGKILL)?;
        events.until(|event, data| {
            let is_it = |session: &Value| session["id"] == id.as_str() && session["state"]["status"] == "failed";
            event == "session" && serde_json::from_str::<Value>(data).is_ok_and(|session| is_it(&session))
        })?;
        times.push_ms(began.elapsed());
    }
    Ok(times)
}

/// 50 that are started at the same moment.
pub fn at_once(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("only a server starts sessions")?;
    let count = context.pick(20, 50);
    let ids = (0..count).map(|_| server.create_session()).collect::<Result<Vec<_>>>()?;
    let began = Instant::now();
    let outcomes: Vec<Result<Duration>> = std::thread::scope(|scope| {
        let starts: Vec<_> =
            ids.iter().map(|id| scope.spawn(move || start(server, id).map(|()| began.elapsed()))).collect();
        starts.into_iter().map(|start| start.join().unwrap_or_else(|_| bail!("a start panicked"))).collect()
    });
    let (mut times, mut failures) = (Samples::default(), Vec::new());
    for outcome in outcomes {
        match outcome {
            Ok(time) => times.push_ms(time),
            Err(error) => failures.push(format!("{error:#}")),
        }
    }
    side_by_side_of(&ids, |id| server.delete_session(id))?;
    #[allow(clippy::cast_precision_loss)]
    let failed = failures.len() as f64;
    Ok(vec![
        Row::new("at-once", "the last one's prompt", times.max() / 1e3, "s")
            .limit(Limit::AtMost(10.0))
            .samples(count)
            .note(format!("{count} at once, p50 {:.2} s", times.p50() / 1e3)),
        Row::new("at-once", "failed", failed, "").limit(Limit::AtMost(0.0)).samples(count).note(failures.join("; ")),
    ])
}

/// 1,000 that have run and are stopped.
pub fn stopped(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("there is no server")?;
    let count = context.pick(100, 1000);
    // Whatever is only made once is there after a few.
    let mut ids = side_by_side(AT_ONCE * 2, || run_and_stop(server))?;
    let group = server.group()?;
    let before = settled(server, &group, None)?;
    let memory = resident_kib(server.pid())?;
    ids.extend(side_by_side(count, || run_and_stop(server))?);
    let after = settled(server, &group, Some(&before))?;
    let more_memory = resident_kib(server.pid())? - memory;
    let (mut kept, headers) = server.keep()?;
    let mut status = Samples::default();
    for _ in 0..context.pick(50, 200) {
        let began = Instant::now();
        kept.request("GET", "/api/sessions/batch-status", headers)?.json()?;
        status.push_ms(began.elapsed());
    }
    side_by_side_of(&ids, |id| server.delete_session(id))?;
    #[allow(clippy::cast_precision_loss)]
    let each = more_memory / count as f64;
    let mut rows: Vec<_> = before
        .left_in(&after)
        .into_iter()
        .map(|(what, left)| {
            Row::new("stopped", format!("{what} for {count}"), f64::from(left), "").limit(Limit::AtMost(0.0))
        })
        .collect();
    rows.push(Row::new("stopped", "server's memory, each", each, "KiB").limit(Limit::AtMost(8.0)).samples(count));
    rows.push(
        Row::new("stopped", "batch-status, p99", status.p99(), "ms")
            .limit(Limit::Below(20.0))
            .samples(status.len())
            .note(format!("p50 {:.1} ms", status.p50())),
    );
    Ok(rows)
}

/// What the server holds once it is no more than `before`, or after [`SETTLE`]: threads that wait for work end after a
/// while.
pub(super) fn settled(server: &Server, group: &str, before: Option<&Traces>) -> Result<Traces> {
    let deadline = Instant::now() + SETTLE;
    loop {
        let after = traces(server.pid(), group)?;
        let is_less = before.is_some_and(|before| before.left_in(&after).iter().all(|(_, left)| *left == 0));
        if is_less || Instant::now() > deadline {
            return Ok(after);
        }
        std::thread::sleep(POLL);
    }
}

/// Makes a session that runs until it has a prompt, and is then stopped.
fn run_and_stop(server: &Server) -> Result<String> {
    let id = server.create_session()?;
    start(server, &id)?;
    stop(server, &id)?;
    Ok(id)
}

/// Starts a session; it has a prompt when this returns.
pub(super) fn start(server: &Server, id: &str) -> Result<()> {
    server.request("POST", &format!("/api/sessions/{id}/start"), "")?.json()?;
    first_output(server, id).map(drop)
}

/// Stops a session; it is stopped when this returns.
pub(super) fn stop(server: &Server, id: &str) -> Result<()> {
    server.request("POST", &format!("/api/sessions/{id}/stop"), "")?.json()?;
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let session = server.request("GET", &format!("/api/sessions/{id}"), "")?.json()?;
        match session["state"]["status"].as_str() {
            Some("stopped") => return Ok(()),
            Some("stopping") => {}
            state => bail!("a session that was stopped is {state:?}"),
        }
        ensure!(Instant::now() < deadline, "a session did not stop within {START_LIMIT:?}");
        std::thread::sleep(POLL);
    }
}

/// Does something so many times, on a few threads.
fn side_by_side<T: Send>(count: usize, work: impl Fn() -> Result<T> + Sync) -> Result<Vec<T>> {
    let items: Vec<_> = (0..count).collect();
    side_by_side_of(&items, |_| work())
}

/// Does something with each, on a few threads.
fn side_by_side_of<I: Sync, T: Send>(items: &[I], work: impl Fn(&I) -> Result<T> + Sync) -> Result<Vec<T>> {
    let work = &work;
    std::thread::scope(|scope| {
        let share = items.len().div_ceil(AT_ONCE).max(1);
        let threads: Vec<_> = items
            .chunks(share)
            .map(|share| scope.spawn(move || share.iter().map(work).collect::<Result<Vec<_>>>()))
            .collect();
        let mut all = Vec::new();
        for thread in threads {
            all.extend(thread.join().unwrap_or_else(|_| bail!("a thread panicked"))?);
        }
        Ok(all)
    })
}
