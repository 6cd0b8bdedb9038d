//! What a person does to files: each is asked of the server, and its result is said, with Undo where there is one.

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::explorer::{Ask, Explorer};
use crate::api::storage::{
    copy_files, delete_files, list_trash, make_folder, relocate_files, restore_files, seed_files,
};
use crate::files::browser::module;
use crate::files::browser::picked::Picked;
use crate::files::uploads::New;
use crate::files::{address, says};
use crate::model::error::ApiError;
use crate::model::storage::{
    At, Clash, Delete, Entry, FileName, FilePath, Kind, MAX_ITEMS, MakeFolder, Outcome, Relocate, Relocation, Restore,
};

/// The longest address that is asked for: proxies take no more of a request's first line.
const MAX_ADDRESS: usize = 7_000;

/// One thing by its name, several by their number.
pub fn named(names: &[String]) -> String {
    match names {
        [one] => format!("“{one}”"),
        many => says::count(many.len() as u64, "item", "items"),
    }
}

impl Explorer {
    /// Does work that the beam tells of.
    fn work(self, work: impl Future<Output = ()> + 'static) {
        // Undo may be pressed on another page.
        let _ = self.busy.try_update(|busy| *busy += 1);
        spawn_local(async move {
            work.await;
            let _ = self.busy.try_update(|busy| *busy = busy.saturating_sub(1));
        });
    }

    /// Runs `then`, after two questions if any of this is protected.
    fn when_sure(self, what: &str, items: &[At], then: impl Fn(bool) + Send + Sync + 'static) {
        let protected = items.iter().find(|at| at.is_protected());
        match protected {
            None => then(false),
            Some(at) => {
                let what = format!("{what} “{}”?", at.path);
                self.ask.set(Some(Ask::Protected {
                    what,
                    then: self.uploads.keep(|| Callback::new(move |()| then(true))),
                }));
            }
        }
    }

    /// Says what of several things was not done.
    fn tell_undone(self, what: &str, outcome: &Outcome) {
        if !outcome.failed.is_empty() {
            let what = what.to_owned();
            let _ = self.ask.try_set(Some(Ask::Undone { what, list: outcome.failed.clone() }));
        }
    }

    /// Opens a folder, or shows a file.
    pub fn open(self, entry: &Entry) {
        let Some(at) = self.at(&entry.name).filter(|_| entry.is_reachable) else { return };
        match entry.kind {
            Kind::Folder => self.go(at),
            _ => self.ask.set(Some(Ask::Preview { at, entry: entry.clone() })),
        }
    }

    /// Shows the folder above, with the keyboard at the one that was left.
    pub fn up(self) {
        let At { session, path } = self.place.get_untracked();
        let (Some(parent), Some(name)) = (path.parent(), path.name()) else { return };
        self.go(At { session, path: parent });
        self.selection.update(|selection| selection.go_to(0, Some(name)));
    }

    /// Makes a folder in another.
    pub fn make_folder(self, folder: &At, name: &FileName) {
        let Some(at) = within(folder, name.as_str()) else { return };
        let folder = folder.clone();
        let name = name.as_str().to_owned();
        self.work(async move {
            match make_folder(MakeFolder { at, parents: false }).await {
                Ok(()) => {
                    if self.is_at(folder.session.as_ref(), Some(&folder.path)) {
                        self.selection.update(|selection| selection.go_to(0, Some(&name)));
                    }
                    self.changed();
                }
                Err(error) => self.toasts.fail(&format!("“{name}” was not made"), &error),
            }
        });
    }

    /// Gives something another name.
    pub fn rename(self, old: &At, to: &FileName) {
        let Some(folder) = old.path.parent() else { return };
        let Some(new) = within(&At { session: old.session.clone(), path: folder }, to.as_str()) else { return };
        let old = old.clone();
        if old == new {
            return;
        }
        let items = vec![Relocation { from: old.clone(), to: new.clone() }];
        self.when_sure("Rename", &[old, new], move |even_protected| {
            self.relocate(items.clone(), false, even_protected);
        });
    }

    /// Moves or copies things into `folder`.
    pub fn place_into(self, from: &[At], folder: &At, is_copy: bool) {
        let items: Vec<_> = from
            .iter()
            .filter_map(|from| Some(Relocation { from: from.clone(), to: within(folder, from.path.name()?)? }))
            .collect();
        let touched: Vec<_> = items
            .iter()
            .flat_map(|item| [(!is_copy).then(|| item.from.clone()), Some(item.to.clone())])
            .flatten()
            .collect();
        let what = if is_copy { "Copy into" } else { "Move" };
        self.when_sure(what, &touched, move |even_protected| self.relocate(items.clone(), is_copy, even_protected));
    }

    fn relocate(self, items: Vec<Relocation>, is_copy: bool, even_protected: bool) {
        let (doing, done) = if is_copy { ("copied", "Copied") } else { ("moved", "Moved") };
        self.work(async move {
            let mut all = Outcome::default();
            for items in items.chunks(MAX_ITEMS) {
                // A copy beside its original, or a name that is taken, gets a number: nothing is lost by it.
                let clash = if is_copy { Clash::KeepBoth } else { Clash::Refuse };
                let what = Relocate { items: items.to_vec(), clash, even_protected };
                let answer = if is_copy { copy_files(what).await } else { relocate_files(what).await };
                match answer {
                    Ok(outcome) => {
                        all.done.extend(outcome.done);
                        all.failed.extend(outcome.failed);
                    }
                    Err(error) => {
                        self.toasts.fail(&format!("Not all was {doing}"), &error);
                        break;
                    }
                }
            }
            self.changed();
            self.tell_undone(&format!("was not {doing}"), &all);
            let back: Vec<_> = items
                .iter()
                .filter(|item| all.done.iter().any(|done| done.at == item.to))
                .map(|item| Relocation { from: item.to.clone(), to: item.from.clone() })
                .collect();
            let names: Vec<_> = all.done.iter().filter_map(|done| done.at.path.name().map(ToOwned::to_owned)).collect();
            if names.is_empty() {
                return;
            }
            if let (false, [one]) = (is_copy, items.as_slice())
                && one.from.path.parent() == one.to.path.parent()
                && one.from.session == one.to.session
            {
                // Renamed: the keyboard goes with it.
                if self.is_at(one.to.session.as_ref(), one.to.path.parent().as_ref()) {
                    self.selection.update(|selection| selection.go_to(selection.cursor(), one.to.path.name()));
                }
            } else {
                self.selection.update(|selection| selection.clear());
            }
            let said = format!("{done} {}.", named(&names));
            if is_copy || back.len() != names.len() {
                self.toasts.tell(said);
            } else {
                let undo = self.uploads.keep(|| Callback::new(move |()| self.take_back(back.clone(), even_protected)));
                self.toasts.tell_with_undo(said, undo);
            }
        });
    }

    fn take_back(self, items: Vec<Relocation>, even_protected: bool) {
        self.work(async move {
            match relocate_files(Relocate { items, clash: Clash::Refuse, even_protected }).await {
                Ok(outcome) => self.tell_undone("was not moved back", &outcome),
                Err(error) => self.toasts.fail("It was not moved back", &error),
            }
            self.changed();
        });
    }

    /// Puts names of the open folder into the trash.
    pub fn delete(self, names: &[String]) {
        let items = self.all_at(names);
        self.when_sure("Delete", &items.clone(), move |even_protected| {
            self.delete_items(items.clone(), even_protected);
        });
    }

    fn delete_items(self, items: Vec<At>, even_protected: bool) {
        self.work(async move {
            let mut all = Outcome::default();
            for items in items.chunks(MAX_ITEMS) {
                let delete = Delete { items: items.to_vec(), trashed: Vec::new(), even_protected };
                match delete_files(delete).await {
                    Ok(outcome) => {
                        all.done.extend(outcome.done);
                        all.failed.extend(outcome.failed);
                        self.changed();
                    }
                    Err(error) => {
                        self.toasts.fail("Not all was deleted", &error);
                        break;
                    }
                }
            }
            let names: Vec<_> = all.done.iter().filter_map(|done| done.at.path.name().map(ToOwned::to_owned)).collect();
            self.selection.update(|selection| {
                selection.forget(names.iter().map(String::as_str));
                if selection.is_empty() {
                    self.selecting.set(false);
                }
            });
            self.changed();
            self.tell_undone("was not deleted", &all);
            let trashed: Vec<_> = all.done.iter().filter_map(|done| done.trashed.clone()).collect();
            if !names.is_empty() {
                let undo = self.uploads.keep(|| Callback::new(move |()| self.restore(trashed.clone())));
                self.toasts.tell_with_undo(format!("Deleted {}.", named(&names)), undo);
            }
        });
    }

    /// Takes things out of the trash.
    pub fn restore(self, trashed: Vec<String>) {
        self.work(async move {
            let mut names = Vec::new();
            for trashed in trashed.chunks(MAX_ITEMS) {
                match restore_files(Restore { trashed: trashed.to_vec() }).await {
                    Ok(outcome) => {
                        self.tell_undone("was not restored", &outcome);
                        names.extend(outcome.done.iter().filter_map(|done| done.at.path.name().map(ToOwned::to_owned)));
                    }
                    Err(error) => self.toasts.fail("Not all was restored", &error),
                }
            }
            if !names.is_empty() {
                self.toasts.tell(format!("Restored {}.", named(&names)));
            }
            self.changed();
        });
    }

    /// Removes things from the trash for ever, once that is agreed to.
    pub fn remove_for_ever(self, what: String, trashed: Vec<String>) {
        let then = move |()| {
            let trashed = trashed.clone();
            self.work(async move {
                for trashed in trashed.chunks(MAX_ITEMS) {
                    let delete = Delete { trashed: trashed.to_vec(), ..Delete::default() };
                    match delete_files(delete).await {
                        Ok(outcome) => self.tell_undone("was not removed", &outcome),
                        Err(error) => self.toasts.fail("Not all was removed", &error),
                    }
                }
                self.changed();
            });
        };
        let then = self.uploads.keep(|| Callback::new(then));
        self.ask.set(Some(Ask::ForEver { what, then }));
    }

    /// Has the browser save names of the open folder.
    pub fn download(self, names: &[String]) {
        let items: Vec<_> = names.iter().filter_map(|name| self.at(name)).collect();
        let Some((first, more)) = items.split_first() else { return };
        let more: Vec<FilePath> = more.iter().map(|at| at.path.clone()).collect();
        let address = address::download(first, &more);
        // The folder whole has its hidden files too.
        let all = self.hidden.get_untracked()
            && self.listing.with_untracked(|listing| listing.total()) == u32::try_from(names.len()).ok();
        if address.len() <= MAX_ADDRESS {
            save(address);
        } else if all {
            save(address::download(&self.place.get_untracked(), &[]));
        } else {
            let error = ApiError::conflict(
                "So many names don't fit into one request. Move them into a folder, and download that.",
            );
            self.toasts.fail("They can't be downloaded at once", &error);
        }
    }

    /// Sends files into a folder.
    pub fn upload(self, folder: &At, picked: Vec<Picked>) {
        let place = |path: &str| -> Option<At> {
            let path: FilePath = path.parse().ok()?;
            let path = path.names().try_fold(folder.path.clone(), |folder, name| folder.join(name)).ok()?;
            Some(At { session: folder.session.clone(), path })
        };
        let (mut files, mut folders, mut unnamed) = (Vec::new(), Vec::new(), 0_u64);
        for Picked { path, file } in picked {
            match (place(&path), file) {
                (Some(at), Some(file)) => files.push((at, file)),
                (Some(at), None) => folders.push(at),
                (None, _) => unnamed += 1,
            }
        }
        if unnamed > 0 {
            let error = ApiError::conflict("Their names, or the paths to them, are too long.");
            self.toasts.fail(&format!("{} can't be sent", says::count(unnamed, "file", "files")), &error);
        }
        let touched: Vec<_> = files.iter().map(|(at, _)| at.clone()).collect();
        // Blobs are of this thread only, as all of the page is.
        let files = self.uploads.keep(|| StoredValue::new_local(files));
        self.when_sure("Send files into", &touched, move |even_protected| {
            let files = files.try_update_value(std::mem::take).unwrap_or_default();
            let new = |at, size: f64| New { at, size: size as u64, even_protected };
            self.uploads.add(files.into_iter().map(|(at, file)| (new(at, file.size()), file)).collect());
        });
        if folders.is_empty() {
            return;
        }
        self.work(async move {
            // One after the other: a drop may have thousands.
            for at in folders {
                if let Err(error) = make_folder(MakeFolder { at, parents: true }).await {
                    self.toasts.fail("A folder was not made", &error);
                    break;
                }
            }
        });
    }

    /// Puts the "getting started" folder into home.
    pub fn seed(self) {
        self.work(async move {
            match seed_files().await {
                Ok(at) => self.go(at),
                Err(error) => self.toasts.fail("The folder was not made", &error),
            }
        });
    }

    /// What is in the trash, or why that can't be said.
    pub async fn trash(self) -> Result<Vec<crate::model::storage::Trashed>, ApiError> {
        list_trash().await
    }
}

/// What a name in a folder is.
fn within(folder: &At, name: &str) -> Option<At> {
    Some(At { session: folder.session.clone(), path: folder.path.join(name).ok()? })
}

fn save(address: String) {
    spawn_local(async move {
        // Without our module there is no page to press a button on.
        if let Ok(module) = module::load().await {
            module.save(&address);
        }
    });
}
