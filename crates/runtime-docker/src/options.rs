//! What the driver has to be told.

use std::path::PathBuf;
use std::time::Duration;

/// Where the engine is, and how its containers are to be.
#[derive(Debug, Clone)]
pub struct Options {
    /// The engine's API: `unix:///run/docker.sock` or `tcp://host:2376`.
    pub url: String,
    /// For `tcp://`: who we are, and whom we believe.
    pub tls: Option<Tls>,
    /// The image that containers are made from. It has `/bin/bash`, and a user 1000 whose home is `/home/user`.
    pub image: String,
    /// What to do when the engine doesn't have the image.
    pub pull: Pull,
    /// The guest's binary on this host: static, and for the engine's machine.
    pub guest: PathBuf,
    /// A directory of the driver's own on this host, made if need be. Containers' private directories are in it.
    pub directory: PathBuf,
    /// The name of this installation, in the labels of all that it makes.
    pub installation: String,
    /// Which way out containers have.
    pub network: Network,
    /// The network namespace that the engine has its bridges in, when it isn't this process's own.
    pub network_namespace: Option<PathBuf>,
    /// How long the engine may take.
    pub patience: Patience,
}

/// How long the engine may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Over what reads only.
    pub look: Duration,
    /// Over all that making one container takes but its image; on a busy disk a layer takes a while.
    pub make: Duration,
    /// Over all that starting one takes. Less than the server gives to it, so that a start which is given up is over.
    pub start: Duration,
    /// Over the next bit of an image that is on its way.
    pub pull: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            look: Duration::from_secs(15),
            make: Duration::from_secs(45),
            start: Duration::from_secs(40),
            pull: Duration::from_secs(60),
        }
    }
}

/// Files for TLS, in PEM.
#[derive(Debug, Clone)]
pub struct Tls {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What to do when the engine doesn't have the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pull {
    /// Say so.
    Never,
    /// Get it from its registry.
    Missing,
}

/// Which way out containers have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// A network for each session, with the driver's own rules on this host between it and the host; loopback only
    /// where those can't be set.
    Walled,
    /// A network for each session, without the driver's rules: whoever runs the engine keeps containers from the
    /// host's addresses.
    Open,
    /// Loopback only.
    None,
}
