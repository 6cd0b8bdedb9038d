//! Packages of the operating system. On Debian and Ubuntu apt installs what is missing, on any other system
//! it is named and that is all.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;
use crate::workspace::Workspace;

/// Browsers that tests can drive.
pub const BROWSERS: &[&str] = &["chromium", "google-chrome", "google-chrome-stable", "chromium-browser"];

/// The oldest Node that the npm packages run on.
const NODE: u32 = 20;

/// Something of the system's that is needed.
pub struct Need {
    what: &'static str,
    /// The packages that bring it, on Debian and on Ubuntu.
    packages: (&'static [&'static str], &'static [&'static str]),
    sign: Sign,
}

/// By what it is known that a need is met.
enum Sign {
    /// One of these programs is there.
    Program(&'static [&'static str]),
    /// pkg-config knows this library.
    Library(&'static str),
    /// A file with this name is in this folder, or in one of its subfolders that end like that.
    Beneath { folder: &'static str, file: &'static str },
}

const fn need(what: &'static str, package: &'static [&'static str], sign: Sign) -> Need {
    Need { what, packages: (package, package), sign }
}

pub const FOR_SERVE: &[Need] = &[
    need("a C compiler and the C library's headers", &["gcc", "libc6-dev"], Sign::Program(&["cc"])),
    need("pkg-config", &["pkg-config"], Sign::Program(&["pkg-config"])),
    need("libseccomp with its headers", &["libseccomp-dev"], Sign::Library("libseccomp")),
    need("a C compiler for musl", &["musl-tools"], Sign::Program(&["musl-gcc"])),
    need("pasta, which gives containers their network", &["passt"], Sign::Program(&["pasta"])),
];

pub const FOR_TEST: &[Need] = &[
    Need {
        what: "Chromium or Chrome",
        packages: (&["chromium"], &["chromium-browser"]),
        sign: Sign::Program(BROWSERS),
    },
    Need {
        what: "ChromeDriver",
        packages: (&["chromium-driver"], &["chromium-chromedriver"]),
        sign: Sign::Program(&["chromedriver"]),
    },
    need("newuidmap, for containers without root", &["uidmap"], Sign::Program(&["newuidmap"])),
    need("Docker's engine, which a driver is tested with", &["docker.io"], Sign::Program(&["dockerd"])),
    need("Podman, which it is tested with too", &["podman"], Sign::Program(&["podman"])),
    need("crun, which runs Podman's containers", &["crun"], Sign::Program(&["crun"])),
    need("faketime, which moves a server's clock", &["faketime"], Sign::Program(&["faketime"])),
    need("the PostgreSQL server", &["postgresql"], Sign::Beneath { folder: "/usr/lib/postgresql", file: "bin/initdb" }),
    need(
        "a font with box-drawing characters",
        &["fonts-dejavu-core"],
        Sign::Beneath { folder: "/usr/share/fonts/truetype", file: "DejaVuSansMono.ttf" },
    ),
];

pub const FOR_BENCH: &[Need] =
    &[need("nginx, which file transfers are measured beside", &["nginx-light"], Sign::Program(&["nginx"]))];

pub const FOR_IMAGE: &[Need] = &[need(
    "debootstrap, which makes a Debian system out of packages",
    &["debootstrap"],
    Sign::Program(&["debootstrap"]),
)];

/// Sees that the needs are met, and Node with them.
pub fn install(workspace: &Workspace, needs: &[Need]) -> Result<String> {
    check_node(workspace)?;
    let missing: Vec<&Need> = needs.iter().filter(|need| !is_met(workspace, need)).collect();
    if missing.is_empty() {
        return Ok("all there".into());
    }
    let names = missing.iter().map(|need| need.what).collect::<Vec<_>>().join("; ");
    let Some(distribution) = Distribution::read() else {
        bail!("this system is neither Debian nor Ubuntu. Install what is missing, then run this again: {names}");
    };
    let packages: Vec<&str> = missing.iter().flat_map(|need| distribution.packages(need)).copied().collect();
    apt(workspace, &packages)?;
    let still: Vec<&str> = missing.iter().filter(|need| !is_met(workspace, need)).map(|need| need.what).collect();
    if !still.is_empty() {
        bail!("apt installed {}, and yet this is missing: {}", packages.join(" "), still.join("; "));
    }
    Ok(format!("installed {}", packages.join(" ")))
}

fn check_node(workspace: &Workspace) -> Result<()> {
    if workspace.which(&["npm"]).is_none() || workspace.which(&["node"]).is_none() {
        bail!("Node.js {NODE} or later with npm is missing. Install it, then run this again");
    }
    let printed = process::output(workspace.command("node").arg("--version"))?;
    let major = printed.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    if major.is_none_or(|major| major < NODE) {
        bail!("Node.js {NODE} or later is needed; `node --version` says {}", printed.trim());
    }
    Ok(())
}

fn is_met(workspace: &Workspace, need: &Need) -> bool {
    match need.sign {
        Sign::Program(names) => workspace.which(names).is_some(),
        Sign::Library(name) => process::output(workspace.command("pkg-config").args(["--exists", name])).is_ok(),
        Sign::Beneath { folder, file } => {
            let folder = Path::new(folder);
            let subfolders = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
            folder.join(file).is_file() || subfolders.into_iter().any(|sub| sub.join(file).is_file())
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Distribution {
    Debian,
    Ubuntu,
}

impl Distribution {
    /// The one this machine runs, when it is one of ours.
    fn read() -> Option<Self> {
        fs::read_to_string("/etc/os-release").ok().and_then(|release| Self::parse(&release))
    }

    fn parse(release: &str) -> Option<Self> {
        let value = |key: &str| {
            release.lines().find_map(|line| line.strip_prefix(key)).map(|value| value.trim_matches('"').to_owned())
        };
        let ids = format!("{} {}", value("ID=").unwrap_or_default(), value("ID_LIKE=").unwrap_or_default());
        let is = |name: &str| ids.split_whitespace().any(|id| id == name);
        // Ubuntu is "like debian", so it comes first.
        if is("ubuntu") { Some(Self::Ubuntu) } else { is("debian").then_some(Self::Debian) }
    }

    fn packages(self, need: &Need) -> &'static [&'static str] {
        match self {
            Self::Debian => need.packages.0,
            Self::Ubuntu => need.packages.1,
        }
    }
}

/// Installs packages; reads the lists of packages anew only when the old ones don't do.
fn apt(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    eprintln!("      apt installs {}", packages.join(" "));
    let install = || {
        let mut command = as_root(workspace)?;
        command.args(["apt-get", "install", "--yes", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]);
        process::run(command.args(packages))
    };
    let has_lists = fs::read_dir("/var/lib/apt/lists")
        .is_ok_and(|lists| lists.flatten().any(|list| list.file_name().to_string_lossy().contains("_Packages")));
    if has_lists && install().is_ok() {
        return Ok(());
    }
    process::run(as_root(workspace)?.args(["apt-get", "update", "-o", "DPkg::Lock::Timeout=300"]))?;
    install().with_context(|| format!("apt can't install {}", packages.join(" ")))
}

/// `env`, by root, without questions.
fn as_root(workspace: &Workspace) -> Result<Command> {
    let mut command = if is_root() {
        workspace.command("env")
    } else if workspace.which(&["sudo"]).is_some() {
        let mut command = workspace.command("sudo");
        command.arg("env");
        command
    } else {
        bail!("packages can be installed by root only, and there is no sudo");
    };
    command.arg("DEBIAN_FRONTEND=noninteractive");
    Ok(command)
}

/// Whether we are root.
pub fn is_root() -> bool {
    // The owner of our own process directory is our effective user.
    use std::os::unix::fs::MetadataExt;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ubuntu_and_what_is_like_it_is_told_from_debian() {
        assert_eq!(Distribution::parse("ID=debian\n"), Some(Distribution::Debian));
        assert_eq!(Distribution::parse("ID=ubuntu\nID_LIKE=debian\n"), Some(Distribution::Ubuntu));
        assert_eq!(Distribution::parse("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), Some(Distribution::Ubuntu));
        assert_eq!(Distribution::parse("ID=raspbian\nID_LIKE=debian\n"), Some(Distribution::Debian));
        assert_eq!(Distribution::parse("ID=fedora\n"), None);
    }
}
