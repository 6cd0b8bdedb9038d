//! What the engine lets the driver enforce, in words for the person who runs the server.

use runtime::{Enforcement, Health};

use crate::engine::Engine;
use crate::options::Network;

/// What was found out for an account of ourselves.
pub(crate) struct Found {
    pub engine: Engine,
    /// Why no container can be made, if so.
    pub obstacle: Option<String>,
    pub network: Network,
    /// Why the wall can't be, if so.
    pub wall: Result<(), String>,
    /// Whether the engine has refused to limit a container's files.
    pub refuses_disk_limit: bool,
}

pub(crate) fn unavailable(why: String) -> Health {
    Health { available: false, summary: why, enforcement: Vec::new() }
}

pub(crate) fn of(found: &Found) -> Health {
    let engine = &found.engine;
    let limit = |name: &str, is_there: bool| {
        if is_there {
            yes(name, "by the engine, with cgroups")
        } else {
            not(name, "the engine says that it can't here")
        }
    };
    let disk = if found.refuses_disk_limit {
        not("disk", &format!("the engine's storage ({}) refused it", engine.storage))
    } else if engine.may_limit_disk {
        yes("disk", &format!("by the engine's storage ({}), without the home", engine.storage))
    } else {
        not("disk", &format!("the engine's storage ({}) has no limits; a session can fill its disk", engine.storage))
    };
    let enforcement = vec![
        limit("cpu", engine.cpu),
        limit("memory", engine.memory),
        limit("pids", engine.pids),
        disk,
        network(found),
        if engine.seccomp {
            yes("seccomp", "a filter narrower than the engine's own")
        } else {
            not("seccomp", "the engine was built without it, or the kernel was")
        },
        if engine.is_rootless {
            yes("user_namespace", "the engine runs without root")
        } else {
            not("user_namespace", "root inside is the host's, with six capabilities and no way to gain any")
        },
    ];
    let summary = found.obstacle.clone().unwrap_or_else(|| engine.name.clone());
    Health { available: found.obstacle.is_none(), summary, enforcement }
}

/// Whether there is a way out that does not lead to the host.
fn network(found: &Found) -> Enforcement {
    match (found.network, &found.wall) {
        (Network::None, _) => not("network", "containers have loopback only: it is configured so"),
        (Network::Open, _) => {
            not("network", "a network for each session; that it keeps the host out of reach is left to whoever runs it")
        }
        (Network::Walled, Ok(())) => yes("network", "a network for each session, walled off from the host by iptables"),
        (Network::Walled, Err(why)) => {
            not("network", &format!("containers have loopback only, for the host can't be walled off: {why}"))
        }
    }
}

fn yes(name: &str, detail: &str) -> Enforcement {
    Enforcement { name: name.to_owned(), enforced: true, detail: detail.to_owned() }
}

fn not(name: &str, detail: &str) -> Enforcement {
    Enforcement { name: name.to_owned(), enforced: false, detail: detail.to_owned() }
}
