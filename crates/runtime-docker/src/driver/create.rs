//! Makes a container and what it needs. The container comes last but for its network, which a start makes too where a
//! crash or a hanging engine came between.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, VolumeCreateRequest};
use bollard::query_parameters::CreateContainerOptionsBuilder;
use protocol::{ContainerId, SessionId};
use runtime::{ContainerSpec, Progress, RuntimeError};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{FILTER, Inner, remove};
use crate::api::{failed, failed_at, is_full, message, status};
use crate::engine::Engine;
use crate::options::Pull;
use crate::record::Record;
use crate::spec::{Plan, guest_config, name, volume};
use crate::state::{Phase, Seen};
use crate::{home, network};

const MAKING: &str = "making a container";

impl Inner {
    /// Why no container can be made, in words for a person.
    pub(super) async fn obstacle(&self, engine: &Engine) -> Option<String> {
        if !engine.shares_files {
            return Some("the engine doesn't share this host's files, by which guests are reached".to_owned());
        }
        if !self.options.guest.is_file() {
            return Some(format!("there is no guest at {}", self.options.guest.display()));
        }
        match (self.has_image().await, &self.options.pull) {
            (Ok(true), _) | (Ok(false), Pull::Missing) => None,
            (Ok(false), Pull::Never) => Some(self.no_image()),
            (Err(error), _) => Some(error.to_string()),
        }
    }

    fn no_image(&self) -> String {
        format!("the engine has no image {}; pull or build it first", self.options.image)
    }

    async fn has_image(&self) -> Result<bool, RuntimeError> {
        let docker = self.api.docker().await?;
        let looked = async {
            match docker.inspect_image(&self.options.image).await {
                Err(error) if status(&error) == Some(404) => Ok(false),
                other => other.map(|_| true),
            }
        };
        self.api.call("looking for the image", self.api.patience.look, looked).await
    }
}

/// Sees that the engine has the image, unless the container is there already. Making looks no more: an engine without
/// it says so.
pub(super) async fn prepare(inner: &Inner, spec: &ContainerSpec, progress: &Progress) -> Result<(), RuntimeError> {
    let is_made = |seen: Option<Option<Seen>>| seen.flatten().is_some_and(|seen| !is_half_made(inner, &seen));
    if inner.has_image().await? || is_made(inner.find_named(&name(&spec.session)).await?) {
        return Ok(());
    }
    if inner.options.pull == Pull::Never {
        return Err(RuntimeError::Start { detail: inner.no_image() });
    }
    let image = &inner.options.image;
    let got = inner.pulling.image(inner.api.docker().await?, image, inner.api.patience.pull, progress).await;
    got.map_err(|why| match is_full(&why) {
        true => RuntimeError::DiskFull,
        false => RuntimeError::Start { detail: format!("the image {image} can't be pulled: {why}") },
    })
}

pub(super) async fn run(inner: Arc<Inner>, spec: ContainerSpec) -> Result<ContainerId, RuntimeError> {
    let _turn = inner.turn(&spec.session).await;
    let engine = inner.engine().await?;
    if let Some(id) = existing(&inner, &spec).await? {
        return Ok(id);
    }
    if !engine.shares_files || !inner.options.guest.is_file() {
        let detail = inner.obstacle(&engine).await.unwrap_or_default();
        return Err(RuntimeError::Unavailable { detail });
    }
    let limit = inner.api.patience.make;
    let made = timeout(limit, make(&inner, &engine, &spec)).await;
    let made = made.unwrap_or(Err(RuntimeError::Timeout { what: MAKING, seconds: limit.as_secs() }));
    if made.is_err() {
        let cleared = timeout(limit, clear(&inner, &spec.session)).await;
        let late = RuntimeError::Timeout { what: "clearing away", seconds: limit.as_secs() };
        if let Err(error) = cleared.unwrap_or(Err(late)) {
            tracing::warn!(session = %spec.session, %error, "something of a container that was not made is left");
        }
    }
    made
}

/// The container that was made for the session before. A name may be anybody's; a container is ours by its labels.
async fn existing(inner: &Inner, spec: &ContainerSpec) -> Result<Option<ContainerId>, RuntimeError> {
    let name = name(&spec.session);
    match inner.find_named(&name).await? {
        None => Ok(None),
        Some(Some(seen)) if seen.session == spec.session => {
            if !is_half_made(inner, &seen) {
                return Ok(Some(seen.id));
            }
            tracing::warn!(session = %spec.session, container = %seen.id, "removing a container whose making was given up");
            remove::container(inner, &seen.id).await?;
            Ok(None)
        }
        Some(_) => {
            let detail = format!("the engine has a container {name} already that this installation did not make");
            Err(RuntimeError::Unavailable { detail })
        }
    }
}

/// Whether an engine that hung made it after all, when nobody waited any more and what belongs to it was cleared away.
fn is_half_made(inner: &Inner, seen: &Seen) -> bool {
    let directory = inner.directory(&seen.session);
    let is_recorded = directory.record().is_ok_and(|record| record.is_some_and(|r| r.id.as_ref() == Some(&seen.id)));
    seen.phase == Phase::Created && !is_recorded && !directory.was_started()
}

async fn make(inner: &Arc<Inner>, engine: &Engine, spec: &ContainerSpec) -> Result<ContainerId, RuntimeError> {
    let user = engine.user(spec.home.is_some()).map_err(|why| RuntimeError::Unavailable { detail: why.to_owned() })?;
    let walled = inner.has_network().await;
    let mut record = Record {
        id: None,
        engine: engine.identity.clone(),
        session: spec.session.clone(),
        limits: spec.limits,
        user,
        home: spec.home.clone(),
        walled,
    };
    let directory = inner.directory(&spec.session);
    let config = serde_json::to_vec(&guest_config(spec, user))
        .map_err(|error| failed("write the guest's configuration", error.into()))?;
    directory.make(&record, &config).map_err(|error| failed_at("make", &directory.run(), error))?;
    let places = match &spec.home {
        None => Vec::new(),
        Some(home) => {
            let what = "the home directory can't be used";
            home::furnish(home, user).map_err(|error| failed(what, error))?;
            home::places(home, user, |number| directory.private(number)).map_err(|error| failed(what, error))?
        }
    };
    if spec.home.is_none() {
        make_volume(inner, spec).await?;
    }
    let filter_file = inner.options.directory.join(FILTER).to_string_lossy().into_owned();
    let plan = Plan {
        image: &inner.options.image,
        labels: &inner.labels,
        engine,
        guest: &inner.options.guest,
        run: &directory.run(),
        places: &places,
        has_network: walled,
        limits_disk: engine.may_limit_disk && !inner.refuses_disk_limit.load(Ordering::Relaxed),
        // Docker's clients read the file and send what is in it, Podman's service reads it itself.
        seccomp: if engine.is_podman { &filter_file } else { &inner.filter },
        user,
    };
    let id = match walled {
        true => with_network(inner, spec, plan).await?,
        false => alone(inner, spec, plan).await?,
    };
    record.id = Some(id.clone());
    directory.write(&record).map_err(|error| failed_at("write the record in", &directory.run(), error))?;
    Ok(id)
}

/// Makes the container and its network. Docker looks for the network when it starts a container, so that both are made
/// at the same time, which a tenth of a second depends on.
async fn with_network(inner: &Arc<Inner>, spec: &ContainerSpec, plan: Plan<'_>) -> Result<ContainerId, RuntimeError> {
    let network = network::make(&inner.api, &inner.labels, &spec.session);
    if plan.engine.is_podman {
        network.await?;
        return alone(inner, spec, plan).await;
    }
    // Whatever fails, the rest is cleared away. A wall that has gone is found out once: the next has no network.
    let (network, made, wall) = tokio::join!(network, alone(inner, spec, plan), inner.wall());
    network?;
    wall.map_err(|why| RuntimeError::Start { detail: format!("the host can't be walled off from it: {why}") })?;
    match made {
        // It may be an engine that wants the network first.
        Err(error) if error.to_string().contains(&network::name(&spec.session)) => alone(inner, spec, plan).await,
        made => made,
    }
}

/// Makes the container; whatever it is made from is there, but for its network.
async fn alone(inner: &Arc<Inner>, spec: &ContainerSpec, mut plan: Plan<'_>) -> Result<ContainerId, RuntimeError> {
    let mut answer = ask(inner, spec, plan.body(spec)).await?;
    // One that an earlier call was given up over may have come just now.
    if answer.as_ref().is_err_and(|error| status(error) == Some(409)) && existing(inner, spec).await?.is_none() {
        answer = ask(inner, spec, plan.body(spec)).await?;
    }
    match answer {
        Ok(id) => Ok(id),
        Err(error) if plan.limits_disk && message(&error).contains("storage-opt") => {
            inner.refuses_disk_limit.store(true, Ordering::Relaxed);
            plan.limits_disk = false;
            ask(inner, spec, plan.body(spec)).await?.map_err(|error| refused(inner, error))
        }
        Err(error) => Err(refused(inner, error)),
    }
}

/// By itself, for Podman leaves labels out of volumes that it makes for a container.
async fn make_volume(inner: &Inner, spec: &ContainerSpec) -> Result<(), RuntimeError> {
    let docker = inner.api.docker().await?;
    let request = VolumeCreateRequest {
        name: Some(volume(&spec.session)),
        labels: Some(inner.labels.of(&spec.session)),
        ..VolumeCreateRequest::default()
    };
    inner.api.call("making a volume", inner.api.patience.make, docker.create_volume(request)).await.map(drop)
}

async fn ask(
    inner: &Arc<Inner>,
    spec: &ContainerSpec,
    body: ContainerCreateBody,
) -> Result<Result<ContainerId, Error>, RuntimeError> {
    let docker = inner.api.docker().await?;
    let options = CreateContainerOptionsBuilder::default().name(&name(&spec.session)).build();
    let (answer, asked) = oneshot::channel();
    let (inner, session) = (Arc::clone(inner), spec.session.clone());
    // Goes on when nobody waits any more: an engine that hung may make it yet.
    tokio::spawn(async move {
        let created = docker.create_container(Some(options), body).await;
        if let Err(Ok(_)) = answer.send(created) {
            clear_late(&inner, &session).await;
        }
    });
    let broke_off = || RuntimeError::Unavailable { detail: format!("{MAKING} broke off") };
    match asked.await.map_err(|_| broke_off())? {
        Err(error) => Ok(Err(error)),
        Ok(created) => match created.id.parse() {
            Ok(id) => Ok(Ok(id)),
            Err(_) => Err(RuntimeError::Unavailable { detail: format!("{MAKING}: {:?} is no id", created.id) }),
        },
    }
}

/// Removes what a failure left. The turn is the caller's.
async fn clear(inner: &Inner, session: &SessionId) -> Result<(), RuntimeError> {
    remove_half_made(inner, session).await?;
    remove::belongings(inner, session).await
}

/// Removes a container that came when nobody waited for it any more.
async fn clear_late(inner: &Inner, session: &SessionId) {
    let _turn = inner.turn(session).await;
    let cleared = async {
        match remove_half_made(inner, session).await? {
            true => remove::belongings(inner, session).await,
            false => Ok(()),
        }
    };
    match cleared.await {
        Ok(()) => tracing::warn!(%session, "the engine made a container too late; it is removed"),
        Err(error) => tracing::warn!(%session, %error, "a container that the engine made too late is left"),
    }
}

/// Removes the session's container if its making was given up; whether there was one. The turn is the caller's.
async fn remove_half_made(inner: &Inner, session: &SessionId) -> Result<bool, RuntimeError> {
    match inner.find_named(&name(session)).await? {
        Some(Some(seen)) if seen.session == *session && is_half_made(inner, &seen) => {
            remove::container(inner, &seen.id).await.map(|()| true)
        }
        _ => Ok(false),
    }
}

fn refused(inner: &Inner, error: Error) -> RuntimeError {
    match status(&error) {
        // Removed since we looked.
        Some(404) if message(&error).to_lowercase().contains("image") => {
            RuntimeError::Start { detail: inner.no_image() }
        }
        _ => inner.api.translate(MAKING, error),
    }
}
