//! What it costs a request that its route is not open: to look at its cookie, find whose it is, and decide
//! whether they may.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use crate::http::Connection;
use crate::lines::Context;
use crate::report::{Limit, Row};
use crate::stats::Samples;

/// Two paths, the first open and the second not, that know no such method: one and the same handler says so for
/// both, in a few hundred bytes and without a look at anything. What differs is the guard before it.
const METHOD: &str = "DELETE";
const OPEN: &str = "/health";
const GUARDED: &str = "/api/user";
const METHOD_NOT_ALLOWED: u16 = 405;
/// Requests before it is the other's turn.
const BLOCK: usize = 100;

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("there is no server")?;
    let (mut connection, headers) = server.keep()?;
    for path in [OPEN, GUARDED] {
        block(&mut connection, path, headers)?;
    }
    let (mut open, mut guarded) = (Samples::default(), Samples::default());
    for _ in 0..context.pick(20, 100) {
        open.extend(&block(&mut connection, OPEN, headers)?);
        guarded.extend(&block(&mut connection, GUARDED, headers)?);
    }
    let micros = |milliseconds: f64| milliseconds * 1e3;
    let note = format!(
        "open: p50 {:.0} µs, p99 {:.0} µs; with a cookie: p50 {:.0} µs, p99 {:.0} µs",
        micros(open.p50()),
        micros(open.p99()),
        micros(guarded.p50()),
        micros(guarded.p99())
    );
    let cost = micros(guarded.p50() - open.p50());
    Ok(vec![
        Row::new("middleware", "authentication, p50", cost, "µs")
            .limit(Limit::Below(100.0))
            .samples(guarded.len())
            .note(note),
    ])
}

/// Times [`BLOCK`] requests, one after another. Both paths get the same header lines, so that both are read alike.
fn block(connection: &mut Connection, path: &str, headers: &str) -> Result<Samples> {
    let mut times = Samples::default();
    for _ in 0..BLOCK {
        let began = Instant::now();
        let answer = connection.request(METHOD, path, headers)?;
        times.push_ms(began.elapsed());
        ensure!(answer.status == METHOD_NOT_ALLOWED, "{METHOD} {path} answers {}", answer.status);
    }
    Ok(times)
}
