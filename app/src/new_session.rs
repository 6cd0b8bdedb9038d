//! What is chosen for a new session, before it is one.

use std::collections::BTreeMap;

use garde::Validate;

use crate::model::agent::{Agent, Choices, SHELL};
use crate::model::error::{ApiError, ErrorCode, FieldError};
use crate::model::session::{CreateSession, Repository};

/// The fields, as they are typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Form {
    pub agent: String,
    pub tier: String,
    pub runtime: String,
    pub url: String,
    pub reference: String,
    pub depth: String,
    pub preset: String,
    pub environment: String,
    pub keep: bool,
}

impl Form {
    /// As it is when nothing has been chosen.
    pub fn new(choices: &Choices) -> Self {
        Self {
            agent: choices.last_agent.clone().unwrap_or_else(|| SHELL.to_owned()),
            tier: choices.default_tier.clone(),
            runtime: choices.runtimes.first().cloned().unwrap_or_default(),
            ..Self::default()
        }
    }

    /// What is asked of the server.
    ///
    /// # Errors
    /// VALIDATION_ERROR, with the fields.
    pub fn request(&self) -> Result<CreateSession, ApiError> {
        let new = CreateSession {
            name: None,
            agent: filled(&self.agent),
            tier: filled(&self.tier),
            runtime: filled(&self.runtime),
            repository: self.repository()?,
            preset: filled(&self.preset),
            environment: environment(&self.environment).map_err(|message| wrong("environment", message))?,
            keep: self.keep,
        };
        new.validate()?;
        Ok(new)
    }

    fn repository(&self) -> Result<Option<Repository>, ApiError> {
        let reference = filled(&self.reference);
        let depth = match filled(&self.depth) {
            None => None,
            Some(text) => match text.parse() {
                Ok(depth) => Some(depth),
                Err(_) => return Err(wrong("repository.depth", "Enter how many commits, from 1.")),
            },
        };
        match filled(&self.url) {
            Some(url) => Ok(Some(Repository { url, reference, depth })),
            None if reference.is_some() || depth.is_some() => {
                Err(wrong("repository.url", "Enter the address of the repository that this is about."))
            }
            None => Ok(None),
        }
    }
}

/// What is said by a field.
pub fn message(error: &ApiError, field: &str) -> Option<String> {
    // One in a list or an option is named with its place.
    let is_it = |name: &str| name.strip_prefix(field).is_some_and(|rest| rest.is_empty() || rest.starts_with('['));
    error.fields.iter().find(|wrong| is_it(&wrong.field)).map(|wrong| wrong.message.clone())
}

/// The install line of an agent whose command was looked for in `runtime` and not found.
pub fn install<'a>(agent: &'a Agent, runtime: &str) -> Option<&'a str> {
    agent.missing.iter().any(|missing| missing == runtime).then_some(agent.install.as_str())
}

fn filled(text: &str) -> Option<String> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn wrong(field: &str, message: impl Into<String>) -> ApiError {
    let fields = vec![FieldError { field: field.into(), message: message.into() }];
    ApiError { fields, ..ApiError::new(ErrorCode::ValidationError, "Some of what you entered can't be used.") }
}

/// Lines of NAME=value; empty ones are skipped.
fn environment(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut all = BTreeMap::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let Some((name, value)) = line.split_once('=') else {
            return Err(format!("Line {} is not like NAME=value.", number + 1));
        };
        if all.insert(name.trim().to_owned(), value.to_owned()).is_some() {
            return Err(format!("{} is there twice.", name.trim()));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::test_everywhere;

    fn refused(form: Form) -> String {
        let error = form.request().expect_err("refused");
        error.fields.first().map(|wrong| wrong.field.clone()).unwrap_or_default()
    }

    test_everywhere! {
        fn what_was_used_last_is_chosen_first_and_a_shell_before_that() {
            let mut choices = Choices {
                agents: Vec::new(),
                last_agent: Some("codex".into()),
                tiers: Vec::new(),
                default_tier: "standard".into(),
                runtimes: vec!["docker".into(), "embedded".into()],
                presets: Vec::new(),
            };
            let form = Form::new(&choices);
            assert_eq!((form.agent.as_str(), form.tier.as_str(), form.runtime.as_str()), ("codex", "standard", "docker"));
            choices.last_agent = None;
            assert_eq!(Form::new(&choices).agent, SHELL);
        }

        fn what_is_left_empty_is_the_servers_to_choose() {
            assert_eq!(Form::default().request().expect("a request"), CreateSession::default());
        }

        fn all_that_is_filled_in_is_asked_for() {
            let form = Form {
                agent: "codex".into(),
                url: " https://example.org/a/b.git ".into(),
                depth: "1".into(),
                environment: "A=1\n\nB = x=y \n".into(),
                keep: true,
                ..Form::default()
            };
            let new = form.request().expect("a request");
            let repository = new.repository.expect("a repository");
            assert_eq!((repository.url.as_str(), repository.depth), ("https://example.org/a/b.git", Some(1)));
            let environment: Vec<_> = new.environment.into_iter().collect();
            assert_eq!(environment, [("A".to_owned(), "1".to_owned()), ("B".to_owned(), " x=y ".to_owned())]);
            assert!(new.keep && new.agent.as_deref() == Some("codex") && new.tier.is_none());
        }

        fn what_is_wrong_is_said_by_its_field() {
            assert_eq!(refused(Form { depth: "many".into(), ..Form::default() }), "repository.depth");
            assert_eq!(refused(Form { reference: "main".into(), ..Form::default() }), "repository.url");
            assert_eq!(refused(Form { environment: "A=1\nnothing".into(), ..Form::default() }), "environment");
            assert_eq!(refused(Form { environment: "A=1\nA=2".into(), ..Form::default() }), "environment");
            assert_eq!(refused(Form { environment: "HOME=/x".into(), ..Form::default() }), "environment");
            let error = Form { url: "b".into(), ..Form::default() }.request().expect_err("no address");
            assert!(message(&error, "repository.url").is_some() && message(&error, "repository").is_none());
            let error = Form { url: "https://x/y".into(), depth: "0".into(), ..Form::default() }.request();
            assert!(message(&error.expect_err("no commits"), "repository.depth").is_some());
        }

        fn an_agent_is_missing_only_where_it_was_looked_for() {
            let agent = Agent {
                id: "codex".into(),
                name: "Codex".into(),
                icon: "codex".into(),
                about: String::new(),
                install: "npm install -g codex".into(),
                can_resume: true,
                found: vec!["docker".into()],
                missing: vec!["embedded".into()],
            };
            assert_eq!(install(&agent, "embedded"), Some("npm install -g codex"));
            assert_eq!((install(&agent, "docker"), install(&agent, "other")), (None, None));
        }
    }
}
