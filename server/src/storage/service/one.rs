//! What is done to one of several things. One's failure is not another's.

use std::ffi::OsStr;

use app::backend::Actor;
use app::model::error::ApiError;
use app::model::storage::{At, Clash, Done, FilePath, Outcome, Relocation, Undone};

use super::{StorageService, guard};
use crate::storage::fault::no_such_file;
use crate::storage::relocate;
use crate::storage::settle::Settled;

impl StorageService {
    /// Adds what became of `item`.
    pub(super) fn add(&self, outcome: &mut Outcome, item: &str, done: Result<Settled, ApiError>) {
        match done {
            Ok(settled) => {
                outcome.done.push(Done { at: settled.at, trashed: settled.trashed });
            }
            Err(error) => {
                outcome.failed.push(Undone { item: item.to_owned(), error: error.error, code: error.code });
            }
        }
    }

    pub(super) async fn relocate_one(
        &self,
        actor: &Actor,
        item: &Relocation,
        clash: Clash,
        even_protected: bool,
    ) -> Result<Settled, ApiError> {
        guard(&item.from, even_protected)?;
        guard(&item.to, even_protected)?;
        let (from, to) = (self.place(actor, &item.from).await?, self.place(actor, &item.to).await?);
        let (user, email) = (actor.user.clone(), actor.email.clone());
        self.work(actor, move |shared| {
            from.guard(even_protected)?;
            to.guard(even_protected)?;
            let trash = shared.trash_to_change(&user, &email)?;
            let moved = relocate::relocate((&from.tree, &from.at), (&to.tree, &to.at), clash, &trash);
            shared.changed(&user, &from.at);
            if let Ok(settled) = &moved {
                shared.changed(&user, &settled.at);
            }
            moved
        })
        .await
    }

    pub(super) async fn copy_one(
        &self,
        actor: &Actor,
        item: &Relocation,
        clash: Clash,
        even_protected: bool,
    ) -> Result<Settled, ApiError> {
        guard(&item.to, even_protected)?;
        let (from, to) = (self.place(actor, &item.from).await?, self.place(actor, &item.to).await?);
        let (user, email) = (actor.user.clone(), actor.email.clone());
        self.work(actor, move |shared| {
            to.guard(even_protected)?;
            shared.copy(&user, &email, (&from.tree, &from.at), (&to.tree, &to.at), clash)
        })
        .await
    }

    pub(super) async fn delete_one(&self, actor: &Actor, at: &At, even_protected: bool) -> Result<Settled, ApiError> {
        guard(at, even_protected)?;
        let place = self.place(actor, at).await?;
        let (user, email) = (actor.user.clone(), actor.email.clone());
        self.work(actor, move |shared| {
            place.guard(even_protected)?;
            let (parent, name) = place.tree.parent(&place.at.path)?.ok_or_else(no_such_file)?;
            let trashed = shared.trash_to_change(&user, &email)?.take(&parent, OsStr::new(name), &place.at)?;
            shared.changed(&user, &place.at);
            Ok(Settled { at: place.at, trashed: Some(trashed) })
        })
        .await
    }

    /// Removes from the trash, for ever.
    pub(super) async fn remove_one(&self, actor: &Actor, id: &str) -> Result<Settled, ApiError> {
        let was = self.was(actor, id).await?;
        let (user, email, id) = (actor.user.clone(), actor.email.clone(), id.to_owned());
        self.work(actor, move |shared| {
            shared.trash_to_change(&user, &email)?.remove(&id)?;
            shared.changed(&user, &was);
            Ok(Settled { at: was, trashed: None })
        })
        .await
    }

    pub(super) async fn restore_one(&self, actor: &Actor, id: &str) -> Result<Settled, ApiError> {
        let was = self.was(actor, id).await?;
        let home = self.place(actor, &At::home(FilePath::default())).await?;
        let own = self.place(actor, &was).await;
        let (user, email, id) = (actor.user.clone(), actor.email.clone(), id.to_owned());
        self.work(actor, move |shared| {
            let trash = shared.trash_to_change(&user, &email)?;
            let settled = relocate::restore(&trash, &id, |at| match (&at.session, &own) {
                (None, _) => Ok(home.tree.clone()),
                (Some(_), Ok(place)) => Ok(place.tree.clone()),
                (Some(_), Err(error)) => Err(error.clone().into()),
            })?;
            shared.changed(&user, &settled.at);
            Ok(settled)
        })
        .await
    }

    /// Where a thing in the trash was.
    async fn was(&self, actor: &Actor, id: &str) -> Result<At, ApiError> {
        let (user, email, id) = (actor.user.clone(), actor.email.clone(), id.to_owned());
        let found = self.work(actor, move |shared| Ok(shared.trash(&user, &email)?.find(&id)?)).await?;
        found.map(|(was, _)| was).ok_or_else(|| ApiError::not_found("thing in the trash"))
    }
}
