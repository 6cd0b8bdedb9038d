//! The npm packages of the session image: each of one exact version, and locked for every system it is built for.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::finding::Finding;
use crate::workspace::Workspace;

pub const PACKAGES: &str = "image/agents/package.json";
pub const LOCK: &str = "image/agents/package-lock.json";

/// Which version each package has to be of, by its name.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Pins {
    dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
}

impl Pins {
    pub fn read(workspace: &Workspace) -> Result<Self> {
        Self::parse(&workspace.read(PACKAGES)?)
    }

    pub fn parse(text: &str) -> Result<Self> {
        serde_json::from_str(text).context(PACKAGES)
    }

    pub fn version(&self, package: &str) -> Option<&str> {
        self.dependencies.get(package).or_else(|| self.optional_dependencies.get(package)).map(String::as_str)
    }

    fn all(&self) -> impl Iterator<Item = (&String, &String)> {
        self.dependencies.iter().chain(&self.optional_dependencies)
    }
}

#[derive(Deserialize)]
struct Lock {
    packages: BTreeMap<String, Locked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Locked {
    version: Option<String>,
    #[serde(default)]
    optional_dependencies: BTreeMap<String, String>,
}

/// `packages` is the text of [`PACKAGES`], `lock` that of [`LOCK`].
pub fn check(packages: &str, lock: &str) -> Result<Vec<Finding>> {
    let pins = Pins::parse(packages)?;
    let lock: Lock = serde_json::from_str(lock).context(LOCK)?;
    let mut findings = Vec::new();
    for (name, version) in pins.all() {
        if !is_exact(version) {
            findings.push(Finding::new(PACKAGES, format!("`{name}` is not of one exact version: `{version}`")));
        }
        let Some(locked) = lock.packages.get(&format!("node_modules/{name}")) else {
            findings.push(Finding::new(LOCK, format!("`{name}` is missing")));
            continue;
        };
        if locked.version.as_ref() != Some(version) {
            findings.push(Finding::new(LOCK, format!("`{name}` is not of version {version}")));
        }
        // npm leaves out, without a word, what it could not find when it wrote the lock file.
        let missing = locked.optional_dependencies.keys().filter(|part| is_for_linux(part));
        let missing = missing.filter(|part| !lock.packages.contains_key(&format!("node_modules/{part}")));
        findings.extend(missing.map(|part| Finding::new(LOCK, format!("`{part}`, a part of `{name}`, is missing"))));
    }
    Ok(findings)
}

/// Three numbers, and what may follow those.
fn is_exact(version: &str) -> bool {
    let numbers = version.split(['-', '+']).next().unwrap_or_default();
    let mut parts = numbers.split('.');
    parts.clone().count() == 3 && parts.all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_for_linux(package: &str) -> bool {
    ["-linux-x64", "-linux-arm64"].iter().any(|system| package.contains(system))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn found(version: &str, lock: &str) -> Vec<String> {
        let packages = format!(r#"{{"dependencies": {{"a": "{version}"}}}}"#);
        check(&packages, lock).unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_version_that_is_a_range_or_another_than_locked_is_found() {
        let lock = r#"{"packages": {"": {}, "node_modules/a": {"version": "1.2.3"}}}"#;
        assert!(found("1.2.3", lock).is_empty());
        for range in ["^1.2.3", "~1.2.3", "1.2", "1.2.x", "latest", "*", ">=1.2.3", ""] {
            assert_eq!(found(range, lock).len(), 2, "{range}");
        }
        assert_eq!(found("1.2.4", lock).len(), 1);
        assert_eq!(found("1.2.3", r#"{"packages": {}}"#).len(), 1);
        assert!(is_exact("0.1.0-rc.1"));
    }

    #[test]
    fn a_part_for_linux_that_npm_left_out_is_found() {
        let lock = r#"{"packages": {
            "node_modules/a": {"version": "1.2.3", "optionalDependencies":
                {"a-linux-x64": "1.2.3", "a-linux-arm64-musl": "1.2.3", "a-windows-x64": "1.2.3"}},
            "node_modules/a-linux-x64": {"version": "1.2.3"}}}"#;
        let found = found("1.2.3", lock);
        assert!(found.len() == 1 && found[0].contains("`a-linux-arm64-musl`"), "{found:?}");
    }
}
