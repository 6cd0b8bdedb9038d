//! The distributions that the image is made of.

use std::fmt;

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::workspace::Workspace;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Variant {
    Debian,
    Alpine,
}

impl Variant {
    pub const ALL: [Self; 2] = [Self::Debian, Self::Alpine];

    /// Its file's name in `image/`.
    pub fn containerfile(self) -> &'static str {
        match self {
            Self::Debian => "Containerfile",
            Self::Alpine => "Containerfile.alpine",
        }
    }

    /// The image that its file names as base.
    pub fn base(self, workspace: &Workspace) -> Result<String> {
        let path = format!("image/{}", self.containerfile());
        base(&workspace.read(&path)?).map(str::to_owned).with_context(|| format!("{path} has no `ARG BASE=`"))
    }

    /// Debian's name for the release that its file builds on, if it is Debian's.
    pub fn suite(self, workspace: &Workspace) -> Result<Option<String>> {
        Ok(suite(&self.base(workspace)?).map(str::to_owned))
    }
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Debian => "Debian",
            Self::Alpine => "Alpine",
        })
    }
}

fn base(containerfile: &str) -> Option<&str> {
    containerfile.lines().find_map(|line| line.strip_prefix("ARG BASE="))
}

fn suite(base: &str) -> Option<&str> {
    base.strip_prefix("debian:").map(|tag| tag.trim_end_matches("-slim"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_is_that_of_the_containerfile() {
        assert_eq!(base("# A.\nARG BASE=debian:trixie-slim\nFROM ${BASE}\n"), Some("debian:trixie-slim"));
        assert_eq!(base("FROM debian\n"), None);
        assert_eq!(suite("debian:trixie-slim"), Some("trixie"));
        assert_eq!(suite("alpine:3.23"), None);
    }
}
