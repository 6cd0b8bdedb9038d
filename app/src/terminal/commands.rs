//! All that a person can do to a session's terminals by a command: what it is called, which keys
//! run it, and whether it is possible now. The palette and the list of shortcuts are made from this.
//!
//! The keys are those that no browser keeps for itself and that programs in a terminal don't read:
//! mostly Ctrl+Shift, as in GNOME Terminal and kitty. Ctrl+F and Ctrl+K are the exceptions; people
//! expect them in a page.

use protocol::TerminalId;

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
    AllSessions,
    Palette,
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

/// A key with its modifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chord {
    /// Ctrl; Cmd on a Mac.
    main: bool,
    /// Ctrl on a Mac too.
    ctrl: bool,
    alt: bool,
    shift: bool,
    key: Key,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    /// A letter, found by its place where the layout has no Latin letters.
    Letter(char),
    /// A digit, found by its place: with Shift it types another sign.
    Digit(u8),
    /// A sign, wherever the layout has it.
    Sign(char),
    /// As the browser names it.
    Named(&'static str),
}

/// A press of a key, as the browser tells it.
#[derive(Debug, Clone, Copy)]
pub struct Press<'a> {
    pub key: &'a str,
    pub code: &'a str,
    pub ctrl: bool,
    pub alt: bool,
    pub shift: bool,
    pub meta: bool,
}

const fn main(key: Key) -> Chord {
    Chord { main: true, ctrl: false, alt: false, shift: false, key }
}

const fn main_shift(key: Key) -> Chord {
    Chord { main: true, ctrl: false, alt: false, shift: true, key }
}

/// On a Mac too: Cmd+Shift and a digit takes pictures of the screen there.
const fn ctrl_shift(key: Key) -> Chord {
    Chord { main: false, ctrl: true, alt: false, shift: true, key }
}

const fn ctrl_alt(key: Key) -> Chord {
    Chord { main: false, ctrl: true, alt: true, shift: false, key }
}

impl Chord {
    /// Whether `press` is this, on a Mac or elsewhere.
    #[must_use]
    pub fn is(self, press: &Press<'_>, mac: bool) -> bool {
        let (ctrl, meta) = (self.ctrl || self.main && !mac, self.main && mac);
        // A sign may need Shift or not, as the layout has it.
        let shift = matches!(self.key, Key::Sign(_)) || press.shift == self.shift;
        press.ctrl == ctrl && press.meta == meta && press.alt == self.alt && shift && self.key.is(press)
    }

    /// As people read it.
    #[must_use]
    pub fn text(self, mac: bool) -> String {
        let names = if mac { ["⌃", "⌘", "⌥", "⇧"] } else { ["Ctrl+", "Ctrl+", "Alt+", "Shift+"] };
        let held = [self.ctrl, self.main, self.alt, self.shift];
        let mut text: String = held.iter().zip(names).filter(|(held, _)| **held).map(|(_, name)| name).collect();
        match self.key {
            Key::Letter(letter) => text.push(letter.to_ascii_uppercase()),
            Key::Digit(digit) => text.push(char::from(b'0' + digit)),
            Key::Sign(sign) => text.push(sign),
            Key::Named(name) => text.push_str(match name {
                "ArrowLeft" => "←",
                "ArrowRight" => "→",
                "ArrowUp" => "↑",
                "ArrowDown" => "↓",
                "PageUp" => "Page Up",
                "PageDown" => "Page Down",
                name => name,
            }),
        }
        text
    }
}

impl Key {
    fn is(self, press: &Press<'_>) -> bool {
        let mut typed = press.key.chars();
        let typed = typed.next().filter(|_| typed.as_str().is_empty());
        match self {
            Self::Letter(letter) => match typed {
                Some(typed) if typed.is_ascii_alphabetic() => typed.eq_ignore_ascii_case(&letter),
                _ => press
                    .code
                    .strip_prefix("Key")
                    .is_some_and(|code| code.eq_ignore_ascii_case(letter.encode_utf8(&mut [0; 4]))),
            },
            Self::Digit(digit) => {
                press.code.strip_prefix("Digit").is_some_and(|code| code.as_bytes() == [b'0' + digit])
            }
            Self::Sign(sign) => typed == Some(sign),
            Self::Named(name) => press.key == name,
        }
    }
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
            C::AllSessions,
            C::Palette,
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
            Self::AllSessions => "All sessions",
            Self::Palette => "Commands",
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
            Self::Rename | Self::Start | Self::Stop | Self::Restart | Self::AllSessions => Group::Session,
            Self::Palette | Self::Settings | Self::Shortcuts => Group::Page,
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
            Self::Settings => main(Key::Sign(',')),
            Self::Shortcuts => main(Key::Sign('?')),
            Self::Clear
            | Self::FontReset
            | Self::Rename
            | Self::Start
            | Self::Stop
            | Self::Restart
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
        matches!(self, Self::Palette | Self::Settings | Self::Search | Self::GoTo(_) | Self::Arrange(_) | Self::Leave)
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
                | Self::AllSessions
                | Self::Palette
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
            Self::Search
            | Self::SelectAll
            | Self::Clear
            | Self::ScrollToEnd
            | Self::FontLarger
            | Self::FontSmaller
            | Self::Leave
            | Self::Rename
            | Self::AllSessions
            | Self::Palette
            | Self::Settings
            | Self::Shortcuts => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    /// Such as `Ctrl+Shift+a KeyA`.
    fn press(text: &str) -> Press<'_> {
        let (keys, code) = text.split_once(' ').unwrap_or((text, ""));
        let key = keys.rsplit('+').next().unwrap_or_default();
        let held = |name| keys.contains(name);
        Press { key, code, ctrl: held("Ctrl+"), alt: held("Alt+"), shift: held("Shift+"), meta: held("Cmd+") }
    }

    fn found(text: &str, mac: bool) -> Option<Command> {
        Command::of(&press(text), mac)
    }

    fn id(number: u8) -> TerminalId {
        TerminalId::new(number).expect("terminal id")
    }

    const ALONE: Situation = Situation {
        running: true,
        can_start: false,
        can_stop: true,
        tabs: 1,
        place: 0,
        open: [true, false, false, false, false, false],
        layout: Layout::Tabbed,
        narrow: false,
        has_selection: false,
        has_font_size: false,
    };

    test_everywhere! {
        fn keys_run_their_command_and_no_two_share_any() {
            for mac in [false, true] {
                let mut texts: Vec<String> = Command::all()
                    .flat_map(|command| [command.chord(), command.other_chord()])
                    .flatten()
                    .map(|chord| chord.text(mac))
                    .collect();
                let count = texts.len();
                texts.sort_unstable();
                texts.dedup();
                assert_eq!(texts.len(), count);
            }
            assert_eq!(found("Ctrl+k KeyK", false), Some(Command::Palette));
            assert_eq!(found("Ctrl+Shift+P KeyP", false), Some(Command::Palette));
            assert_eq!(found("Cmd+k KeyK", true), Some(Command::Palette));
            assert_eq!(found("Ctrl+f KeyF", false), Some(Command::Search));
            assert_eq!(found("Ctrl+Shift+Enter Enter", false), Some(Command::NewTab));
            assert_eq!(found("Ctrl+Alt+6 Digit6", false), Some(Command::Arrange(Layout::Six)));
            assert_eq!(found("Ctrl+Shift+M KeyM", true), Some(Command::Leave));
        }

        fn what_programs_read_is_left_to_them() {
            for keys in [
                "k KeyK", "Shift+K KeyK", "Alt+k KeyK", "Ctrl+Alt+k KeyK", "Enter Enter", "Ctrl+Enter Enter", "Ctrl+c KeyC",
                "Ctrl+m KeyM", "Ctrl+_ Minus", "Ctrl+1 Digit1", "Alt+1 Digit1", "Ctrl+ArrowLeft ArrowLeft", "? Slash",
                "Ctrl+Shift+C KeyC", "Ctrl+Shift+V KeyV", "Shift+PageUp PageUp",
            ] {
                assert_eq!(found(keys, false), None, "{keys}");
            }
            // A Mac's Ctrl belongs to programs.
            assert_eq!(found("Ctrl+k KeyK", true), None);
            assert_eq!(found("Ctrl+f KeyF", true), None);
        }

        fn keys_are_found_on_other_layouts() {
            assert_eq!(found("Ctrl+Shift+! Digit1", false), Some(Command::GoTo(id(1))));
            assert_eq!(found("Ctrl+л KeyK", false), Some(Command::Palette));
            // Dvorak has its k elsewhere, and says so.
            assert_eq!(found("Ctrl+k KeyV", false), Some(Command::Palette));
            assert_eq!(found("Ctrl+t KeyK", false), None);
            assert_eq!(found("Ctrl+Shift+? Minus", false), Some(Command::Shortcuts));
            assert_eq!(found("Ctrl+Shift+? Slash", false), Some(Command::Shortcuts));
        }

        fn shortcuts_are_written_as_each_system_writes_them() {
            let text = |command: Command, mac| command.chord().map(|chord| chord.text(mac));
            assert_eq!(text(Command::Palette, false).as_deref(), Some("Ctrl+K"));
            assert_eq!(text(Command::Palette, true).as_deref(), Some("⌘K"));
            assert_eq!(text(Command::NextTab, false).as_deref(), Some("Ctrl+Shift+→"));
            assert_eq!(text(Command::GoTo(id(3)), true).as_deref(), Some("⌃⇧3"));
            assert_eq!(text(Command::Rename, false), None);
        }

        fn what_is_possible_depends_on_the_tabs() {
            let possible = |now: &Situation, command: Command| command.is_possible(now);
            assert!(possible(&ALONE, Command::NewTab));
            for command in [
                Command::NextTab,
                Command::CloseTab,
                Command::MoveLeft,
                Command::MoveRight,
                Command::GoTo(id(2)),
                Command::Arrange(Layout::Tabbed),
                Command::Arrange(Layout::Columns),
                Command::NextLayout,
                Command::NextTile,
                Command::Copy,
                Command::Start,
            ] {
                assert!(!possible(&ALONE, command), "{command:?}");
            }
            let three = Situation { tabs: 3, place: 1, open: [true, true, true, false, false, false], ..ALONE };
            assert!(possible(&three, Command::MoveRight));
            assert!(!possible(&three, Command::MoveLeft));
            assert!(possible(&three, Command::Arrange(Layout::OneAndTwo)));
            assert!(!possible(&three, Command::Arrange(Layout::Four)));
            assert!(!possible(&Situation { narrow: true, ..three }, Command::Arrange(Layout::Columns)));
            assert!(!possible(&Situation { tabs: 6, ..three }, Command::NewTab));
        }

        fn every_command_has_a_title_of_its_own_and_a_group() {
            let mut titles: Vec<_> = Command::all().map(Command::title).collect();
            let count = titles.len();
            titles.sort_unstable();
            titles.dedup();
            assert_eq!(titles.len(), count);
            assert!(Group::ALL.into_iter().all(|group| Command::all().any(|command| command.group() == group)));
        }
    }
}
