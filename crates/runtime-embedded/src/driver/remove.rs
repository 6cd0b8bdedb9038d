//! Removes a container and all that there is of it.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use runtime::RuntimeError;

use super::Inner;
use super::stop;
use crate::child::{failed, unexpected};
use crate::container::Container;
use crate::identity::Identity;
use crate::request::{Answer, Remove, Request};

pub(super) const TRASH: &str = "trash";

pub(super) async fn run(inner: Arc<Inner>, container: Arc<Container>) -> Result<(), RuntimeError> {
    // A stop under way holds the lock through its grace, for programs that a removal doesn't spare.
    if let Some(run) = container.run() {
        run.expect_end();
        stop::kill(&run)?;
    }
    let mut removed = container.operation.lock().await;
    if *removed {
        return Ok(());
    }
    stop::end(&container, Duration::ZERO).await?;
    container.remove_group().await.map_err(|error| failed("remove a container's cgroups", error))?;
    // From here it is gone, whatever happens; start-up removes what is in the trash.
    let id = &container.record.id;
    let trash = inner.root.join(TRASH).join(id.as_str());
    inner.remove_tree(&trash, container.record.identity).await?;
    match fs::rename(&container.directory, &trash) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(failed("put a container into the trash", error));
        }
        _ => {}
    }
    *removed = true;
    inner.containers().remove(id);
    inner.remove_tree(&trash, container.record.identity).await
}

impl Inner {
    /// Removes a tree of a container's files. Repeatable.
    pub(super) async fn remove_tree(&self, path: &Path, identity: Identity) -> Result<(), RuntimeError> {
        match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed("look at a container's files", error)),
            Ok(_) => {}
        }
        let remove = Remove { path: path.to_owned(), identity };
        match self.helper.ask(&Request::Remove(remove)).await? {
            Answer::Done => Ok(()),
            Answer::Failed(failure) => Err(failure.into_error()),
            other => Err(unexpected(&other)),
        }
    }
}
