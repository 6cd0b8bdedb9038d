//! That both Containerfiles install every tool of the one list.

use std::collections::BTreeSet;

use anyhow::Result;

use super::finding::Finding;
use super::pins::{self, Pins};
use super::tree::Tree;
use crate::image::tools::{self, Package, Tools};
use crate::image::variant::Variant;

/// The commands that install packages of a distribution's.
const INSTALLERS: &[&str] = &["apt-get install", "apk add"];

pub fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let tools = Tools::parse(tree.text(tools::LIST)?)?;
    let packages = tree.text(pins::PACKAGES)?;
    let mut findings = pins::check(packages, tree.text(pins::LOCK)?)?;
    let pins = Pins::parse(packages)?;
    for variant in Variant::ALL {
        let file = format!("image/{}", variant.containerfile());
        let installed = installed(tree.text(&file)?);
        for tool in &tools.0 {
            match tool.package(variant) {
                Package::System(package) if !installed.contains(package.as_str()) => {
                    findings.push(Finding::new(&file, format!("`{package}` is not installed, for {}", tool.name)));
                }
                Package::Npm(package) if pins.version(package).is_none() => {
                    findings.push(Finding::new(pins::PACKAGES, format!("`{package}` is missing, for {}", tool.name)));
                }
                Package::System(_) | Package::Npm(_) | Package::None => {}
            }
        }
    }
    Ok(findings)
}

/// What the last stage of a Containerfile installs.
fn installed(containerfile: &str) -> BTreeSet<&str> {
    let stages = containerfile.rsplit("\nFROM ");
    let last = stages.into_iter().next().unwrap_or_default();
    let mut packages = BTreeSet::new();
    let mut is_open = false;
    for line in last.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        let mut rest = line;
        if let Some((_, after)) = INSTALLERS.iter().find_map(|installer| line.split_once(installer)) {
            (is_open, rest) = (true, after);
        } else if line.starts_with("&&") {
            is_open = false;
        }
        if is_open {
            packages.extend(rest.split_whitespace().filter(|word| !word.starts_with(['-', '\\'])));
        }
        is_open &= line.ends_with('\\');
    }
    packages
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn what_the_last_stage_installs_is_read_over_lines() {
        let text = "FROM a AS b\nRUN apk add first\nFROM a\nRUN apt-get update \\\n  && X=y apt-get install --yes \\\n\
                    # A comment.\n  git gh \\\n  jq \\\n  && ln -s x y\nRUN apk add tree\nRUN echo htop\n";
        assert_eq!(installed(text).into_iter().collect::<Vec<_>>(), ["gh", "git", "jq", "tree"]);
    }

    #[test]
    fn a_tool_that_one_variant_lacks_is_found() {
        let found = |alpine: &str, packages: &str| {
            let lock = r#"{"packages": {"node_modules/c": {"version": "1.0.0"}}}"#;
            let tree = Tree::of(&[
                (tools::LIST, "git git git git --version\nyazi - yazi yazi --version\nc npm:c npm:c c --version\n"),
                ("image/Containerfile", "FROM a\nRUN apt-get install git\n"),
                ("image/Containerfile.alpine", alpine),
                (pins::PACKAGES, packages),
                (pins::LOCK, lock),
            ]);
            check(&tree).unwrap().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let pinned = r#"{"dependencies": {"c": "1.0.0"}}"#;
        assert!(found("FROM a\nRUN apk add git yazi\n", pinned).is_empty());
        let lacks = found("FROM a\nRUN apk add git\n", pinned);
        assert!(lacks.len() == 1 && lacks[0].contains("Containerfile.alpine: `yazi`"), "{lacks:?}");
        assert_eq!(found("FROM a\nRUN apk add git yazi\n", "{}").len(), 2);
    }
}
