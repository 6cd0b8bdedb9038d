//! Files of npm packages that the site serves as they are. They go to `public/`, which cargo-leptos copies into
//! the site, and are not committed.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// From `node_modules/`, to `public/`.
const FILES: &[(&str, &str)] = &[
    ("@xterm/xterm/lib/xterm.mjs", "vendor/xterm.mjs"),
    ("@xterm/xterm/css/xterm.css", "vendor/xterm.css"),
    ("@xterm/addon-fit/lib/addon-fit.mjs", "vendor/addon-fit.mjs"),
    ("@xterm/addon-search/lib/addon-search.mjs", "vendor/addon-search.mjs"),
    ("@xterm/addon-unicode11/lib/addon-unicode11.mjs", "vendor/addon-unicode11.mjs"),
    ("@xterm/addon-webgl/lib/addon-webgl.mjs", "vendor/addon-webgl.mjs"),
    ("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", "fonts/inter.woff2"),
    ("jetbrains-mono/fonts/webfonts/JetBrainsMonoNL-Regular.woff2", "fonts/jetbrains-mono.woff2"),
    ("jetbrains-mono/fonts/webfonts/JetBrainsMonoNL-Bold.woff2", "fonts/jetbrains-mono-bold.woff2"),
];

/// The highlighter's own folder, of which `NAME.min.js` becomes `NAME.mjs`.
const HIGHLIGHTER: &str = "@highlightjs/cdn-assets/es";
/// The grammars that `app/src/files/kind.rs` names.
const GRAMMARS: [&str; 27] = [
    "bash",
    "c",
    "cpp",
    "csharp",
    "css",
    "diff",
    "dockerfile",
    "go",
    "ini",
    "java",
    "javascript",
    "json",
    "kotlin",
    "lua",
    "makefile",
    "markdown",
    "perl",
    "php",
    "python",
    "ruby",
    "rust",
    "scss",
    "sql",
    "swift",
    "typescript",
    "xml",
    "yaml",
];

/// Copies what is missing or differs.
pub fn copy(workspace: &Workspace) -> Result<String> {
    let mut copied = 0;
    let grammars = GRAMMARS.map(|name| (format!("languages/{name}"), name));
    let highlighter = std::iter::once(("core".to_owned(), "core")).chain(grammars);
    let highlighter = highlighter
        .map(|(from, to)| (format!("{HIGHLIGHTER}/{from}.min.js"), format!("vendor/highlight/{to}.mjs")))
        .collect::<Vec<_>>();
    let ours = highlighter.iter().map(|(from, to)| (from.as_str(), to.as_str()));
    for (from, to) in FILES.iter().copied().chain(ours) {
        let source = workspace.file("node_modules").join(from);
        let content = fs::read(&source).with_context(|| format!("can't read {}", source.display()))?;
        copied += usize::from(put(&workspace.file("public").join(to), &without_source_map(content))?);
    }
    Ok(if copied == 0 { "all there".into() } else { format!("copied {copied} files") })
}

/// Writes a file unless it is there already; tells whether it wrote.
fn put(to: &Path, content: &[u8]) -> Result<bool> {
    if fs::read(to).is_ok_and(|present| present == content) {
        return Ok(false);
    }
    if let Some(folder) = to.parent() {
        fs::create_dir_all(folder).with_context(|| format!("can't make {}", folder.display()))?;
    }
    fs::write(to, content).with_context(|| format!("can't write {}", to.display()))?;
    Ok(true)
}

/// The maps are not served, so their mention would only make a browser ask for them in vain.
fn without_source_map(content: Vec<u8>) -> Vec<u8> {
    let Ok(text) = std::str::from_utf8(&content) else { return content };
    let mut kept = String::with_capacity(text.len());
    for line in text.split_inclusive('\n').filter(|line| !line.starts_with("//# sourceMappingURL=")) {
        kept.push_str(line);
    }
    kept.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_mention_of_the_source_map_is_taken_out() {
        let script = b"let a = 1;\n//# sourceMappingURL=a.mjs.map\n".to_vec();
        assert_eq!(without_source_map(script), b"let a = 1;\n");
        let font = vec![0xff, 0x00, b'\n'];
        assert_eq!(without_source_map(font.clone()), font);
    }
}
