//! The one place that names a driver.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;

use berth::config::Config;
use runtime::Runtime;

/// The hidden command under which this binary is the embedded runtime's short-lived helper.
pub const HELPER: &str = "container-helper";

/// Is the helper: the arguments after [`HELPER`].
pub fn helper(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    runtime_embedded::helper_main(arguments)
}

/// The runtime that this configuration wants.
///
/// # Errors
/// When it can't be set up at all. One that can't start containers on this machine says so in its health.
pub async fn open(config: &Config) -> anyhow::Result<Arc<dyn Runtime>> {
    let settings = runtime_embedded::Config {
        data_dir: config.data_dir.join("containers"),
        guest_binary: config.guest.clone(),
        helper: std::env::current_exe()?,
        helper_args: vec![HELPER.into()],
    };
    Ok(Arc::new(runtime_embedded::Embedded::open(settings).await?))
}
