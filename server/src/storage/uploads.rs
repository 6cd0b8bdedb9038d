//! Files that come in parts, in any order, over hours if need be. Each is one sparse file that parts are
//! written into at their place, so that nothing is left to put together at the end.
//!
//! What is here survives the server's end, for it is in the kernel's hands then; it does not survive the
//! machine's, for nothing is forced to the disk before the end. So parts count only as long as the boot does
//! in which they came.

use std::collections::{BTreeSet, HashMap};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
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
use super::tree;
use crate::auth;

/// How long an upload is kept without another part.
pub(super) const LIFE: Duration = Duration::from_secs(60 * 60);
/// The most that one person may have under way.
const MAX_OF_ONE: usize = 256;
/// The largest file that can be told in parts' numbers.
const MAX_SIZE: u64 = 1 << 44;

pub(super) const DATA: &str = "data";
const ABOUT: &str = "about.json";
const PARTS: &str = "parts";

/// Every upload under way.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    all: Mutex<HashMap<String, Arc<Partial>>>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Partial {
    pub owner: String,
    pub directory: PathBuf,
    about: About,
    state: Mutex<State>,
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
}

impl Uploads {
    /// Takes up what the last server left of a person's, and removes what can't be taken up.
    pub fn load(&self, owner: &str, directory: &Path) -> io::Result<()> {
        let boot = boot()?;
        for entry in fs::read_dir(directory)? {
            let place = entry?.path();
            match place.is_dir().then(|| read(&place, &boot)).flatten() {
                Some((about, parts)) => {
                    let id = place.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
                    let state = State { parts, coming: BTreeSet::new(), last: Instant::now(), is_over: false };
                    let partial =
                        Partial { owner: owner.to_owned(), directory: place, about, state: Mutex::new(state) };
                    self.lock().insert(id, Arc::new(partial));
                }
                None if place.is_dir() => fs::remove_dir_all(place)?,
                None => fs::remove_file(place)?,
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
        let about = About {
            at: new.at.clone(),
            size: new.size,
            part_size: part_size(new.size),
            clash: new.clash,
            even_protected: new.even_protected,
            boot: boot()?,
        };
        let id = auth::random_id();
        let place = directory.join(&id);
        fs::create_dir(&place)?;
        let made = (|| {
            fs::write(place.join(ABOUT), serde_json::to_vec(&about)?)?;
            let data = File::create_new(place.join(DATA))?;
            data.set_len(about.size)?;
            tree::own(data)
        })();
        if let Err(error) = made {
            fs::remove_dir_all(&place)?;
            return Err(error.into());
        }
        let state = State { parts: BTreeSet::new(), coming: BTreeSet::new(), last: Instant::now(), is_over: false };
        let partial = Partial { owner: owner.to_owned(), directory: place, about, state: Mutex::new(state) };
        let partial = Arc::new(partial);
        self.lock().insert(id.clone(), Arc::clone(&partial));
        Ok((id, partial))
    }

    /// The upload `id` of `owner`.
    pub fn find(&self, owner: &str, id: &str) -> Result<Arc<Partial>, ApiError> {
        let found = self.lock().get(id).filter(|partial| partial.owner == owner).cloned();
        found.ok_or_else(|| ApiError::not_found("upload"))
    }

    /// Forgets it; its files are the caller's to remove. None when it is over already, CONFLICT while a part
    /// of it is coming.
    pub fn end(&self, owner: &str, id: &str) -> Result<Arc<Partial>, ApiError> {
        let partial = self.find(owner, id)?;
        {
            let mut state = partial.state();
            if !state.coming.is_empty() {
                return Err(ApiError::conflict("A part is still coming."));
            }
            state.is_over = true;
        }
        self.lock().remove(id);
        Ok(partial)
    }

    /// Gives back one that could not be completed after all.
    pub fn put_back(&self, id: &str, partial: &Arc<Partial>) {
        partial.state().is_over = false;
        self.lock().insert(id.to_owned(), Arc::clone(partial));
    }

    /// Bytes that are still to come for a person, as they said.
    pub fn reserved(&self, owner: &str) -> u64 {
        self.lock().values().filter(|partial| partial.owner == owner).map(|partial| partial.about.size).sum()
    }

    /// Forgets those of which nothing came for [`LIFE`]; answers them.
    pub fn expire(&self) -> Vec<Arc<Partial>> {
        let mut expired = Vec::new();
        self.lock().retain(|_, partial| {
            let mut state = partial.state();
            let stays = !state.coming.is_empty() || state.last.elapsed() < LIFE;
            state.is_over = !stays;
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

impl Partial {
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

    /// How many parts are not here.
    pub fn missing(&self) -> u64 {
        self.count() - self.state().parts.len() as u64
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
        {
            let mut state = self.state();
            if state.is_over {
                return Err(ApiError::not_found("upload"));
            }
            if !state.coming.insert(number) {
                return Err(ApiError::conflict("This part is coming already."));
            }
            state.last = Instant::now();
            // Until it is whole again.
            state.parts.remove(&number);
        }
        Ok(Coming { partial: self, number, offset, length })
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Coming {
    /// The file to write it into.
    pub fn open(&self) -> io::Result<File> {
        // The record of an older one of the same number must not outlive its bytes.
        if fs::exists(self.partial.directory.join(PARTS))? {
            self.partial.record()?;
        }
        OpenOptions::new().write(true).open(self.partial.directory.join(DATA))
    }

    /// It is here, whole.
    pub fn arrived(&self) -> io::Result<()> {
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
        let text: String = self.state().parts.iter().map(|number| format!("{number}\n")).collect();
        let unfinished = self.directory.join("parts.new");
        fs::write(&unfinished, text)?;
        fs::rename(unfinished, self.directory.join(PARTS))
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

fn read(place: &Path, boot: &str) -> Option<(About, BTreeSet<u32>)> {
    let about: About = serde_json::from_slice(&fs::read(place.join(ABOUT)).ok()?).ok()?;
    let is_usable = about.boot == boot && about.part_size > 0 && place.join(DATA).is_file();
    let parts = fs::read_to_string(place.join(PARTS)).unwrap_or_default();
    // A last line that was cut is a part that is not here.
    let whole = parts.rfind('\n').map_or("", |end| &parts[..end]);
    is_usable.then(|| (about, whole.lines().filter_map(|line| line.parse().ok()).collect()))
}

fn boot() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}
