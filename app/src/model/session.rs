//! A session as the page and the API see it, and what a person may ask of one.

use garde::Validate;
use protocol::SessionId;
use serde::{Deserialize, Serialize};

/// The longest name, in characters.
pub const MAX_NAME: usize = 64;

/// A session. Times are RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Session {
    #[cfg_attr(feature = "ssr", schema(value_type = String, pattern = "^[a-z0-9]{12}$"))]
    pub id: SessionId,
    pub name: String,
    pub state: SessionState,
    pub created_at: String,
    /// When its state changed last or somebody did something to it.
    pub active_at: String,
    /// How its last start went, stage by stage; empty before the first.
    pub start: Vec<StageTime>,
    /// Milliseconds its last start took, once it was ready.
    pub ready_ms: Option<u32>,
}

/// Where a session is in its life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum SessionState {
    Created,
    Starting {
        stage: Stage,
    },
    Running,
    Stopping,
    Stopped,
    Failed {
        cause: Cause,
    },
    /// Its container and files are being removed; the row goes last.
    Deleting,
}

impl SessionState {
    /// The status as one word.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Starting { .. } => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
            Self::Stopped => "stopped",
            Self::Failed { .. } => "failed",
            Self::Deleting => "deleting",
        }
    }

    /// The colour of its dot, by what it means: green, amber, grey, red.
    #[must_use]
    pub fn tone(&self) -> &'static str {
        match self {
            Self::Running => "good",
            Self::Starting { .. } | Self::Stopping | Self::Deleting => "changing",
            Self::Created | Self::Stopped => "still",
            Self::Failed { .. } => "bad",
        }
    }

    /// Whether a start is possible from here.
    #[must_use]
    pub fn can_start(&self) -> bool {
        matches!(self, Self::Created | Self::Stopped | Self::Failed { .. })
    }

    /// Whether a stop is possible from here.
    #[must_use]
    pub fn can_stop(&self) -> bool {
        matches!(self, Self::Starting { .. } | Self::Running)
    }

    /// Progress of a start, percent: 0 when not begun, 100 when running.
    #[must_use]
    pub fn progress(&self) -> u8 {
        match self {
            Self::Starting { stage } => stage.progress(),
            Self::Running => 100,
            Self::Created | Self::Stopping | Self::Stopped | Self::Failed { .. } | Self::Deleting => 0,
        }
    }
}

/// A step of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// The container's files are made.
    Creating,
    /// Its init is started.
    Starting,
    /// Its guest is asked until it answers.
    Verifying,
    /// The first terminal is opened, up to its first output.
    Warming,
}

impl Stage {
    /// All, in order.
    pub const ALL: [Self; 4] = [Self::Creating, Self::Starting, Self::Verifying, Self::Warming];

    /// Percent of the whole at which this stage begins.
    #[must_use]
    pub fn progress(self) -> u8 {
        match self {
            Self::Creating => 10,
            Self::Starting => 20,
            Self::Verifying => 85,
            Self::Warming => 90,
        }
    }

    /// As people read it.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Creating => "Creating files",
            Self::Starting => "Starting container",
            Self::Verifying => "Waiting for the guest",
            Self::Warming => "Opening the terminal",
        }
    }
}

/// How long a stage took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct StageTime {
    pub stage: Stage,
    pub ms: u32,
}

/// Why a session failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Cause {
    OutOfMemory,
    /// The container's init ended by itself.
    Exited {
        code: i32,
    },
    Killed {
        signal: i32,
    },
    /// It was gone after the server or the host had been down.
    HostRestarted,
    /// Something other than Berth removed it, and its files with it.
    ContainerGone,
    /// The guest ran but did not answer in time.
    GuestUnresponsive,
    DiskFull,
    RuntimeUnavailable {
        detail: String,
    },
    StartFailed {
        detail: String,
    },
    StartTimeout {
        stage: Stage,
    },
}

impl Cause {
    /// What happened, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::OutOfMemory => "The container ran out of memory.".into(),
            Self::Exited { code } => format!("The container ended by itself with exit code {code}."),
            Self::Killed { signal } => format!("The container was killed by signal {signal}."),
            Self::HostRestarted => {
                "The container was gone after the server had been away; the host was restarted, most likely.".into()
            }
            Self::ContainerGone => {
                "The container is gone, and the files in it: something other than Berth removed it.".into()
            }
            Self::GuestUnresponsive => "The container runs, but its guest did not answer in time.".into(),
            Self::DiskFull => "The server's disk is full.".into(),
            Self::RuntimeUnavailable { detail } => format!("Containers can't be started on this server: {detail}."),
            Self::StartFailed { detail } => format!("The container would not start: {detail}."),
            Self::StartTimeout { stage } => format!("The start took too long at “{}”.", stage.label()),
        }
    }
}

/// A new session.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CreateSession {
    /// What to call it; absent or empty, "Shell #N" with the lowest free number.
    #[garde(inner(custom(is_name)))]
    pub name: Option<String>,
}

/// Another name for a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct RenameSession {
    #[garde(custom(is_name))]
    pub name: String,
}

/// A name is 1–64 characters once trimmed, without control characters or ones that turn the
/// direction of text, which could disguise what a confirmation names.
fn is_name(name: &str, (): &()) -> garde::Result {
    let trimmed = name.trim();
    if trimmed.is_empty() {
        return Err(garde::Error::new("Enter a name."));
    }
    if trimmed.chars().count() > MAX_NAME {
        return Err(garde::Error::new(format!("A name has at most {MAX_NAME} characters.")));
    }
    let is_unfit = |c: char| {
        c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if trimmed.chars().any(is_unfit) {
        return Err(garde::Error::new("A name can't hold control characters."));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_ok(name: &str) -> bool {
        RenameSession { name: name.into() }.validate().is_ok()
    }

    #[test]
    fn names_obey_their_rule() {
        for fit in ["a", "Claude Code #1", "  padded  ", "日本語", &"x".repeat(MAX_NAME)] {
            assert!(is_ok(fit), "{fit:?}");
        }
        for unfit in ["", "   ", "a\nb", "\u{1b}[31m", "a\0", "\u{202e}gpj.exe", &"x".repeat(MAX_NAME + 1)] {
            assert!(!is_ok(unfit), "{unfit:?}");
        }
        assert!(CreateSession::default().validate().is_ok());
        assert!(CreateSession { name: Some("\u{7}".into()) }.validate().is_err());
    }

    #[test]
    fn state_has_its_documented_form() {
        let state = SessionState::Starting { stage: Stage::Verifying };
        assert_eq!(serde_json::to_string(&state).expect("json"), r#"{"status":"starting","stage":"verifying"}"#);
        let failed = SessionState::Failed { cause: Cause::Exited { code: 3 } };
        assert_eq!(
            serde_json::to_string(&failed).expect("json"),
            r#"{"status":"failed","cause":{"kind":"exited","code":3}}"#
        );
    }
}
