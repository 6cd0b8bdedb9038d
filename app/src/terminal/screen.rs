//! What the page may do to a terminal's screen. The adapter of xterm.js implements it; components
//! and the key bar call it, so that neither knows the other.

use super::keys::{Key, Modifiers};

/// A search of the screen and its scrollback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    pub text: String,
    pub case_sensitive: bool,
    pub whole_word: bool,
    pub regex: bool,
}

/// Where a search goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Towards newer lines.
    Next,
    /// Towards older lines.
    Previous,
    /// From where it stands, while the text is still being typed.
    Here,
}

/// What a search found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Which of them is shown, from 1; 0 when none is.
    pub index: u32,
    pub count: u32,
}

/// A terminal that is on the page.
pub trait Screen {
    /// Types text, as it is.
    fn type_text(&self, text: &str);
    /// Presses a key that isn't text, encoded by the terminal's modes.
    fn press(&self, key: Key, modifiers: Modifiers);
    /// Pastes text: bracketed if the program asked for it; asks first when it holds line breaks and
    /// the program did not.
    fn paste(&self, text: &str);
    /// Pastes what the person confirmed (or not) in `TerminalState::paste_question`.
    fn answer_paste(&self, agreed: bool);
    /// Follows the link in `TerminalState::link_question`, or not.
    fn answer_link(&self, agreed: bool);
    /// Reads the clipboard and pastes it: text, or files by their upload.
    fn paste_clipboard(&self);
    /// Puts the selection on the clipboard; says whether there was one.
    fn copy_selection(&self) -> bool;
    fn select_all(&self);
    fn clear_selection(&self);
    /// Clears screen and scrollback of this page's view, as Ctrl+L can't.
    fn clear(&self);
    /// Searches; the answer is in `TerminalState::found`.
    fn find(&self, query: &Query, direction: Direction);
    /// Takes the marks of a search away.
    fn end_find(&self);
    /// Scrolls by so many lines, upwards when negative.
    fn scroll(&self, lines: i32);
    fn scroll_to_end(&self);
    /// Brings the keyboard here.
    fn focus(&self);
    /// Takes the keyboard away, and with it one on the screen.
    fn blur(&self);
}
