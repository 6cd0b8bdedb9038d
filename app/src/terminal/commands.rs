//! All that a person can do to a session's terminals by a command: what it is called, which keys
//! run it, and whether it is possible now. The palette and the list of shortcuts are made from this.
//!
//! The keys are those that no browser keeps for itself and that programs in a terminal don't read:
//! mostly Ctrl+Shift, as in GNOME Terminal and kitty. Ctrl+F and Ctrl+K are the exceptions; people
//! expect them in a page.

pub mod chord;

use protocol::TerminalId;

use self::chord::{Chord, Key, Press, ctrl_alt, ctrl_shift, main, main_shift};
use super::layout::Layout;

/// Something to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    NewTab,
    NextTab,
    PreviousTab,
    GoTo(TerminalId),
    MoveLeft,
    MoveRight,
    CloseTab,
    Arrange(Layout),
    NextLayout,
    NextTile,
    Search,
    Copy,
    Paste,
    SelectAll,
    Clear,
    ScrollToEnd,
    FontLarger,
    FontSmaller,
    FontReset,
    /// Brings the keyboard from the terminal, which keeps the Tab key for its program, to its tab.
    Leave,
    Rename,
    Start,
    Stop,
    Restart,
    Duplicate,
    /// Saves what runs in the tabs, to be opened again.
    SavePreset,
    AllSessions,
    Palette,
    Files,
    Settings,
    Shortcuts,
}

/// What a list of commands is divided into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    Terminals,
    Layout,
    Screen,
    Session,
    Page,
}

impl Group {
    pub const ALL: [Self; 5] = [Self::Terminals, Self::Layout, Self::Screen, Self::Session, Self::Page];

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Terminals => "Terminals",
            Self::Layout => "Layout",
            Self::Screen => "In the terminal",
            Self::Session => "Session",
            Self::Page => "Page",
        }
    }
}

/// What is known of the page when a command is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Situation {
    pub running: bool,
    pub can_start: bool,
    pub can_stop: bool,
    pub tabs: usize,
    /// The active tab's place, from 0.
    pub place: usize,
    /// Which terminals have a tab, by their numbers.
    pub open: [bool; TerminalId::MAX as usize],
    pub layout: Layout,
    /// Whether there is room for one terminal only.
    pub narrow: bool,
    pub has_selection: bool,
    /// Whether the font is not that which suits the screen.
    pub has_font_size: bool,
}

impl Command {
    /// Every one, in the order of the lists.
    pub fn all() -> impl Iterator<Item = Self> {
        use Command as C;
        let terminals = [C::NewTab, C::NextTab, C::PreviousTab, C::MoveLeft, C::MoveRight, C::CloseTab];
        let layouts = Layout::ALL.map(C::Arrange);
        let rest = [
            C::NextLayout,
            C::NextTile,
            C::Search,
            C::Copy,
            C::Paste,
            C::SelectAll,
            C::Clear,
            C::ScrollToEnd,
            C::FontLarger,
            C::FontSmaller,
            C::FontReset,
            C::Leave,
            C::Rename,
            C::Start,
            C::Stop,
            C::Restart,
            C::Duplicate,
            C::SavePreset,
            C::AllSessions,
            C::Palette,
            C::Files,
            C::Settings,
            C::Shortcuts,
        ];
        terminals.into_iter().chain(TerminalId::all().map(C::GoTo)).chain(layouts).chain(rest)
    }

    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::NewTab => "New terminal",
            Self::NextTab => "Next terminal",
            Self::PreviousTab => "Previous terminal",
            Self::GoTo(id) => match id.get() {
                1 => "Go to terminal 1",
                2 => "Go to terminal 2",
                3 => "Go to terminal 3",
                4 => "Go to terminal 4",
                5 => "Go to terminal 5",
                _ => "Go to terminal 6",
            },
            Self::MoveLeft => "Move tab to the left",
            Self::MoveRight => "Move tab to the right",
            Self::CloseTab => "Close terminal",
            Self::Arrange(Layout::Tabbed) => "Layout: tabs",
            Self::Arrange(Layout::Columns) => "Layout: two side by side",
            Self::Arrange(Layout::OneAndTwo) => "Layout: one left, two right",
            Self::Arrange(Layout::Four) => "Layout: four",
            Self::Arrange(Layout::Six) => "Layout: six",
            Self::NextLayout => "Next layout",
            Self::NextTile => "Next tile",
            Self::Search => "Find in terminal",
            Self::Copy => "Copy",
            Self::Paste => "Paste",
            Self::SelectAll => "Select all",
            Self::Clear => "Clear screen and scrollback",
            Self::ScrollToEnd => "Scroll to the end",
            Self::FontLarger => "Larger text",
            Self::FontSmaller => "Smaller text",
            Self::FontReset => "Text of the usual size",
            Self::Leave => "Leave the terminal for its tab",
            Self::Rename => "Rename session",
            Self::Start => "Start session",
            Self::Stop => "Stop session",
            Self::Restart => "Restart session",
            Self::Duplicate => "Duplicate session",
            Self::SavePreset => "Save tabs as preset…",
            Self::AllSessions => "All sessions",
            Self::Palette => "Commands",
            Self::Files => "Files",
            Self::Settings => "Settings",
            Self::Shortcuts => "Keyboard shortcuts",
        }
    }

    #[must_use]
    pub fn group(self) -> Group {
        match self {
            Self::NewTab
            | Self::NextTab
            | Self::PreviousTab
            | Self::GoTo(_)
            | Self::MoveLeft
            | Self::MoveRight
            | Self::CloseTab => Group::Terminals,
            Self::Arrange(_) | Self::NextLayout | Self::NextTile => Group::Layout,
            Self::Search
            | Self::Copy
            | Self::Paste
            | Self::SelectAll
            | Self::Clear
            | Self::ScrollToEnd
            | Self::FontLarger
            | Self::FontSmaller
            | Self::FontReset
            | Self::Leave => Group::Screen,
            Self::Rename
            | Self::Start
            | Self::Stop
            | Self::Restart
            | Self::Duplicate
            | Self::SavePreset
            | Self::AllSessions => Group::Session,
            Self::Palette | Self::Files | Self::Settings | Self::Shortcuts => Group::Page,
        }
    }

    /// The keys that run it, if any.
    #[must_use]
    pub fn chord(self) -> Option<Chord> {
        let chord = match self {
            Self::NewTab => main_shift(Key::Named("Enter")),
            Self::NextTab => main_shift(Key::Named("ArrowRight")),
            Self::PreviousTab => main_shift(Key::Named("ArrowLeft")),
            Self::GoTo(id) => ctrl_shift(Key::Digit(id.get())),
            Self::MoveLeft => main_shift(Key::Named("PageUp")),
            Self::MoveRight => main_shift(Key::Named("PageDown")),
            // Far from the letters that copy and paste.
            Self::CloseTab => main_shift(Key::Named("Backspace")),
            Self::Arrange(layout) => ctrl_alt(Key::Digit(u8::try_from(layout.tiles()).unwrap_or_default())),
            Self::NextLayout => main_shift(Key::Letter('l')),
            Self::NextTile => main_shift(Key::Letter('o')),
            Self::Search => main(Key::Letter('f')),
            Self::Copy => main_shift(Key::Letter('c')),
            Self::Paste => main_shift(Key::Letter('v')),
            Self::SelectAll => main_shift(Key::Letter('a')),
            Self::ScrollToEnd => main_shift(Key::Named("End")),
            Self::FontLarger => main_shift(Key::Named("ArrowUp")),
            Self::FontSmaller => main_shift(Key::Named("ArrowDown")),
            // That of VS Code on a Mac; its Ctrl+M elsewhere is Enter to a program.
            Self::Leave => ctrl_shift(Key::Letter('m')),
            Self::Palette => main(Key::Letter('k')),
            // That of VS Code.
            Self::Files => main_shift(Key::Letter('e')),
            Self::Settings => main(Key::Sign(',')),
            Self::Shortcuts => main(Key::Sign('?')),
            Self::Clear
            | Self::FontReset
            | Self::Rename
            | Self::Start
            | Self::Stop
            | Self::Restart
            | Self::Duplicate
            | Self::SavePreset
            | Self::AllSessions => return None,
        };
        Some(chord)
    }

    /// Its keys, as people read them. On a Mac the browser itself copies and pastes with ⌘ alone.
    #[must_use]
    pub fn keys(self, mac: bool) -> Option<String> {
        let chord = match self {
            Self::Copy if mac => main(Key::Letter('c')),
            Self::Paste if mac => main(Key::Letter('v')),
            _ => self.chord()?,
        };
        Some(chord.text(mac))
    }

    /// Other keys that run it.
    fn other_chord(self) -> Option<Chord> {
        match self {
            Self::Palette => Some(main_shift(Key::Letter('p'))),
            Self::Search => Some(main_shift(Key::Letter('f'))),
            _ => None,
        }
    }

    /// The command of these keys. Those of copy and paste are the terminal's own: only where the
    /// browser itself copies and pastes does it ask nobody for leave.
    #[must_use]
    pub fn of(press: &Press<'_>, mac: bool) -> Option<Self> {
        if !(press.ctrl || press.meta) {
            return None;
        }
        Self::all().filter(|command| !matches!(command, Self::Copy | Self::Paste)).find(|command| {
            [command.chord(), command.other_chord()].into_iter().flatten().any(|chord| chord.is(press, mac))
        })
    }

    /// Whether its keys mean it while a text is being entered, where others move and select.
    #[must_use]
    pub fn works_in_fields(self) -> bool {
        matches!(
            self,
            Self::Palette
                | Self::Files
                | Self::Settings
                | Self::Search
                | Self::GoTo(_)
                | Self::Arrange(_)
                | Self::Leave
        )
    }

    /// Whether it is done again and again while its keys are held down.
    #[must_use]
    pub fn repeats(self) -> bool {
        matches!(self, Self::NextTab | Self::PreviousTab | Self::NextTile | Self::FontLarger | Self::FontSmaller)
    }

    /// Whether it brings the keyboard elsewhere than to the terminal.
    #[must_use]
    pub fn moves_focus(self) -> bool {
        matches!(
            self,
            Self::Search
                | Self::Leave
                | Self::Rename
                | Self::SavePreset
                | Self::AllSessions
                | Self::Palette
                | Self::Files
                | Self::Settings
                | Self::Shortcuts
        )
    }

    /// Whether it can be done now.
    #[must_use]
    pub fn is_possible(self, now: &Situation) -> bool {
        match self {
            Self::NewTab => now.running && now.tabs < usize::from(TerminalId::MAX),
            Self::NextTab | Self::PreviousTab => now.tabs > 1,
            Self::GoTo(id) => now.open.get(usize::from(id.get()) - 1).is_some_and(|open| *open),
            Self::MoveLeft => now.place > 1,
            Self::MoveRight => now.place > 0 && now.place + 1 < now.tabs,
            Self::CloseTab => now.place > 0,
            Self::Arrange(layout) => !now.narrow && layout.is_possible(now.tabs) && layout != now.layout,
            Self::NextLayout => !now.narrow && now.tabs > 1,
            Self::NextTile => !now.narrow && now.layout != Layout::Tabbed,
            Self::Copy => now.has_selection,
            Self::FontReset => now.has_font_size,
            Self::Paste => now.running,
            Self::Start => now.can_start,
            Self::Stop => now.can_stop,
            Self::Restart => now.running,
            Self::SavePreset => now.running && now.tabs > 1,
            Self::Search
            | Self::SelectAll
            | Self::Clear
            | Self::ScrollToEnd
            | Self::FontLarger
            | Self::FontSmaller
            | Self::Leave
            | Self::Rename
            | Self::Duplicate
            | Self::AllSessions
            | Self::Palette
            | Self::Files
            | Self::Settings
            | Self::Shortcuts => true,
        }
    }
}

#[cfg(test)]
mod tests;
