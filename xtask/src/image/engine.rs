//! Docker or Podman, by their own commands. It knows nothing of what is built.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use clap::ValueEnum;

use super::context::Context;
use crate::process;
use crate::workspace::Workspace;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Docker,
    Podman,
}

impl Kind {
    /// In the order in which they are tried.
    const ALL: [Self; 2] = [Self::Docker, Self::Podman];

    fn program(self) -> &'static str {
        match self {
            Self::Docker => "docker",
            Self::Podman => "podman",
        }
    }

    /// The flag that says where it listens.
    fn host(self) -> &'static str {
        match self {
            Self::Docker => "--host",
            Self::Podman => "--url",
        }
    }

    /// What its version is asked for with. Docker's client has one of its own, whether there is an engine or not.
    fn version(self) -> &'static str {
        match self {
            Self::Docker => "{{.Server.Version}}",
            Self::Podman => "{{.Client.Version}}",
        }
    }
}

/// Variables that say how the network is reached: builds get them, and leave nothing of them in the image.
const PROXIES: &[&str] =
    &["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy"];

/// One that answers.
pub struct Engine {
    kind: Kind,
    program: PathBuf,
    host: Option<String>,
    version: String,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.program(), self.version)
    }
}

impl Engine {
    /// The wanted one, or the first that answers.
    pub fn find(workspace: &Workspace, wanted: Option<Kind>, host: Option<&str>) -> Result<Self> {
        let kinds = wanted.map_or_else(|| Kind::ALL.to_vec(), |kind| vec![kind]);
        let mut reasons = Vec::new();
        for kind in kinds {
            let name = kind.program();
            let Some(program) = workspace.which(&[name]) else {
                reasons.push(format!("{name} is not installed"));
                continue;
            };
            let mut engine = Self { kind, program, host: host.map(str::to_owned), version: String::new() };
            match process::output(engine.command().args(["version", "--format", kind.version()])) {
                Ok(version) => {
                    version.trim().clone_into(&mut engine.version);
                    return Ok(engine);
                }
                Err(error) => reasons.push(format!("{name} does not answer: {error:#}")),
            }
        }
        bail!(
            "an image is built by Docker or Podman. Install or start one, or say with --host where it listens:\n{}",
            reasons.join("\n")
        )
    }

    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(self.host.iter().flat_map(|host| [self.kind.host(), host]));
        command
    }

    pub fn has_image(&self, name: &str) -> Result<bool> {
        let ids = process::output(self.command().args(["images", "--quiet", name]))?;
        Ok(!ids.trim().is_empty())
    }

    pub fn pull(&self, name: &str) -> Result<()> {
        process::run(self.command().args(["pull", name]))
    }

    /// Makes an image of the tar of a root directory.
    pub fn import(&self, tar: &Path, name: &str) -> Result<()> {
        process::output(self.command().arg("import").arg(tar).arg(name)).map(drop)
    }

    pub fn build(&self, context: &Context, containerfile: &str, base: &str, tag: &str) -> Result<()> {
        let mut command = self.command();
        command.args(["build", "--file"]).arg(context.path().join(containerfile)).args(["--tag", tag]);
        command.args(["--build-arg", &format!("BASE={base}")]);
        for name in PROXIES.iter().filter(|name| env::var_os(name).is_some()) {
            command.args(["--build-arg", name]);
        }
        // This host's own network: it knows the way to the mirrors it was set up with, which a bridge may not.
        command.args(["--network", "host"]);
        if self.kind == Kind::Podman {
            // The base is there; asking a registry for a newer one fails where there is none.
            command.arg("--pull=never");
        }
        process::run(command.arg(context.path()))
    }

    /// How large an image is, as people read it.
    pub fn size(&self, name: &str) -> Result<String> {
        let bytes = process::output(self.command().args(["image", "inspect", "--format", "{{.Size}}", name]))?;
        let bytes: u64 = bytes.trim().parse().with_context(|| format!("the size of {name} is {bytes:?}"))?;
        Ok(format!("{} MB", bytes / BYTES_PER_MEGABYTE))
    }
}

/// As engines count.
const BYTES_PER_MEGABYTE: u64 = 1_000_000;
