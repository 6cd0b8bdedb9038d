//! The storage service: who may do what with which file, and on which thread.

mod changes;
mod one;
mod state;
mod storing;

pub(super) use self::state::scratch;

use std::sync::Arc;

use app::backend::sessions::FileBytes;
use app::backend::storage::{Download, Incoming, OpenFile};
use app::backend::{Actor, Storage};
use app::model::error::{ApiError, ErrorCode};
use app::model::session::SessionState;
use app::model::storage::{
    At, BeginUpload, Browse, Delete, FilePath, Listing, MAX_TEXT, MakeFolder, Outcome, Relocate, Restore, Search,
    SearchResults, Stats, Stored, Trashed, Upload,
};
use async_trait::async_trait;
use futures::stream::{BoxStream, StreamExt as _};
use garde::Validate as _;
use time::format_description::well_known::Rfc3339;

use self::state::Shared;
use super::archive;
use super::fault::{Fault, taken};
use super::layout::{self, Layout, WORKSPACE};
use super::listing;
use super::markdown;
use super::off_the_tasks;
use super::open::Opened;
use super::seed;
use super::settle::{check_new_folders, check_new_name};
use super::tree::Tree;
use super::walk;
use crate::sessions::SessionService;
use crate::shutdown::Shutdown;

/// Archives that are made at once, of all people's: each holds a thread while its reader reads.
const MAX_ARCHIVES: usize = 16;

/// Implements [`Storage`].
pub struct StorageService {
    shared: Arc<Shared>,
    sessions: Arc<SessionService>,
    archives: Arc<tokio::sync::Semaphore>,
    shutdown: Shutdown,
}

/// Where something is to be done.
#[derive(Debug, Clone)]
struct Place {
    tree: Tree,
    at: At,
}

impl StorageService {
    /// Takes up what is there, and begins to clear away what is due.
    ///
    /// # Errors
    /// When the directory of the files can't be used.
    pub fn start(
        layout: Layout,
        quota: Option<u64>,
        sessions: Arc<SessionService>,
        shutdown: Shutdown,
    ) -> std::io::Result<Arc<Self>> {
        let shared = Shared::open(layout, quota, &shutdown)?;
        shutdown.spawn(state::sweep(Arc::clone(&shared), shutdown.clone()));
        let archives = Arc::new(tokio::sync::Semaphore::new(MAX_ARCHIVES));
        Ok(Arc::new(Self { shared, sessions, archives, shutdown }))
    }

    /// The tree that `at` is in, if it is the actor's.
    async fn place(&self, actor: &Actor, at: &At) -> Result<Place, ApiError> {
        let directory = match &at.session {
            None => None,
            Some(id) => {
                let row = self.sessions.owned(actor, id).await?;
                if row.state == SessionState::Deleting || row.container.is_none() {
                    return Err(ApiError::not_found("workspace. A session has one from its first start on"));
                }
                Some(id.clone())
            }
        };
        let (shared, user, email) = (Arc::clone(&self.shared), actor.user.clone(), actor.email.clone());
        let opened = off_the_tasks(move || {
            let person = shared.person(&user, &email)?;
            let tree = match directory {
                None => Tree::open(&person.home())?,
                Some(session) => match Tree::open(&person.workspace(&session)) {
                    // It works in the shared one.
                    Err(error) if walk::is_gone(&error) => Tree::open(&person.home().join(WORKSPACE))?,
                    tree => tree?,
                },
            };
            Ok::<_, Fault>(tree)
        });
        let tree = opened.await.map_err(Fault::told)?;
        Ok(Place { tree, at: at.clone() })
    }

    /// Does something for `actor` where it waits for a disk, a few things of one person's at a time: the threads
    /// for that are everybody's.
    async fn work<T: Send + 'static>(
        &self,
        actor: &Actor,
        work: impl FnOnce(&Shared) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, ApiError> {
        let shared = Arc::clone(&self.shared);
        let permit = shared.threads(&actor.user).acquire_owned().await;
        off_the_tasks(move || {
            // Also when nobody waits for the end any more.
            let _permit = permit;
            work(&shared)
        })
        .await
        .map_err(Fault::told)
    }
}

/// Refuses what could take a tool's credentials away, unless that is wanted, and what sessions stand on.
fn guard(at: &At, even_protected: bool) -> Result<(), ApiError> {
    if layout::is_mount_point(at) {
        let told = format!("Sessions have files of their own at “~/{}”, so it stays where it is.", at.path);
        return Err(ApiError::conflict(told));
    }
    if at.is_protected() && !even_protected {
        let told = format!("“{}” holds credentials or settings of your tools. Say that you mean it.", at.path);
        return Err(ApiError::new(ErrorCode::Forbidden, told));
    }
    Ok(())
}

impl Place {
    /// The same where it really is, for a link may lead there too.
    fn guard(&self, even_protected: bool) -> Result<(), Fault> {
        let Ok(Some((parent, name))) = self.tree.parent(&self.at.path) else { return Ok(()) };
        if let Some(path) = self.tree.path_of(&parent)?.and_then(|path| path.join(name).ok()) {
            guard(&At { session: self.at.session.clone(), path }, even_protected)?;
        }
        Ok(())
    }
}

#[async_trait]
impl Storage for StorageService {
    async fn probe(&self) -> Result<u64, ApiError> {
        let shared = Arc::clone(&self.shared);
        off_the_tasks(move || Ok::<_, Fault>(shared.layout.probe()?)).await.map_err(Fault::told)
    }

    async fn browse(&self, actor: &Actor, what: Browse) -> Result<Listing, ApiError> {
        what.validate()?;
        let place = self.place(actor, &what.at()).await?;
        self.work(actor, move |shared| {
            // Where sessions have workspaces of their own, this is only where those are mounted.
            let is_unused = what.session.is_none()
                && what.path.is_root()
                && place
                    .tree
                    .folder(&super::path(WORKSPACE))
                    .and_then(|folder| folder.list())
                    .is_ok_and(|all| all.is_empty());
            Ok(shared.recent.browse(&place.tree, &what, is_unused.then_some(WORKSPACE))?)
        })
        .await
    }

    async fn search(&self, actor: &Actor, what: Search) -> Result<SearchResults, ApiError> {
        what.validate()?;
        let at = At { session: what.session.clone(), path: what.path.clone() };
        let place = self.place(actor, &at).await?;
        self.work(actor, move |_| Ok(listing::search(&place.tree, &what)?)).await
    }

    async fn stats(&self, actor: &Actor) -> Result<Stats, ApiError> {
        let (user, email) = (actor.user.clone(), actor.email.clone());
        self.work(actor, move |shared| {
            let held = shared.held(&user, &email)?;
            Ok(Stats {
                files: held.home.files,
                folders: held.home.folders,
                bytes: held.home.bytes,
                trash_bytes: held.trash,
                quota_bytes: shared.quota,
                largest: held.largest,
                counted_at: held.counted_at.format(&Rfc3339).unwrap_or_default(),
            })
        })
        .await
    }

    async fn open(&self, actor: &Actor, at: &At) -> Result<Box<dyn OpenFile>, ApiError> {
        let place = self.place(actor, at).await?;
        self.work(actor, move |_| Ok(Box::new(Opened::new(&place.tree, &place.at)?) as Box<dyn OpenFile>)).await
    }

    async fn download(&self, actor: &Actor, items: &[At]) -> Result<Download, ApiError> {
        let mut places: Vec<Place> = Vec::new();
        for at in items {
            // Of one tree, one descriptor is enough.
            let known = places.iter().find(|place| place.at.session == at.session).map(|place| place.tree.clone());
            places.push(match known {
                Some(tree) => Place { tree, at: at.clone() },
                None => self.place(actor, at).await?,
            });
        }
        let [place] = places.as_slice() else { return self.archive(actor, places, "files.zip".to_owned()).await };
        let place = place.clone();
        let is_folder = {
            let place = place.clone();
            self.work(actor, move |_| Ok(place.tree.folder(&place.at.path).is_ok())).await?
        };
        if is_folder {
            let name = place.at.path.name().unwrap_or("files").to_owned();
            return self.archive(actor, vec![place], format!("{name}.zip")).await;
        }
        self.work(actor, move |_| Ok(Download::File(Box::new(Opened::new(&place.tree, &place.at)?)))).await
    }

    async fn render(&self, actor: &Actor, at: &At, is_light: bool) -> Result<String, ApiError> {
        let place = self.place(actor, at).await?;
        self.work(actor, move |_| {
            use std::io::Read as _;
            let (file, _) = place.tree.file(&place.at.path)?;
            let mut text = Vec::new();
            file.take(MAX_TEXT).read_to_end(&mut text)?;
            Ok(markdown::render(&String::from_utf8_lossy(&text), is_light))
        })
        .await
    }

    async fn make_folder(&self, actor: &Actor, new: MakeFolder) -> Result<(), ApiError> {
        new.validate()?;
        let place = self.place(actor, &new.at).await?;
        let user = actor.user.clone();
        self.work(actor, move |shared| {
            check_new_name(&place.at)?;
            if new.parents {
                check_new_folders(&place.tree, &place.at)?;
                place.tree.make_folders(&place.at.path)?;
            } else {
                let (parent, name) = place.tree.parent(&place.at.path)?.ok_or_else(taken)?;
                parent.make_folder(std::ffi::OsStr::new(name))?;
            }
            shared.changed(&user, &place.at);
            Ok(())
        })
        .await
    }

    async fn relocate(&self, actor: &Actor, what: Relocate) -> Result<Outcome, ApiError> {
        what.validate()?;
        let mut outcome = Outcome::default();
        for item in &what.items {
            let moved = self.relocate_one(actor, item, what.clash, what.even_protected).await;
            self.add(&mut outcome, item.from.path.as_str(), moved);
        }
        Ok(outcome)
    }

    async fn copy(&self, actor: &Actor, what: Relocate) -> Result<Outcome, ApiError> {
        what.validate()?;
        let mut outcome = Outcome::default();
        for item in &what.items {
            let copied = self.copy_one(actor, item, what.clash, what.even_protected).await;
            self.add(&mut outcome, item.from.path.as_str(), copied);
        }
        Ok(outcome)
    }

    async fn delete(&self, actor: &Actor, what: Delete) -> Result<Outcome, ApiError> {
        what.validate()?;
        let mut outcome = Outcome::default();
        for at in &what.items {
            let deleted = self.delete_one(actor, at, what.even_protected).await;
            self.add(&mut outcome, at.path.as_str(), deleted);
        }
        for id in &what.trashed {
            let removed = self.remove_one(actor, id).await;
            self.add(&mut outcome, id, removed);
        }
        Ok(outcome)
    }

    async fn trash(&self, actor: &Actor) -> Result<Vec<Trashed>, ApiError> {
        let (user, email) = (actor.user.clone(), actor.email.clone());
        self.work(actor, move |shared| Ok(shared.trash(&user, &email)?.list()?)).await
    }

    async fn restore(&self, actor: &Actor, what: Restore) -> Result<Outcome, ApiError> {
        what.validate()?;
        let mut outcome = Outcome::default();
        for id in &what.trashed {
            let restored = self.restore_one(actor, id).await;
            self.add(&mut outcome, id, restored);
        }
        Ok(outcome)
    }

    async fn store(&self, actor: &Actor, file: Incoming, bytes: FileBytes) -> Result<Stored, ApiError> {
        self.store_whole(actor, file, bytes).await
    }

    async fn begin_upload(&self, actor: &Actor, new: BeginUpload) -> Result<Upload, ApiError> {
        new.validate()?;
        self.begin(actor, new).await
    }

    async fn upload(&self, actor: &Actor, id: &str) -> Result<Upload, ApiError> {
        Ok(self.shared.uploads.find(&actor.user, id)?.told(id))
    }

    async fn part(
        &self,
        actor: &Actor,
        id: &str,
        number: u32,
        sha256: Option<[u8; 32]>,
        bytes: FileBytes,
    ) -> Result<Upload, ApiError> {
        self.take_part(actor, id, number, sha256, bytes).await
    }

    async fn complete_upload(&self, actor: &Actor, id: &str) -> Result<Stored, ApiError> {
        self.complete(actor, id).await
    }

    async fn abort_upload(&self, actor: &Actor, id: &str) -> Result<(), ApiError> {
        self.abort(actor, id).await
    }

    async fn seed(&self, actor: &Actor) -> Result<At, ApiError> {
        let place = self.place(actor, &At::home(FilePath::default())).await?;
        let user = actor.user.clone();
        self.work(actor, move |shared| {
            let at = At::home(seed::seed(&place.tree)?);
            shared.changed(&user, &at);
            Ok(at)
        })
        .await
    }

    async fn changes(&self, actor: &Actor, at: &At) -> Result<BoxStream<'static, ()>, ApiError> {
        let place = self.place(actor, at).await?;
        let shown = self
            .work(actor, move |shared| {
                let folder = place.tree.folder(&place.at.path)?;
                shared.watch.show(&folder).map_err(|error| {
                    tracing::warn!(%error, "a folder can't be watched");
                    let told = "The server watches as many folders as it can. Refresh to see what changed.";
                    ApiError::new(ErrorCode::RuntimeUnavailable, told).into()
                })
            })
            .await?;
        Ok(changes::stream(shown, self.shutdown.clone()))
    }
}

impl StorageService {
    /// All of `places` as one zip.
    async fn archive(&self, actor: &Actor, places: Vec<Place>, name: String) -> Result<Download, ApiError> {
        if places.is_empty() {
            return Err(ApiError::new(ErrorCode::ValidationError, "Say what to download."));
        }
        // What is not there is told before anything is sent.
        let places = self
            .work(actor, move |_| {
                for place in &places {
                    if let Some((parent, name)) = place.tree.parent(&place.at.path)? {
                        parent.stat(name)?;
                    }
                }
                Ok(places)
            })
            .await?;
        let permit = Arc::clone(&self.archives).try_acquire_owned().map_err(|_| {
            ApiError::new(ErrorCode::RateLimited, "Too many downloads of several files are under way. Try again soon.")
        })?;
        let of_one = self.shared.archives(&actor.user).try_acquire_owned().map_err(|_| {
            let told = "Several such downloads of yours are under way. Try again when one has ended.";
            ApiError::new(ErrorCode::RateLimited, told)
        })?;
        let items: Vec<_> =
            places.into_iter().map(|place| archive::Item { tree: place.tree, path: place.at.path }).collect();
        let (sink, source) = archive::channel();
        let sink = archive::Sink::new(sink);
        // A thread of its own: it waits for its reader, and those that wait for disks are few.
        let thread = std::thread::Builder::new().name("archive".to_owned()).spawn(move || {
            let _permits = (permit, of_one);
            if let Err(error) = archive::write(&items, &sink) {
                tracing::debug!(%error, "an archive ended early");
                // Its reader may be why.
                let _ = sink.send(Err(error));
            }
        });
        thread.map_err(|error| Fault::from(error).told())?;
        let bytes = futures::stream::unfold(source, |mut source| async move { Some((source.recv().await?, source)) });
        Ok(Download::Archive(name, bytes.boxed()))
    }
}
