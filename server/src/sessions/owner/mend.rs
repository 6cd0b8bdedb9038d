//! What an owner does when row and containers of its session don't fit each other, because an administrator asked.

use std::time::Duration;

use app::backend::Actor;
use app::model::operations::{Mend, Mended};
use app::model::session::{Cause, SessionState};
use protocol::ContainerId;

use super::{Owner, Refusal};
use crate::database::StoredSession;
use crate::sessions::context::now;
use crate::sessions::inventory;
use crate::sessions::{mend, stage};

impl Owner {
    /// Mends what does not fit between the row and the runtime's containers; nothing while an effect is under way.
    pub(super) async fn mend(&mut self, by: &Actor) -> Result<Vec<Mended>, Refusal> {
        if self.work.as_ref().is_some_and(|work| !work.droppable) {
            return Ok(Vec::new());
        }
        let listed = inventory::list(&*self.context.runtime).await.map_err(|error| {
            tracing::error!(session = %self.row.id, %error, "the containers could not be listed");
            Refusal::Failed(Cause::RuntimeUnavailable { detail: error.to_string() })
        })?;
        let its_own: Vec<_> = listed.iter().filter(|container| container.session == self.row.id).collect();
        let mut mended = Vec::new();
        for misfit in inventory::misfits(&self.row, &its_own) {
            let one = mend::plan(&self.row, misfit);
            let failed = self.mend_one(by, one.what, one.container.as_ref()).await?;
            mended.push(Mended { failed, ..one });
        }
        Ok(mended)
    }

    /// Mends one thing, here and not beside other commands, so that no other effect begins on the container
    /// meanwhile. Answers why it could not be done.
    async fn mend_one(
        &mut self,
        by: &Actor,
        what: Mend,
        container: Option<&ContainerId>,
    ) -> Result<Option<String>, Refusal> {
        let (action, failed) = match (what, container) {
            (Mend::ContainerRemoved, Some(id)) => {
                ("container.removed", stage::remove(&self.context, id).await.err().map(|error| error.to_string()))
            }
            (Mend::ContainerStopped, Some(id)) => {
                let stopped = stage::stop(&self.context, Some(id), Duration::ZERO).await;
                ("container.stopped", stopped.err().map(stage::why))
            }
            _ => {
                // There is nothing left to watch, and the next start makes another.
                self.work = None;
                let state = SessionState::Failed { cause: Cause::ContainerGone };
                self.write(StoredSession { state, container: None, active_at: now(), ..self.row.clone() }).await?;
                self.context.note(by, "session.failed", &self.row).await;
                return Ok(None);
            }
        };
        if let (None, Some(id)) = (&failed, container) {
            self.context.audit.record(by, action, &mend::target(id, self.row.id.as_str())).await;
        }
        Ok(failed)
    }
}
