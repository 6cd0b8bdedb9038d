//! The line that is typed into a session's first terminal: what is cloned, and the agent's own command.

use app::model::session::Repository;
use app::terminal::quote::quote;

use crate::database::SessionDetails;
use crate::sessions::agents::Agent;

/// What is typed when a session starts; none for a plain shell with nothing to clone.
///
/// `is_found` says whether the agent's program is where programs usually are. A person's shell may know better, so
/// that one which is not found is tried all the same, and told of when it doesn't run.
pub(super) fn first_line(agent: &Agent, details: &SessionDetails, is_found: bool) -> Option<String> {
    let command = match &agent.resume {
        Some(resume) if details.resume => resume,
        _ => &agent.command,
    };
    let command = match (command.is_empty(), is_found) {
        (true, _) => None,
        (false, true) => Some(command.clone()),
        (false, false) => {
            let hint = format!("{} may not be installed here. To install it: {}", agent.name, agent.install);
            // A hint that would press keys is left out.
            Some(quote(&hint).map_or_else(|| command.clone(), |hint| format!("{command} || echo {hint}")))
        }
    };
    match (details.repository.as_ref().and_then(clone), command) {
        (Some(clone), Some(command)) => Some(format!("{clone} && {{ {command}; }}")),
        (clone, command) => clone.or(command),
    }
}

/// Clones unless it is there, and goes into it. None for what the model refuses: an address or name that presses keys.
fn clone(repository: &Repository) -> Option<String> {
    let (folder, url) = (quote(repository.folder())?, quote(&repository.url)?);
    let depth = repository.depth.map(|depth| format!(" --depth {depth}")).unwrap_or_default();
    let branch = match &repository.reference {
        Some(name) => format!(" --branch {}", quote(name)?),
        None => String::new(),
    };
    Some(format!("{{ [ -e {folder} ] || git clone{depth}{branch} -- {url} {folder}; }} && cd {folder}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sessions::agents::table;

    fn line(agent: &str, details: &SessionDetails, is_found: bool) -> Option<String> {
        let agents = table(&[]).unwrap();
        first_line(agents.iter().find(|other| other.id == agent).unwrap(), details, is_found)
    }

    #[test]
    fn an_agent_begins_or_goes_on_and_a_shell_types_nothing() {
        let fresh = SessionDetails::default();
        let resumed = SessionDetails { resume: true, ..fresh.clone() };
        assert_eq!(line("shell", &fresh, true), None);
        assert_eq!(line("claude-code", &fresh, true).unwrap(), "claude");
        assert_eq!(line("claude-code", &resumed, true).unwrap(), "claude --continue");
        assert_eq!(line("shell", &resumed, true), None);
        let missing = line("codex", &fresh, false).unwrap();
        assert_eq!(
            missing,
            "codex || echo 'Codex may not be installed here. To install it: npm install -g @openai/codex'"
        );
    }

    #[test]
    fn a_repository_is_cloned_once_and_nothing_in_its_address_is_a_command() {
        let url = "https://example.org/a/it's;$(x).git".to_owned();
        let repository = Repository { url, reference: Some("a b`c`".into()), depth: Some(1) };
        let details = SessionDetails { repository: Some(repository), ..SessionDetails::default() };
        let typed = line("claude-code", &details, true).unwrap();
        assert_eq!(
            typed,
            r"{ [ -e 'it'\''s;$(x)' ] || git clone --depth 1 --branch 'a b`c`' -- 'https://example.org/a/it'\''s;$(x).git' 'it'\''s;$(x)'; } && cd 'it'\''s;$(x)' && { claude; }"
        );
        assert!(line("shell", &details, true).unwrap().ends_with("&& cd 'it'\\''s;$(x)'"));
    }
}
