//! The table of agents: those that are shipped, and what the configuration makes of them.

use std::collections::BTreeMap;

use app::model::agent::SHELL;
use serde::Deserialize;

/// The longest id of an agent, characters.
const MAX_ID: usize = 32;

/// An agent that sessions can run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// `[a-z0-9-]{1,32}`.
    pub id: String,
    pub name: String,
    pub icon: String,
    /// What it is, in a line.
    pub about: String,
    /// What is typed to begin; empty for a plain shell.
    pub command: String,
    /// What is typed to take up the last conversation again.
    pub resume: Option<String>,
    /// How it is installed, in a line.
    pub install: String,
    /// Environment of a session of it, besides the session's own.
    pub environment: BTreeMap<String, String>,
}

impl Agent {
    /// The program that its command runs.
    #[must_use]
    pub fn program(&self) -> Option<&str> {
        self.command.split_ascii_whitespace().next()
    }
}

/// What the configuration says of one agent: all of a new one, or some of one that is shipped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AgentEntry {
    pub id: String,
    pub name: Option<String>,
    pub icon: Option<String>,
    pub about: Option<String>,
    pub command: Option<String>,
    pub resume: Option<String>,
    pub install: Option<String>,
    pub environment: BTreeMap<String, String>,
    /// Whether it is offered; one that is shipped is taken off the list so.
    pub enabled: Option<bool>,
}

/// The shipped agents changed by `entries`, a plain shell last.
///
/// # Errors
/// What is wrong with an entry, in a line.
pub fn table(entries: &[AgentEntry]) -> Result<Vec<Agent>, String> {
    let mut agents = shipped();
    for entry in entries {
        let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if entry.id.is_empty() || entry.id.len() > MAX_ID || !entry.id.chars().all(is_id) {
            return Err(format!("`{}` is no id of an agent: it has 1 to {MAX_ID} of a-z, 0-9 and -", entry.id));
        }
        let place = agents.iter().position(|agent| agent.id == entry.id);
        if entry.enabled == Some(false) {
            if entry.id == SHELL {
                return Err("the plain shell is always offered".into());
            }
            agents.retain(|agent| agent.id != entry.id);
            continue;
        }
        let base = match place {
            Some(place) => agents[place].clone(),
            None => Agent {
                id: entry.id.clone(),
                name: entry.name.clone().ok_or_else(|| format!("the agent `{}` needs a name", entry.id))?,
                icon: entry.id.clone(),
                about: String::new(),
                command: entry.command.clone().ok_or_else(|| format!("the agent `{}` needs a command", entry.id))?,
                resume: None,
                install: String::new(),
                environment: BTreeMap::new(),
            },
        };
        let agent = base.changed_by(entry);
        let typed = [Some(&agent.command), agent.resume.as_ref()];
        if agent.name.trim().is_empty() || typed.into_iter().flatten().any(|line| line.chars().any(char::is_control)) {
            return Err(format!("the agent `{}` needs a name, and commands of one line", entry.id));
        }
        match place {
            Some(place) => agents[place] = agent,
            None => agents.insert(agents.len() - 1, agent),
        }
    }
    Ok(agents)
}

impl Agent {
    fn changed_by(self, entry: &AgentEntry) -> Self {
        let or = |new: &Option<String>, old: String| new.clone().unwrap_or(old);
        Self {
            id: self.id,
            name: or(&entry.name, self.name),
            icon: or(&entry.icon, self.icon),
            about: or(&entry.about, self.about),
            command: or(&entry.command, self.command),
            resume: entry.resume.clone().or(self.resume).filter(|resume| !resume.is_empty()),
            install: or(&entry.install, self.install),
            environment: self.environment.into_iter().chain(entry.environment.clone()).collect(),
        }
    }
}

fn shipped() -> Vec<Agent> {
    let agent = |id: &str, name: &str, about: &str, command: &str, resume: Option<&str>, install: &str| Agent {
        id: id.into(),
        name: name.into(),
        icon: id.into(),
        about: about.into(),
        command: command.into(),
        resume: resume.map(str::to_owned),
        install: install.into(),
        environment: BTreeMap::new(),
    };
    vec![
        agent(
            "claude-code",
            "Claude Code",
            "Anthropic's coding agent",
            "claude",
            Some("claude --continue"),
            "npm install -g @anthropic-ai/claude-code",
        ),
        agent(
            "codex",
            "Codex",
            "OpenAI's coding agent",
            "codex",
            Some("codex resume --last"),
            "npm install -g @openai/codex",
        ),
        agent(
            "gemini",
            "Gemini CLI",
            "Google's coding agent",
            "gemini",
            Some("gemini --resume latest"),
            "npm install -g @google/gemini-cli",
        ),
        agent(
            "opencode",
            "OpenCode",
            "An open coding agent for any model",
            "opencode",
            Some("opencode --continue"),
            "npm install -g opencode-ai",
        ),
        agent(SHELL, "Shell", "A plain shell, nothing else", "", None, ""),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str) -> AgentEntry {
        AgentEntry { id: id.into(), ..AgentEntry::default() }
    }

    #[test]
    fn shipped_agents_are_there_with_a_shell_last() {
        let ids: Vec<_> = table(&[]).unwrap().into_iter().map(|agent| agent.id).collect();
        assert_eq!(ids, ["claude-code", "codex", "gemini", "opencode", "shell"]);
    }

    #[test]
    fn entries_change_add_and_take_away() {
        let changed = AgentEntry { command: Some("claude --model opus".into()), ..entry("claude-code") };
        let gone = AgentEntry { enabled: Some(false), ..entry("gemini") };
        let new = AgentEntry { name: Some("Aider".into()), command: Some("aider".into()), ..entry("aider") };
        let agents = table(&[changed, gone, new]).unwrap();
        let ids: Vec<_> = agents.iter().map(|agent| agent.id.as_str()).collect();
        assert_eq!(ids, ["claude-code", "codex", "opencode", "aider", "shell"]);
        assert_eq!((agents[0].program(), agents[0].name.as_str()), (Some("claude"), "Claude Code"));
        assert_eq!(agents[3].resume, None);
    }

    #[test]
    fn what_is_wrong_with_an_entry_is_told() {
        let named = |id: &str| AgentEntry { name: Some("X".into()), command: Some("x".into()), ..entry(id) };
        for wrong in [
            entry(""),
            named("A"),
            named("a b"),
            named(&"x".repeat(33)),
            entry("aider"),
            AgentEntry { enabled: Some(false), ..entry(SHELL) },
            AgentEntry { command: Some("a\nb".into()), ..named("aider") },
        ] {
            assert!(table(std::slice::from_ref(&wrong)).is_err(), "{wrong:?}");
        }
    }
}
