//! What a program's notification says to the person.

use protocol::TerminalId;

use super::links::is_deceptive;

/// The most that is told, characters.
const MAX_TEXT: usize = 200;

/// One sentence that says who wants what. A bell has neither title nor body.
#[must_use]
pub fn sentence(terminal: TerminalId, title: &str, body: &str) -> String {
    let (title, body) = (plain(title), plain(body));
    match (title.is_empty(), body.is_empty()) {
        (true, true) => format!("Terminal {terminal} rang."),
        (false, true) => format!("Terminal {terminal}: {title}"),
        (true, false) => format!("Terminal {terminal}: {body}"),
        (false, false) => format!("Terminal {terminal}: {title} – {body}"),
    }
}

/// As much as is worth telling, on one line, and nothing that isn't seen.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let seen = text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_deceptive(*c));
    for (place, c) in seen.enumerate() {
        if place == MAX_TEXT {
            out.push('…');
            break;
        }
        out.push(c);
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn a_notification_is_one_line_that_names_its_terminal() {
            let terminal = TerminalId::FIRST;
            assert_eq!(sentence(terminal, "Done", "all\n tests\u{1b}[2J\u{202e}"), "Terminal 1: Done – all  tests [2J");
            assert_eq!(sentence(terminal, "", "x"), "Terminal 1: x");
            assert_eq!(sentence(terminal, "x", " \u{200b}"), "Terminal 1: x");
            assert_eq!(sentence(terminal, "", ""), "Terminal 1 rang.");
        }

        fn a_notification_is_bounded() {
            assert!(sentence(TerminalId::FIRST, &"x".repeat(65_536), &"y".repeat(65_536)).chars().count() < 2 * MAX_TEXT + 20);
        }
    }
}
