//! Two things that the splitting of the page's wasm leaves out in the cargo-leptos that we use; see docs/decisions/005.
//!
//! The loader of the parts keeps a failure for as long as the page is open, so that trying again does nothing. And parts
//! are named alike in every build: a page that was open during an update would get those of another build, and linked
//! with its own code they would do anything at all. Named after their build they are simply not there.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// What keeps a load, failed or not. wasm_split_cli_support mends it in 0.2.2 (WorldSEnder/wasm-split-prototype#36).
const KEEPS_FAILURE: &str = "if (loadingModule === undefined) loadingModule = loader();";
/// What keeps one until it fails.
const TRIES_AGAIN: &str = "loadingModule ??= loader().catch((error) => { loadingModule = undefined; throw error; });";

/// Mends what cargo-leptos put into `folder`, before it is compressed.
pub fn mend(folder: &Path) -> Result<()> {
    let mut wasm = files(folder, |name| name.ends_with(".wasm"))?;
    wasm.sort_unstable();
    let mut hasher = DefaultHasher::new();
    for name in &wasm {
        fs::read(folder.join(name)).with_context(|| format!("can't read {name}"))?.hash(&mut hasher);
    }
    let build = format!("{:016x}", hasher.finish());
    let parts: Vec<&str> = wasm.iter().filter_map(|name| part(name)).collect();

    for name in files(folder, |name| name.starts_with("__wasm_split"))? {
        let path = folder.join(&name);
        let text = fs::read_to_string(&path).with_context(|| format!("can't read {name}"))?;
        let text = if name.ends_with(".js") { loader(&text)? } else { text };
        fs::write(&path, named(&text, &parts, &build))?;
    }
    for part in parts {
        fs::rename(folder.join(format!("{part}.wasm")), folder.join(format!("{part}.{build}.wasm")))?;
    }
    Ok(())
}

/// The names of files in `folder`.
fn files(folder: &Path, wanted: impl Fn(&str) -> bool) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("can't read {}", folder.display()))? {
        let name = PathBuf::from(entry?.file_name()).to_string_lossy().into_owned();
        if wanted(&name) {
            names.push(name);
        }
    }
    Ok(names)
}

/// The name of a part without its ending.
fn part(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".wasm")?;
    (stem.starts_with("split_") || stem.starts_with("chunk_")).then_some(stem)
}

/// The loader, as it should be.
fn loader(text: &str) -> Result<String> {
    ensure!(text.contains(KEEPS_FAILURE), "the loader of the page's parts is another one; see xtask/src/site/parts.rs");
    Ok(text.replace(KEEPS_FAILURE, TRIES_AGAIN))
}

/// `text` with each of `parts` named after its build: in the loader's addresses and in the manifest's strings.
fn named(text: &str, parts: &[&str], build: &str) -> String {
    parts.iter().fold(text.to_owned(), |text, part| {
        text.replace(&format!("./{part}.wasm"), &format!("./{part}.{build}.wasm"))
            .replace(&format!("\"{part}\""), &format!("\"{part}.{build}\""))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loader_tries_again_and_another_one_is_an_error() {
        let given = format!("let loadingModule = undefined;\nreturn () => {{ {KEEPS_FAILURE} return loadingModule; }}");
        let mended = loader(&given).expect("mended");
        assert!(mended.contains(TRIES_AGAIN) && !mended.contains(KEEPS_FAILURE));
        loader(&mended).expect_err("another loader");
    }

    #[test]
    fn parts_are_named_after_their_build_and_nothing_else_is() {
        assert_eq!(part("split_settings.wasm"), Some("split_settings"));
        assert_eq!(part("berth.wasm"), None);
        let text = r#"new URL("./split_settings.wasm", x) { "settings": ["chunk_1", "split_settings"] } ./split_settings2.wasm"#;
        let expected = r#"new URL("./split_settings.0a.wasm", x) { "settings": ["chunk_1.0a", "split_settings.0a"] } ./split_settings2.wasm"#;
        assert_eq!(named(text, &["chunk_1", "split_settings"], "0a"), expected);
    }
}
