//! What administrators see of the whole server, and what they mend. Owns who may, and how it is told; sessions and
//! containers themselves are [`crate::sessions`]' and their owners'.

use std::collections::HashMap;
use std::fs;
use std::sync::Arc;

use app::backend::{self, Actor};
use app::model::error::ApiError;
use app::model::operations::{
    AnyContainer, AnySession, ContainerLimits, ContainerStatus, Containers, DestroyAction, DestroyById, DestroyOutcome,
    Destroyed, DestroyedKind, Enforcement, OtherRuntime, Reconcile, Reconciled, RuntimeReport, Usage,
};
use app::model::session::SessionState;
use async_trait::async_trait;
use protocol::{ContainerId, SessionId};
use runtime::{ContainerState, Health, Limits, Runtime};

use crate::accounts::{require_admin, to_text};
use crate::config::Config;
use crate::database::{Database, StoredSession, unavailable};
use crate::sessions::SessionService;
use crate::sessions::rules::STANDARD;

/// Where Linux keeps the machine's name (proc_sys_kernel(5)).
const HOST_NAME: &str = "/proc/sys/kernel/hostname";

/// The operations service.
pub struct OperationsService {
    database: Database,
    runtime: Arc<dyn Runtime>,
    sessions: Arc<SessionService>,
    limits: Limits,
    node: String,
}

/// People's emails by their ids.
type Emails = HashMap<String, String>;

impl OperationsService {
    #[must_use]
    pub fn new(database: Database, runtime: Arc<dyn Runtime>, sessions: Arc<SessionService>, config: &Config) -> Self {
        let node = fs::read_to_string(HOST_NAME).unwrap_or_else(|error| {
            tracing::warn!(%error, "this machine's name can't be read");
            "localhost".into()
        });
        Self { database, runtime, sessions, limits: config.rules.limits(STANDARD), node: node.trim().to_owned() }
    }

    async fn emails(&self) -> Result<Emails, ApiError> {
        let people = self.database.people().await.map_err(unavailable)?;
        Ok(people.into_iter().map(|person| (person.id, person.email.into())).collect())
    }

    fn to_model(&self, row: &StoredSession, emails: &Emails, usage: Option<Usage>) -> AnySession {
        AnySession {
            id: row.id.clone(),
            name: row.name.clone(),
            owner: owner(row, emails),
            state: row.state.clone(),
            created_at: to_text(row.created_at),
            active_at: to_text(row.active_at),
            container: row.container.clone(),
            runtime: match &row.container {
                Some(id) => self.runtime.driver_of(id).to_owned(),
                None => self.runtime.name().to_owned(),
            },
            node: self.node.clone(),
            usage,
        }
    }
}

#[async_trait]
impl backend::Operations for OperationsService {
    async fn sessions(&self, actor: &Actor) -> Result<Vec<AnySession>, ApiError> {
        require_admin(&self.database, actor).await?;
        let (rows, emails) = (self.sessions.everybodys().await?, self.emails().await?);
        let usages = self.sessions.usages(&rows).await;
        Ok(rows.iter().zip(usages).map(|(row, usage)| self.to_model(row, &emails, usage)).collect())
    }

    async fn session(&self, actor: &Actor, id: &SessionId) -> Result<AnySession, ApiError> {
        require_admin(&self.database, actor).await?;
        let rows = [self.sessions.anybodys(id).await?];
        let usage = self.sessions.usages(&rows).await.into_iter().next().flatten();
        Ok(self.to_model(&rows[0], &self.emails().await?, usage))
    }

    async fn containers(&self, actor: &Actor) -> Result<Containers, ApiError> {
        require_admin(&self.database, actor).await?;
        let (found, emails) = (self.sessions.inventory().await?, self.emails().await?);
        let containers = found.containers.iter().map(|container| {
            let (row, standing) = found.standing(container);
            AnyContainer {
                id: container.id.clone(),
                session: container.session.clone(),
                name: row.map(|row| row.name.clone()),
                owner: row.map(|row| owner(row, &emails)),
                state: status(&container.state),
                standing,
            }
        });
        let gone = found.without_container();
        Ok(Containers {
            containers: containers.collect(),
            sessions_without_container: gone.into_iter().map(|row| self.to_model(row, &emails, None)).collect(),
            knows_no_session: found.rows.is_empty(),
        })
    }

    async fn runtime(&self, actor: &Actor) -> Result<RuntimeReport, ApiError> {
        require_admin(&self.database, actor).await?;
        let (health, others) = healths(&*self.runtime).await;
        let other = |(name, health): (&str, Health)| OtherRuntime {
            name: name.to_owned(),
            available: health.available,
            summary: health.summary,
            enforcement: health.enforcement.into_iter().map(enforcement).collect(),
        };
        let Limits { cpu_millis, memory_bytes, pids, disk_bytes } = self.limits;
        Ok(RuntimeReport {
            name: self.runtime.name().to_owned(),
            node: self.node.clone(),
            available: health.available,
            summary: health.summary,
            limits: ContainerLimits { cpu_millis, memory_bytes, pids, disk_bytes },
            enforcement: health.enforcement.into_iter().map(enforcement).collect(),
            others: others.into_iter().map(other).collect(),
        })
    }

    async fn destroy(&self, actor: &Actor, which: DestroyById) -> Result<Destroyed, ApiError> {
        require_admin(&self.database, actor).await?;
        if let Ok(id) = which.id.parse::<SessionId>()
            && self.database.session(&id).await.map_err(unavailable)?.is_some()
        {
            return self.destroy_session(actor, &id, which.action).await;
        }
        let id: ContainerId = which.id.parse().map_err(|_| ApiError::not_found("session or container"))?;
        self.sessions.destroy_container(actor, &id, which.action).await?;
        let outcome = match which.action {
            DestroyAction::Stop => DestroyOutcome::Stopped,
            DestroyAction::Destroy => DestroyOutcome::Destroyed,
        };
        Ok(Destroyed { id: id.to_string(), kind: DestroyedKind::Container, outcome })
    }

    async fn reconcile(&self, actor: &Actor, how: Reconcile) -> Result<Reconciled, ApiError> {
        require_admin(&self.database, actor).await?;
        Ok(Reconciled { dry_run: how.dry_run, mended: self.sessions.mend(actor, how).await? })
    }
}

impl OperationsService {
    async fn destroy_session(
        &self,
        actor: &Actor,
        id: &SessionId,
        action: DestroyAction,
    ) -> Result<Destroyed, ApiError> {
        let outcome = match action {
            DestroyAction::Destroy => {
                self.sessions.delete_anybodys(actor, id).await?;
                DestroyOutcome::Destroyed
            }
            DestroyAction::Stop => match self.sessions.stop_anybodys(actor, id).await?.state {
                SessionState::Stopping => DestroyOutcome::Stopping,
                _ => DestroyOutcome::Stopped,
            },
        };
        Ok(Destroyed { id: id.to_string(), kind: DestroyedKind::Session, outcome })
    }
}

fn owner(row: &StoredSession, emails: &Emails) -> String {
    emails.get(&row.owner).unwrap_or(&row.owner).clone()
}

fn status(state: &ContainerState) -> ContainerStatus {
    match state {
        ContainerState::Created => ContainerStatus::Created,
        ContainerState::Running => ContainerStatus::Running,
        ContainerState::Exited(_) => ContainerStatus::Exited,
    }
}

/// The health of the driver that runs new sessions, and of each other one by its name. All are asked at once: one that
/// hangs until its limit keeps nobody else from being told of.
pub async fn healths(runtime: &dyn Runtime) -> (Health, Vec<(&'static str, Health)>) {
    let others = runtime.others().iter().map(|other| async move { (other.name(), other.health().await) });
    futures::future::join(runtime.health(), futures::future::join_all(others)).await
}

/// As the page and the API see it.
pub(crate) fn enforcement(item: runtime::Enforcement) -> Enforcement {
    Enforcement { name: item.name, enforced: item.enforced, detail: item.detail }
}
