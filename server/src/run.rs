//! `berth serve` and `berth health`: from a checked configuration to an exit code.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use berth::app::App;
use berth::config::{AdminCommand, Config, Environment};
use berth::data_dir::DataDir;
use berth::settings::from_here;
use berth::shutdown::Shutdown;
use berth::tls::Certificate;
use berth::{control, http, logging, memory, operations, site, tls};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::runtimes;

/// Fewest workers: one busy with a page must not keep a key from its terminal.
const LEAST_WORKERS: usize = 2;
/// Most workers. The work is copying; more threads only cost memory.
const MOST_WORKERS: usize = 8;
/// Threads for blocking calls, of which there are few: files of the site, files of the runtime.
const BLOCKING_THREADS: usize = 16;
/// How long a thread for blocking calls waits for the next.
const BLOCKING_IDLE: Duration = Duration::from_secs(5);
/// How long sockets and tasks may take to end, after the connections' own limit. Both together, and the
/// database's end, stay under the five seconds that a service manager is promised.
const TASKS_LIMIT: Duration = Duration::from_secs(1);
/// From the signal to the exit, whatever happens.
const SHUTDOWN_LIMIT: Duration = Duration::from_millis(4_800);
/// How long `berth health` waits for the server.
const HEALTH_LIMIT: Duration = Duration::from_secs(3);

/// Serves until SIGTERM or SIGINT.
pub fn serve(config: Config, environment: &Environment) -> anyhow::Result<ExitCode> {
    memory::keep_small();
    let data_dir = DataDir::take(&config.data_dir)?;
    let workers = std::thread::available_parallelism().map_or(LEAST_WORKERS, usize::from);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers.clamp(LEAST_WORKERS, MOST_WORKERS))
        .max_blocking_threads(BLOCKING_THREADS)
        .thread_keep_alive(BLOCKING_IDLE)
        .thread_name("berth")
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(serve_until_signal(config, environment));
    // A task that is stuck in a blocking call must not hold up the exit.
    runtime.shutdown_background();
    drop(data_dir);
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn serve_until_signal(mut config: Config, environment: &Environment) -> anyhow::Result<()> {
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("can't listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    // The port that was really taken, when any was asked for.
    config.listen = address;
    logging::start(&config.log).map_err(|error| anyhow::anyhow!("can't log: {error}"))?;
    let certificate = config.tls.clone().map(Certificate::read).transpose().context("TLS can't be served")?;
    let acceptor = certificate.as_ref().map(Certificate::acceptor).transpose().context("TLS can't be served")?;
    let opened = runtimes::open(&config).await.context("the container runtime can't be opened")?;
    let (leptos, site_root) = site::find(environment).map_err(anyhow::Error::msg)?;

    let shutdown = Shutdown::new();
    let app = App::builder(config, Arc::clone(&opened.runtime))
        .site(leptos, site_root)
        .shutdown(shutdown.clone())
        .build()
        .await?;
    on_signal(shutdown.clone())?;
    site::warn_if_empty(&app.leptos, &app.site_root);
    opened.log();
    let (health, others) = operations::healths(&*app.runtime).await;
    logging::warn_of_gaps(app.runtime.name(), &health);
    for (name, health) in &others {
        logging::warn_of_gaps(name, health);
    }
    let control = control::listen(&app.config.data_dir).context("can't listen in the data directory")?;
    shutdown.spawn(control::serve(control, Arc::clone(&app.operations), shutdown.clone()));
    announce(&app, address)?;
    if let Some(certificate) = certificate {
        shutdown.spawn(certificate.watch(shutdown.clone()));
    }
    let router = http::router(app.clone());
    memory::forget_unused();
    shutdown.spawn(app.requests.clone().rest_between(shutdown.clone()));
    let mut server = tokio::spawn(http::serve_router(listener, acceptor, router, app.clone()));
    let failed = tokio::select! {
        // First: an orderly end ends the loop too.
        biased;
        () = shutdown.begun() => None,
        ended = &mut server => Some(ended.err()),
    };
    if let Some(error) = failed {
        shutdown.begin();
        app.close(TASKS_LIMIT).await;
        anyhow::bail!("the server's loop ended: {}", error.map_or_else(String::new, |error| error.to_string()));
    }
    let end = async {
        if let Err(error) = server.await {
            tracing::error!(%error, "the server's loop failed");
        }
        app.close(TASKS_LIMIT).await;
    };
    if tokio::time::timeout(SHUTDOWN_LIMIT, end).await.is_err() {
        tracing::warn!("shutdown took too long and was cut");
    }
    tracing::info!("stopped; containers go on");
    Ok(())
}

/// Tells people where it is, and whoever sets it up with what. Standard output and not the log, which others
/// may read.
fn announce(app: &App, address: SocketAddr) -> std::io::Result<()> {
    let place = app.settings.current().address_for_people(address);
    let mut out = std::io::stdout().lock();
    match app.auth.setup.reveal() {
        Some(token) => writeln!(
            out,
            "Berth is ready to be set up. This link makes the administrator:\n\n  {place}/setup?token={token}\n"
        )?,
        None => writeln!(out, "Berth is ready:\n\n  {place}/\n")?,
    }
    out.flush()?;
    tracing::info!(%address, version = env!("CARGO_PKG_VERSION"), "listening");
    Ok(())
}

fn on_signal(shutdown: Shutdown) -> std::io::Result<()> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("stopping");
        shutdown.begin();
    });
    Ok(())
}

/// Runs an administrator's command on the database that this configuration names.
pub fn admin(config: &Config, command: AdminCommand) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut told = Vec::new();
    let open = async || {
        let opened = runtimes::open(config).await.map_err(|error| format!("{error:#}"))?;
        Ok(opened.runtime)
    };
    let outcome = runtime.block_on(berth::admin::run(config, command, open, &mut told));
    std::io::stdout().write_all(&told)?;
    outcome.map(|()| ExitCode::SUCCESS).map_err(anyhow::Error::from)
}

/// Asks the server that this configuration describes whether it is alive.
pub fn health(config: &Config) -> anyhow::Result<ExitCode> {
    match ask_health(config) {
        Ok(()) => {
            println!("alive: {}", config.listen);
            Ok(ExitCode::SUCCESS)
        }
        Err(error) => {
            eprintln!("berth: no live server on {}: {error:#}", config.listen);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn ask_health(config: &Config) -> anyhow::Result<()> {
    let address = from_here(config.listen);
    let mut stream = TcpStream::connect_timeout(&address, HEALTH_LIMIT)?;
    stream.set_read_timeout(Some(HEALTH_LIMIT))?;
    stream.set_write_timeout(Some(HEALTH_LIMIT))?;
    let head = match &config.tls {
        None => ask(&mut stream, address)?,
        Some(files) => ask(&mut tls::client(files, stream)?, address)?,
    };
    anyhow::ensure!(&head == b"HTTP/1.1 200", "it answered {:?}", String::from_utf8_lossy(&head));
    Ok(())
}

/// The beginning of the answer.
fn ask(stream: &mut (impl Read + Write), address: SocketAddr) -> anyhow::Result<[u8; 12]> {
    write!(stream, "GET /health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(head)
}
