//! The reducer over what keyboards are reported to do.

use serde::Deserialize;

use super::*;
use crate::terminal::test_everywhere;

const FIXTURES: [(&str, &str); 5] = [
    ("gboard", include_str!("../../../../end2end/fixtures-input/gboard.json")),
    ("samsung", include_str!("../../../../end2end/fixtures-input/samsung.json")),
    ("ios", include_str!("../../../../end2end/fixtures-input/ios.json")),
    ("cjk", include_str!("../../../../end2end/fixtures-input/cjk.json")),
    ("hangul", include_str!("../../../../end2end/fixtures-input/hangul.json")),
];

#[derive(Deserialize)]
struct Case {
    name: String,
    device: String,
    #[serde(default)]
    apple: bool,
    events: Vec<Told>,
    sent: String,
    line: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    r#type: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    key_code: u32,
    #[serde(default)]
    input_type: String,
    /// The field's text after the sentinel.
    value: Option<String>,
    /// How much of the sentinel is left.
    primed: Option<usize>,
}

/// A field, and what a program has of it.
struct Page {
    input: TextInput,
    prefix: &'static str,
    value: String,
    sent: String,
}

impl Page {
    fn new(touch: bool, apple: bool) -> Self {
        let (charge, prefix) = if touch { (Charge::Always, SENTINEL) } else { (Charge::Composing, "") };
        Self { input: TextInput::new(charge, apple), prefix, value: prefix.to_owned(), sent: String::new() }
    }

    fn hear(&mut self, event: Event<'_>) -> Pass {
        let answer = self.input.hear(event, &self.value);
        for send in answer.send {
            match send {
                Send::Text(text) => self.sent.push_str(&text),
                Send::Paste(text) => self.sent.push_str(&format!("[{text}]")),
                Send::Backspaces(count) => (0..count).for_each(|_| self.sent.push('\x7f')),
                Send::Enter => self.sent.push('\r'),
            }
        }
        if answer.reset {
            self.value = SENTINEL.to_owned();
        }
        answer.pass
    }

    fn write(&mut self, text: &str) {
        self.value = format!("{}{text}", self.prefix);
    }

    fn play(&mut self, told: &Told) {
        if let Some(value) = &told.value {
            let kept = told.primed.map_or(self.prefix, |primed| &SENTINEL[..primed * SENTINEL_CHAR.len_utf8()]);
            self.value = format!("{kept}{value}");
        }
        match &*told.r#type {
            "keydown" => {
                let event = Event::KeyDown { key: &told.key, key_code: told.key_code, chord: false };
                if self.hear(event) == Pass::Xterm {
                    self.sent.push(match &*told.key {
                        "Enter" => '\r',
                        "Tab" => '\t',
                        other => panic!("xterm.js would get {other}"),
                    });
                    if self.prefix.is_empty() {
                        self.value.clear();
                    }
                }
            }
            "keypress" => assert_eq!(self.hear(Event::KeyPress), Pass::Field),
            "compositionstart" => assert_eq!(self.hear(Event::CompositionStart), Pass::Field),
            "compositionupdate" => assert_eq!(self.hear(Event::CompositionUpdate), Pass::Field),
            "compositionend" => assert_eq!(self.hear(Event::CompositionEnd), Pass::Field),
            "input" => {
                assert_eq!(self.hear(Event::Input { input_type: &told.input_type, armed: false }), Pass::Field);
            }
            other => panic!("unknown event {other}"),
        }
    }
}

/// What a line editor has made of `sent` when the last Enter comes.
fn edited(sent: &str) -> String {
    let mut line = String::new();
    let mut last = String::new();
    for c in sent.chars() {
        match c {
            '\x7f' => drop(line.pop()),
            '\r' => last = std::mem::take(&mut line),
            c => line.push(c),
        }
    }
    last
}

fn touch() -> Page {
    Page::new(true, false)
}

const TYPED: Event<'_> = Event::Input { input_type: "insertText", armed: false };

test_everywhere! {
    fn each_keyboard_s_sequences_arrive_without_a_doubled_or_lost_character() {
        for (keyboard, fixture) in FIXTURES {
            let cases: Vec<Case> = serde_json::from_str(fixture).expect("a fixture");
            for case in cases {
                let mut page = Page::new(case.device == "touch", case.apple);
                case.events.iter().for_each(|told| page.play(told));
                assert_eq!(page.sent, case.sent, "{keyboard}: {}", case.name);
                assert_eq!(edited(&page.sent), case.line, "{keyboard}: {}", case.name);
            }
        }
    }

    fn a_modifier_that_waits_gets_the_first_letter_of_a_composition() {
        let mut page = touch();
        page.hear(Event::CompositionStart);
        page.write("c");
        page.hear(Event::Input { input_type: "insertCompositionText", armed: true });
        assert_eq!(page.sent, "c");
        page.write("cd");
        page.hear(Event::Input { input_type: "insertCompositionText", armed: false });
        page.hear(Event::CompositionEnd);
        assert_eq!(page.sent, "cd");
    }

    fn what_is_composed_is_shown_until_it_is_sent() {
        let mut page = touch();
        page.write("a");
        page.hear(TYPED);
        page.hear(Event::CompositionStart);
        page.write("aに");
        page.hear(TYPED);
        assert_eq!(page.input.pending(&page.value), "に");
        page.hear(Event::CompositionEnd);
        assert_eq!(page.input.pending(&page.value), "");
    }

    fn what_is_composed_goes_before_whatever_else_is_sent() {
        let mut page = touch();
        page.hear(Event::CompositionStart);
        page.write("ls");
        page.hear(TYPED);
        page.hear(Event::Leave);
        assert_eq!(page.sent, "ls");
        page.hear(Event::CompositionEnd);
        assert_eq!(page.sent, "ls");
        assert_eq!(page.value, SENTINEL);
    }

    fn several_lines_at_once_are_a_paste() {
        let mut page = touch();
        page.write("a\nb");
        page.hear(TYPED);
        assert_eq!(page.sent, "[a\nb]");
        assert_eq!(page.value, SENTINEL);
    }

    fn a_long_field_is_emptied_between_words_only() {
        let mut page = touch();
        let mut typed = String::new();
        for _ in 0..LONG_FIELD {
            typed.push('x');
            page.write(&typed);
            page.hear(TYPED);
        }
        assert!(page.value.ends_with('x'));
        typed.push(' ');
        page.write(&typed);
        page.hear(TYPED);
        assert_eq!(page.value, SENTINEL);
        page.write("y");
        page.hear(TYPED);
        assert_eq!(page.sent, typed + "y");
    }

    fn a_field_that_was_emptied_elsewhere_is_primed_before_a_backspace() {
        let mut page = touch();
        page.value.clear();
        let pass = page.hear(Event::KeyDown { key: "Backspace", key_code: 8, chord: false });
        assert_eq!((pass, &*page.value, &*page.sent), (Pass::Field, SENTINEL, ""));
    }

    fn a_field_that_was_emptied_when_it_lost_the_keyboard_is_primed_when_it_has_it_again() {
        let mut page = touch();
        page.hear(Event::Leave);
        page.value.clear();
        assert_eq!(page.hear(Event::Focus), Pass::Xterm);
        assert_eq!((&*page.value, &*page.sent), (SENTINEL, ""));
        let mut desktop = Page::new(false, false);
        desktop.hear(Event::Focus);
        assert_eq!(desktop.value, "");
    }

    fn chords_and_named_keys_stay_with_xterm() {
        let mut page = touch();
        page.write("ab");
        page.hear(TYPED);
        for (key, key_code, chord) in [("c", 67, true), ("ArrowUp", 38, false), ("Escape", 27, false)] {
            assert_eq!(page.hear(Event::KeyDown { key, key_code, chord }), Pass::Xterm);
            assert_eq!(page.value, SENTINEL);
        }
        assert_eq!(page.sent, "ab");
    }

    fn on_a_desktop_letters_never_come_here() {
        let mut page = Page::new(false, false);
        assert_eq!(page.hear(Event::KeyDown { key: "a", key_code: 65, chord: false }), Pass::Xterm);
        assert_eq!(page.hear(Event::KeyPress), Pass::Xterm);
        page.value.push('a');
        assert_eq!(page.hear(TYPED), Pass::Xterm);
        assert_eq!(page.sent, "");
    }

    fn an_accent_goes_with_its_letter_and_typography_is_undone_where_asked() {
        let mut page = touch();
        page.write("e\u{301}");
        page.hear(TYPED);
        page.write("");
        page.hear(Event::Input { input_type: "deleteContentBackward", armed: false });
        assert_eq!(page.sent, "e\u{301}\x7f");
        assert_eq!(plain("“it’s — …”"), "\"it's -- ...\"");
    }
}
