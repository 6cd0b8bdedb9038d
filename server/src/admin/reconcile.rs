//! `berth admin reconcile`: by the server that has the data directory, or without one here, with the directory held
//! meanwhile. Either way there is one at most who works on the containers.

use std::future::Future;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use app::backend::Operations as _;
use app::model::operations::{Reconcile, Reconciled};
use runtime::Runtime;

use super::AdminError;
use crate::config::Config;
use crate::control::{self, Order, command_line};
use crate::data_dir::{DataDir, DataDirError};
use crate::database::Database;
use crate::operations::OperationsService;
use crate::sessions::SessionService;
use crate::shutdown::Shutdown;
use crate::storage::Layout;

/// How long what was begun may take to end. Sessions' owners end at once.
const END_LIMIT: Duration = Duration::from_secs(5);

/// Brings sessions and containers together, with the driver that `open` opens if no server runs; writes a line for
/// each thing to `out`.
///
/// # Errors
/// See [`AdminError`]; [`AdminError::Undone`] after the lines, when some of it could not be done.
pub(super) async fn run<Opening>(
    database: &Database,
    config: &Config,
    how: Reconcile,
    open: impl FnOnce() -> Opening,
    out: &mut impl Write,
) -> Result<(), AdminError>
where
    Opening: Future<Output = Result<Arc<dyn Runtime>, String>>,
{
    let Reconciled { dry_run, mended } = match DataDir::take(&config.data_dir) {
        Ok(_held) => here(database, config, how, open).await?,
        Err(DataDirError::Taken { .. }) => control::ask(&config.data_dir, &Order::Reconcile(how)).await??,
        Err(error) => return Err(error.into()),
    };
    for one in &mended {
        writeln!(out, "{}", one.line(dry_run))?;
    }
    if mended.is_empty() {
        writeln!(out, "nothing to mend")?;
    }
    match mended.iter().filter(|one| one.failed.is_some()).count() {
        0 => Ok(()),
        undone => Err(AdminError::Undone(undone)),
    }
}

/// Without a server. Sessions in the middle of something are left to the next one.
async fn here<Opening>(
    database: &Database,
    config: &Config,
    how: Reconcile,
    open: impl FnOnce() -> Opening,
) -> Result<Reconciled, AdminError>
where
    Opening: Future<Output = Result<Arc<dyn Runtime>, String>>,
{
    let runtime = open().await.map_err(AdminError::Runtime)?;
    let shutdown = Shutdown::new();
    let sessions = SessionService::idle(
        database.clone(),
        Arc::clone(&runtime),
        config.rules.clone(),
        Layout::new(&config.data_dir),
        shutdown.clone(),
    );
    let operations = OperationsService::new(database.clone(), runtime, sessions, config);
    let outcome = operations.reconcile(&command_line(), how).await;
    shutdown.begin();
    if !shutdown.finished(END_LIMIT).await {
        tracing::warn!("tasks were cut at the end");
    }
    Ok(outcome?)
}
