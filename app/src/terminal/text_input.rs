//! What an on-screen keyboard or an input method writes into the terminal's field, as what the
//! program is to get.
//!
//! Such keyboards name no keys (their `keyCode` is 229), compose every word, rewrite what was
//! typed before and tell of one change once, twice or not at all. The one thing that is right on all of
//! them is the field's text when an event has come. So this keeps what the program has of that
//! text, and after each change sends only the difference: backspaces, then characters. A
//! composition is sent when it ends.
//!
//! The field is written as seldom as can be: keyboards keep a copy of what is in it, and one that
//! finds another text under its caret writes its copy again.

/// What the field begins with on a touch device: a backspace where nothing was typed deletes one
/// of these, and so is noticed. More than one, for a held key is quicker than we are.
pub const SENTINEL: &str = "\u{200b}\u{200b}\u{200b}\u{200b}";
const SENTINEL_CHAR: char = '\u{200b}';

/// From this length the field is emptied at the end of a word, characters. Long enough that no
/// keyboard corrects what was before.
const LONG_FIELD: usize = 400;

/// What browsers say instead of a key's code while an input method has the key.
pub const KEY_CODE_IME: u32 = 229;
const KEY_CODE_BACKSPACE: u32 = 8;
const KEY_CODE_ENTER: u32 = 13;

/// When this is in charge of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// Always: there is a keyboard on the screen.
    Always,
    /// While an input method is at work; else xterm.js has the keys.
    Composing,
}

/// What the field told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    KeyDown {
        key: &'a str,
        key_code: u32,
        /// Whether Ctrl, Alt or Meta is held.
        chord: bool,
    },
    KeyPress,
    Input {
        input_type: &'a str,
        /// Whether a modifier of the key bar waits for a character.
        armed: bool,
    },
    CompositionStart,
    CompositionUpdate,
    CompositionEnd,
    /// The field gets the keyboard; xterm.js empties it when it has lost it.
    Focus,
    /// Something else is about to be sent, or the field loses the keyboard.
    Leave,
}

/// What the program is to get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Send {
    Text(String),
    Backspaces(usize),
    Enter,
    /// Several lines at once: not typed.
    Paste(String),
}

/// Who gets the event now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pass {
    #[default]
    Xterm,
    /// The browser, so that it changes the field; xterm.js doesn't see it.
    Field,
    Nobody,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub send: Vec<Send>,
    pub pass: Pass,
    /// Whether the field is to hold [`SENTINEL`] and no more.
    pub reset: bool,
}

/// One field's state.
#[derive(Debug)]
pub struct TextInput {
    charge: Charge,
    /// Whether the keyboard makes typographic quotes and dashes by itself, as Apple's do, and
    /// they are to be plain again.
    plain: bool,
    /// The field's text, as far as the program has it.
    sent: String,
    composing: bool,
    engaged: bool,
    /// A composition that a reset cut off. Some keyboards go on with it.
    cut: Option<String>,
}

impl TextInput {
    pub fn new(charge: Charge, plain: bool) -> Self {
        let sent = if charge == Charge::Always { SENTINEL.to_owned() } else { String::new() };
        Self { charge, plain, sent, composing: false, engaged: charge == Charge::Always, cut: None }
    }

    /// Hears an event; `value` is the field's text as it comes.
    pub fn hear(&mut self, event: Event<'_>, value: &str) -> Answer {
        let value = &*if self.plain { plain(value) } else { value.to_owned() };
        match event {
            Event::KeyDown { key, key_code, chord } => self.key_down(key, key_code, chord, value),
            Event::KeyPress => Answer { pass: self.pass(), ..Answer::default() },
            Event::CompositionStart => {
                self.engage(value);
                self.composing = true;
                Answer { pass: Pass::Field, ..Answer::default() }
            }
            Event::CompositionUpdate => Answer { pass: self.pass(), ..Answer::default() },
            Event::CompositionEnd => {
                self.composing = false;
                self.changed("", value, false)
            }
            Event::Input { input_type, armed } => self.changed(input_type, value, armed),
            Event::Focus => Answer { pass: Pass::Xterm, ..self.primed(value) },
            Event::Leave => self.leave(value, Pass::Xterm),
        }
    }

    /// What is composed and not sent yet, for the screen to show.
    #[must_use]
    pub fn pending<'a>(&self, value: &'a str) -> &'a str {
        if self.composing { &value[common(&self.sent, value).min(value.len())..] } else { "" }
    }

    fn pass(&self) -> Pass {
        if self.engaged { Pass::Field } else { Pass::Xterm }
    }

    /// Takes charge of a field as it is.
    fn engage(&mut self, value: &str) {
        if !self.engaged {
            self.engaged = true;
            value.clone_into(&mut self.sent);
        }
    }

    fn key_down(&mut self, key: &str, key_code: u32, chord: bool, value: &str) -> Answer {
        let is_ime = key_code == KEY_CODE_IME || matches!(key, "Unidentified" | "Process" | "Dead");
        if is_ime {
            self.engage(value);
            return self.primed(value);
        }
        if self.charge == Charge::Composing {
            if !self.composing {
                self.engaged = false;
            }
            return Answer { pass: self.pass(), ..Answer::default() };
        }
        match key {
            "Shift" | "Control" | "Alt" | "Meta" | "AltGraph" | "CapsLock" | "Fn" => Answer::default(),
            _ if chord => self.leave(value, Pass::Xterm),
            _ if key_code == KEY_CODE_ENTER => {
                let mut answer = self.leave(value, Pass::Nobody);
                answer.send.push(Send::Enter);
                answer
            }
            _ if key_code == KEY_CODE_BACKSPACE || key.chars().count() == 1 => self.primed(value),
            _ => self.leave(value, Pass::Xterm),
        }
    }

    /// Lets the browser change the field, which has something to delete.
    fn primed(&mut self, value: &str) -> Answer {
        let lost = self.charge == Charge::Always && !self.composing && !value.starts_with(SENTINEL);
        let mut answer = Answer { pass: Pass::Field, ..Answer::default() };
        if lost {
            answer.send = self.settle("", value);
            self.reset(&mut answer);
        }
        answer
    }

    fn leave(&mut self, value: &str, pass: Pass) -> Answer {
        if !self.engaged {
            return Answer { pass, ..Answer::default() };
        }
        let mut answer = Answer { pass, ..Answer::default() };
        let pending = self.pending(value).to_owned();
        answer.send = self.settle("", value);
        if self.charge == Charge::Always {
            self.reset(&mut answer);
            self.cut = (!pending.is_empty()).then_some(pending);
        }
        self.composing = false;
        answer
    }

    fn reset(&mut self, answer: &mut Answer) {
        answer.reset = true;
        SENTINEL.clone_into(&mut self.sent);
        self.cut = None;
    }

    /// The field changed.
    fn changed(&mut self, input_type: &str, value: &str, armed: bool) -> Answer {
        if !self.engaged {
            return Answer::default();
        }
        let mut answer = Answer { pass: Pass::Field, ..Answer::default() };
        self.forget_cut(value);
        if self.composing && !armed {
            // A backspace into what was sent before can't wait: it is seen.
            if self.sent.starts_with(value) {
                answer.send = self.settle(input_type, value);
            }
            return answer;
        }
        answer.send = self.settle(input_type, value);
        if self.charge == Charge::Always && !self.composing {
            let entered = matches!(answer.send.last(), Some(Send::Enter | Send::Paste(_)));
            let long = value.chars().count() > LONG_FIELD && value.ends_with(' ') && input_type == "insertText";
            if entered || long || !value.starts_with(SENTINEL) {
                self.reset(&mut answer);
            }
        }
        answer
    }

    /// A keyboard that goes on with a composition which was already sent and cleared writes it
    /// again with one character more: only that one is new.
    fn forget_cut(&mut self, value: &str) {
        let Some(cut) = self.cut.take() else { return };
        let added = &value[common(&self.sent, value)..];
        if added.strip_prefix(&*cut).is_some_and(|new| new.chars().count() == 1) {
            self.sent.push_str(&cut);
        }
    }

    /// The difference between what the program has and `value`, which it has from now on.
    fn settle(&mut self, input_type: &str, value: &str) -> Vec<Send> {
        let same = common(&self.sent, value);
        let removed = &self.sent[same..];
        let added = value[same..].trim_matches(SENTINEL_CHAR);
        let typed = removed.chars().filter(|c| *c != SENTINEL_CHAR && !joins(*c)).count();
        // Deleting where nothing was typed is one backspace, however much of the sentinel goes.
        let beyond = input_type.starts_with("delete") && removed.contains(SENTINEL_CHAR);
        let backspaces = typed + usize::from(beyond);
        let mut send = Vec::new();
        if backspaces > 0 {
            send.push(Send::Backspaces(backspaces));
        }
        match added.split_once('\n') {
            None if added.is_empty() => {}
            None => send.push(Send::Text(added.to_owned())),
            Some((line, "")) => {
                if !line.is_empty() {
                    send.push(Send::Text(line.to_owned()));
                }
                send.push(Send::Enter);
            }
            Some(_) => send.push(Send::Paste(added.to_owned())),
        }
        value.clone_into(&mut self.sent);
        send
    }
}

/// How many bytes two texts have in common at their beginning, in whole characters.
fn common(a: &str, b: &str) -> usize {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    same.map(|(c, _)| c.len_utf8()).sum()
}

/// Whether a character is deleted along with the one before it.
fn joins(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036f}' | '\u{200d}' | '\u{20d0}'..='\u{20ff}' | '\u{fe00}'..='\u{fe0f}')
}

/// What was typed, without the typography that a keyboard made of it.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2018}' | '\u{2019}' => plain.push('\''),
            '\u{201c}' | '\u{201d}' => plain.push('"'),
            '\u{2014}' => plain.push_str("--"),
            '\u{2026}' => plain.push_str("..."),
            c => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
