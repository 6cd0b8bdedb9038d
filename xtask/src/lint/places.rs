//! Places that mean something on one machine only: home directories, this clone, package registries.

use super::finding::Finding;
use super::tree::Tree;

/// Cargo and npm write the same names into these for everyone.
const MADE_BY_TOOLS: &[&str] = &["Cargo.lock"];

/// Addresses of package registries.
const REGISTRIES: &[&str] =
    &["//registry.npmjs.org", "//registry.yarnpkg.com", "//index.crates.io", "//static.crates.io", ".cargo/registry"];

/// Folders with people's homes.
const HOMES: &[&str] = &["/home/", "/Users/"];

/// The person in every container.
const OUR_USER: &str = "user";

/// `root` is where this clone is.
pub fn check(tree: &Tree, root: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files() {
        // This very file has to name them.
        if MADE_BY_TOOLS.contains(&path) || path == "xtask/src/lint/places.rs" {
            continue;
        }
        for (index, line) in text.lines().enumerate() {
            let mut found = |message: &str| findings.push(Finding::at(path, index + 1, message));
            if REGISTRIES.iter().any(|registry| line.contains(registry)) {
                found("the address of a package registry");
            }
            // In Rust it is an example of a path, in a test.
            if !path.ends_with(".rs") && names_a_home(line) {
                found("somebody's home directory");
            }
            if names_the_clone(line, root) {
                found("the path of this clone");
            }
        }
    }
    findings
}

fn names_a_home(line: &str) -> bool {
    HOMES.iter().any(|homes| {
        line.match_indices(homes).any(|(at, _)| {
            let is_path_of_more =
                line[..at].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '}'));
            let name: String = line[at + homes.len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
                .collect();
            !is_path_of_more && !name.is_empty() && name != OUR_USER
        })
    })
}

fn names_the_clone(line: &str, root: &str) -> bool {
    // A clone at `/` or `/berth` is a word like any other.
    let is_telling = root.matches('/').count() >= 2;
    is_telling
        && line.match_indices(root).any(|(at, _)| {
            !line[at + root.len()..].starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '-'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> usize {
        check(&Tree::of(&[("docs/a.md", line)]), "/srv/clone").len()
    }

    #[test]
    fn places_of_one_machine_are_found() {
        assert_eq!(found("cd /home/ada/berth"), 1);
        assert_eq!(found("cd /Users/ada"), 1);
        assert_eq!(found("\"resolved\": \"https://registry.npmjs.org/a\""), 1);
        assert_eq!(found("panicked at ~/.cargo/registry/src/a.rs"), 1);
        assert_eq!(found("built in /srv/clone/target"), 1);
    }

    #[test]
    fn places_that_mean_the_same_everywhere_are_not() {
        for line in ["/home/user/workspace", "see src/home/page.rs", "GET /api/home/x", "/srv/clones", "/home/{name}"] {
            assert_eq!(found(line), 0, "{line}");
        }
    }
}
