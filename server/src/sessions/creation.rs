//! Making a session: what it may be made of, and what it is called.

use app::backend::{Actor, Preferences as _};
use app::model::agent::{self, Choices, SHELL, Tier};
use app::model::error::{ApiError, ErrorCode, FieldError};
use app::model::preferences::ChangePreferences;
use app::model::session::{CreateSession, Session, SessionState};
use garde::Validate as _;
use protocol::{GuestToken, SessionId};

use crate::database::{SessionDetails, StoredSession, Variables};
use crate::preferences::PreferencesService;
use crate::sessions::context::now;
use crate::sessions::rules::STANDARD;
use crate::sessions::service::{SessionService, database_error};

impl SessionService {
    /// What a new session of the actor's can be made of.
    pub(super) async fn choices_of(&self, actor: &Actor) -> Result<Choices, ApiError> {
        let rules = &self.context.rules;
        let looked_in = self.context.programs_found();
        let agents = rules.agents.iter().map(|agent| {
            let has = |found: &[String]| agent.program().is_none_or(|program| found.iter().any(|name| name == program));
            let (found, missing): (Vec<_>, Vec<_>) = looked_in.iter().partition(|(_, found)| has(found));
            let names =
                |some: Vec<&(String, Vec<String>)>| some.into_iter().map(|(runtime, _)| runtime.clone()).collect();
            agent::Agent {
                id: agent.id.clone(),
                name: agent.name.clone(),
                icon: agent.icon.clone(),
                about: agent.about.clone(),
                install: agent.install.clone(),
                can_resume: agent.resume.is_some(),
                found: names(found),
                missing: names(missing),
            }
        });
        let preferences = PreferencesService::new(self.context.database.clone()).get(actor).await?;
        let last_agent = preferences.last_agent.filter(|last| rules.agent(last).is_some());
        let tiers = rules.tiers.iter().map(|(id, limits)| Tier {
            id: id.clone(),
            cpu_millis: limits.cpu_millis,
            memory_bytes: limits.memory_bytes,
            disk_bytes: limits.disk_bytes,
        });
        Ok(Choices {
            agents: agents.collect(),
            last_agent,
            tiers: tiers.collect(),
            default_tier: STANDARD.into(),
            runtimes: self.context.runtimes(),
            presets: self.presets_of(actor).await?,
        })
    }

    /// Makes a session, not started.
    pub(super) async fn make(&self, actor: &Actor, new: CreateSession) -> Result<Session, ApiError> {
        let name = new.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
        let new = CreateSession { name: name.clone(), ..new };
        new.validate()?;
        let rules = &self.context.rules;
        let agent = new.agent.unwrap_or_else(|| SHELL.into());
        if rules.agent(&agent).is_none() {
            return Err(unknown("agent", "There is no such agent here."));
        }
        let tier = new.tier.unwrap_or_else(|| STANDARD.into());
        if rules.tier(&tier).is_none() {
            return Err(unknown("tier", "There is no such tier here."));
        }
        if new.runtime.as_ref().is_some_and(|runtime| !self.context.runtimes().contains(runtime)) {
            return Err(unknown("runtime", "There is no such runtime here."));
        }
        let commands = match &new.preset {
            None => Vec::new(),
            Some(id) => {
                let preset = self.context.database.preset(&actor.user, id).await.map_err(|e| database_error(&e))?;
                preset.ok_or_else(|| unknown("preset", "There is no such preset."))?.commands
            }
        };
        let details = SessionDetails {
            agent: agent.clone(),
            tier,
            runtime: new.runtime,
            keep: new.keep,
            repository: new.repository,
            commands,
            environment: Variables(new.environment),
            ..SessionDetails::default()
        };
        let session = self.insert(actor, name, details).await?;
        self.remember_agent(actor, &agent).await;
        Ok(session)
    }

    /// Makes a session like another, not started.
    pub(super) async fn make_like(&self, actor: &Actor, other: StoredSession) -> Result<Session, ApiError> {
        let (stopped_by, has_run, resume, restart) = (None, false, false, None);
        let details = SessionDetails { stopped_by, has_run, resume, restart, ..other.details };
        let base = other.name.rsplit_once(" #").filter(|(_, number)| number.parse::<u32>().is_ok());
        let base = base.map_or(other.name.as_str(), |(base, _)| base).to_owned();
        self.insert_numbered(actor, &base, details).await
    }

    async fn insert(&self, actor: &Actor, name: Option<String>, details: SessionDetails) -> Result<Session, ApiError> {
        let Some(name) = name else {
            let agent = self.context.rules.agent(&details.agent).map_or("Session", |agent| agent.name.as_str());
            return self.insert_numbered(actor, agent, details).await;
        };
        let _naming = self.naming.lock().await;
        self.rows_with_room(actor).await?;
        self.insert_row(actor, name, details).await
    }

    async fn insert_numbered(&self, actor: &Actor, base: &str, details: SessionDetails) -> Result<Session, ApiError> {
        let _naming = self.naming.lock().await;
        let rows = self.rows_with_room(actor).await?;
        self.insert_row(actor, free_name(base, &rows), details).await
    }

    /// The actor's sessions, if there may be one more.
    async fn rows_with_room(&self, actor: &Actor) -> Result<Vec<StoredSession>, ApiError> {
        let rows = self.rows_of(actor).await?;
        let most = self.context.rules.allowances.sessions;
        if rows.len() >= most as usize {
            let told = format!("You have {} sessions, and may have {most}. Delete one first.", rows.len());
            return Err(ApiError::new(ErrorCode::QuotaExceeded, told));
        }
        self.creates.count(&actor.user)?;
        Ok(rows)
    }

    async fn insert_row(&self, actor: &Actor, name: String, details: SessionDetails) -> Result<Session, ApiError> {
        let created_at = now();
        let row = StoredSession {
            id: SessionId::from_random(rand::random()),
            owner: actor.user.clone(),
            name,
            state: SessionState::Created,
            container: None,
            token: GuestToken::from_random(rand::random()),
            created_at,
            active_at: created_at,
            start: Vec::new(),
            ready_ms: None,
            details,
        };
        self.context.database.insert_session(&row).await.map_err(|error| database_error(&error))?;
        self.context.announce(&row);
        self.context.note(actor, "session.created", &row).await;
        Ok(self.context.model(&row))
    }

    /// Notes which agent was used last. A session is made without it too.
    async fn remember_agent(&self, actor: &Actor, agent: &str) {
        let last = serde_json::Map::from_iter([("last_agent".to_owned(), agent.into())]);
        let preferences = PreferencesService::new(self.context.database.clone());
        if let Err(error) = preferences.change(actor, ChangePreferences(last)).await {
            tracing::warn!(user = actor.user, %error, "the agent that was used last could not be noted");
        }
    }
}

fn unknown(field: &str, message: &str) -> ApiError {
    let fields = vec![FieldError { field: field.into(), message: message.into() }];
    ApiError { fields, ..ApiError::new(ErrorCode::ValidationError, "Some of what you entered can't be used.") }
}

/// "Claude Code #N" with the lowest number that no session has.
fn free_name(base: &str, rows: &[StoredSession]) -> String {
    let base: String = base.chars().take(app::model::session::MAX_NAME - " #99999".len()).collect();
    (1..=rows.len() + 1)
        .map(|number| format!("{base} #{number}"))
        .find(|name| rows.iter().all(|row| row.name != *name))
        .unwrap_or(base)
}
