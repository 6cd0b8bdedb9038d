//! `image/tools.txt`: what a session finds in its image, the package that brings it, and how it tells its version.

use anyhow::{Context as _, Result, bail};

use super::variant::Variant;

/// The list's place in the workspace.
pub const LIST: &str = "image/tools.txt";
/// Marks a package of npm's.
const NPM: &str = "npm:";
/// Stands where a distribution's release has no such package.
const NONE: &str = "-";

#[derive(Debug, PartialEq, Eq)]
pub struct Tools(pub Vec<Tool>);

#[derive(Debug, PartialEq, Eq)]
pub struct Tool {
    pub name: String,
    debian: Package,
    alpine: Package,
    /// For a shell. What it prints has the version in it.
    pub command: String,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Package {
    /// Of the distribution's.
    System(String),
    Npm(String),
    None,
}

impl Tools {
    /// Reads lines of name, package on Debian, package on Alpine, command.
    pub fn parse(text: &str) -> Result<Self> {
        let is_entry = |line: &&str| !line.is_empty() && !line.starts_with('#');
        let entries = text.lines().map(str::trim).enumerate().filter(|(_, line)| is_entry(line));
        let tools = entries.map(|(index, line)| {
            Tool::parse(line).with_context(|| format!("{LIST}:{}: it is not `name package package command`", index + 1))
        });
        let tools = Self(tools.collect::<Result<_>>()?);
        if tools.0.is_empty() {
            bail!("{LIST} names no tool");
        }
        Ok(tools)
    }
}

impl Tool {
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let mut next = || words.next().map(str::to_owned);
        let (name, debian, alpine) = (next()?, Package::of(next()?), Package::of(next()?));
        let command = words.collect::<Vec<_>>().join(" ");
        (!command.is_empty()).then_some(Self { name, debian, alpine, command })
    }

    pub fn package(&self, variant: Variant) -> &Package {
        match variant {
            Variant::Debian => &self.debian,
            Variant::Alpine => &self.alpine,
        }
    }
}

impl Package {
    fn of(word: String) -> Self {
        match word.strip_prefix(NPM) {
            Some(name) => Self::Npm(name.to_owned()),
            None if word == NONE => Self::None,
            None => Self::System(word),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_line_is_a_tool_its_packages_and_its_command() {
        let tools = Tools::parse("# A comment.\n\nyazi  -  yazi  yazi --version\ncodex npm:@a/b npm:@a/b codex -V\n");
        let [yazi, codex] = &tools.unwrap().0[..] else { panic!("two") };
        assert_eq!((yazi.name.as_str(), yazi.command.as_str()), ("yazi", "yazi --version"));
        assert_eq!(yazi.package(Variant::Debian), &Package::None);
        assert_eq!(yazi.package(Variant::Alpine), &Package::System("yazi".to_owned()));
        assert_eq!(codex.package(Variant::Alpine), &Package::Npm("@a/b".to_owned()));
    }

    #[test]
    fn a_line_that_lacks_something_is_named() {
        let error = Tools::parse("git git git git --version\nfd fd fd\n").unwrap_err();
        assert!(error.to_string().contains(":2:"), "{error:#}");
        assert!(Tools::parse("# Nothing.\n").is_err());
    }
}
