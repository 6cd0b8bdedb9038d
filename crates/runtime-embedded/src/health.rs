//! What this host lets the driver enforce, in words for the person who runs the server.

use std::path::Path;

use runtime::{Enforcement, Health, RuntimeError};

use crate::cgroup::{Controller, Hierarchies};
use crate::identity::Identity;
use crate::request::Probed;

/// The driver's account of itself. `identity` is none when we are root.
pub(crate) fn of(
    hierarchies: &Hierarchies,
    identity: Option<Identity>,
    few_ids: Option<String>,
    pasta: Option<&Path>,
    probed: &Result<Probed, RuntimeError>,
    guest_binary: &Path,
) -> Health {
    let obstacle = match probed {
        Err(error) => Some(error.to_string()),
        Ok(probed) => probed.namespaces.clone().map(|why| format!("namespaces can't be made: {why}")),
    }
    .or_else(|| (!guest_binary.is_file()).then(|| format!("there is no guest at {}", guest_binary.display())));
    let mut enforcement = vec![
        limit(hierarchies, "cpu", Controller::Cpu),
        limit(hierarchies, "memory", Controller::Memory),
        limit(hierarchies, "pids", Controller::Pids),
        not("disk", "this driver sets no disk quotas yet; a session can fill the disk its files are on"),
        network(pasta, probed),
        yes("seccomp", "libseccomp, with a second filter on arguments"),
        user_namespace(identity, few_ids),
    ];
    let writable = probed.as_ref().ok().map(|probed| probed.writable_usr.clone());
    enforcement.push(match writable {
        Some(None) => yes("root_filesystem", "the host's /usr beneath a writable layer of the container's own"),
        Some(Some(why)) => not("root_filesystem", &format!("/usr is read-only: {why}")),
        None => not("root_filesystem", "unknown"),
    });
    let summary = match &obstacle {
        Some(why) => why.clone(),
        None => format!("libcontainer, {}", if identity.is_none() { "as root" } else { "without root" }),
    };
    Health { available: obstacle.is_none(), summary, enforcement }
}

/// That a container is kept from the host's network always holds; what may be missing is a way out.
fn network(pasta: Option<&Path>, probed: &Result<Probed, RuntimeError>) -> Enforcement {
    match (pasta, probed) {
        (Some(path), _) => yes("network", &format!("outbound IPv4 through {}", path.display())),
        (None, Ok(Probed { network: Some(why), .. })) => {
            not("network", &format!("containers have loopback only: {why}"))
        }
        (None, _) => not("network", "containers have loopback only: pasta (Debian's passt) is not installed"),
    }
}

fn user_namespace(identity: Option<Identity>, few_ids: Option<String>) -> Enforcement {
    match identity {
        None | Some(Identity::Range { .. }) => {
            yes("user_namespace", "each container has 65,536 host ids that nothing else has")
        }
        Some(Identity::Kept { .. }) => {
            yes("user_namespace", "programs have the server's user id, root and the others its subordinate ids")
        }
        Some(Identity::Subordinate { .. }) => {
            yes("user_namespace", "root inside is the server's user, others are its subordinate ids")
        }
        Some(Identity::Single { .. }) => {
            let why = few_ids.unwrap_or_default();
            not("user_namespace", &format!("programs and guest share the server's user id: {why}"))
        }
    }
}

fn limit(hierarchies: &Hierarchies, name: &str, controller: Controller) -> Enforcement {
    match hierarchies.version(controller) {
        Some(version) => yes(name, &format!("cgroup version {version}")),
        None => not(name, &format!("no {name} cgroup that this process may write to")),
    }
}

fn yes(name: &str, detail: &str) -> Enforcement {
    Enforcement { name: name.to_owned(), enforced: true, detail: detail.to_owned() }
}

fn not(name: &str, detail: &str) -> Enforcement {
    Enforcement { name: name.to_owned(), enforced: false, detail: detail.to_owned() }
}
