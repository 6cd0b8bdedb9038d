//! A terminal's clients: who drives, and how far the PTY may be read.

use std::time::{Duration, Instant};

use protocol::frame::{DRIVER_WINDOW, Size};

use super::client::{Client, Marks, Phase};

/// The most clients of one terminal.
pub const MAX_CLIENTS: usize = 16;
/// Together with those that are being turned away.
pub const MAX_SOCKETS: usize = 2 * MAX_CLIENTS;
/// No program waits for a watcher: when the driver has freed no room for this long, the PTY is
/// read on without it.
const PATIENCE: Duration = Duration::from_millis(200);

/// See the module.
#[derive(Default)]
pub struct Attached {
    pub clients: Vec<Client>,
    pub driver: Option<u64>,
    /// The size to be taken on, and the client that already knows.
    pub wanted_size: Option<(Size, Option<u64>)>,
    next_id: u64,
    /// The window has been full since then, with the driver having this much.
    full: Option<(Instant, u64)>,
}

impl Attached {
    /// How many take part.
    pub fn count(&self) -> u32 {
        let taking_part = |client: &&Client| matches!(client.phase, Phase::Joining { .. } | Phase::Live);
        u32::try_from(self.clients.iter().filter(taking_part).count()).unwrap_or(u32::MAX)
    }

    pub fn next_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    pub fn mark_all(&mut self, mut mark: impl FnMut(&mut Marks)) {
        self.clients.iter_mut().for_each(|client| mark(&mut client.marks));
    }

    /// Lets client `id` drive, and everybody know.
    pub fn drive(&mut self, id: Option<u64>) {
        self.driver = id;
        self.full = None;
        self.wanted_size = self.driving().and_then(|client| client.size).map(|size| (size, None)).or(self.wanted_size);
        self.mark_all(|marks| marks.driver = true);
    }

    /// The offset that the PTY may be read up to.
    pub fn read_limit(&self) -> u64 {
        match self.driving() {
            Some(driver) if driver.is_live() && !driver.lagging => driver.has() + DRIVER_WINDOW,
            _ => u64::MAX,
        }
    }

    /// When the driver's patience is over, if the window is full.
    pub fn deadline(&self) -> Option<Instant> {
        let closing = self.clients.iter().filter_map(|client| match client.phase {
            Phase::Closing(until) => Some(until),
            _ => None,
        });
        self.full.map(|(since, _)| since + PATIENCE).into_iter().chain(closing).min()
    }

    /// Looks whether the driver frees room, now that the PTY has been read up to `end`.
    pub fn check_progress(&mut self, end: u64, now: Instant) {
        let full = self.full.take();
        let Some(driver) = self.driver.and_then(|id| self.clients.iter_mut().find(|client| client.id == id)) else {
            return;
        };
        let has = driver.has();
        let is_full = driver.is_live() && has + DRIVER_WINDOW <= end;
        if driver.lagging {
            driver.lagging = is_full;
        } else if is_full {
            let since = full.filter(|(_, before)| *before == has).map_or(now, |(since, _)| since);
            if now >= since + PATIENCE {
                driver.lagging = true;
            } else {
                self.full = Some((since, has));
            }
        }
    }

    /// Drops those that are gone. When the driver is among them or on its way out, the latest other
    /// client drives. Whether anybody is to be told.
    pub fn forget_gone(&mut self, now: Instant) -> bool {
        let before = self.clients.len();
        self.clients.retain(|client| match client.phase {
            Phase::Gone => false,
            Phase::Closing(until) => now < until,
            Phase::Joining { .. } | Phase::Live => true,
        });
        let drives = self.driving().is_some_and(|client| !matches!(client.phase, Phase::Closing(_)));
        if self.driver.is_some() && !drives {
            let others = self.clients.iter().filter(|client| !matches!(client.phase, Phase::Closing(_)));
            let latest = others.map(|client| client.id).max();
            self.drive(latest);
            return true;
        }
        if self.clients.len() < before {
            self.mark_all(|marks| marks.driver = true);
            return true;
        }
        false
    }

    fn driving(&self) -> Option<&Client> {
        self.driver.and_then(|id| self.clients.iter().find(|client| client.id == id))
    }
}
