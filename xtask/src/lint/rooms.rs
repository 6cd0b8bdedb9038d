//! Who may import whom. The rules are those of the table in docs/architecture.md, read from there: one row for each
//! room, and in the last column what it may import. A room may also import what those it imports may: `runtime`
//! speaks in ids of `protocol`, so a driver of it can't help naming them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use super::finding::Finding;
use super::scrub::scrub;
use super::tree::Tree;

/// The package at the bottom, which the guest and the page share with everyone.
pub const PROTOCOL: &str = "berth-protocol";
/// What it must never bring into them.
const TOO_HEAVY: &[&str] = &["tokio", "axum"];
/// Packages that are drivers are named like this.
const DRIVER: &str = "berth-runtime-";

/// A crate of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Krate {
    package: String,
    /// Its folder, from the workspace's root.
    folder: String,
    /// Folders of the workspace's crates that it is built with.
    imports: Vec<String>,
}

impl Krate {
    /// Reads them from `cargo metadata --no-deps`.
    pub fn read(metadata: &str) -> Result<Vec<Self>> {
        #[derive(Deserialize)]
        struct Metadata {
            packages: Vec<Package>,
            workspace_root: String,
        }
        #[derive(Deserialize)]
        struct Package {
            name: String,
            manifest_path: String,
            dependencies: Vec<Dependency>,
        }
        #[derive(Deserialize)]
        struct Dependency {
            kind: Option<String>,
            path: Option<String>,
        }
        let metadata: Metadata = serde_json::from_str(metadata).context("can't read cargo's metadata")?;
        let folder =
            |path: &str| path.strip_prefix(&metadata.workspace_root).unwrap_or(path).trim_start_matches('/').to_owned();
        let krate = |package: &Package| {
            let built_with = package.dependencies.iter().filter(|dependency| dependency.kind.as_deref() != Some("dev"));
            Self {
                package: package.name.clone(),
                folder: folder(package.manifest_path.trim_end_matches("/Cargo.toml")),
                imports: built_with.filter_map(|dependency| dependency.path.as_deref().map(folder)).collect(),
            }
        };
        Ok(metadata.packages.iter().map(krate).collect())
    }

    /// How the table's last column names it.
    fn name(&self) -> &str {
        short(&self.folder)
    }
}

/// The table of rooms.
#[derive(Debug, PartialEq, Eq)]
pub struct Rooms {
    may_import: BTreeMap<String, MayImport>,
}

#[derive(Debug, PartialEq, Eq)]
enum MayImport {
    These(BTreeSet<String>),
    AllBut(BTreeSet<String>),
}

impl Rooms {
    /// Reads the table whose last column is "may import".
    pub fn parse(document: &str) -> Result<Self> {
        let mut lines = document.lines().skip_while(|line| !(line.starts_with('|') && line.contains("may import")));
        ensure!(lines.next().is_some(), "docs/architecture.md has no table of rooms with a column “may import”");
        let mut may_import = BTreeMap::new();
        for line in lines.take_while(|line| line.starts_with('|')).filter(|line| !line.starts_with("|--")) {
            let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
            let [folders, .., imports] = cells.as_slice() else { continue };
            let names: BTreeSet<String> = in_backticks(imports).map(without_features).collect();
            for folder in in_backticks(folders) {
                let rule = if imports.starts_with("all but") {
                    MayImport::AllBut(names.clone())
                } else {
                    MayImport::These(names.clone())
                };
                may_import.insert(folder.trim_end_matches('/').to_owned(), rule);
            }
        }
        Ok(Self { may_import })
    }

    /// Compares what the crates import with what they may.
    pub fn check(&self, krates: &[Krate]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for krate in krates {
            let manifest = format!("{}/Cargo.toml", krate.folder);
            if !self.may_import.contains_key(&krate.folder) {
                findings.push(Finding::new(manifest, "this room has no row in the table of docs/architecture.md"));
                continue;
            }
            for import in krate.imports.iter().filter(|import| !self.allows(&krate.folder, short(import))) {
                let message = format!("{} may not import {}", krate.name(), short(import));
                findings.push(Finding::new(manifest.clone(), message));
            }
        }
        findings
    }

    fn allows(&self, folder: &str, name: &str) -> bool {
        match self.may_import.get(folder) {
            None => false,
            Some(MayImport::AllBut(these)) => !these.contains(name),
            Some(MayImport::These(these)) => {
                let room_of = |short_name: &str| self.may_import.keys().find(|room| short(room) == short_name);
                these.contains(name)
                    || these
                        .iter()
                        .filter_map(|these| room_of(these))
                        .any(|room| room != folder && self.allows(room, name))
            }
        }
    }
}

/// Checks the output of `cargo tree` for the protocol.
pub fn protocol_is_light(tree: &str) -> Vec<Finding> {
    let packages: BTreeSet<&str> = tree.lines().filter_map(|line| line.split_whitespace().next()).collect();
    let heavy = TOO_HEAVY.iter().filter(|heavy| packages.contains(**heavy));
    heavy
        .map(|heavy| Finding::new("crates/protocol/Cargo.toml", format!("protocol must not bring {heavy} along")))
        .collect()
}

/// A driver is named in its own crate, and in the one file of the server that picks it.
pub fn driver_is_named_once(krates: &[Krate], tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for driver in krates.iter().filter(|krate| krate.package.starts_with(DRIVER)) {
        let own = format!("{}/", driver.folder);
        let word = driver.name().replace('-', "_");
        let mut picker = None;
        for (path, text) in tree.rust().filter(|(path, _)| !path.starts_with(&own)) {
            if !has_word(&scrub(text), &word) {
                continue;
            }
            if !path.starts_with("server/src/") {
                findings.push(Finding::new(path, format!("only the server may name the driver {word}")));
            } else if let Some(picker) = picker {
                findings.push(Finding::new(path, format!("{word} is picked in {picker} already; name it there only")));
            } else {
                picker = Some(path);
            }
        }
    }
    findings
}

/// Whether an identifier stands in the text by itself.
fn has_word(text: &str, word: &str) -> bool {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.split(|c| !is_of_word(c)).any(|found| found == word)
}

fn short(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or(folder)
}

fn in_backticks(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn without_features(name: &str) -> String {
    name.split('[').next().unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const TABLE: &str = "\
| folder | holds | may import |
|---|---|---|
| `app/` | shared, `ssr` | `protocol` |
| `frontend/` | the page | `app[hydrate]` |
| `server/` | the binary | all but `frontend` and `guest` |
| `guest/` | in the container | `protocol` |
| `crates/protocol/` | wire types | — |
| `crates/runtime/` | a trait | `protocol` (ids) |
| `crates/runtime-embedded/` | a driver | `runtime` |
| `crates/runtime-docker/` | a driver | `runtime` |
| `style/`, `public/` | CSS | |
| `xtask/` | this | |
";

    fn check(folder: &str, imports: &[&str]) -> Vec<String> {
        let imports = imports.iter().map(|import| (*import).to_owned()).collect();
        let krate = Krate { package: "p".into(), folder: folder.into(), imports };
        Rooms::parse(TABLE).unwrap().check(&[krate]).into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn what_the_table_allows_is_allowed() {
        assert!(check("app", &["crates/protocol"]).is_empty());
        assert!(check("frontend", &["app"]).is_empty());
        assert!(check("server", &["app", "crates/protocol", "crates/runtime", "crates/runtime-embedded"]).is_empty());
        assert!(check("crates/runtime-embedded", &["crates/runtime", "crates/protocol"]).is_empty());
        assert!(check("crates/protocol", &[]).is_empty());
    }

    #[test]
    fn what_the_table_does_not_allow_is_found() {
        for (folder, import) in [
            ("app", "server"),
            ("guest", "server"),
            ("guest", "app"),
            ("server", "guest"),
            ("server", "frontend"),
            ("crates/protocol", "crates/runtime"),
            ("crates/runtime", "crates/runtime-embedded"),
            ("crates/runtime-docker", "crates/runtime-embedded"),
            ("crates/runtime-embedded", "app"),
            ("xtask", "crates/protocol"),
        ] {
            assert_eq!(check(folder, &[import]), [format!("{} may not import {}", short(folder), short(import))]);
        }
    }

    #[test]
    fn a_room_without_a_row_is_found_and_so_is_a_lost_table() {
        assert_eq!(check("crates/news", &[]), ["this room has no row in the table of docs/architecture.md"]);
        assert!(Rooms::parse("# Architecture\n").is_err());
    }

    #[test]
    fn the_projects_own_table_is_read() {
        let document = include_str!("../../../docs/architecture.md");
        let rooms = Rooms::parse(document).unwrap();
        assert!(rooms.allows("server", "runtime-embedded") && !rooms.allows("server", "guest"));
        assert!(rooms.allows("guest", "protocol") && !rooms.allows("crates/protocol", "app"));
    }

    #[test]
    fn only_what_a_crate_is_built_with_counts_as_import() {
        let metadata = r#"{"workspace_root": "/w", "packages": [{"name": "berth-app", "manifest_path": "/w/app/Cargo.toml",
            "dependencies": [{"kind": null, "path": "/w/crates/protocol"}, {"kind": "dev", "path": "/w/server"}, {"kind": null}]}]}"#;
        let krates = Krate::read(metadata).unwrap();
        assert_eq!(krates[0].folder, "app");
        assert_eq!(krates[0].imports, ["crates/protocol"]);
    }

    #[test]
    fn heavy_packages_beneath_the_protocol_are_found() {
        assert!(protocol_is_light("berth-protocol v0.1.0 (/w)\nserde v1.0.0\ntokio-like v1.0.0\n").is_empty());
        assert_eq!(protocol_is_light("berth-protocol v0.1.0\ntokio v1.0.0\naxum v0.8.0 (*)\n").len(), 2);
    }

    #[test]
    fn a_driver_is_named_where_it_is_picked_and_nowhere_else() {
        let driver = Krate {
            package: "berth-runtime-embedded".into(),
            folder: "crates/runtime-embedded".into(),
            imports: vec![],
        };
        let found =
            |files: &[(&str, &str)]| driver_is_named_once(std::slice::from_ref(&driver), &Tree::of(files)).len();
        let picks = ("server/src/runtime.rs", "use runtime_embedded::Embedded;");
        assert_eq!(found(&[picks, ("crates/runtime-embedded/src/main.rs", "use runtime_embedded::run;")]), 0);
        assert_eq!(
            found(&[picks, ("server/src/http.rs", "// not of runtime_embedded\nlet a = \"runtime_embedded\";")]),
            0
        );
        assert_eq!(found(&[picks, ("server/src/http.rs", "runtime_embedded::x();")]), 1);
        assert_eq!(found(&[picks, ("app/src/lib.rs", "runtime_embedded::x();")]), 1);
    }
}
