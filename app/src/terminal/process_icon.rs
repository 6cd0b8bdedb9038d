//! A small picture for what runs in a terminal, by the name of its process.

const AGENT: &str = "M8 2.5v11M2.5 8h11M4.1 4.1l7.8 7.8M11.9 4.1l-7.8 7.8";
const CUBE: &str = "M8 2l5.2 3v6L8 14l-5.2-3V5zM8 8l5.2-3M8 8v6M8 8L2.8 5";
const STAR: &str = "M8 2c.6 3.6 2.4 5.4 6 6-3.6.6-5.4 2.4-6 6-.6-3.6-2.4-5.4-6-6 3.6-.6 5.4-2.4 6-6z";
const FRAME: &str = "M3.5 2.5h9v11h-9zM6.5 6h3v4.5h-3z";
const PROMPT: &str = "M3 4.5L6.5 8L3 11.5M8 12h5";
const Z: &str = "M4 4h8l-8 8h8";
const BARS: &str = "M3.5 13V8.5M6.5 13V4M9.5 13V6.5M12.5 13v-3";
const V: &str = "M3 3.5l5 9.5 5-9.5";
const N: &str = "M4 13V3l8 10V3";
const BRANCH: &str = "M5 5.5v5M3.5 4a1.5 1.5 0 103 0 1.5 1.5 0 10-3 0M3.5 12a1.5 1.5 0 103 0 1.5 1.5 0 10-3 0M9.5 5.5a1.5 1.5 0 103 0 1.5 1.5 0 10-3 0M11 7c0 2.5-2 3.2-5 3.5";
const FOLDER: &str = "M2.5 4h4L8 5.5h5.5v7h-11z";
const HEXAGON: &str = "M8 2l5.2 3v6L8 14l-5.2-3V5z";
const SNAKE: &str = "M11.5 4.5C10.5 2.5 5 2.5 5 5.5s6 2 6 5-5.5 3-6.5 1";
const BOX: &str = "M2.5 5L8 2.5 13.5 5v6L8 13.5 2.5 11zM2.5 5L8 7.5 13.5 5M8 7.5v6";
const LOCK: &str = "M4 7.5h8V13H4zM5.5 7.5V5.5a2.5 2.5 0 015 0v2";
const PANES: &str = "M2.5 3h11v10h-11zM8 3v10M8 8h5.5";
const WINDOW: &str = "M2.5 3h11v10h-11zM5 6l2 2-2 2M8.5 10.5h2.5";

/// The picture of a process, as a path in a box of 16; one of a terminal for those without their own.
#[must_use]
pub fn path(process: &str) -> &'static str {
    // A login shell's name begins with a dash.
    match process.trim_start_matches('-') {
        "claude" => AGENT,
        "codex" => CUBE,
        "gemini" => STAR,
        "opencode" => FRAME,
        "bash" | "sh" | "dash" | "fish" => PROMPT,
        "zsh" => Z,
        "htop" | "top" | "btop" => BARS,
        "vi" | "vim" => V,
        "nvim" => N,
        "git" | "lazygit" => BRANCH,
        "yazi" => FOLDER,
        "node" | "npm" | "npx" => HEXAGON,
        "cargo" | "rustc" => BOX,
        "ssh" => LOCK,
        "tmux" | "tmux: client" => PANES,
        name if name.starts_with("python") => SNAKE,
        _ => WINDOW,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    test_everywhere! {
        fn what_people_run_most_has_a_picture_of_its_own() {
            let known = [
                "claude", "codex", "gemini", "opencode", "bash", "zsh", "htop", "vim", "nvim", "lazygit", "yazi", "node",
                "python3", "cargo", "git", "ssh", "tmux: client",
            ];
            for name in known {
                assert_ne!(path(name), WINDOW, "{name}");
            }
            assert_eq!(path("-bash"), path("bash"));
            assert_eq!(path("python3.13"), path("python"));
        }

        fn anything_else_has_that_of_a_terminal() {
            for name in ["", "sleep", "-", "\"><script>"] {
                assert_eq!(path(name), WINDOW);
            }
        }
    }
}
