//! What a browser loads before the page works: WebAssembly and JavaScript as the server sends them
//! to one that takes Brotli. Follows what the page names and what modules import, as a browser does.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};

use crate::lines::Context;
use crate::product::Server;
use crate::report::{Limit, Row};

/// What only xterm.js itself has in it: the notice at the head of each of its builds.
const XTERM: &str = "The xterm.js authors";
/// A file so small, bytes, fits into one packet with its headers; to compress it gains nothing.
const SMALL: usize = 1024;
/// What ends a name in quotes.
const QUOTES: [char; 3] = ['"', '\'', '`'];

pub fn measure(context: &Context) -> Result<Vec<Row>> {
    let server = context.product.server().context("there is no server")?;
    let page = server.request("GET", "/", "Accept: text/html\r\n")?;
    let html = String::from_utf8_lossy(&page.body).into_owned();
    anyhow::ensure!(page.status == 200, "the page answers {}", page.status);
    let map = import_map(&html);
    let mut wanted: Vec<String> = named_in_page(&html);
    let (mut seen, mut ours, mut xterm) = (BTreeSet::new(), BTreeMap::new(), Vec::new());
    let mut uncompressed = Vec::new();
    while let Some(path) = wanted.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let (size, is_compressed) = fetch(server, &path)?;
        if !is_compressed && size >= SMALL {
            uncompressed.push(path.clone());
        }
        if !path.ends_with(".wasm") {
            let plain = server.request("GET", &path, "")?;
            let module = String::from_utf8_lossy(&plain.body);
            wanted.extend(imports(&module, &path, &map));
            if module.contains(XTERM) {
                xterm.push(path);
                continue;
            }
        }
        ours.insert(path, size);
    }
    #[allow(clippy::cast_precision_loss)]
    let kib = ours.values().sum::<usize>() as f64 / 1024.0;
    let note = ours.iter().map(|(path, size)| format!("{path} {size}")).collect::<Vec<_>>().join(", ");
    #[allow(clippy::cast_precision_loss)]
    Ok(vec![
        Row::new("page", "first load", kib, "KiB").limit(Limit::Below(350.0)).samples(ours.len()).note(note),
        Row::new("page", "xterm.js without a terminal", xterm.len() as f64, "files")
            .limit(Limit::AtMost(0.0))
            .note(xterm.join(", ")),
        Row::new("page", "sent without Brotli", uncompressed.len() as f64, "files")
            .limit(Limit::AtMost(0.0))
            .note(uncompressed.join(", ")),
    ])
}

/// A file's size on the wire, and whether it came as Brotli.
fn fetch(server: &Server, path: &str) -> Result<(usize, bool)> {
    let answer = server.request("GET", path, "Accept-Encoding: br\r\n")?;
    anyhow::ensure!(answer.status == 200, "{path}, which the page loads, answers {}", answer.status);
    Ok((answer.body.len(), answer.header("content-encoding") == Some("br")))
}

/// Scripts and WebAssembly that the page itself names, but for those in its import map.
fn named_in_page(html: &str) -> Vec<String> {
    let without_map = match html.split_once("type=\"importmap\"") {
        Some((before, rest)) => format!("{before}{}", rest.split_once("</script>").map_or("", |(_, after)| after)),
        None => html.to_owned(),
    };
    let named: BTreeSet<_> = without_map
        .split(QUOTES)
        .filter(|text| text.starts_with('/') && !text.starts_with("//") && is_code(text))
        .map(str::to_owned)
        .collect();
    named.into_iter().collect()
}

fn is_code(path: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    [".js", ".mjs", ".wasm"].iter().any(|end| path.ends_with(end))
}

fn import_map(html: &str) -> BTreeMap<String, String> {
    let map = html.split_once("type=\"importmap\"").and_then(|(_, rest)| rest.split_once('>'));
    let json = map.and_then(|(_, rest)| rest.split_once("</script>")).map_or("", |(json, _)| json);
    let value: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let imports = value["imports"].as_object().cloned().unwrap_or_default();
    imports.into_iter().filter_map(|(name, path)| Some((name, path.as_str()?.to_owned()))).collect()
}

/// What a module imports before it runs: `import … from "x"`, `export … from "x"`, `import "x"`; not `import("x")`.
fn imports(module: &str, path: &str, map: &BTreeMap<String, String>) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = Vec::new();
    for keyword in ["from", "import"] {
        for (at, _) in module.match_indices(keyword) {
            let rest = module[at + keyword.len()..].trim_start();
            let Some(quote) = rest.chars().next().filter(|first| QUOTES.contains(first)) else { continue };
            let name = rest[1..].split(quote).next().unwrap_or_default();
            if let Some(target) = map.get(name) {
                found.push(target.clone());
            } else if let Some(relative) = name.strip_prefix("./") {
                found.push(format!("{folder}/{relative}"));
            } else if name.starts_with('/') {
                found.push(name.to_owned());
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<script type="importmap" nonce="x">{"imports":{"xterm":"/xterm/xterm.mjs"}}</script>
        <link rel="modulepreload" href="/pkg/berth.js"><script>import('/pkg/berth.js').then(m => m.default({module_or_path: "/pkg/berth.wasm"}))</script>"#;

    #[test]
    fn what_a_page_names_is_loaded_and_its_import_map_is_not() {
        assert_eq!(named_in_page(PAGE), ["/pkg/berth.js", "/pkg/berth.wasm"]);
        assert_eq!(import_map(PAGE)["xterm"], "/xterm/xterm.mjs");
    }

    #[test]
    fn modules_are_followed_and_dynamic_imports_are_not() {
        let map = import_map(PAGE);
        let module = r#"import { Terminal } from 'xterm'; import*as a from"./snippets/a.js"; const x = () => import("./later.js");"#;
        assert_eq!(imports(module, "/pkg/berth.js", &map), ["/xterm/xterm.mjs", "/pkg/snippets/a.js"]);
    }
}
