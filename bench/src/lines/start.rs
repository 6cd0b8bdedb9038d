//! From `POST …/start` of a new session to the first byte of its prompt.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use crate::lines::Context;
use crate::product::{Product as _, Server, first_output};
use crate::pty::Pty;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::Terminal as _;

/// Between two starts, so that the removal of the one before is not measured.
const PAUSE: Duration = Duration::from_millis(50);

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("only a server starts sessions")?;
    let (mut times, mut floors) = (Samples::default(), Samples::default());
    let mut stages = Stages::default();
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
        stages.add(server, &id)?;
        server.delete_session(&id)?;
        std::thread::sleep(PAUSE);
    }
    Ok(vec![
        Row::new("start", "p50", times.p50(), "ms")
            .floor(floors.p50())
            .limit(Limit::Below(150.0))
            .samples(times.len())
            .note(stages.to_string()),
        Row::new("start", "p99", times.p99(), "ms").floor(floors.p99()).limit(Limit::Below(450.0)).samples(times.len()),
    ])
}

/// What the stages of starts took, as the server has it.
#[derive(Default)]
pub(super) struct Stages(Vec<(String, Samples)>);

impl Stages {
    /// Takes in the last start of a session.
    pub fn add(&mut self, server: &Server, id: &str) -> Result<()> {
        let session = server.request("GET", &format!("/api/sessions/{id}"), "")?.json()?;
        for stage in session["start"].as_array().into_iter().flatten() {
            let (name, ms) = (stage["stage"].as_str().unwrap_or_default(), stage["ms"].as_f64().unwrap_or_default());
            match self.0.iter_mut().find(|(known, _)| known == name) {
                Some((_, samples)) => samples.push(ms),
                None => {
                    let mut samples = Samples::default();
                    samples.push(ms);
                    self.0.push((name.into(), samples));
                }
            }
        }
        Ok(())
    }
}

/// The middle of each, as a remark.
impl fmt::Display for Stages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<_> = self.0.iter().map(|(name, samples)| format!("{name} {:.0} ms", samples.p50())).collect();
        f.write_str(&each.join(", "))
    }
}
