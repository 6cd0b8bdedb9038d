//! Commands: their keys, when they can be given, and what they are called.

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
