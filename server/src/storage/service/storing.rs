//! Files that come, whole or in parts.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::sync::Arc;

use app::backend::Actor;
use app::backend::sessions::FileBytes;
use app::backend::storage::Incoming;
use app::model::error::{ApiError, ErrorCode};
use app::model::storage::{BeginUpload, Clash, FilePath, Stored, Upload};

use super::{Place, StorageService, guard, state};
use crate::auth;
use crate::storage::fault::{Fault, taken};
use crate::storage::incoming::receive;
use crate::storage::off_the_tasks;
use crate::storage::open::etag;
use crate::storage::settle::{check_new_name, settle};
use crate::storage::tree::{self, Tree};
use crate::storage::uploads::DATA;

/// A file that nobody has named yet; removed when it is dropped.
#[derive(Debug)]
struct Unnamed {
    path: PathBuf,
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        state::remove(&self.path);
    }
}

impl StorageService {
    pub(super) async fn store_whole(
        &self,
        actor: &Actor,
        file: Incoming,
        bytes: FileBytes,
    ) -> Result<Stored, ApiError> {
        let place = self.place(actor, &file.at).await?;
        guard(&file.at, file.even_protected)?;
        let (user, email, checked, clash) = (actor.user.clone(), actor.email.clone(), place.clone(), file.clash);
        let (room, unnamed, opened) = self
            .work(move |shared| {
                check(&checked, clash)?;
                let room = shared.room(&user, &email, file.size)?;
                let uploads = shared.person(&user, &email)?.uploads();
                let name = auth::random_id();
                let folder = Tree::open(&uploads)?.folder(&FilePath::default())?;
                let opened = folder.make_file(OsStr::new(&name))?;
                Ok((room, Unnamed { path: uploads.join(name) }, opened))
            })
            .await?;
        let opened = Arc::new(opened);
        let received = receive(bytes, Arc::clone(&opened), 0, room.most, false).await;
        let (size, _) = received.map_err(|fault| self.explain(fault, &room))?;
        if file.size.is_some_and(|said| said != size) {
            return Err(ApiError::conflict("The upload broke off before all of it was here."));
        }
        let stored = self.put_in_place(actor, place, clash, unnamed.path.clone(), opened).await;
        drop((unnamed, room));
        stored
    }

    /// More than there is room for is told as that.
    fn explain(&self, fault: Fault, room: &state::Room) -> ApiError {
        match fault {
            Fault::Told(error) if error.code == ErrorCode::ValidationError => {
                let told = format!("There is room for {} MiB, and this is more.", room.most >> 20);
                ApiError::new(ErrorCode::QuotaExceeded, told)
            }
            fault => fault.told(),
        }
    }

    pub(super) async fn begin(&self, actor: &Actor, new: BeginUpload) -> Result<Upload, ApiError> {
        let place = self.place(actor, &new.at).await?;
        guard(&new.at, new.even_protected)?;
        let (user, email) = (actor.user.clone(), actor.email.clone());
        self.work(move |shared| {
            check(&place, new.clash)?;
            // Room is counted by the upload itself from now on.
            drop(shared.room(&user, &email, Some(new.size))?);
            let directory = shared.person(&user, &email)?.uploads();
            let (id, partial) = shared.uploads.begin(&user, &directory, &new)?;
            Ok(partial.told(&id))
        })
        .await
    }

    pub(super) async fn take_part(
        &self,
        actor: &Actor,
        id: &str,
        number: u32,
        sha256: Option<[u8; 32]>,
        bytes: FileBytes,
    ) -> Result<Upload, ApiError> {
        let partial = self.shared.uploads.find(&actor.user, id)?;
        let coming = Arc::clone(&partial).expect(number)?;
        let (coming, file) = off_the_tasks(move || {
            let file = coming.open()?;
            Ok::<_, Fault>((coming, file))
        })
        .await
        .map_err(Fault::told)?;
        let (offset, length) = (coming.offset, coming.length);
        let received = receive(bytes, Arc::new(file), offset, length, sha256.is_some()).await;
        let (size, digest) = received.map_err(Fault::told)?;
        if size != length {
            let told = format!("Part {number} has {length} bytes, and {size} came.");
            return Err(ApiError::new(ErrorCode::ValidationError, told));
        }
        if digest != sha256 {
            let told =
                format!("Part {number} came with other bytes than its sender took the SHA-256 of. Send it again.");
            return Err(ApiError::new(ErrorCode::ValidationError, told));
        }
        off_the_tasks(move || coming.arrived().map_err(Fault::from)).await.map_err(Fault::told)?;
        Ok(partial.told(id))
    }

    pub(super) async fn complete(&self, actor: &Actor, id: &str) -> Result<Stored, ApiError> {
        let partial = self.shared.uploads.find(&actor.user, id)?;
        if partial.missing() > 0 {
            return Err(ApiError::conflict(format!("{} parts are missing.", partial.missing())));
        }
        let place = self.place(actor, partial.at()).await?;
        let partial = self.shared.uploads.end(&actor.user, id)?;
        let data = partial.directory.join(DATA);
        let opened = {
            let data = data.clone();
            self.work(move |_| Ok(Arc::new(std::fs::File::open(data)?))).await
        };
        let stored = match opened {
            Ok(opened) => self.put_in_place(actor, place, partial.clash(), data, opened).await,
            Err(error) => Err(error),
        };
        match stored {
            Ok(stored) => {
                self.work(move |_| {
                    state::remove(&partial.directory);
                    Ok(())
                })
                .await?;
                Ok(stored)
            }
            Err(error) => {
                self.shared.uploads.put_back(id, &partial);
                Err(error)
            }
        }
    }

    /// Onto the disk, then under its name.
    async fn put_in_place(
        &self,
        actor: &Actor,
        place: Place,
        clash: Clash,
        path: PathBuf,
        file: Arc<std::fs::File>,
    ) -> Result<Stored, ApiError> {
        let (user, email) = (actor.user.clone(), actor.email.clone());
        self.work(move |shared| {
            file.sync_all()?;
            let stat = nix::sys::stat::fstat(&*file)?;
            let (directory, name) = path.parent().zip(path.file_name()).ok_or_else(taken)?;
            let from = Tree::open(directory)?.folder(&FilePath::default())?;
            if let Some(parent) = place.at.path.parent() {
                place.tree.make_folders(&parent)?;
            }
            let settled = settle((&from, name), (&place.tree, &place.at), clash, &shared.trash(&user, &email)?)?;
            shared.changed(&user, &settled.at);
            Ok(Stored { at: settled.at, size: tree::size(&stat), etag: etag(&stat), trashed: settled.trashed })
        })
        .await
    }
}

/// What can be refused before anything came.
fn check(place: &Place, clash: Clash) -> Result<(), Fault> {
    check_new_name(&place.at)?;
    if clash == Clash::Refuse
        && let Ok(Some((parent, name))) = place.tree.parent(&place.at.path)
        && parent.has(name)?
    {
        return Err(taken().into());
    }
    Ok(())
}
