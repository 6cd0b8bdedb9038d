//! What two files must say alike: the tables for cargo-leptos and for the server, the version of wasm-bindgen, and the
//! npm packages' lock file, which must not depend on where it was made.

use std::path::Path;

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::finding::Finding;
use super::tree::Tree;
use crate::setup::locked_version;

/// cargo-leptos reads Cargo.toml, the server reads Leptos.toml.
pub fn leptos_tables_agree(cargo: &str, leptos: &str) -> Result<Vec<Finding>> {
    let cargo = leptos_table(cargo).context("Cargo.toml")?;
    let leptos = leptos_table(leptos).context("Leptos.toml")?;
    let mut keys: Vec<&String> = cargo.keys().chain(leptos.keys()).collect();
    keys.sort();
    keys.dedup();
    let differ = keys.into_iter().filter(|key| cargo.get(*key) != leptos.get(*key));
    Ok(differ.map(|key| Finding::new("Leptos.toml", format!("`{key}` is not what it is in Cargo.toml"))).collect())
}

fn leptos_table(text: &str) -> Result<Table> {
    let document: Table = toml::from_str(text)?;
    let tables = document.get("workspace").and_then(|it| it.get("metadata")).and_then(|it| it.get("leptos"));
    let table = tables.and_then(Value::as_array).and_then(|tables| tables.first()).and_then(Value::as_table);
    table.cloned().context("there is no [[workspace.metadata.leptos]]")
}

/// The page works only when it is linked with the very version that generates its JavaScript.
pub fn wasm_bindgen_is_pinned(cargo: &str, lock: &str) -> Result<Vec<Finding>> {
    let document: Table = toml::from_str(cargo)?;
    let dependency =
        document.get("workspace").and_then(|it| it.get("dependencies")).and_then(|it| it.get("wasm-bindgen"));
    let wanted = match dependency {
        Some(Value::String(version)) => Some(version.as_str()),
        Some(table) => table.get("version").and_then(Value::as_str),
        None => None,
    };
    let pinned = wanted.and_then(|wanted| wanted.strip_prefix('='));
    let locked = locked_version(lock, "wasm-bindgen");
    if pinned.is_some() && pinned == locked.as_deref() {
        return Ok(Vec::new());
    }
    let message = format!(
        "wasm-bindgen must be pinned to the version in Cargo.lock, `={}`; it is `{}`",
        locked.as_deref().unwrap_or("?"),
        wanted.unwrap_or("nothing")
    );
    Ok(vec![Finding::new("Cargo.toml", message)])
}

/// A lock file with addresses works with one registry only.
pub fn npm_locks_name_no_registry(tree: &Tree) -> Vec<Finding> {
    let locks = tree.files().filter(|(path, _)| Path::new(path).ends_with("package-lock.json"));
    let lines = locks.flat_map(|(path, lock)| lock.lines().enumerate().map(move |(index, line)| (path, index, line)));
    lines
        .filter(|(_, _, line)| line.trim_start().starts_with("\"resolved\""))
        .map(|(path, index, _)| Finding::at(path, index + 1, "the address of a registry; see .npmrc"))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    const LOCK: &str = "[[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.126\"\n";

    #[test]
    fn leptos_tables_that_differ_are_found() {
        let table = "[[workspace.metadata.leptos]]\nname = \"berth\"\nsite-root = \"target/site\"\n";
        assert!(leptos_tables_agree(table, table).unwrap().is_empty());
        let other = table.replace("target/site", "site");
        assert_eq!(leptos_tables_agree(table, &other).unwrap().len(), 1);
        let more = format!("{table}reload-port = 1\n");
        assert_eq!(leptos_tables_agree(table, &more).unwrap().len(), 1);
        assert_eq!(leptos_tables_agree(&more, table).unwrap().len(), 1);
        assert!(leptos_tables_agree(table, "").is_err());
    }

    #[test]
    fn a_wasm_bindgen_that_is_loose_or_another_is_found() {
        let found = |version: &str| {
            let cargo = format!("[workspace.dependencies]\nwasm-bindgen = {version}\n");
            wasm_bindgen_is_pinned(&cargo, LOCK).unwrap().len()
        };
        assert_eq!(found("\"=0.2.126\""), 0);
        assert_eq!(found("{ version = \"=0.2.126\", features = [] }"), 0);
        assert_eq!(found("\"0.2.126\""), 1);
        assert_eq!(found("\"=0.2.100\""), 1);
        assert_eq!(wasm_bindgen_is_pinned("[workspace.dependencies]\n", LOCK).unwrap().len(), 1);
    }

    #[test]
    fn an_address_in_the_npm_lock_is_found() {
        let found = |lock| npm_locks_name_no_registry(&Tree::of(&[("image/agents/package-lock.json", lock)]));
        assert!(found("{\n  \"version\": \"1.0.0\"\n}\n").is_empty());
        let found = found("{\n  \"resolved\": \"somewhere\"\n}\n");
        assert_eq!(found[0].place, "image/agents/package-lock.json:2");
    }
}
