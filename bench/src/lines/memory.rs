//! What the server takes at rest, and for each idle terminal that a client watches.

use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::lines::Context;
use crate::machine::resident_kib;
use crate::product::Session;
use crate::report::{Limit, Row};
use crate::stats::Samples;
use crate::terminal::Terminal as _;

/// Terminals a session.
const TERMINALS: u8 = 6;
/// How long nothing happens before memory is looked at.
const REST: Duration = Duration::from_secs(2);

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("there is no server")?.pid();
    std::thread::sleep(REST);
    let at_rest = resident_kib(server)?;

    let mut sessions = Vec::new();
    let mut sockets = Vec::new();
    let mut guests = Samples::default();
    for _ in 0..context.pick(4, 10) {
        let session = Session::start(&context.product)?;
        let guest = session.between().last().map(|(_, pid)| *pid).context("a session without guest")?;
        let mut first = session.connect(1)?;
        first.receive()?;
        sockets.push(first);
        std::thread::sleep(Duration::from_millis(200));
        guests.push(resident_kib(guest)?);
        for terminal in 2..=TERMINALS {
            let mut socket = session.connect(terminal)?;
            socket.receive()?;
            sockets.push(socket);
        }
        sessions.push(session);
    }
    std::thread::sleep(REST);
    #[allow(clippy::cast_precision_loss)]
    let each = (resident_kib(server)? - at_rest) / sockets.len() as f64;
    Ok(vec![
        Row::new("memory", "server at rest", at_rest / 1024.0, "MiB").limit(Limit::Below(15.0)),
        Row::new("memory", "server, an idle terminal", each, "KiB")
            .limit(Limit::AtMost(150.0))
            .samples(sockets.len())
            .note(format!("{} sessions", sessions.len())),
        Row::new("memory", "guest with one terminal", guests.max() / 1024.0, "MiB")
            .limit(Limit::Below(6.0))
            .samples(guests.len()),
    ])
}
