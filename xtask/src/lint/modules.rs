//! How modules are laid out: `foo.rs` beside `foo/`, a header that says what the module owns, and not too long.

use super::finding::Finding;
use super::tree::Tree;

/// Above this many lines, two rooms would be clearer. It is said, and no more.
const LONG: usize = 500;

/// No `mod.rs`, and a `//!` at the beginning of every module.
pub fn named_and_headed(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust() {
        if path.ends_with("/mod.rs") {
            findings.push(Finding::new(path, "name it after its folder and put it beside that, instead of `mod.rs`"));
        }
        let first = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with("#!["));
        if is_module(path) && !first.is_some_and(|line| line.starts_with("//!")) {
            findings.push(Finding::new(path, "begin with `//!`: what this module owns, and what it does not"));
        }
    }
    findings
}

/// Files that could do with being two.
pub fn long(tree: &Tree) -> Vec<Finding> {
    let lengths = tree.rust().map(|(path, text)| (path, text.lines().count()));
    let long = lengths.filter(|(_, lines)| *lines > LONG);
    long.map(|(path, lines)| Finding::new(path, format!("{lines} lines; would two files be clearer?"))).collect()
}

/// Tests, examples, benchmarks and build scripts explain themselves by what they are.
fn is_module(path: &str) -> bool {
    let is_of = |folder: &str| path.contains(&format!("/{folder}/"));
    path.contains("/src/")
        && !path.ends_with("/src/main.rs")
        && !path.ends_with("/build.rs")
        && !is_of("tests")
        && !is_of("examples")
        && !is_of("benches")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        named_and_headed(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_mod_rs_is_found() {
        assert_eq!(found("app/src/pages/mod.rs", "//! Pages.\n"), 1);
        assert_eq!(found("app/src/pages.rs", "//! Pages.\n"), 0);
    }

    #[test]
    fn a_module_without_a_header_is_found() {
        assert_eq!(found("app/src/pages.rs", "use std::fmt;\n//! Late.\n"), 1);
        assert_eq!(found("app/src/pages.rs", ""), 1);
        assert_eq!(found("app/src/pages.rs", "#![forbid(unsafe_code)]\n\n//! Pages.\n"), 0);
        assert_eq!(found("server/tests/health.rs", "use std::fmt;\n"), 0);
        assert_eq!(found("server/src/main.rs", "fn main() {}\n"), 0);
    }

    #[test]
    fn a_file_of_more_than_500_lines_is_long() {
        let text = "//\n".repeat(LONG);
        assert!(long(&Tree::of(&[("app/src/a.rs", &text)])).is_empty());
        assert_eq!(long(&Tree::of(&[("app/src/a.rs", &format!("{text}//\n"))])).len(), 1);
    }
}
