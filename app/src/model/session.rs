//! A session as the page and the API see it, and what a person may ask of one.

use std::collections::BTreeMap;

use garde::Validate;
use protocol::SessionId;
use serde::{Deserialize, Serialize};

/// The longest name, in characters.
pub const MAX_NAME: usize = 64;
/// The most variables that one session may bring, and the most bytes of one's name and value together.
pub const MAX_VARIABLES: usize = 64;
pub const MAX_VARIABLE: usize = 4096;
/// The most bytes of all variables together.
pub const MAX_ENVIRONMENT: usize = 16 * 1024;
/// The longest address of a repository, bytes.
const MAX_URL: usize = 1024;
/// The longest name of a branch, tag or commit, bytes.
const MAX_REFERENCE: usize = 256;

/// A session. Times are RFC 3339, UTC.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
pub struct Session {
    #[cfg_attr(feature = "ssr", schema(value_type = String, pattern = "^[a-z0-9]{12}$"))]
    pub id: SessionId,
    pub name: String,
    /// The id of its agent, one of [`super::agent::Agent`].
    pub agent: String,
    /// The id of its tier, one of [`super::agent::Tier`].
    pub tier: String,
    /// The runtime that its container is made by; absent for the server's default.
    pub runtime: Option<String>,
    /// Whether it stays awake for as long as a program runs in it.
    pub keep: bool,
    pub state: SessionState,
    /// Who stopped it, while it is stopped.
    pub stopped_by: Option<StoppedBy>,
    /// Whether its agent can take up its last conversation again.
    pub can_resume: bool,
    pub created_at: String,
    /// When its state changed last or somebody did something to it.
    pub active_at: String,
    /// How its last start went, stage by stage; empty before the first.
    pub start: Vec<StageTime>,
    /// What a start under way is at, where that may take long, such as getting an image.
    pub doing: Option<String>,
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

/// Who stopped a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StoppedBy {
    /// Whose it is.
    Owner,
    Admin,
    /// Nobody typed and nothing worked in it for the time that its owner set.
    Idle,
}

impl StoppedBy {
    /// As its card says.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Owner => "Stopped by you.",
            Self::Admin => "Stopped by an administrator.",
            Self::Idle => "Asleep: nobody typed and nothing worked in it. Start it to go on.",
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

/// A new session. All that is absent is as the server has it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CreateSession {
    /// What to call it; absent or empty, the agent's name with the lowest free number, such as "Claude Code #1".
    #[garde(inner(custom(is_name)))]
    pub name: Option<String>,
    /// The id of an agent; absent, a plain shell.
    #[garde(skip)]
    pub agent: Option<String>,
    /// The id of a tier; absent, the server's default.
    #[garde(skip)]
    pub tier: Option<String>,
    /// The name of a runtime; absent, the server's default.
    #[garde(skip)]
    pub runtime: Option<String>,
    /// What is cloned into its workspace at its first start.
    #[garde(dive)]
    pub repository: Option<Repository>,
    /// The id of a preset, whose commands its tabs 2–6 run.
    #[garde(skip)]
    pub preset: Option<String>,
    /// Environment of its programs.
    #[garde(custom(is_environment))]
    pub environment: BTreeMap<String, String>,
    /// Whether it stays awake for as long as a program runs in it.
    #[garde(skip)]
    pub keep: bool,
}

/// A Git repository to begin with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Validate)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Repository {
    /// `https://…`, `ssh://…` or `git@host:path`, without a password in it.
    #[garde(custom(is_repository))]
    pub url: String,
    /// A branch or tag; absent, the repository's own default.
    #[serde(default)]
    #[garde(inner(custom(is_reference)))]
    pub reference: Option<String>,
    /// How many commits of its history are fetched; absent, all.
    #[serde(default)]
    #[garde(inner(range(min = 1)))]
    pub depth: Option<u32>,
}

impl Repository {
    /// The folder that it is cloned into: the last part of its address, without `.git`.
    #[must_use]
    pub fn folder(&self) -> &str {
        let last = self.url.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
        last.strip_suffix(".git").unwrap_or(last)
    }
}

/// How a start is to be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ssr", derive(utoipa::ToSchema, utoipa::IntoParams))]
#[cfg_attr(feature = "ssr", into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct StartSession {
    /// Whether the agent takes up its last conversation again, where it can; else it begins a new one.
    pub resume: bool,
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

/// An address that Git fetches from over the network. Ones that name programs of the container's or files are not
/// taken, for they are somebody's mistake; a password would be kept with the session.
fn is_repository(url: &str, (): &()) -> garde::Result {
    let unfit = |why: &str| Err(garde::Error::new(why.to_owned()));
    if url.len() > MAX_URL || url.chars().any(|c| c.is_control() || c.is_whitespace()) || url.starts_with('-') {
        return unfit("This is no address of a repository.");
    }
    let rest = ["https://", "http://", "ssh://", "git://"].into_iter().find_map(|scheme| url.strip_prefix(scheme));
    let is_short = || url.split_once(':').is_some_and(|(host, path)| host.contains('@') && !path.is_empty());
    let authority = match rest {
        Some(rest) => rest.split('/').next().unwrap_or_default(),
        None if is_short() => "",
        None => return unfit("An address begins with https:// or ssh://, or is like git@host:path."),
    };
    let has_path =
        rest.is_none_or(|rest| rest.split_once('/').is_some_and(|(_, path)| !path.trim_matches('/').is_empty()));
    if !has_path {
        return unfit("The address has to end with the repository's name.");
    }
    if authority.rsplit_once('@').is_some_and(|(user, _)| user.contains(':')) {
        return unfit("Leave the password out: it would be kept with the session. Git asks for it in the terminal.");
    }
    let folder = Repository { url: url.to_owned(), reference: None, depth: None }.folder().to_owned();
    if matches!(folder.as_str(), "" | "." | "..") || folder.starts_with('-') {
        return unfit("The address has to end with the repository's name.");
    }
    Ok(())
}

fn is_reference(name: &str, (): &()) -> garde::Result {
    let unfit = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
    if name.is_empty() || name.len() > MAX_REFERENCE || name.starts_with('-') || name.chars().any(unfit) {
        return Err(garde::Error::new("This is no name of a branch or tag."));
    }
    Ok(())
}

/// Names as a shell can use them; none that the guest itself sets.
fn is_environment(all: &BTreeMap<String, String>, (): &()) -> garde::Result {
    const RESERVED: [&str; 7] = ["HOME", "SHELL", "USER", "LOGNAME", "TERM", "BERTH_SESSION", "BERTH_TERMINAL"];
    if all.len() > MAX_VARIABLES {
        return Err(garde::Error::new(format!("There are at most {MAX_VARIABLES} variables.")));
    }
    if all.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > MAX_ENVIRONMENT {
        return Err(garde::Error::new(format!("All variables together have at most {MAX_ENVIRONMENT} bytes.")));
    }
    for (name, value) in all {
        let mut letters = name.chars();
        let is_name = letters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
            && letters.all(|c| c.is_ascii_alphanumeric() || c == '_');
        if !is_name {
            return Err(garde::Error::new(format!("“{}” is no name of a variable.", name.escape_debug())));
        }
        if RESERVED.contains(&name.as_str()) {
            return Err(garde::Error::new(format!("{name} is set by the session itself.")));
        }
        if name.len() + value.len() > MAX_VARIABLE || value.contains('\0') {
            return Err(garde::Error::new(format!("The value of {name} can't be used: it is too long or holds NUL.")));
        }
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
        assert!(CreateSession { name: Some("\u{7}".into()), ..CreateSession::default() }.validate().is_err());
    }

    #[test]
    fn repositories_are_addresses_on_the_network_without_passwords() {
        let fits = |url: &str| Repository { url: url.into(), reference: None, depth: None }.validate().is_ok();
        for fit in ["https://example.org/a/b.git", "git@example.org:a/b", "ssh://git@example.org/b", "http://x/y/"] {
            assert!(fits(fit), "{fit}");
        }
        for unfit in [
            "",
            "b",
            "/srv/b.git",
            "file:///srv/b",
            "--upload-pack=x",
            "ext::sh -c x",
            "https://example.org/",
            "https://ada:secret@example.org/b",
            "https://example.org/a b",
            "https://example.org/..",
            "a@b:",
        ] {
            assert!(!fits(unfit), "{unfit}");
        }
        let repository = Repository { url: "git@example.org:a/b.git".into(), reference: None, depth: None };
        assert_eq!(repository.folder(), "b");
        let depth = Repository { depth: Some(0), ..repository.clone() };
        let reference = |name: &str| Repository { reference: Some(name.into()), ..repository.clone() };
        assert!(
            depth.validate().is_err() && reference("-x").validate().is_err() && reference("a b").validate().is_err()
        );
        assert!(reference("feature/x-1.0").validate().is_ok());
    }

    #[test]
    fn variables_are_named_as_shells_name_them() {
        let fits = |name: &str, value: &str| {
            let environment = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            CreateSession { environment, ..CreateSession::default() }.validate().is_ok()
        };
        assert!(fits("API_KEY", "a b=c\n") && fits("_x1", ""));
        assert!(!fits("1x", "") && !fits("A B", "") && !fits("", "") && !fits("HOME", "/x") && !fits("A", "\0"));
        assert!(!fits("LONG", &"x".repeat(MAX_VARIABLE)));
        let many = |count: usize| (0..count).map(|n| (format!("V{n}"), "x".repeat(1000))).collect::<BTreeMap<_, _>>();
        assert!(CreateSession { environment: many(16), ..CreateSession::default() }.validate().is_ok());
        assert!(CreateSession { environment: many(17), ..CreateSession::default() }.validate().is_err());
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
