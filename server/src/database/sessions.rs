//! Sessions as they are stored, and every query on them.

use std::collections::BTreeMap;
use std::fmt;

use app::model::agent::SHELL;
use app::model::session::{Repository, SessionState, StageTime, StartSession, StoppedBy};
use protocol::{ContainerId, GuestToken, SessionId};
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::entities::session;
use super::{Database, DatabaseError, from_micros, to_micros};

/// A session as the database holds it. Times are kept to the microsecond.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSession {
    pub id: SessionId,
    /// The person it belongs to.
    pub owner: String,
    pub name: String,
    pub state: SessionState,
    /// Its container, from when the runtime named it until it is removed.
    pub container: Option<ContainerId>,
    /// What its guest demands with each request.
    pub token: GuestToken,
    pub created_at: OffsetDateTime,
    pub active_at: OffsetDateTime,
    /// How its last start went, stage by stage.
    pub start: Vec<StageTime>,
    /// Milliseconds its last start took, once it was ready.
    pub ready_ms: Option<u32>,
    /// What it was made of, and what else is known of it.
    pub details: SessionDetails,
}

/// What a session was made of, and what else is known of it. Never asked for by itself, so that it is one column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionDetails {
    /// The id of its agent.
    pub agent: String,
    /// The id of its tier.
    pub tier: String,
    /// The runtime it asked for.
    pub runtime: Option<String>,
    /// Whether any program keeps it awake.
    pub keep: bool,
    pub repository: Option<Repository>,
    /// What tabs 2 to 6 run, from a preset.
    pub commands: Vec<String>,
    pub environment: Variables,
    /// Who stopped it last.
    pub stopped_by: Option<StoppedBy>,
    /// Whether its agent ran in it before.
    pub has_run: bool,
    /// Whether the start under way, or the last, is to take up the last conversation.
    pub resume: bool,
    /// How it is to be started once it is stopped.
    pub restart: Option<StartSession>,
}

impl Default for SessionDetails {
    fn default() -> Self {
        Self {
            agent: SHELL.into(),
            tier: "standard".into(),
            runtime: None,
            keep: false,
            repository: None,
            commands: Vec::new(),
            environment: Variables::default(),
            stopped_by: None,
            has_run: false,
            resume: false,
            restart: None,
        }
    }
}

/// Environment of a session's programs. Its values may be secrets, and are not printed.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Variables(pub BTreeMap<String, String>);

impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Database {
    /// Every session there is, oldest first.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn sessions(&self) -> Result<Vec<StoredSession>, DatabaseError> {
        let query = session::Entity::find().order_by_asc(session::Column::CreatedAt).all(&self.connection);
        self.query("reading the sessions", query).await?.into_iter().map(TryInto::try_into).collect()
    }

    /// Every session of `owner`'s, oldest first.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn sessions_of(&self, owner: &str) -> Result<Vec<StoredSession>, DatabaseError> {
        let query = session::Entity::find()
            .filter(session::Column::Owner.eq(owner))
            .order_by_asc(session::Column::CreatedAt)
            .all(&self.connection);
        self.query("reading a person's sessions", query).await?.into_iter().map(TryInto::try_into).collect()
    }

    /// The state of every session of `owner`'s, latest activity first.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn session_states_of(&self, owner: &str) -> Result<Vec<(SessionId, SessionState)>, DatabaseError> {
        let query = session::Entity::find()
            .select_only()
            .columns([session::Column::Id, session::Column::State])
            .filter(session::Column::Owner.eq(owner))
            .order_by_desc(session::Column::ActiveAt)
            .order_by_asc(session::Column::Id)
            .into_tuple::<(String, String)>()
            .all(&self.connection);
        let rows = self.query("reading the states of a person's sessions", query).await?.into_iter();
        rows.map(|(id, state)| Ok((read_id(&id)?, read_state(&state)?))).collect()
    }

    /// The state of every session there is.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn session_states(&self) -> Result<Vec<SessionState>, DatabaseError> {
        let states = session::Entity::find().select_only().column(session::Column::State);
        let query = states.into_tuple::<String>().all(&self.connection);
        let states = self.query("reading the sessions' states", query).await?;
        states.iter().map(|state| read_state(state)).collect()
    }

    /// One session.
    ///
    /// # Errors
    /// [`DatabaseError::Corrupt`], and as every query.
    pub async fn session(&self, id: &SessionId) -> Result<Option<StoredSession>, DatabaseError> {
        let query = session::Entity::find_by_id(id.as_str()).one(&self.connection);
        self.query("reading a session", query).await?.map(TryInto::try_into).transpose()
    }

    /// Stores a new session.
    ///
    /// # Errors
    /// [`DatabaseError::Conflict`] when its id is taken, and as every query.
    pub async fn insert_session(&self, session: &StoredSession) -> Result<(), DatabaseError> {
        let row = session::Model::try_from(session)?.into_active_model();
        let query = session::Entity::insert(row).exec_without_returning(&self.connection);
        self.query("storing a session", query).await?;
        Ok(())
    }

    /// Replaces all there is of the session with this id.
    ///
    /// # Errors
    /// [`DatabaseError::NotFound`] when there is none, and as every query.
    pub async fn update_session(&self, session: &StoredSession) -> Result<(), DatabaseError> {
        let row = session::Model::try_from(session)?.into_active_model().reset_all();
        let query = session::Entity::update_many()
            .set(row)
            .filter(session::Column::Id.eq(session.id.as_str()))
            .exec(&self.connection);
        let updated = self.query("storing a session", query).await?;
        if updated.rows_affected == 0 { Err(DatabaseError::NotFound("session")) } else { Ok(()) }
    }

    /// Forgets a session. Does nothing when there is none.
    ///
    /// # Errors
    /// As every query.
    pub async fn delete_session(&self, id: &SessionId) -> Result<(), DatabaseError> {
        let query = session::Entity::delete_by_id(id.as_str()).exec(&self.connection);
        self.query("deleting a session", query).await?;
        Ok(())
    }
}

impl TryFrom<&StoredSession> for session::Model {
    type Error = DatabaseError;

    fn try_from(from: &StoredSession) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: from.id.to_string(),
            owner: from.owner.clone(),
            name: from.name.clone(),
            state: serde_json::to_string(&from.state).map_err(|e| corrupt("a state", &e))?,
            container: from.container.as_ref().map(ToString::to_string),
            token: from.token.reveal().to_owned(),
            created_at: to_micros(from.created_at),
            active_at: to_micros(from.active_at),
            start: serde_json::to_string(&from.start).map_err(|e| corrupt("a start", &e))?,
            ready_ms: from.ready_ms.map(i64::from),
            details: serde_json::to_string(&from.details).map_err(|e| corrupt("a session's details", &e))?,
        })
    }
}

impl TryFrom<session::Model> for StoredSession {
    type Error = DatabaseError;

    fn try_from(row: session::Model) -> Result<Self, DatabaseError> {
        Ok(Self {
            id: read_id(&row.id)?,
            owner: row.owner,
            name: row.name,
            state: read_state(&row.state)?,
            container: row.container.map(|id| id.parse().map_err(|e| corrupt("a container id", &e))).transpose()?,
            token: GuestToken::from_stored(row.token),
            created_at: from_micros(row.created_at)?,
            active_at: from_micros(row.active_at)?,
            start: serde_json::from_str(&row.start).map_err(|e| corrupt("a session's start", &e))?,
            ready_ms: row.ready_ms.map(|ms| u32::try_from(ms).map_err(|e| corrupt("a duration", &e))).transpose()?,
            details: serde_json::from_str(&row.details).map_err(|e| corrupt("a session's details", &e))?,
        })
    }
}

fn read_id(id: &str) -> Result<SessionId, DatabaseError> {
    id.parse().map_err(|e| corrupt("a session id", &e))
}

fn read_state(state: &str) -> Result<SessionState, DatabaseError> {
    serde_json::from_str(state).map_err(|e| corrupt("a session's state", &e))
}

fn corrupt(what: &'static str, error: &dyn std::error::Error) -> DatabaseError {
    DatabaseError::Corrupt { what, detail: error.to_string() }
}
