//! What a session can be made of: agents, tiers, runtimes and presets of terminals.

use garde::Validate;
use protocol::SessionId;
use serde::{Deserialize, Serialize};

use super::session::MAX_NAME;

/// The id of the agent that is none: a plain shell. There always is one of this id.
pub const SHELL: &str = "shell";
/// The most presets that a person may have.
pub const MAX_PRESETS: usize = 20;
/// The most commands of a preset: one for each tab but the first.
pub const MAX_COMMANDS: usize = 5;
/// The longest command line of a preset, bytes.
pub const MAX_COMMAND: usize = 2048;

/// A coding agent that sessions can run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Agent {
    /// `[a-z0-9-]{1,32}`.
    pub id: String,
    /// As people call it.
    pub name: String,
    /// The name of its icon: the id of one that is shipped, or of none, for which its first letter stands.
    pub icon: String,
    /// What it is, in a line.
    pub about: String,
    /// How it is installed, in a line; shown where it is not.
    pub install: String,
    /// Whether it can take up its last conversation again.
    pub can_resume: bool,
    /// The runtimes in which its command was found, and those in which it was not. In others nobody has looked yet.
    pub found: Vec<String>,
    pub missing: Vec<String>,
}

/// How much of the machine a session may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Tier {
    /// `[a-z0-9-]{1,32}`.
    pub id: String,
    /// Thousandths of a CPU.
    pub cpu_millis: u32,
    /// Bytes.
    pub memory_bytes: u64,
    /// Bytes.
    pub disk_bytes: u64,
}

/// All that a new session can be made of. What is used when nothing is chosen comes first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Choices {
    pub agents: Vec<Agent>,
    /// The id of the agent that was used last, if there still is one of it.
    pub last_agent: Option<String>,
    pub tiers: Vec<Tier>,
    /// The tier that is used when none is chosen.
    pub default_tier: String,
    /// Names of runtimes.
    pub runtimes: Vec<String>,
    pub presets: Vec<Preset>,
}

/// Commands for the tabs of a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Preset {
    pub id: String,
    pub name: String,
    /// What tabs 2 to 6 run, in order; an empty one is a plain shell.
    pub commands: Vec<String>,
}

/// A new preset: of `commands`, or of what runs in a session now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CreatePreset {
    #[garde(custom(is_preset_name))]
    pub name: String,
    #[serde(default)]
    #[garde(inner(custom(are_commands)))]
    pub commands: Option<Vec<String>>,
    /// The session whose tabs it is saved from, instead of `commands`.
    #[serde(default)]
    #[garde(skip)]
    #[cfg_attr(feature = "ssr", schema(value_type = Option<String>))]
    pub from_session: Option<SessionId>,
}

/// Another name or other commands for a preset; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ChangePreset {
    #[garde(inner(custom(is_preset_name)))]
    pub name: Option<String>,
    #[garde(inner(custom(are_commands)))]
    pub commands: Option<Vec<String>>,
}

/// The session that a preset is applied to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ApplyPreset {
    #[garde(skip)]
    #[cfg_attr(feature = "ssr", schema(value_type = String))]
    pub session: SessionId,
}

fn is_preset_name(name: &str, (): &()) -> garde::Result {
    let trimmed = name.trim();
    if trimmed.is_empty() || trimmed.chars().count() > MAX_NAME || trimmed.chars().any(char::is_control) {
        return Err(garde::Error::new(format!(
            "A name has 1 to {MAX_NAME} characters, none of them a control character."
        )));
    }
    Ok(())
}

fn are_commands(commands: &[String], (): &()) -> garde::Result {
    if commands.is_empty() || commands.len() > MAX_COMMANDS {
        return Err(garde::Error::new(format!("A preset has 1 to {MAX_COMMANDS} commands.")));
    }
    let unfit = |command: &String| command.len() > MAX_COMMAND || command.chars().any(char::is_control);
    if commands.iter().any(unfit) {
        return Err(garde::Error::new(format!(
            "A command is one line of at most {MAX_COMMAND} bytes, without control characters."
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presets_obey_their_rules() {
        let preset = |name: &str, commands: &[&str]| CreatePreset {
            name: name.into(),
            commands: Some(commands.iter().map(|command| (*command).to_owned()).collect()),
            from_session: None,
        };
        for fit in [preset("Mine", &["npm run dev", ""]), preset("日本", &["a"; MAX_COMMANDS])] {
            assert!(fit.validate().is_ok(), "{fit:?}");
        }
        let long = "x".repeat(MAX_COMMAND + 1);
        for unfit in [
            preset(" ", &["a"]),
            preset("a\nb", &["a"]),
            preset("Mine", &[]),
            preset("Mine", &["a"; MAX_COMMANDS + 1]),
            preset("Mine", &["a\rb"]),
            preset("Mine", &[&long]),
        ] {
            assert!(unfit.validate().is_err(), "{unfit:?}");
        }
    }
}
