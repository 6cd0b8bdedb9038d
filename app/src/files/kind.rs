//! What a file is to the page: how it is shown, which icon it has, what its text is highlighted as.

use crate::model::storage::{Entry, Kind};

/// Images that browsers show. A drawing's scripts don't run in an `<img>`, and nowhere else is one shown.
const IMAGES: [&str; 6] = ["image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/svg+xml"];
/// Above this many bytes a text is shown without colours, which would take longer than reading it.
pub const MAX_HIGHLIGHTED: usize = 512 << 10;

/// How a file is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    Image,
    Pdf,
    Markdown,
    /// As text, if the server says that it is one; else by facts.
    Text,
    /// By facts only.
    Facts,
}

/// How `entry` is shown.
#[must_use]
pub fn shown(entry: &Entry) -> Shown {
    let media = entry.media_type.as_str();
    match entry.kind {
        Kind::File if IMAGES.contains(&media) => Shown::Image,
        Kind::File if media == "application/pdf" => Shown::Pdf,
        Kind::File if media == "text/markdown" || matches!(extension(&entry.name).as_str(), "md" | "markdown") => {
            Shown::Markdown
        }
        // Nobody reads them, and they are large.
        Kind::File if ["video/", "audio/", "font/"].iter().any(|kind| media.starts_with(kind)) => Shown::Facts,
        Kind::File => Shown::Text,
        Kind::Folder | Kind::Link | Kind::Other => Shown::Facts,
    }
}

/// What something is, in a word or two.
#[must_use]
pub fn said(entry: &Entry) -> &str {
    match entry.kind {
        Kind::Folder => "Folder",
        Kind::Link => "Link",
        Kind::Other => "Special file",
        Kind::File if entry.media_type.is_empty() => "File",
        Kind::File => &entry.media_type,
    }
}

/// An icon: a path in a box of 16.
#[must_use]
pub fn icon(kind: Kind, media_type: &str, name: &str) -> &'static str {
    match kind {
        Kind::Folder => "M2 4.5a1 1 0 0 1 1-1h3l1.5 1.7H13a1 1 0 0 1 1 1v5.3a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1z",
        Kind::Link => {
            "M6.7 9.3a2.4 2.4 0 0 0 3.4 0l2-2a2.4 2.4 0 0 0-3.4-3.4l-.8.8M9.3 6.7a2.4 2.4 0 0 0-3.4 0l-2 2a2.4 2.4 0 0 0 3.4 3.4l.8-.8"
        }
        Kind::Other => "M8 2l5.2 3v6L8 14l-5.2-3V5zM8 8l5-2.9M8 8v5.8M8 8L3 5.1",
        Kind::File if media_type.starts_with("image/") => {
            "M2.5 3.5h11v9h-11zM3 11l3.2-3.2 2.3 2.3 2-2L13 10.6M10.5 6v.01"
        }
        Kind::File if language(name).is_some_and(|language| language != "markdown") => {
            "M4 2.5h5.5L12 5v8.5H4zM7 7.5L5.8 9 7 10.5M9 7.5L10.2 9 9 10.5"
        }
        Kind::File if media_type.contains("zip") || media_type.contains("tar") || media_type.contains("compressed") => {
            "M3 4.5h10v8H3zM2.5 2.5h11v2h-11zM6.5 7h3"
        }
        Kind::File => "M4 2.5h5.5L12 5v8.5H4zM9.5 2.5V5H12M6 8h4M6 10.5h4",
    }
}

/// The grammar that a file's text is highlighted by, after its name in `public/vendor/highlight`.
#[must_use]
pub fn language(name: &str) -> Option<&'static str> {
    match name.to_ascii_lowercase().as_str() {
        "dockerfile" | "containerfile" => return Some("dockerfile"),
        "makefile" => return Some("makefile"),
        ".bashrc" | ".profile" | ".bash_profile" | ".zshrc" | ".envrc" => return Some("bash"),
        ".gitconfig" | ".editorconfig" | ".npmrc" => return Some("ini"),
        "cargo.lock" => return Some("ini"),
        _ => {}
    }
    Some(match extension(name).as_str() {
        "rs" => "rust",
        "js" | "mjs" | "cjs" | "jsx" => "javascript",
        "ts" | "mts" | "cts" | "tsx" => "typescript",
        "json" | "jsonl" | "ipynb" | "webmanifest" => "json",
        "py" | "pyi" => "python",
        "go" => "go",
        "java" => "java",
        "kt" | "kts" => "kotlin",
        "swift" => "swift",
        "c" | "h" => "c",
        "cc" | "cpp" | "cxx" | "hpp" | "hh" => "cpp",
        "cs" => "csharp",
        "rb" => "ruby",
        "php" => "php",
        "lua" => "lua",
        "pl" | "pm" => "perl",
        "sh" | "bash" | "zsh" => "bash",
        "sql" => "sql",
        "css" => "css",
        "scss" => "scss",
        "html" | "htm" | "xml" | "svg" | "vue" | "svelte" => "xml",
        "md" | "markdown" => "markdown",
        "yaml" | "yml" => "yaml",
        "toml" | "ini" | "cfg" | "conf" => "ini",
        "diff" | "patch" => "diff",
        _ => return None,
    })
}

/// A name's ending in small letters; none of a name that only begins with a dot.
fn extension(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension.to_ascii_lowercase(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn entry(name: &str, media_type: &str) -> Entry {
        Entry {
            name: name.into(),
            kind: Kind::File,
            size: 1,
            modified_at: String::new(),
            media_type: media_type.into(),
            is_reachable: true,
            is_protected: false,
        }
    }

    test_everywhere! {
        fn what_is_no_picture_is_not_shown_as_one() {
            assert_eq!(shown(&entry("a.png", "image/png")), Shown::Image);
            assert_eq!(shown(&entry("a.svg", "image/svg+xml")), Shown::Image);
            assert_eq!(shown(&entry("a.html", "text/html")), Shown::Text);
            assert_eq!(shown(&entry("a.pdf", "application/pdf")), Shown::Pdf);
            assert_eq!(shown(&entry("README.MD", "")), Shown::Markdown);
            assert_eq!(shown(&entry("a.mp4", "video/mp4")), Shown::Facts);
            assert_eq!(shown(&Entry { kind: Kind::Link, ..entry("a.png", "image/png") }), Shown::Facts);
        }

        fn a_language_is_told_by_the_name() {
            for (name, told) in [
                ("main.rs", Some("rust")), ("A.TSX", Some("typescript")), ("Dockerfile", Some("dockerfile")),
                (".bashrc", Some("bash")), (".rs", None), ("notes", None), ("x.unknown", None),
            ] {
                assert_eq!(language(name), told, "{name}");
            }
        }
    }
}
