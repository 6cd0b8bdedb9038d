//! From `POST …/start` of a session at a dockerd to the first byte of its prompt, against `docker run` of the same image
//! and command. The two take turns.

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use engines::image;

use crate::lines::Context;
use crate::lines::start::Stages;
use crate::product::{AtDocker, Product as _, first_output};
use crate::pty::Pty;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::Terminal as _;

/// The network of the containers that `docker run` makes: as a session's, it is not the one that all share.
const NETWORK: &str = "peer";
/// Between two starts, so that the removal of the one before is not measured.
const PAUSE: Duration = Duration::from_millis(500);

/// Does something with a server whose sessions run at a dockerd of its own.
pub(super) fn at_docker(
    context: &Context,
    measure: impl FnOnce(&AtDocker) -> Result<Vec<Row>> + Send,
) -> Result<Vec<Row>> {
    let command = context.command.as_ref().context("only a server uses Docker")?;
    let measured = std::thread::scope(|scope| {
        // Its namespaces go with the thread.
        let thread = scope.spawn(|| {
            let product = Arc::new(AtDocker::start(command)?);
            context.watchdog.shut_down_at_end(Arc::clone(&product) as _);
            let measured = measure(&product);
            product.shut_down();
            measured
        });
        thread.join()
    });
    measured.unwrap_or_else(|_| bail!("it panicked; it needs dockerd, and root"))
}

pub fn start(context: &Context) -> Result<Vec<Row>> {
    at_docker(context, |product| {
        let docker = |line: &str| {
            let mut command = Command::new("docker");
            command.arg("-H").arg(format!("unix://{}", product.socket.display())).args(line.split(' '));
            command
        };
        let made = docker(&format!("network create {NETWORK}")).output()?;
        ensure!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let server = product.server().context("there is no server")?;
        let (mut times, mut floors, mut stages) = (Samples::default(), Samples::default(), Stages::default());
        // The first of each finds nothing ready.
        for turn in 0..=context.pick(10, 30) {
            std::thread::sleep(PAUSE);
            let began = Instant::now();
            let run = format!("run --rm -it --network {NETWORK} --workdir /home/user {} bash -l", image::NAME);
            let mut shell = Pty::program(docker(&run))?;
            shell.receive()?;
            let floor = began.elapsed();
            shell.send(b"exit\n")?;
            // Read to its end, or it could not write the rest.
            while shell.receive().is_ok() {}
            ensure!(shell.end()?.success(), "`docker run` failed");

            std::thread::sleep(PAUSE);
            let id = server.create_session()?;
            let began = Instant::now();
            server.request("POST", &format!("/api/sessions/{id}/start"), "")?.json()?;
            drop(first_output(product, &id)?);
            if turn > 0 {
                times.push_ms(began.elapsed());
                floors.push_ms(floor);
                stages.add(server, &id)?;
            }
            server.delete_session(&id)?;
        }
        Ok(vec![
            Row::new("docker", "start, p50", times.p50(), "ms")
                .floor(floors.p50())
                .limit(Limit::AtMostFloors(1.3))
                .samples(times.len())
                .note(format!("floor: `docker run` of the same image and command; {stages}")),
            Row::new("docker", "start, slowest", times.max(), "ms").floor(floors.max()).samples(times.len()),
        ])
    })
}
