//! Files that come, whole or in parts.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::backend::Actor;
use app::backend::sessions::FileBytes;
use app::backend::storage::Incoming;
use app::model::error::{ApiError, ErrorCode};
use app::model::storage::{BeginUpload, Clash, FilePath, Stored, Upload};

use super::{Place, StorageService, guard, state};
use crate::storage::fault::{Fault, taken};
use crate::storage::incoming::{drain, receive};
use crate::storage::off_the_tasks;
use crate::storage::open::etag;
use crate::storage::settle::{check_new_folders, check_new_name, settle};
use crate::storage::tree::{self, Tree};
use crate::storage::uploads::{DATA, remove_left};

/// A file that nobody has named yet; removed when it is dropped.
#[derive(Debug)]
struct Unnamed {
    path: PathBuf,
}

impl Drop for Unnamed {
    fn drop(&mut self) {
        remove_left(&self.path);
    }
}

impl StorageService {
    pub(super) async fn store_whole(
        &self,
        actor: &Actor,
        file: Incoming,
        bytes: FileBytes,
    ) -> Result<Stored, ApiError> {
        let (clash, size) = (file.clash, file.size);
        let prepared = async {
            let permit = self.shared.stores(&actor.user).try_acquire_owned().map_err(|_| {
                let told = "Too many files come at once. Send fewer at a time.";
                ApiError::new(ErrorCode::RateLimited, told)
            })?;
            Ok((permit, self.prepare(actor, file).await?))
        };
        let (_permit, (place, mut room, unnamed, opened)) = match prepared.await {
            Ok(prepared) => prepared,
            Err(error) => {
                drain(bytes).await;
                return Err(error);
            }
        };
        let opened = Arc::new(opened);
        let received = receive(bytes, Arc::clone(&opened), 0, false, |size| room.grow(size)).await;
        let (came, _) = received.map_err(Fault::told)?;
        if size.is_some_and(|said| said != came) {
            return Err(ApiError::conflict("The upload broke off before all of it was here."));
        }
        let (user, email) = (actor.user.clone(), actor.email.clone());
        self.work(actor, move |shared| {
            let stored = put_in_place(shared, &user, &email, &place, clash, (&unnamed.path, &opened));
            if stored.is_ok() {
                room.landed();
            }
            // Not before: whoever asked may have gone by now, and what was replaced lies there for a moment.
            drop((unnamed, room));
            stored
        })
        .await
    }

    /// What a file that comes whole is written into, once nothing speaks against it.
    async fn prepare(
        &self,
        actor: &Actor,
        file: Incoming,
    ) -> Result<(Place, state::Room, Unnamed, std::fs::File), ApiError> {
        let place = self.place(actor, &file.at).await?;
        guard(&file.at, file.even_protected)?;
        let (user, email, checked, clash) = (actor.user.clone(), actor.email.clone(), place.clone(), file.clash);
        let (room, unnamed, opened) = self
            .work(actor, move |shared| {
                checked.guard(file.even_protected)?;
                check(&checked, clash)?;
                let room = shared.room(&user, &email, file.size)?;
                let uploads = shared.person(&user, &email)?.uploads();
                let name = state::scratch();
                let folder = Tree::open(&uploads)?.folder(&FilePath::default())?;
                let opened = folder.make_file(OsStr::new(&name))?;
                Ok((room, Unnamed { path: uploads.join(name) }, opened))
            })
            .await?;
        Ok((place, room, unnamed, opened))
    }

    pub(super) async fn begin(&self, actor: &Actor, new: BeginUpload) -> Result<Upload, ApiError> {
        let place = self.place(actor, &new.at).await?;
        guard(&new.at, new.even_protected)?;
        let (user, email) = (actor.user.clone(), actor.email.clone());
        self.work(actor, move |shared| {
            place.guard(new.even_protected)?;
            check(&place, new.clash)?;
            let room = shared.room(&user, &email, Some(new.size))?;
            let directory = shared.person(&user, &email)?.uploads();
            let (id, partial) = shared.uploads.begin(&user, &directory, &new)?;
            // It is counted by the upload itself from now on.
            room.landed();
            drop(room);
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
        let expected = self.shared.uploads.find(&actor.user, id);
        let expected = expected.and_then(|partial| Ok((Arc::clone(&partial).expect(number)?, partial)));
        let (coming, partial) = match expected {
            Ok(expected) => expected,
            Err(error) => {
                drain(bytes).await;
                return Err(error);
            }
        };
        let target = off_the_tasks(move || coming.open().map_err(Fault::from)).await.map_err(Fault::told)?;
        let (offset, length) = (target.coming.offset, target.coming.length);
        let may = |size| {
            let told = || format!("Part {number} has {length} bytes, and more came.");
            if size > length { Err(ApiError::new(ErrorCode::ValidationError, told()).into()) } else { Ok(()) }
        };
        let target = Arc::new(target);
        let received = receive(bytes, Arc::clone(&target), offset, sha256.is_some(), may).await;
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
        off_the_tasks(move || target.coming.arrived().map_err(Fault::from)).await.map_err(Fault::told)?;
        Ok(partial.told(id))
    }

    pub(super) async fn complete(&self, actor: &Actor, id: &str) -> Result<Stored, ApiError> {
        let place = self.place(actor, self.shared.uploads.find(&actor.user, id)?.at()).await?;
        let ending = self.shared.uploads.end(&actor.user, id, true)?;
        let (user, email) = (actor.user.clone(), actor.email.clone());
        // All of it at once: whoever asked may have gone before the end.
        self.work(actor, move |shared| {
            let data = ending.partial.directory.join(DATA);
            let opened = std::fs::File::open(&data)?;
            let stored = put_in_place(shared, &user, &email, &place, ending.partial.clash(), (&data, &opened))?;
            ending.over();
            Ok(stored)
        })
        .await
    }

    pub(super) async fn abort(&self, actor: &Actor, id: &str) -> Result<(), ApiError> {
        let ending = self.shared.uploads.end(&actor.user, id, false)?;
        self.work(actor, move |_| {
            ending.over();
            Ok(())
        })
        .await
    }
}

/// Onto the disk, then under its name.
fn put_in_place(
    shared: &state::Shared,
    user: &str,
    email: &str,
    place: &Place,
    clash: Clash,
    (path, file): (&Path, &std::fs::File),
) -> Result<Stored, Fault> {
    file.sync_all()?;
    let stat = nix::sys::stat::fstat(file)?;
    let (directory, name) = path.parent().zip(path.file_name()).ok_or_else(taken)?;
    let from = Tree::open(directory)?.folder(&FilePath::default())?;
    if let Some(parent) = place.at.path.parent() {
        place.tree.make_folders(&parent)?;
    }
    let settled = settle((&from, name), (&place.tree, &place.at), clash, &shared.trash_to_change(user, email)?)?;
    shared.changed(user, &settled.at);
    Ok(Stored { at: settled.at, size: tree::size(&stat), etag: etag(&stat), trashed: settled.trashed })
}

/// What can be refused before anything came.
fn check(place: &Place, clash: Clash) -> Result<(), Fault> {
    check_new_name(&place.at)?;
    check_new_folders(&place.tree, &place.at)?;
    if clash == Clash::Refuse
        && let Ok(Some((parent, name))) = place.tree.parent(&place.at.path)
        && parent.has(name)?
    {
        return Err(taken().into());
    }
    Ok(())
}
