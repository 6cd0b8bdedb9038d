//! What stands for an agent: a small drawing of our own, or the first letter of one that we have none for.

use leptos::either::Either;
use leptos::prelude::*;

const PROMPT: &str = "M3 4.5L6.5 8L3 11.5M8 12h5";
/// Somebody who talks: a bubble with a prompt in it.
const BUBBLE: &str = "M2.5 3h11v8h-6l-3 2.5V11h-2zM5 5.5L7 7L5 8.5M8.5 8.5h2.5";
const TAGS: &str = "M5 4.5L1.5 8L5 11.5M11 4.5L14.5 8L11 11.5M9.2 3.5l-2.4 9";
const TWINS: &str = "M6 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M10 4a4 4 0 1 1 0 8a4 4 0 0 1 0-8";
const BRACES: &str = "M6 3H5a1.5 1.5 0 0 0-1.5 1.5v2L2 8l1.5 1.5v2A1.5 1.5 0 0 0 5 13h1M10 3h1a1.5 1.5 0 0 1 1.5 1.5v2L14 8l-1.5 1.5v2A1.5 1.5 0 0 1 11 13h-1";

fn path(icon: &str) -> Option<&'static str> {
    Some(match icon {
        "shell" => PROMPT,
        "claude-code" => BUBBLE,
        "codex" => TAGS,
        "gemini" => TWINS,
        "opencode" => BRACES,
        _ => return None,
    })
}

/// The first letter of a name, as it stands for the whole.
fn letter(name: &str) -> String {
    name.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default()
}

/// The picture of an agent, by the name of its icon; whoever shows it says its name beside it.
#[component]
pub fn AgentIcon(agent: String) -> impl IntoView {
    let drawing = match path(&agent) {
        Some(path) => Either::Left(view! {
            <svg class="icon" viewBox="0 0 16 16" focusable="false">
                <path d=path></path>
            </svg>
        }),
        None => Either::Right(letter(&agent)),
    };
    view! {
        <span class="agent-icon" aria-hidden="true">
            {drawing}
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn those_that_are_shipped_have_a_drawing_and_others_a_letter() {
            for shipped in ["claude-code", "codex", "gemini", "opencode", "shell"] {
                assert!(path(shipped).is_some(), "{shipped}");
            }
            assert_eq!((path("aider"), letter("aider")), (None, "A".to_owned()));
            assert_eq!(letter(""), "");
        }
    }
}
