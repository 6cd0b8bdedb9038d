//! From `POST …/start` of a new session to the first byte of its prompt.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::lines::Context;
use crate::product::{Product as _, first_output};
use crate::pty::Pty;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::Terminal as _;

/// Between two starts, so that the removal of the one before is not measured.
const PAUSE: Duration = Duration::from_millis(50);

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("only a server starts sessions")?;
    let (mut times, mut floors) = (Samples::default(), Samples::default());
    let mut stages: Vec<(String, Samples)> = Vec::new();
    for _ in 0..context.pick(15, 50) {
        let began = Instant::now();
        let mut shell = Pty::shell()?;
        shell.receive()?;
        floors.push_ms(began.elapsed());
        drop(shell);

        let id = server.create_session()?;
        let began = Instant::now();
        server.request("POST", &format!("/api/sessions/{id}/start"), "")?.json()?;
        let socket = first_output(server, &id)?;
        times.push_ms(began.elapsed());
        drop(socket);
        let session = server.request("GET", &format!("/api/sessions/{id}"), "")?.json()?;
        for stage in session["start"].as_array().into_iter().flatten() {
            let (name, ms) = (stage["stage"].as_str().unwrap_or_default(), stage["ms"].as_f64().unwrap_or_default());
            match stages.iter_mut().find(|(known, _)| known == name) {
                Some((_, samples)) => samples.push(ms),
                None => {
                    let mut samples = Samples::default();
                    samples.push(ms);
                    stages.push((name.into(), samples));
                }
            }
        }
        server.delete_session(&id)?;
        std::thread::sleep(PAUSE);
    }
    let note = stages.iter().map(|(name, samples)| format!("{name} {:.0} ms", samples.p50())).collect::<Vec<_>>();
    Ok(vec![
        Row::new("start", "p50", times.p50(), "ms")
            .floor(floors.p50())
            .limit(Limit::Below(150.0))
            .samples(times.len())
            .note(note.join(", ")),
        Row::new("start", "p99", times.p99(), "ms").floor(floors.p99()).limit(Limit::Below(450.0)).samples(times.len()),
    ])
}
