//! What must not stay: work put off, tests that are left out, tests that wait by the clock.

use super::finding::Finding;
use super::scrub::scrub;
use super::tree::Tree;

/// Anywhere in Rust.
const IN_RUST: &[(&str, &str)] =
    &[("todo!", "work put off"), ("unimplemented!", "work put off"), ("#[ignore", "a test that is left out")];

/// In Rust tests.
const IN_RUST_TESTS: &[(&str, &str)] = &[("sleep(", "wait for the thing, with a limit, and not by the clock")];

/// In Playwright's tests.
const IN_BROWSER_TESTS: &[(&str, &str)] = &[
    ("waitForTimeout(", "wait for the thing, and not by the clock"),
    ("test.skip(", "a test that is left out"),
    ("test.fixme(", "a test that is left out"),
    ("test.only(", "it leaves out all others"),
    ("describe.only(", "it leaves out all others"),
    ("describe.skip(", "a test that is left out"),
];

/// The pause between two looks of a loop that waits for a thing, by the end of its constant's name.
const PAUSES: &[&str] = &["POLL", "INTERVAL"];

/// A line may hold one of them all the same when the comment before it says so in these words.
const EXCUSE: &str = "by the clock";

pub fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.rust() {
        let code = scrub(text);
        find(path, text, &code, 0, IN_RUST, &mut findings);
        if let Some(from) = tests_from(path, &code) {
            find(path, text, &code, from, IN_RUST_TESTS, &mut findings);
        }
    }
    for (path, text) in tree.files().filter(|(path, _)| path.starts_with("end2end/") && path.ends_with(".ts")) {
        find(path, text, text, 0, IN_BROWSER_TESTS, &mut findings);
    }
    findings
}

/// The line, counted from 0, at which a file's tests begin.
fn tests_from(path: &str, code: &str) -> Option<usize> {
    if path.contains("/tests/") || path.ends_with("/tests.rs") {
        return Some(0);
    }
    code.lines().position(|line| line.trim() == "#[cfg(test)]")
}

/// `code` is `text` without what is no code, line by line.
fn find(path: &str, text: &str, code: &str, from: usize, what: &[(&str, &str)], findings: &mut Vec<Finding>) {
    let mut before = "";
    for (index, (line, code)) in text.lines().zip(code.lines()).enumerate() {
        let is_excused = before.trim_start().starts_with("// ") && before.contains(EXCUSE);
        before = line;
        if index < from || is_excused {
            continue;
        }
        for (word, reason) in what.iter().filter(|(word, _)| code.contains(word) && !is_pause(code, word)) {
            findings.push(Finding::at(path, index + 1, format!("`{word}`: {reason}")));
        }
    }
}

/// Whether what is called with `word` gets the constant of a pause.
fn is_pause(code: &str, word: &str) -> bool {
    let argument = code.split(word).nth(1).and_then(|rest| rest.split(')').next());
    argument.is_some_and(|argument| PAUSES.iter().any(|pause| argument.ends_with(pause)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        check(&Tree::of(&[(path, text)])).into_iter().map(|finding| finding.place).collect()
    }

    #[test]
    fn work_put_off_is_found_in_code_only() {
        assert_eq!(found("app/src/a.rs", "//! A.\nfn a() { todo!() }\n"), ["app/src/a.rs:2"]);
        assert_eq!(found("app/src/a.rs", "fn a() { unimplemented!() }\n").len(), 1);
        assert_eq!(found("app/src/a.rs", "#[test]\n#[ignore = \"slow\"]\nfn a() {}\n"), ["app/src/a.rs:2"]);
        assert!(found("app/src/a.rs", "// todo!()\nlet a = \"todo!()\";\n").is_empty());
    }

    #[test]
    fn waiting_by_the_clock_is_found_in_tests_only() {
        assert_eq!(found("server/tests/a.rs", "sleep(SECOND).await;\n").len(), 1);
        assert_eq!(found("server/src/a/tests.rs", "sleep(SECOND).await;\n").len(), 1);
        assert_eq!(
            found("server/src/a.rs", "sleep(1);\n#[cfg(test)]\nmod tests {\n  sleep(1);\n}\n"),
            ["server/src/a.rs:4"]
        );
    }

    #[test]
    fn a_pause_between_two_looks_is_no_wait_by_the_clock() {
        assert!(found("server/tests/a.rs", "sleep(POLL).await;\nsleep(Guest::LOOK_INTERVAL);\n").is_empty());
        assert_eq!(found("server/tests/a.rs", "sleep(2 * POLL + SECOND);\n").len(), 1);
    }

    #[test]
    fn a_reason_on_the_line_before_excuses_one_line() {
        let text = "// The one wait by the clock: its moment is what is varied.\nsleep(DELAY);\nsleep(DELAY);\n";
        assert_eq!(found("server/tests/a.rs", text), ["server/tests/a.rs:3"]);
    }

    #[test]
    fn tests_left_out_of_the_browser_are_found() {
        assert_eq!(found("end2end/tests/a.spec.ts", "await page.waitForTimeout(500);\n").len(), 1);
        for line in ["test.skip(", "test.only(", "test.fixme(", "test.describe.only(", "test.describe.skip("] {
            assert_eq!(found("end2end/tests/a.spec.ts", line).len(), 1, "{line}");
        }
    }
}
