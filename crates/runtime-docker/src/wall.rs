//! The wall between sessions' networks and this host: rules of netfilter, by `iptables`, which engines need anyway.
//! They name interfaces by how ours begin, so they are the same for all sessions and stay when one goes.
//!
//! Without it a container reaches every address of the host's: an engine's network has the host for its gateway,
//! also one called internal.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;

/// What our networks' interfaces on the host begin with; the session's id is the rest. 15 characters is all that
/// the kernel allows.
pub(crate) const PREFIX: &str = "bt-";

/// How long `iptables` may take, which waits for others that are at the rules.
const LIMIT: Duration = Duration::from_secs(10);
/// How it ends when it looked for a rule that isn't there; other failures have other numbers.
const NO_SUCH_RULE: i32 = 1;
/// The same in its own words, seconds.
const LOCK_LIMIT: &str = "5";

/// Each with its table and chain. To the host's addresses before anything is translated (a published port is no
/// address of the host's afterwards); to whatever else ends on the host, broadcasts too; to link-local addresses,
/// where clouds keep credentials; from one session's network into another's.
const RULES: [(&str, &str, &[&str]); 4] = [
    ("raw", "PREROUTING", &["-i", "bt-+", "-m", "addrtype", "--dst-type", "LOCAL", "-j", "DROP"]),
    ("raw", "PREROUTING", &["-i", "bt-+", "-d", "169.254.0.0/16", "-j", "DROP"]),
    ("filter", "INPUT", &["-i", "bt-+", "-j", "DROP"]),
    ("filter", "FORWARD", &["-i", "bt-+", "-o", "bt-+", "-j", "DROP"]),
];

/// Sees that every rule is there, or says why one can't be; in another network namespace than ours, if one is named.
pub(crate) async fn raise(namespace: Option<&Path>) -> Result<(), String> {
    let check = |(table, chain, rule)| iptables(namespace, table, "-C", chain, rule);
    let found = futures::future::try_join_all(RULES.map(check)).await?;
    for ((table, chain, rule), is_there) in RULES.into_iter().zip(found) {
        if !is_there {
            iptables(namespace, table, "-I", chain, rule).await?;
        }
    }
    Ok(())
}

/// Runs it; false when `-C` finds no such rule.
async fn iptables(
    namespace: Option<&Path>,
    table: &str,
    action: &str,
    chain: &str,
    rule: &[&str],
) -> Result<bool, String> {
    let mut command = match namespace {
        None => Command::new("iptables"),
        Some(path) => {
            let mut command = Command::new("nsenter");
            command.arg(format!("--net={}", path.display())).args(["--", "iptables"]);
            command
        }
    };
    command.args(["-w", LOCK_LIMIT, "-t", table, action, chain]).args(rule);
    // Directories of root's are not on everybody's path.
    command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null()).kill_on_drop(true);
    let output = match timeout(LIMIT, command.output()).await {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return Err(format!("iptables can't be run: {error}")),
        Err(_) => return Err(format!("iptables took longer than {} s", LIMIT.as_secs())),
    };
    if output.status.success() {
        return Ok(true);
    }
    if action == "-C" && output.status.code() == Some(NO_SUCH_RULE) {
        return Ok(false);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said.lines().next().unwrap_or("iptables failed").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rules_name_our_interfaces_and_those_fit_the_kernel() {
        let all = format!("{PREFIX}+");
        assert!(RULES.iter().all(|(_, _, rule)| rule.contains(&all.as_str())));
        assert_eq!(PREFIX.len() + protocol::SessionId::LENGTH, 15);
    }
}
