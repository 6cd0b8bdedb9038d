//! Logs: on standard error, pretty on a terminal and one JSON object a line otherwise.
//!
//! Standard output is for what a person or a script reads: the sign-in address, `berth config`.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// Begins to log what `filter` lets through, and sends panics there too.
///
/// # Errors
/// When the filter can't be parsed or something logs already.
pub fn start(filter: &str) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let filter = EnvFilter::try_new(filter)?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() {
        logs.compact().try_init()?;
    } else {
        logs.json().flatten_event(true).with_current_span(true).with_span_list(false).try_init()?;
    }
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(%panic, %backtrace, "panicked");
    }));
    Ok(())
}

/// Warns, one line each, of everything that the runtime does not enforce here.
pub fn warn_of_gaps(runtime: &str, health: &runtime::Health) {
    if !health.available {
        tracing::error!(runtime, reason = health.summary, "containers can't be started on this machine");
    }
    for gap in health.enforcement.iter().filter(|item| !item.enforced) {
        tracing::warn!(runtime, name = gap.name, reason = gap.detail, "not enforced on this machine");
    }
}
