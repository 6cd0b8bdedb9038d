//! Several drivers as one. A container is made by the driver that its spec names and stays with it: its id says which
//! one has it.
//!
//! Ids of the *native* driver are as it gives them, those of any other have its name and a dot before them. So ids
//! that were written down when there was one driver only go on to mean the same, whichever is the default today. An id
//! of a driver that is not enabled is told as that, never as a container that is gone.
//!
//! A driver that is away takes nothing from the others. What it has can't be known meanwhile, so [`Runtime::list`],
//! from which people conclude that a container is gone, is all or an error that names it; [`Runtime::survey`] is
//! what the others have.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use protocol::ContainerId;

use crate::breaker::Trouble;
use crate::{Away, ByteStream, Container, ContainerSpec, Exit, Health, Progress, Runtime, RuntimeError, Survey, Usage};

/// Between a driver's name and an id of its own.
const MARK: char = '.';
/// How long one driver may take to say what it has, so that one that hangs is away for whoever asks for all. The
/// server gives the whole answer ten seconds.
const SURVEY_LIMIT: Duration = Duration::from_secs(8);

/// See the module.
pub struct Several {
    native: &'static str,
    /// The default one first.
    drivers: Vec<Arc<dyn Runtime>>,
}

impl Several {
    /// `default` makes the containers that nobody names a driver for; `native` is the name of the driver whose ids are
    /// left as they are, whether or not it is among these.
    #[must_use]
    pub fn new(native: &'static str, default: Arc<dyn Runtime>, others: Vec<Arc<dyn Runtime>>) -> Self {
        Self { native, drivers: std::iter::once(default).chain(others).collect() }
    }

    fn default_driver(&self) -> &Arc<dyn Runtime> {
        &self.drivers[0]
    }

    fn named(&self, name: &str) -> Result<&Arc<dyn Runtime>, RuntimeError> {
        self.drivers.iter().find(|driver| driver.name() == name).ok_or_else(|| {
            let enabled: Vec<_> = self.drivers.iter().map(|driver| driver.name()).collect();
            let enabled = enabled.join(" and ");
            RuntimeError::Unavailable {
                detail: format!("the runtime {name} is not enabled on this server, which has {enabled}; enable it"),
            }
        })
    }

    /// Who makes a container.
    fn driver_for(&self, spec: &ContainerSpec) -> Result<&Arc<dyn Runtime>, RuntimeError> {
        spec.runtime.as_ref().map_or_else(|| Ok(self.default_driver()), |name| self.named(name))
    }

    /// The driver's name in an id, and the id by which the driver knows the container.
    fn parts<'a>(&'a self, id: &'a ContainerId) -> (&'a str, &'a str) {
        id.as_str().split_once(MARK).unwrap_or((self.native, id.as_str()))
    }

    /// Whom to ask about a container.
    fn way_to(&self, id: &ContainerId) -> Result<Way<'_>, RuntimeError> {
        let (name, own) = self.parts(id);
        let driver = self.named(name)?;
        let own = own.parse().map_err(|_| RuntimeError::NotFound(id.clone()))?;
        Ok(Way { driver, own, outer: id.clone() })
    }

    /// The id by which the server knows a container of `driver`'s.
    fn outer(&self, driver: &str, own: &ContainerId) -> Result<ContainerId, RuntimeError> {
        let outer = if driver != self.native {
            format!("{driver}{MARK}{own}").parse().ok()
        } else if own.as_str().contains(MARK) {
            None
        } else {
            Some(own.clone())
        };
        let refused = || RuntimeError::Unavailable {
            detail: format!("{driver} gave a container the id {own}, which can't be told from other drivers' ids"),
        };
        outer.ok_or_else(refused)
    }

    /// All containers of one driver.
    async fn ask(&self, driver: &Arc<dyn Runtime>) -> Result<Vec<Container>, RuntimeError> {
        let limit = RuntimeError::Timeout { what: "listing the containers", seconds: SURVEY_LIMIT.as_secs() };
        let listed = tokio::time::timeout(SURVEY_LIMIT, driver.list()).await.unwrap_or(Err(limit))?;
        let outward = |container: Container| {
            let id = self.outer(driver.name(), &container.id)?;
            Ok(Container { id, ..container })
        };
        listed.into_iter().map(outward).collect()
    }
}

/// A container's driver, and its id there and here.
struct Way<'a> {
    driver: &'a Arc<dyn Runtime>,
    own: ContainerId,
    outer: ContainerId,
}

impl Way<'_> {
    /// Has an error speak of the container by the id that whoever asked knows.
    fn told<T>(&self, outcome: Result<T, RuntimeError>) -> Result<T, RuntimeError> {
        outcome.map_err(|error| match error {
            RuntimeError::NotFound(id) if id == self.own => RuntimeError::NotFound(self.outer.clone()),
            RuntimeError::NotRunning(id) if id == self.own => RuntimeError::NotRunning(self.outer.clone()),
            other => other,
        })
    }
}

#[async_trait]
impl Runtime for Several {
    fn name(&self) -> &'static str {
        self.default_driver().name()
    }

    async fn health(&self) -> Health {
        self.default_driver().health().await
    }

    fn troubles(&self) -> Vec<Trouble> {
        self.drivers.iter().flat_map(|driver| driver.troubles()).collect()
    }

    async fn prepare(&self, spec: &ContainerSpec, progress: &Progress) -> Result<(), RuntimeError> {
        self.driver_for(spec)?.prepare(spec, progress).await
    }

    async fn create(&self, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
        let driver = self.driver_for(spec)?;
        self.outer(driver.name(), &driver.create(spec).await?)
    }

    async fn start(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        let way = self.way_to(id)?;
        way.told(way.driver.start(&way.own).await)
    }

    async fn stop(&self, id: &ContainerId, grace: Duration) -> Result<(), RuntimeError> {
        let way = self.way_to(id)?;
        way.told(way.driver.stop(&way.own, grace).await)
    }

    async fn delete(&self, id: &ContainerId) -> Result<(), RuntimeError> {
        let way = self.way_to(id)?;
        way.told(way.driver.delete(&way.own).await)
    }

    async fn inspect(&self, id: &ContainerId) -> Result<Container, RuntimeError> {
        let way = self.way_to(id)?;
        let container = way.told(way.driver.inspect(&way.own).await)?;
        Ok(Container { id: id.clone(), ..container })
    }

    async fn list(&self) -> Result<Vec<Container>, RuntimeError> {
        let Survey { containers, away } = self.survey().await;
        match away.into_iter().next() {
            None => Ok(containers),
            Some(Away { runtime, error }) => {
                let detail = match error {
                    RuntimeError::Unavailable { detail } => detail,
                    error => error.to_string(),
                };
                Err(RuntimeError::Unavailable { detail: format!("{runtime} can't say what it has: {detail}") })
            }
        }
    }

    async fn survey(&self) -> Survey {
        let mut survey = Survey { containers: Vec::new(), away: Vec::new() };
        let asked = self.drivers.iter().map(|driver| async move { (driver.name(), self.ask(driver).await) });
        for (runtime, listed) in futures::future::join_all(asked).await {
            match listed {
                Ok(containers) => survey.containers.extend(containers),
                Err(error) => survey.away.push(Away { runtime, error }),
            }
        }
        survey
    }

    fn others(&self) -> &[Arc<dyn Runtime>] {
        &self.drivers[1..]
    }

    fn driver_of<'a>(&'a self, id: &'a ContainerId) -> &'a str {
        self.parts(id).0
    }

    async fn wait(&self, id: &ContainerId) -> Result<Exit, RuntimeError> {
        let way = self.way_to(id)?;
        way.told(way.driver.wait(&way.own).await)
    }

    async fn connect(&self, id: &ContainerId) -> Result<Box<dyn ByteStream>, RuntimeError> {
        let way = self.way_to(id)?;
        way.told(way.driver.connect(&way.own).await)
    }

    async fn usage(&self, id: &ContainerId) -> Result<Usage, RuntimeError> {
        let way = self.way_to(id)?;
        way.told(way.driver.usage(&way.own).await)
    }

    async fn disk_use(&self, id: &ContainerId) -> Result<u64, RuntimeError> {
        let way = self.way_to(id)?;
        way.told(way.driver.disk_use(&way.own).await)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::collections::BTreeMap;

    use protocol::{GuestToken, SessionId};

    use super::*;
    use crate::fake::{Call, FakeRuntime};
    use crate::{ContainerState, Limits};

    struct Both {
        near: Arc<FakeRuntime>,
        far: Arc<FakeRuntime>,
        several: Several,
    }

    /// Two drivers, of which `near` is native and `far` is the default.
    fn both() -> Both {
        let (near, far) = (Arc::new(FakeRuntime::named("near")), Arc::new(FakeRuntime::named("far")));
        let several = Several::new("near", Arc::clone(&far) as Arc<dyn Runtime>, vec![Arc::clone(&near) as _]);
        Both { near, far, several }
    }

    fn spec(session: &str, runtime: Option<&str>) -> ContainerSpec {
        ContainerSpec {
            session: session.parse().unwrap(),
            token: GuestToken::from_random([0; 32]),
            runtime: runtime.map(Into::into),
            limits: Limits { cpu_millis: 1, memory_bytes: 1, pids: 1, disk_bytes: 1 },
            env: BTreeMap::new(),
            home: None,
        }
    }

    fn away() -> RuntimeError {
        RuntimeError::Unavailable { detail: "is it running?".into() }
    }

    #[tokio::test]
    async fn a_container_is_made_by_the_driver_that_is_named_and_stays_with_it() {
        let Both { near, far, several } = both();
        let here = several.create(&spec("abcdefghij01", Some("near"))).await.unwrap();
        let there = several.create(&spec("abcdefghij02", Some("far"))).await.unwrap();
        let anywhere = several.create(&spec("abcdefghij03", None)).await.unwrap();
        assert_eq!(here.as_str(), "fake-abcdefghij01", "ids from before there were several stay as they are");
        assert_eq!((there.as_str(), anywhere.as_str()), ("far.fake-abcdefghij02", "far.fake-abcdefghij03"));
        assert_eq!((near.containers().len(), far.containers().len()), (1, 2));
        assert_eq!((several.driver_of(&here), several.driver_of(&there)), ("near", "far"));
        for id in [&here, &there] {
            several.start(id).await.unwrap();
            assert_eq!(several.inspect(id).await.unwrap().id, *id);
            assert_eq!(several.inspect(id).await.unwrap().state, ContainerState::Running);
            several.connect(id).await.unwrap();
            several.usage(id).await.unwrap();
            several.stop(id, Duration::ZERO).await.unwrap();
            assert_eq!(several.wait(id).await.unwrap(), Exit::Code(0));
        }
        let mut listed: Vec<_> = several.list().await.unwrap().into_iter().map(|container| container.id).collect();
        listed.sort();
        assert_eq!(listed, [here.clone(), there.clone(), anywhere]);
        several.delete(&here).await.unwrap();
        several.delete(&there).await.unwrap();
        assert_eq!((near.containers().len(), far.containers().len()), (0, 1));
    }

    #[tokio::test]
    async fn the_default_speaks_for_all_and_the_others_are_there_to_be_asked() {
        let several = both().several;
        assert_eq!(several.name(), "far");
        assert_eq!(several.others().iter().map(|other| other.name()).collect::<Vec<_>>(), ["near"]);
        assert!(several.health().await.available);
    }

    #[tokio::test]
    async fn errors_name_the_container_as_whoever_asked_does() {
        let several = both().several;
        for text in ["fake-none", "far.fake-none"] {
            let id: ContainerId = text.parse().unwrap();
            match several.start(&id).await.unwrap_err() {
                RuntimeError::NotFound(named) => assert_eq!(named, id),
                other => panic!("{other}"),
            }
        }
        let made = several.create(&spec("abcdefghij01", None)).await.unwrap();
        match several.connect(&made).await.err().unwrap() {
            RuntimeError::NotRunning(named) => assert_eq!(named, made),
            other => panic!("{other}"),
        }
    }

    #[tokio::test]
    async fn a_container_of_a_driver_that_is_not_enabled_is_not_said_to_be_gone() {
        let several = both().several;
        let id: ContainerId = "gone.fake-abcdefghij01".parse().unwrap();
        assert_eq!(several.driver_of(&id), "gone");
        for error in [
            several.inspect(&id).await.unwrap_err(),
            several.wait(&id).await.unwrap_err(),
            several.delete(&id).await.unwrap_err(),
            several.create(&spec("abcdefghij01", Some("gone"))).await.unwrap_err(),
        ] {
            let told = error.to_string();
            assert!(told.contains("the runtime gone is not enabled on this server, which has far and near"), "{told}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_driver_that_is_away_or_hangs_takes_nothing_from_the_other() {
        let Both { near, far, several } = both();
        let here = several.create(&spec("abcdefghij01", Some("near"))).await.unwrap();
        far.fail(Call::List, Some(away));
        let told = several.list().await.unwrap_err().to_string();
        assert!(told.contains("far can't say what it has: is it running?"), "{told}");
        let survey = several.survey().await;
        assert_eq!(survey.containers.iter().map(|container| &container.id).collect::<Vec<_>>(), [&here]);
        assert_eq!(survey.away.iter().map(|away| away.runtime).collect::<Vec<_>>(), ["far"]);
        several.start(&here).await.unwrap();
        far.fail(Call::List, None);
        far.hold(Call::List);
        let survey = several.survey().await;
        assert_eq!((survey.containers.len(), survey.away.len()), (1, 1));
        assert!(matches!(survey.away[0].error, RuntimeError::Timeout { .. }));
        far.release(Call::List);
        assert_eq!(several.survey().await.away.len(), 0);
        assert_eq!(near.count(Call::List), 4, "each was asked each time");
    }

    #[tokio::test]
    async fn an_id_that_could_be_taken_for_anothers_is_refused() {
        let Both { near, several, .. } = both();
        let session: SessionId = "abcdefghij01".parse().unwrap();
        near.plant(&"far.really".parse().unwrap(), &session, ContainerState::Running);
        let told = several.list().await.unwrap_err().to_string();
        assert!(told.contains("can't be told from other drivers' ids"), "{told}");
    }
}
