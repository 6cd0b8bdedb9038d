//! Reads the configuration, becomes init, serves, and ends in order.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::Context;
use guest::http::Listener;
use guest::terminals::Terminals;
use guest::{Guest, config, init, sys, uploads};
use protocol::guest::{CONFIG_FILE, DIRECTORY, ExitRecord};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, mpsc};

/// Exit code when the guest can't start.
const CANNOT_START: u8 = 2;

fn main() -> ExitCode {
    let path = std::env::args_os().nth(1).map_or_else(|| Path::new(DIRECTORY).join(CONFIG_FILE), PathBuf::from);
    let (code, requested) = match run(&path) {
        Ok(()) => (0, true),
        Err(error) => {
            eprintln!("berth-guest: {error:#}");
            (CANNOT_START, false)
        }
    };
    if let Err(error) = config::leave(&ExitRecord { code: code.into(), requested }, &path) {
        eprintln!("berth-guest: {error:#}");
    }
    ExitCode::from(code)
}

fn run(path: &Path) -> anyhow::Result<()> {
    let config = config::read(path)?;
    sys::prepare_init().context("can't become init")?;
    uploads::clean_up(&config);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio::task::LocalSet::new().block_on(&runtime, async {
        // Before the socket is there, so that whoever finds it can already stop the guest.
        let mut terminate = signal(SignalKind::terminate())?;
        let listener = Listener::bind(&config.listen).await.context("can't listen")?;
        let (shutdown, mut requests) = mpsc::channel(1);
        let guest = Rc::new(Guest {
            config,
            terminals: Terminals::default(),
            uploads: uploads::Room::default(),
            stopping: false.into(),
            reaped: Notify::new(),
            shutdown,
        });
        let reaper = Rc::clone(&guest);
        let reaper = tokio::task::spawn_local(async move { init::reap_for_ever(&reaper).await });
        tokio::task::spawn_local(listener.serve(Rc::clone(&guest)));
        let grace = tokio::select! {
            _ = terminate.recv() => init::DEFAULT_GRACE,
            grace = requests.recv() => grace.unwrap_or(init::DEFAULT_GRACE),
            ended = reaper => return ended?.context("can't reap"),
        };
        init::shut_down(&guest, grace).await;
        Ok(())
    })
}
