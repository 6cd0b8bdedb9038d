//! The conformance suite on this kernel, as root.

use crate::support::Here;
use runtime::conformance::Rig;

async fn rig() -> Rig {
    assert!(nix::unistd::Uid::effective().is_root(), "this suite has to run as root; rootless.rs is the one without");
    Rig::new(Box::new(Here::new())).await
}

runtime::conformance_suite!(rig);
