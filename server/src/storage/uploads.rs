//! Files that come in parts, in any order, over hours if need be. Each is one sparse file that parts are
//! written into at their place, so that nothing is left to put together at the end.
//!
//! What is here survives the server's end, for it is in the kernel's hands then; it does not survive the
//! machine's, for nothing is forced to the disk before the end. So parts count only as long as the boot does
//! in which they came.

use std::borrow::Borrow;
use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use app::model::error::{ApiError, ErrorCode};
use app::model::storage::{At, BeginUpload, Clash, LARGE, LARGE_PART, PART, Upload};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use super::fault::Fault;
use super::remove::remove;
use super::tree;
use crate::auth;

/// How long an upload is kept without another part: what is due is looked for every ten minutes, and all of it is
/// to be gone within the hour.
pub(super) const LIFE: Duration = Duration::from_secs(50 * 60);
/// The most that one person may have under way.
const MAX_OF_ONE: usize = 256;
/// The largest file that can be told in parts' numbers.
const MAX_SIZE: u64 = 1 << 44;

pub(super) const DATA: &str = "data";
const ABOUT: &str = "about.json";
const PARTS: &str = "parts";

/// Every upload under way. Clones share them.
#[derive(Debug, Clone, Default)]
pub(super) struct Uploads {
    all: Arc<Mutex<HashMap<String, Arc<Partial>>>>,
}

/// The end of one: no part of it comes any more, and nobody else ends it. Undone on drop, unless it is over.
#[derive(Debug)]
pub(super) struct Ending {
    uploads: Uploads,
    id: String,
    pub partial: Arc<Partial>,
    is_over: bool,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Partial {
    pub owner: String,
    pub directory: PathBuf,
    about: About,
    state: Mutex<State>,
    /// Held while the record of the parts is written.
    record: Mutex<()>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct About {
    at: At,
    size: u64,
    part_size: u64,
    clash: Clash,
    even_protected: bool,
    /// The kernel's name of the boot in which it began.
    boot: String,
    /// Which file its bytes are in. Another one there is what it replaced when the server was killed.
    inode: u64,
}

#[derive(Debug)]
struct State {
    parts: BTreeSet<u32>,
    /// Parts that are coming.
    coming: BTreeSet<u32>,
    last: Instant,
    is_over: bool,
}

/// A part that is coming, until it is dropped.
#[derive(Debug)]
pub(super) struct Coming {
    pub partial: Arc<Partial>,
    pub number: u32,
    /// Where it goes, and how long it must be.
    pub offset: u64,
    pub length: u64,
    /// Whether it was here already.
    is_again: bool,
}

/// The file that a part is written into. The part is coming for as long as somebody may write.
#[derive(Debug)]
pub(super) struct Target {
    file: File,
    pub coming: Coming,
}

impl Uploads {
    /// Takes up what the last server left of a person's, and removes what can't be taken up.
    pub fn load(&self, owner: &str, directory: &Path) -> io::Result<()> {
        let boot = boot()?;
        for entry in fs::read_dir(directory)? {
            let place = entry?.path();
            let id = place.file_name().and_then(|name| name.to_str()).filter(|name| is_id(name)).map(str::to_owned);
            match id.and_then(|id| Some((id, read(&place, &boot)?))) {
                Some((id, (about, parts))) => {
                    self.lock().insert(id, Arc::new(Partial::new(owner, place, about, parts)));
                }
                // What can't be removed now is no reason not to serve.
                None => remove_left(&place),
            }
        }
        Ok(())
    }

    /// Begins one.
    pub fn begin(&self, owner: &str, directory: &Path, new: &BeginUpload) -> Result<(String, Arc<Partial>), Fault> {
        if new.size > MAX_SIZE {
            let told = format!("A file is at most {MAX_SIZE} bytes.");
            return Err(ApiError::new(ErrorCode::ValidationError, told).into());
        }
        if self.lock().values().filter(|partial| partial.owner == owner).count() >= MAX_OF_ONE {
            let told =
                format!("{MAX_OF_ONE} uploads are under way, the most there can be. Finish or cancel some first.");
            return Err(ApiError::new(ErrorCode::RateLimited, told).into());
        }
        let mut about = About {
            at: new.at.clone(),
            size: new.size,
            part_size: part_size(new.size),
            clash: new.clash,
            even_protected: new.even_protected,
            boot: boot()?,
            inode: 0,
        };
        let id = auth::random_id();
        let place = directory.join(&id);
        fs::create_dir(&place)?;
        let made = (|| {
            let data = File::create_new(place.join(DATA))?;
            data.set_len(about.size)?;
            about.inode = data.metadata()?.ino();
            tree::own(data)?;
            fs::write(place.join(ABOUT), serde_json::to_vec(&about)?)
        })();
        if let Err(error) = made {
            remove_left(&place);
            return Err(error.into());
        }
        let partial = Arc::new(Partial::new(owner, place, about, BTreeSet::new()));
        self.lock().insert(id.clone(), Arc::clone(&partial));
        Ok((id, partial))
    }

    /// The upload `id` of `owner`.
    pub fn find(&self, owner: &str, id: &str) -> Result<Arc<Partial>, ApiError> {
        let found = self.lock().get(id).filter(|partial| partial.owner == owner).cloned();
        let found = found.filter(|partial| !partial.state().is_over);
        found.ok_or_else(|| ApiError::not_found("upload"))
    }

    /// Begins to end it. NOT_FOUND when that has begun, CONFLICT while a part of it is coming or, when it must
    /// be `whole`, missing.
    pub fn end(&self, owner: &str, id: &str, whole: bool) -> Result<Ending, ApiError> {
        let partial = self.find(owner, id)?;
        {
            let mut state = partial.state();
            if state.is_over {
                return Err(ApiError::not_found("upload"));
            }
            if !state.coming.is_empty() {
                return Err(ApiError::conflict("A part is still coming."));
            }
            let missing = partial.count() - state.parts.len() as u64;
            if whole && missing > 0 {
                return Err(ApiError::conflict(format!("{missing} parts are missing.")));
            }
            state.is_over = true;
        }
        Ok(Ending { uploads: self.clone(), id: id.to_owned(), partial, is_over: false })
    }

    /// Bytes of all that come for a person, as they said.
    pub fn reserved(&self, owner: &str) -> u64 {
        self.lock().values().filter(|partial| partial.owner == owner).map(|partial| partial.about.size).sum()
    }

    /// Forgets those of which nothing came for [`LIFE`]; answers them.
    pub fn expire(&self) -> Vec<Arc<Partial>> {
        let mut expired = Vec::new();
        self.lock().retain(|_, partial| {
            let mut state = partial.state();
            // What is over stays, for somebody ends it.
            let stays = state.is_over || !state.coming.is_empty() || state.last.elapsed() < LIFE;
            state.is_over |= !stays;
            drop(state);
            if !stays {
                expired.push(Arc::clone(partial));
            }
            stays
        });
        expired
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Partial>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ending {
    /// Forgets it, and removes its files.
    pub fn over(mut self) {
        self.is_over = true;
        self.uploads.lock().remove(&self.id);
        remove_left(&self.partial.directory);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.partial.state().is_over = self.is_over;
    }
}

impl Partial {
    fn new(owner: &str, directory: PathBuf, about: About, parts: BTreeSet<u32>) -> Self {
        let state = State { parts, coming: BTreeSet::new(), last: Instant::now(), is_over: false };
        Self { owner: owner.to_owned(), directory, about, state: Mutex::new(state), record: Mutex::default() }
    }

    pub fn at(&self) -> &At {
        &self.about.at
    }

    pub fn clash(&self) -> Clash {
        self.about.clash
    }

    /// As its sender sees it.
    pub fn told(&self, id: &str) -> Upload {
        let state = self.state();
        let left = LIFE.saturating_sub(state.last.elapsed());
        Upload {
            id: id.to_owned(),
            at: self.about.at.clone(),
            size: self.about.size,
            part_size: self.about.part_size,
            parts: state.parts.iter().copied().collect(),
            expires_at: (OffsetDateTime::now_utc() + left).format(&Rfc3339).unwrap_or_default(),
        }
    }

    /// How many parts it has.
    fn count(&self) -> u64 {
        self.about.size.div_ceil(self.about.part_size)
    }

    /// Lets part `number` come.
    ///
    /// # Errors
    /// VALIDATION_ERROR when there is none of this number, CONFLICT when it is coming already.
    pub fn expect(self: Arc<Self>, number: u32) -> Result<Coming, ApiError> {
        if u64::from(number) >= self.count() {
            let told = format!("This file has {} parts; the first is number 0.", self.count());
            return Err(ApiError::new(ErrorCode::ValidationError, told));
        }
        let offset = u64::from(number) * self.about.part_size;
        let length = self.about.part_size.min(self.about.size - offset);
        let is_again = {
            let mut state = self.state();
            if state.is_over {
                return Err(ApiError::not_found("upload"));
            }
            if !state.coming.insert(number) {
                return Err(ApiError::conflict("This part is coming already."));
            }
            state.last = Instant::now();
            // Until it is whole again.
            state.parts.remove(&number)
        };
        Ok(Coming { partial: self, number, offset, length, is_again })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Coming {
    /// The file to write it into.
    pub fn open(self) -> io::Result<Target> {
        // The record of an older one of the same number must not outlive its bytes.
        if self.is_again {
            self.partial.record()?;
        }
        let flags = nix::libc::O_NOFOLLOW;
        let file = OpenOptions::new().write(true).custom_flags(flags).open(self.partial.directory.join(DATA))?;
        Ok(Target { file, coming: self })
    }

    /// It is here, whole.
    pub fn arrived(&self) -> io::Result<()> {
        let _recording = self.partial.recording();
        {
            let mut state = self.partial.state();
            state.parts.insert(self.number);
            state.last = Instant::now();
        }
        let mut parts = OpenOptions::new().append(true).create(true).open(self.partial.directory.join(PARTS))?;
        writeln!(parts, "{}", self.number)
    }
}

impl Partial {
    /// Writes the parts anew.
    fn record(&self) -> io::Result<()> {
        let _recording = self.recording();
        let text: String = self.state().parts.iter().map(|number| format!("{number}\n")).collect();
        let unfinished = self.directory.join("parts.new");
        fs::write(&unfinished, text)?;
        fs::rename(unfinished, self.directory.join(PARTS))
    }

    fn recording(&self) -> std::sync::MutexGuard<'_, ()> {
        self.record.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Borrow<File> for Target {
    fn borrow(&self) -> &File {
        &self.file
    }
}

impl Drop for Coming {
    fn drop(&mut self) {
        self.partial.state().coming.remove(&self.number);
    }
}

fn part_size(size: u64) -> u64 {
    // So many parts that their numbers are no trouble.
    let most = size.div_ceil(10_000);
    (if size > LARGE { LARGE_PART } else { PART }).max(most)
}

/// Whether [`Uploads::begin`] gave it as a name. Copies under way lie in the same directory, with what a container
/// put into them.
fn is_id(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn read(place: &Path, boot: &str) -> Option<(About, BTreeSet<u32>)> {
    let about: About = serde_json::from_slice(&fs::read(place.join(ABOUT)).ok()?).ok()?;
    let data = place.join(DATA).symlink_metadata().ok()?;
    let is_its_own = data.is_file() && data.ino() == about.inode && data.len() == about.size;
    let is_usable = about.boot == boot && about.part_size > 0 && is_its_own;
    let parts = fs::read_to_string(place.join(PARTS)).unwrap_or_default();
    // A last line that was cut is a part that is not here.
    let whole = parts.rfind('\n').map_or("", |end| &parts[..end]);
    let count = about.size.div_ceil(about.part_size.max(1));
    let parts = whole.lines().filter_map(|line| line.parse().ok()).filter(|number| u64::from(*number) < count);
    is_usable.then(|| (about, parts.collect()))
}

/// Removes what is left of one. What stays is looked at again when the server starts.
pub(super) fn remove_left(path: &Path) {
    if let Err(error) = remove(path) {
        tracing::error!(%error, path = %path.display(), "what is left of an upload could not be removed");
    }
}

fn boot() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn begin(uploads: &Uploads, directory: &Path, size: u64) -> (String, Arc<Partial>) {
        let at = At::home("file".parse().unwrap());
        let new = BeginUpload { at, size, clash: Clash::Refuse, even_protected: false };
        uploads.begin("ada", directory, &new).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn an_upload_is_forgotten_when_nothing_of_it_came_for_long() {
        let directory = tempfile::tempdir().unwrap();
        let uploads = Uploads::default();
        let (id, partial) = begin(&uploads, directory.path(), 2 * PART);
        tokio::time::advance(LIFE - MINUTE).await;
        assert!(uploads.expire().is_empty());
        let target = Arc::clone(&partial).expect(0).unwrap().open().unwrap();
        // One that comes slowly is not silent.
        tokio::time::advance(2 * LIFE).await;
        assert!(uploads.expire().is_empty());
        target.coming.arrived().unwrap();
        drop(target);
        tokio::time::advance(LIFE - MINUTE).await;
        assert!(uploads.expire().is_empty());
        assert_eq!(uploads.reserved("ada"), 2 * PART);
        tokio::time::advance(2 * MINUTE).await;
        let expired = uploads.expire();
        assert_eq!(expired.len(), 1);
        assert!(expired[0].directory.ends_with(&id));
        assert_eq!((uploads.reserved("ada"), uploads.find("ada", &id).is_err()), (0, true));
        assert!(partial.expect(1).is_err(), "a part that was about to come is told");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_being_ended_is_nobody_elses_until_that_fails() {
        let directory = tempfile::tempdir().unwrap();
        let uploads = Uploads::default();
        let (id, partial) = begin(&uploads, directory.path(), 0);
        let ending = uploads.end("ada", &id, true).unwrap();
        tokio::time::advance(2 * LIFE).await;
        assert!(uploads.expire().is_empty() && uploads.end("ada", &id, false).is_err());
        assert!(uploads.find("ada", &id).is_err() && uploads.find("eve", &id).is_err());
        drop(ending);
        assert!(uploads.find("ada", &id).is_ok() && uploads.end("eve", &id, false).is_err());
        uploads.end("ada", &id, true).unwrap().over();
        assert!(uploads.find("ada", &id).is_err() && !partial.directory.exists());
    }

    #[test]
    fn the_next_server_takes_up_what_is_whole_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let all: Vec<_> = (0..5).map(|_| begin(&Uploads::default(), directory.path(), 3 * PART)).collect();
        let place = |index: usize| all[index].1.directory.clone();
        // A last line that was cut, and a number that can't be.
        fs::write(place(0).join(PARTS), "0\n2\n7\nx\n1").unwrap();
        // What it replaced when the server was killed, a link, another length, another boot.
        fs::rename(place(1).join(DATA), place(1).join("away")).unwrap();
        File::create(place(1).join(DATA)).unwrap().set_len(3 * PART).unwrap();
        fs::remove_file(place(2).join(DATA)).unwrap();
        std::os::unix::fs::symlink("/etc/passwd", place(2).join(DATA)).unwrap();
        OpenOptions::new().write(true).open(place(3).join(DATA)).unwrap().set_len(1).unwrap();
        let about = fs::read_to_string(place(4).join(ABOUT)).unwrap().replace(&boot().unwrap(), "another");
        fs::write(place(4).join(ABOUT), about).unwrap();
        let uploads = Uploads::default();
        uploads.load("ada", directory.path()).unwrap();
        let told = uploads.find("ada", &all[0].0).unwrap().told(&all[0].0);
        assert_eq!(told.parts, [0, 2]);
        assert!(uploads.end("ada", &all[0].0, true).is_err(), "one is missing");
        for (id, partial) in &all[1..] {
            assert!(uploads.find("ada", id).is_err() && !partial.directory.exists());
        }
    }
}
