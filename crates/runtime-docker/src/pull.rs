//! The image's way here from its registry: one for all who wait for it, and given up when nobody does.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bollard::Docker;
use bollard::models::CreateImageInfo;
use bollard::query_parameters::CreateImageOptionsBuilder;
use futures::StreamExt as _;
use futures::future::{BoxFuture, FutureExt as _, Shared, WeakShared};
use runtime::Progress;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

const MEGABYTE: u64 = 1_000_000;
/// How often those who wait are told.
const PACE: Duration = Duration::from_secs(1);
/// Of a registry's own words, so many characters are told.
const MAX_WORDS: usize = 300;

/// How it went: nothing, or why not.
type Outcome = Result<(), String>;

/// See the module.
#[derive(Default)]
pub(crate) struct Pulling(Mutex<Option<UnderWay>>);

struct UnderWay {
    end: WeakShared<BoxFuture<'static, Outcome>>,
    told: watch::Receiver<String>,
}

impl Pulling {
    /// Gets the image, and tells how that goes. It is given up when nothing has come for as long as `silence`.
    pub(crate) async fn image(&self, docker: Docker, image: &str, silence: Duration, progress: &Progress) -> Outcome {
        let (mut end, mut told) = self.join(docker, image, silence);
        let tell = |told: &mut watch::Receiver<String>| (progress.0)(&told.borrow_and_update());
        tell(&mut told);
        loop {
            tokio::select! {
                outcome = &mut end => return outcome,
                Ok(()) = told.changed() => tell(&mut told),
            }
        }
    }

    fn join(
        &self,
        docker: Docker,
        image: &str,
        silence: Duration,
    ) -> (Shared<BoxFuture<'static, Outcome>>, watch::Receiver<String>) {
        let mut under_way = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(UnderWay { end, told }) = under_way.as_ref()
            && let Some(end) = end.upgrade()
            && end.peek().is_none()
        {
            return (end, told.clone());
        }
        let (tell, told) = watch::channel("getting the image".to_owned());
        let end = pull(docker, image.to_owned(), silence, tell).boxed().shared();
        *under_way = end.downgrade().map(|end| UnderWay { end, told: told.clone() });
        (end, told)
    }
}

async fn pull(docker: Docker, image: String, silence: Duration, tell: watch::Sender<String>) -> Outcome {
    tracing::info!(image, "pulling the image");
    let options = CreateImageOptionsBuilder::default().from_image(&image);
    // Without a tag every one of the repository's would come.
    let has_tag = image.rsplit('/').next().is_some_and(|name| name.contains([':', '@']));
    let options = if has_tag { options } else { options.tag("latest") }.build();
    let mut lines = Box::pin(docker.create_image(Some(options), None, None));
    let mut layers = Layers::default();
    let mut until = Instant::now() + silence;
    // When it was told last, and whether there is something new since.
    let (mut told_at, mut is_new): (Option<Instant>, bool) = (None, false);
    loop {
        let due = told_at.map_or_else(Instant::now, |at| at + PACE);
        if is_new && due <= Instant::now() {
            (told_at, is_new) = (Some(Instant::now()), false);
            let text = layers.told();
            tell.send_if_modified(|told| std::mem::replace(told, text.clone()) != text);
        }
        match timeout_at(if is_new { due.min(until) } else { until }, lines.next()).await {
            Ok(Some(Ok(line))) => {
                if layers.take(line) {
                    (until, is_new) = (Instant::now() + silence, true);
                }
            }
            Ok(Some(Err(error))) => return Err(error.to_string().chars().take(MAX_WORDS).collect()),
            Ok(None) => {
                tracing::info!(image, "the image is there");
                return Ok(());
            }
            Err(_) if Instant::now() >= until => return Err(format!("nothing has come for {} s", silence.as_secs())),
            Err(_) => {}
        }
    }
}

/// What has come of each part of an image, and how much there is, bytes.
#[derive(Default)]
struct Layers(HashMap<String, (u64, u64)>);

impl Layers {
    /// Takes a line of the engine's in; false for one that only says that it waits, or what is known.
    fn take(&mut self, line: CreateImageInfo) -> bool {
        let status = line.status.unwrap_or_default();
        if status.starts_with("Retrying") || status.starts_with("Waiting") {
            return false;
        }
        if status == "Downloading"
            && let Some(detail) = line.progress_detail
        {
            let bytes = |number: Option<i64>| number.and_then(|number| u64::try_from(number).ok()).unwrap_or_default();
            let now = (bytes(detail.current), bytes(detail.total));
            return self.0.insert(line.id.unwrap_or_default(), now) != Some(now);
        } else if status == "Download complete"
            && let Some((come, all)) = line.id.and_then(|id| self.0.get_mut(&id))
        {
            *come = *all;
        }
        true
    }

    fn told(&self) -> String {
        let (come, all) = self
            .0
            .values()
            .fold((0_u64, 0_u64), |(come, all), (c, a)| (come.saturating_add(*c), all.saturating_add(*a)));
        if all == 0 {
            return "getting the image".to_owned();
        }
        format!("getting the image: {} of {} MB", come / MEGABYTE, all.div_ceil(MEGABYTE))
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    fn line(id: &str, status: &str, current: i64, total: i64) -> CreateImageInfo {
        let detail = ProgressDetail { current: Some(current), total: Some(total) };
        CreateImageInfo {
            id: Some(id.into()),
            status: Some(status.into()),
            progress_detail: Some(detail),
            ..CreateImageInfo::default()
        }
    }

    #[test]
    fn parts_are_told_as_one_and_waiting_is_no_progress() {
        let mut layers = Layers::default();
        assert_eq!(layers.told(), "getting the image");
        assert!(layers.take(line("a", "Downloading", 3_000_000, 10_000_000)));
        assert!(!layers.take(line("a", "Downloading", 3_000_000, 10_000_000)), "nothing has come since");
        assert!(layers.take(line("b", "Downloading", 500_000, 5_500_000)));
        assert_eq!(layers.told(), "getting the image: 3 of 16 MB");
        assert!(layers.take(line("a", "Download complete", 0, 0)));
        assert_eq!(layers.told(), "getting the image: 10 of 16 MB");
        assert!(!layers.take(line("b", "Retrying in 5 seconds", 0, 0)) && !layers.take(line("c", "Waiting", 0, 0)));
    }
}
