//! The one place that names drivers: which there are, which of them are of use here, and which is the default.

use std::ffi::OsString;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use berth::config::{Config, RuntimeChoice};
use berth::data_dir;
use runtime::breaker::Breaker;
use runtime::{Health, Runtime, Several};
use runtime_docker::{DockerRuntime, Network, Options, Patience, Pull, Tls};
use runtime_embedded::Embedded;

/// The hidden command under which this binary is the embedded runtime's short-lived helper.
pub const HELPER: &str = "container-helper";

/// The embedded driver's name. Its containers' ids have been in databases since before there was another.
const EMBEDDED: &str = "embedded";
/// Where an engine is unless somebody says otherwise.
const DOCKER_URL: &str = "unix:///var/run/docker.sock";
/// How long an engine may take to show that it is ready, when nobody asked for it: a server that starts doesn't wait
/// for something that it can do without.
const LOOK_LIMIT: Duration = Duration::from_secs(2);

/// Is the helper: the arguments after [`HELPER`].
pub fn helper(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    runtime_embedded::helper_main(arguments)
}

/// The runtimes of this server.
pub struct Opened {
    pub runtime: Arc<dyn Runtime>,
    /// Why new sessions run where they do.
    reason: String,
}

impl Opened {
    /// Has the log say what runs new sessions, and why. Once the server can start: one that can't says only why.
    pub fn log(&self) {
        let others: Vec<_> = self.runtime.others().iter().map(|other| other.name()).collect();
        let (runtime, others, reason) = (self.runtime.name(), others.join(", "), &self.reason);
        tracing::info!(runtime, others, reason, "what runs new sessions");
    }
}

/// The runtimes that this configuration wants and this host has.
///
/// # Errors
/// When none can be set up at all. One that can't start containers on this machine says so in its health.
pub async fn open(config: &Config) -> anyhow::Result<Opened> {
    let embedded = open_embedded(config).await;
    let docker = open_docker(config).await?;
    let (several, reason) = combine(config.runtime, embedded, docker)?;
    Ok(Opened { runtime: Arc::new(several), reason })
}

/// A driver, and how it was when the server started.
struct Found {
    driver: Arc<dyn Runtime>,
    health: Health,
    /// Somebody asked for it, or it has containers from before: it stays even while it can't start any.
    is_wanted: bool,
}

async fn open_embedded(config: &Config) -> anyhow::Result<Found> {
    let settings = runtime_embedded::Config {
        data_dir: config.data_dir.join("containers"),
        guest_binary: config.guest.clone(),
        helper: std::env::current_exe()?,
        helper_args: vec![HELPER.into()],
    };
    let driver = Embedded::open(settings).await?;
    let health = driver.health().await;
    let is_wanted = !driver.list().await.is_ok_and(|containers| containers.is_empty());
    Ok(Found { driver: Arc::new(driver), health, is_wanted })
}

/// Docker or Podman: always when somebody said where it is or that it is to be used, and when it has containers;
/// else if it is ready now. Or why it is not used.
async fn open_docker(config: &Config) -> anyhow::Result<Result<Found, String>> {
    let directory = config.data_dir.join("docker");
    let has_containers = DockerRuntime::has_containers(&directory);
    if config.runtime == RuntimeChoice::Embedded && config.docker.url.is_none() {
        if has_containers {
            tracing::warn!(
                "there are sessions with Docker, which is not enabled; set docker.url, or runtime to auto, to have them"
            );
        }
        return Ok(Err("it is configured".to_owned()));
    }
    let is_wanted = has_containers || config.docker.url.is_some() || config.runtime == RuntimeChoice::Docker;
    let url = config.docker.url.as_deref().unwrap_or(DOCKER_URL);
    let options = Options {
        url: url.to_owned(),
        tls: config.docker.tls.clone().map(|tls| Tls {
            authority: tls.authority,
            certificate: tls.certificate,
            key: tls.key,
        }),
        image: config.docker.image.clone(),
        pull: if config.docker.pull { Pull::Missing } else { Pull::Never },
        guest: config.guest.clone(),
        directory,
        installation: data_dir::installation(&config.data_dir).context("this installation has no name")?,
        network: Network::Walled,
        network_namespace: None,
        patience: Patience::default(),
    };
    let look = async {
        let driver = DockerRuntime::connect(options).await?;
        let health = driver.health().await;
        anyhow::Ok(Found { driver: Arc::new(driver), health, is_wanted })
    };
    if is_wanted {
        return Ok(Ok(look.await.context("Docker's runtime can't be set up")?));
    }
    if let Some(socket) = url.strip_prefix("unix://")
        && let Err(error) = std::fs::metadata(socket)
    {
        return Ok(Err(format!("Docker is not used, for its socket {socket} can't be looked at: {error}")));
    }
    Ok(match tokio::time::timeout(LOOK_LIMIT, look).await {
        Ok(Ok(found)) if found.health.available => Ok(found),
        Ok(Ok(found)) => Err(format!("Docker is not used: {}", found.health.summary)),
        Ok(Err(error)) => Err(format!("Docker is not used: {error:#}")),
        Err(_) => Err(format!("Docker is not used, for {url} did not answer within {} s", LOOK_LIMIT.as_secs())),
    })
}

/// Who is the default and why, and who is there beside it.
fn combine(
    wanted: RuntimeChoice,
    embedded: anyhow::Result<Found>,
    docker: Result<Found, String>,
) -> anyhow::Result<(Several, String)> {
    let (docker, without_docker) = match docker {
        Ok(docker) if docker.health.available => (Some(docker), None),
        Ok(docker) => {
            let why = format!("Docker is not ready: {}", docker.health.summary);
            (Some(docker), Some(why))
        }
        Err(why) => (None, Some(why)),
    };
    let (embedded, without_embedded) = match embedded {
        Ok(embedded) => (Some(embedded), None),
        Err(error) => (None, Some(error)),
    };
    let is_configured = || "it is configured".to_owned();
    let (default, other, reason) = match (wanted, docker, embedded, without_docker) {
        (RuntimeChoice::Docker, Some(docker), embedded, _) => (docker, embedded, is_configured()),
        (RuntimeChoice::Auto, Some(docker), embedded, None) => {
            (docker, embedded, "Docker's engine answers, and can make sessions".to_owned())
        }
        (RuntimeChoice::Auto, docker, Some(embedded), why) => (embedded, docker, why.unwrap_or_else(is_configured)),
        (_, docker, Some(embedded), _) => (embedded, docker, is_configured()),
        (RuntimeChoice::Auto, Some(docker), None, _) => (docker, None, "there is no other".to_owned()),
        (_, _, None, why) => {
            let none = || anyhow::anyhow!("there is no container runtime: {}", why.unwrap_or_default());
            return Err(without_embedded.unwrap_or_else(none));
        }
    };
    if let Some(error) = without_embedded {
        tracing::warn!(reason = format!("{error:#}"), "the embedded runtime can't be set up");
    }
    // One that can't start anything and has nothing would only be in the way.
    let others = other.into_iter().filter(|other| other.health.available || other.is_wanted);
    let breaker = |found: Found| Arc::new(Breaker::new(found.driver)) as Arc<dyn Runtime>;
    Ok((Several::new(EMBEDDED, breaker(default), others.map(breaker).collect()), reason))
}

#[cfg(test)]
mod tests {
    use runtime::fake::FakeRuntime;

    use super::*;

    fn found(name: &'static str, available: bool, is_wanted: bool) -> Found {
        let health = Health { available, summary: String::new(), enforcement: Vec::new() };
        Found { driver: Arc::new(FakeRuntime::named(name)), health, is_wanted }
    }

    fn names(several: &Several) -> (&'static str, Vec<&'static str>) {
        (several.name(), several.others().iter().map(|other| other.name()).collect())
    }

    #[test]
    fn auto_takes_docker_when_it_is_ready_and_the_other_one_stays_if_it_is_of_use() {
        use RuntimeChoice::{Auto, Docker, Embedded};
        let embedded = |available, is_wanted| found("embedded", available, is_wanted);
        let none = || Err("no socket".to_owned());
        let docker = |available, is_wanted| Ok(found("docker", available, is_wanted));
        for (wanted, embedded, docker, expected) in [
            (Auto, embedded(true, false), docker(true, false), ("docker", vec!["embedded"])),
            (Auto, embedded(true, false), none(), ("embedded", vec![])),
            // It has sessions, and may come back.
            (Auto, embedded(true, false), docker(false, true), ("embedded", vec!["docker"])),
            (Auto, embedded(false, false), docker(true, false), ("docker", vec![])),
            (Auto, embedded(false, true), docker(true, false), ("docker", vec!["embedded"])),
            (Auto, embedded(false, false), none(), ("embedded", vec![])),
            (Docker, embedded(true, false), docker(false, false), ("docker", vec!["embedded"])),
            (Docker, embedded(false, false), docker(true, false), ("docker", vec![])),
            (Embedded, embedded(true, false), docker(true, false), ("embedded", vec!["docker"])),
            (Embedded, embedded(true, false), none(), ("embedded", vec![])),
        ] {
            let told = format!("{wanted:?} {expected:?}");
            let (several, _) = combine(wanted, Ok(embedded), docker).expect("one of them");
            assert_eq!(names(&several), expected, "{told}");
        }
        let (_, reason) = combine(Auto, Ok(embedded(true, false)), none()).expect("one of them");
        assert_eq!(reason, "no socket");
    }

    #[test]
    fn a_host_that_the_embedded_runtime_can_not_be_on_has_docker_or_says_why_not() {
        let broken = || Err(anyhow::anyhow!("no cgroups"));
        let (several, _) = combine(RuntimeChoice::Auto, broken(), Ok(found("docker", true, false))).expect("docker");
        assert_eq!(names(&several), ("docker", vec![]));
        for (wanted, docker) in
            [(RuntimeChoice::Auto, Err(String::new())), (RuntimeChoice::Embedded, Ok(found("docker", true, false)))]
        {
            let error = combine(wanted, broken(), docker).err().expect("neither");
            assert_eq!(error.to_string(), "no cgroups");
        }
    }
}
