//! What a person prefers; kept on the server, so that it follows them.

use garde::Validate;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[cfg(feature = "ssr")]
use super::error::{ApiError, ErrorCode, FieldError};

/// The bounds of the terminal's font, CSS pixels.
pub const MIN_FONT_SIZE: u8 = 8;
pub const MAX_FONT_SIZE: u8 = 32;
/// The size it has until somebody chooses one, on a screen with a mouse and on one with a finger.
const FONT_SIZE: u8 = 14;
const FONT_SIZE_TOUCH: u8 = 13;

/// The font size that suits the screen, CSS pixels.
#[must_use]
pub fn usual_font_size(touch: bool) -> u8 {
    if touch { FONT_SIZE_TOUCH } else { FONT_SIZE }
}

/// The most lines that a page keeps of a terminal.
pub const MAX_SCROLLBACK: u32 = 50_000;
/// The most keys on the key bar.
pub const MAX_BAR_KEYS: usize = 32;

/// A person's preferences. Each has a default, and what is not known is skipped, so that an older
/// page and a newer server understand each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Preferences {
    #[garde(skip)]
    pub theme: Theme,
    /// The accent's hue, degrees; all that is coloured derives from it.
    #[garde(range(max = 359))]
    pub accent_hue: u16,
    /// The terminal's font, CSS pixels; none for what suits the screen.
    #[garde(inner(range(min = MIN_FONT_SIZE, max = MAX_FONT_SIZE)))]
    pub font_size: Option<u8>,
    /// Lines that a page keeps of a terminal beyond its screen.
    #[garde(range(max = MAX_SCROLLBACK))]
    pub scrollback: u32,
    #[garde(skip)]
    pub cursor: CursorShape,
    #[garde(skip)]
    pub cursor_blinks: bool,
    #[garde(skip)]
    pub bell: Bell,
    /// Whether the right button pastes, and opens no menu.
    #[garde(skip)]
    pub right_click_paste: bool,
    /// Whether what is on the screen is also written for screen readers.
    #[garde(skip)]
    pub screen_reader: bool,
    /// The keys above a phone's keyboard, in order.
    #[garde(length(max = MAX_BAR_KEYS))]
    pub key_bar: Vec<BarKey>,
    /// What new sessions see of each other's workspaces.
    #[garde(skip)]
    pub workspace_sharing: WorkspaceSharing,
    /// The id of the agent of the session that was made last; none before the first.
    #[garde(skip)]
    pub last_agent: Option<String>,
    /// After how many minutes without typing and without work a session sleeps; 0 for never.
    #[garde(custom(is_idle_time))]
    pub idle_minutes: u16,
    /// Samsung Internet only: its address bar is at the top, so no bar is to be compensated below.
    #[garde(skip)]
    pub address_bar_at_top: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self {
            theme: Theme::System,
            accent_hue: 217,
            font_size: None,
            scrollback: 10_000,
            cursor: CursorShape::Block,
            cursor_blinks: true,
            bell: Bell::Visual,
            right_click_paste: false,
            screen_reader: false,
            key_bar: BarKey::ALL.to_vec(),
            workspace_sharing: WorkspaceSharing::None,
            last_agent: None,
            idle_minutes: 30,
            address_bar_at_top: false,
        }
    }
}

/// The shortest and the longest time after which a session sleeps, minutes.
pub const MIN_IDLE: u16 = 15;
pub const MAX_IDLE: u16 = 240;

fn is_idle_time(minutes: &u16, (): &()) -> garde::Result {
    if *minutes == 0 || (MIN_IDLE..=MAX_IDLE).contains(minutes) {
        return Ok(());
    }
    Err(garde::Error::new(format!("A session sleeps after {MIN_IDLE} to {MAX_IDLE} minutes, or with 0 never.")))
}

impl Preferences {
    /// What leads from these to `to`.
    #[must_use]
    pub fn change_to(&self, to: &Self) -> ChangePreferences {
        let before = fields(self);
        let changed = fields(to).into_iter().filter(|(name, value)| before.get(name) != Some(value));
        ChangePreferences(changed.collect())
    }
}

/// Preferences as an object; they are one by their type.
fn fields(preferences: &Preferences) -> Map<String, Value> {
    match serde_json::to_value(preferences) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

/// A change of preferences: the fields to set, by name, as [`Preferences`] has them. Others stay.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[serde(transparent)]
pub struct ChangePreferences(#[garde(skip)] pub Map<String, Value>);

#[cfg(feature = "ssr")]
impl ChangePreferences {
    /// `to` with this change.
    ///
    /// # Errors
    /// VALIDATION_ERROR for a field that there is none of, for a value of another type, and for one that
    /// breaks its rule.
    pub fn apply(self, to: &Preferences) -> Result<Preferences, ApiError> {
        let mut all = fields(to);
        for (name, value) in self.0 {
            if !all.contains_key(&name) {
                return Err(refused(name, "There is no such preference."));
            }
            all.insert(name.clone(), value);
            // One at a time, so that the error can name its field.
            if let Err(error) = serde_json::from_value::<Preferences>(Value::Object(all.clone())) {
                return Err(refused(name, error.to_string()));
            }
        }
        let changed: Preferences = serde_json::from_value(Value::Object(all)).map_err(|_| ApiError::internal())?;
        changed.validate()?;
        Ok(changed)
    }
}

#[cfg(feature = "ssr")]
fn refused(field: String, message: impl Into<String>) -> ApiError {
    let fields = vec![FieldError { field, message: message.into() }];
    ApiError { fields, ..ApiError::new(ErrorCode::ValidationError, "Some of what you entered can't be used.") }
}

/// Which set of tokens the page uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system has it.
    System,
    Dark,
    Light,
}

impl Theme {
    /// What the document's root has in `data-theme` when it was chosen; none for the system's.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::System => None,
            Self::Dark => Some("dark"),
            Self::Light => Some("light"),
        }
    }
}

/// What a person's sessions have of `~/workspace` in common. Everything else in home always is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum WorkspaceSharing {
    /// Nothing: each has its own.
    None,
    /// Of each repository `CLAUDE.md` and `.claude/`, which are brought up to date when a session starts and stops.
    Metadata,
    /// All of it.
    Full,
}

/// The cursor, where the program asks for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CursorShape {
    Block,
    Bar,
    Underline,
}

/// What BEL does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Bell {
    Off,
    Visual,
    Sound,
}

/// A key of the key bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum BarKey {
    Escape,
    Tab,
    Ctrl,
    Alt,
    Left,
    Down,
    Up,
    Right,
    Home,
    End,
    PageUp,
    PageDown,
    Pipe,
    Slash,
    Tilde,
    Dash,
    Underscore,
    Paste,
    HideKeyboard,
}

impl BarKey {
    /// All, in the order they have until somebody moves them.
    pub const ALL: [Self; 19] = [
        Self::Escape,
        Self::Tab,
        Self::Ctrl,
        Self::Alt,
        Self::Left,
        Self::Down,
        Self::Up,
        Self::Right,
        Self::Home,
        Self::End,
        Self::PageUp,
        Self::PageDown,
        Self::Pipe,
        Self::Slash,
        Self::Tilde,
        Self::Dash,
        Self::Underscore,
        Self::Paste,
        Self::HideKeyboard,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_valid_and_nothing_at_all_is_the_defaults() {
        let read: Preferences = serde_json::from_str("{}").expect("preferences");
        assert_eq!(read, Preferences::default());
        assert!(read.validate().is_ok());
    }

    #[test]
    fn a_change_holds_the_fields_that_differ_and_no_other() {
        let before = Preferences::default();
        let after = Preferences { theme: Theme::Light, font_size: Some(20), ..before.clone() };
        let change = before.change_to(&after);
        assert_eq!(serde_json::to_string(&change).expect("json"), r#"{"font_size":20,"theme":"light"}"#);
        assert_eq!(after.change_to(&after), ChangePreferences::default());
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn a_change_sets_its_fields_and_leaves_the_others() {
        let stored = Preferences { accent_hue: 10, font_size: Some(20), ..Preferences::default() };
        let change: ChangePreferences = serde_json::from_str(r#"{"font_size":null,"theme":"dark"}"#).expect("change");
        let changed = change.apply(&stored).expect("changed");
        assert_eq!(changed, Preferences { theme: Theme::Dark, font_size: None, ..stored });
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn what_is_no_preference_changes_nothing_and_is_named() {
        for (change, field) in [
            (r#"{"no_such":1}"#, "no_such"),
            (r#"{"theme":"<script>"}"#, "theme"),
            (r#"{"accent_hue":360}"#, "accent_hue"),
            (r#"{"accent_hue":-1}"#, "accent_hue"),
            (r#"{"accent_hue":"217"}"#, "accent_hue"),
            (r#"{"font_size":7}"#, "font_size"),
            (r#"{"scrollback":50001}"#, "scrollback"),
            (r#"{"idle_minutes":14}"#, "idle_minutes"),
            (r#"{"idle_minutes":241}"#, "idle_minutes"),
            (r#"{"key_bar":["tab","evil"]}"#, "key_bar"),
        ] {
            let change: ChangePreferences = serde_json::from_str(change).expect("change");
            let refused = change.apply(&Preferences::default()).expect_err(field);
            assert_eq!(refused.code, ErrorCode::ValidationError);
            assert_eq!(refused.fields.first().map(|wrong| wrong.field.as_str()), Some(field));
        }
    }

    #[test]
    fn bounds_are_kept() {
        for wrong in [
            Preferences { accent_hue: 360, ..Preferences::default() },
            Preferences { font_size: Some(7), ..Preferences::default() },
            Preferences { font_size: Some(33), ..Preferences::default() },
            Preferences { scrollback: MAX_SCROLLBACK + 1, ..Preferences::default() },
            Preferences { key_bar: vec![BarKey::Tab; MAX_BAR_KEYS + 1], ..Preferences::default() },
        ] {
            assert!(wrong.validate().is_err(), "{wrong:?}");
        }
    }
}
