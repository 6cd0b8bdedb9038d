//! What goes wrong with engines, brought about for real.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, RemoveContainerOptionsBuilder, RemoveImageOptionsBuilder,
};
use engines::{Kind, image};
use protocol::ContainerId;
use runtime::conformance::{GRACE, Host as _, LIMIT, Rig, spec};
use runtime::{ContainerSpec, ContainerState, Exit, Progress, Runtime, RuntimeError};
use runtime_docker::{DockerRuntime, Network, Options, Patience, Pull};
use tokio::time::timeout;

use crate::support::Here;

/// Who is neither root nor anybody else here.
const SOMEBODY: u32 = 61_234;

/// The driver at an engine of this test's own.
async fn docker() -> (Here, Arc<dyn Runtime>) {
    let here = Here::new(Kind::Docker).await;
    let runtime = here.open().await;
    (here, runtime)
}

async fn running(runtime: &Arc<dyn Runtime>, spec: &ContainerSpec) -> ContainerId {
    let id = runtime.create(spec).await.unwrap();
    runtime.start(&id).await.unwrap();
    id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_outlive_a_killed_engine_and_the_driver_goes_on() {
    let here = Here::new(Kind::Docker).await;
    let engine = Arc::clone(&here.engine);
    let mut rig = Rig::new(Box::new(here)).await;
    let (id, shell) = rig.start(&spec()).await;
    shell.succeed("word=remembered").await;
    let runtime = rig.runtime();
    let waiting = {
        let (runtime, id) = (Arc::clone(&runtime), id.clone());
        tokio::spawn(async move { runtime.wait(&id).await })
    };
    engine.lock().unwrap().crash();
    let away = |outcome: RuntimeError| matches!(outcome, RuntimeError::Unavailable { ref detail } if detail.contains("running?"));
    assert!(away(runtime.inspect(&id).await.unwrap_err()));
    assert!(away(runtime.create(&spec()).await.unwrap_err()));
    assert!(away(runtime.list().await.unwrap_err()));
    let health = runtime.health().await;
    assert!(!health.available && health.summary.contains("is the engine running?"), "{}", health.summary);
    // Terminals are not the engine's affair.
    assert_eq!(shell.succeed("echo $word").await, "remembered");
    engine.lock().unwrap().go_on();
    assert_eq!(runtime.inspect(&id).await.unwrap().state, ContainerState::Running);
    assert_eq!(shell.succeed("echo $word").await, "remembered");
    assert!(!waiting.is_finished(), "a wait goes on, too");
    runtime.stop(&id, GRACE).await.unwrap();
    assert_eq!(timeout(LIMIT, waiting).await.unwrap().unwrap().unwrap(), Exit::Code(0));
    rig.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_comes_later_is_used_then() {
    let here = Here::new(Kind::Docker).await;
    here.engine.lock().unwrap().crash();
    let runtime = here.open().await;
    assert!(!runtime.health().await.available);
    assert!(matches!(runtime.create(&spec()).await, Err(RuntimeError::Unavailable { .. })));
    here.engine.lock().unwrap().go_on();
    let health = runtime.health().await;
    assert!(health.available, "{}", health.summary);
    let id = running(&runtime, &spec()).await;
    runtime.delete(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_socket_that_may_not_be_used_is_said_to_be() {
    const AS_SOMEBODY: &str = "BERTH_TEST_SOCKET";
    if let Some(socket) = std::env::var_os(AS_SOMEBODY) {
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            url: format!("unix://{}", socket.to_string_lossy()),
            tls: None,
            image: image::NAME.to_owned(),
            pull: Pull::Never,
            guest: "/nowhere".into(),
            directory: directory.path().join("state"),
            installation: "test".to_owned(),
            network: Network::None,
            network_namespace: None,
            patience: Patience::default(),
        };
        let runtime = DockerRuntime::connect(options).await.unwrap();
        let refused = runtime.create(&spec()).await;
        let Err(RuntimeError::Unavailable { detail }) = refused else { panic!("{refused:?}") };
        assert!(detail.contains("may not use") && detail.contains("group"), "{detail}");
        let health = runtime.health().await;
        assert!(!health.available && health.summary.contains("may not use"), "{}", health.summary);
        return;
    }
    let (here, _) = docker().await;
    let socket = here.engine.lock().unwrap().socket();
    std::fs::set_permissions(here.directory(), Permissions::from_mode(0o755)).unwrap();
    // Cargo's directory may be closed to others.
    let program = here.directory().join("test");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let name = "faults::a_socket_that_may_not_be_used_is_said_to_be";
    let output = Command::new(program)
        .args(["--exact", name, "--nocapture"])
        .env(AS_SOMEBODY, socket)
        .env_remove("TMPDIR")
        .current_dir("/")
        .uid(SOMEBODY)
        .gid(SOMEBODY)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("1 passed"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_is_gone_is_named_and_what_was_made_from_it_goes_on() {
    let (here, runtime) = docker().await;
    let made = runtime.create(&spec()).await.unwrap();
    let client = here.client().negotiate_version().await.unwrap();
    let force = RemoveImageOptionsBuilder::default().force(true).build();
    client.remove_image(image::NAME, Some(force), None).await.unwrap();
    let health = runtime.health().await;
    assert!(!health.available && health.summary.contains(image::NAME), "{}", health.summary);
    let refused = runtime.create(&spec()).await;
    let Err(RuntimeError::Start { detail }) = refused else { panic!("{refused:?}") };
    assert!(detail.contains(image::NAME) && detail.contains("pull or build it"), "{detail}");
    assert_eq!(runtime.list().await.unwrap().len(), 1, "nothing is left of what was not made");
    runtime.start(&made).await.unwrap();

    // With leave to pull, and no registry: tried, and said.
    let progress = Progress(Arc::new(|_| {}));
    let options = Options { pull: Pull::Missing, image: "127.0.0.1:9/none".to_owned(), ..here.options() };
    let pulling = DockerRuntime::connect(options).await.unwrap();
    let refused = timeout(LIMIT, pulling.prepare(&spec(), &progress)).await.unwrap();
    let Err(RuntimeError::Start { detail }) = refused else { panic!("{refused:?}") };
    assert!(detail.contains("127.0.0.1:9/none") && detail.contains("pulled"), "{detail}");

    // And with one that takes the question and never answers.
    let registry = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let image = format!("{}/none", registry.local_addr().unwrap());
    let patience = Patience { pull: Duration::from_secs(2), ..Patience::default() };
    let options = Options { pull: Pull::Missing, image, patience, ..here.options() };
    let pulling = DockerRuntime::connect(options).await.unwrap();
    let refused = timeout(LIMIT, pulling.prepare(&spec(), &progress)).await.unwrap();
    let Err(RuntimeError::Start { detail }) = refused else { panic!("{refused:?}") };
    assert!(detail.contains("nothing has come for 2 s"), "{detail}");
    here.load_image();
    let again = runtime.create(&spec()).await.unwrap();
    for id in [made, again] {
        runtime.delete(&id).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_removed_behind_our_back_is_not_found_and_leaves_nothing() {
    let (here, runtime) = docker().await;
    let spec = spec();
    let id = running(&runtime, &spec).await;
    here.traces(&id);
    let client = here.client().negotiate_version().await.unwrap();
    let force = RemoveContainerOptionsBuilder::default().force(true).build();
    let waiting = {
        let (runtime, id) = (Arc::clone(&runtime), id.clone());
        tokio::spawn(async move { runtime.wait(&id).await })
    };
    client.remove_container(id.as_str(), Some(force)).await.unwrap();
    let not_found = |error: RuntimeError| matches!(error, RuntimeError::NotFound(ref named) if *named == id);
    assert!(not_found(runtime.inspect(&id).await.unwrap_err()));
    assert!(not_found(runtime.start(&id).await.unwrap_err()));
    assert!(not_found(runtime.stop(&id, GRACE).await.unwrap_err()));
    assert!(not_found(runtime.usage(&id).await.unwrap_err()));
    assert!(runtime.connect(&id).await.is_err_and(not_found));
    // Whoever waits may have seen it end first.
    match timeout(LIMIT, waiting).await.unwrap().unwrap() {
        Ok(Exit::Signal(_)) => {}
        Ok(exit) => panic!("{exit:?}"),
        Err(error) => assert!(not_found(error)),
    }
    runtime.delete(&id).await.unwrap();
    assert_eq!(here.traces(&id), Vec::<String>::new());
    // The session can have another.
    let other = running(&runtime, &spec).await;
    assert_ne!(other, id);
    runtime.delete(&other).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crash_left_without_a_container_is_cleared_away() {
    let (here, runtime) = docker().await;
    let (gone, kept) = (running(&runtime, &spec()).await, runtime.create(&spec()).await.unwrap());
    here.traces(&gone);
    let client = here.client().negotiate_version().await.unwrap();
    let force = RemoveContainerOptionsBuilder::default().force(true).build();
    client.remove_container(gone.as_str(), Some(force)).await.unwrap();
    // A container that is not here because it is at another engine.
    let elsewhere = here.state().join("abcdefghij01");
    std::fs::create_dir(&elsewhere).unwrap();
    let record = here.state().join(runtime.inspect(&kept).await.unwrap().session.as_str()).join("record.json");
    let mut record: serde_json::Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    record["engine"] = "another".into();
    std::fs::write(elsewhere.join("record.json"), record.to_string()).unwrap();
    drop(runtime);
    let runtime = here.open().await;
    assert!(elsewhere.is_dir());
    assert_eq!(here.traces(&gone), Vec::<String>::new());
    assert_ne!(here.traces(&kept), Vec::<String>::new());
    runtime.start(&kept).await.unwrap();
    runtime.delete(&kept).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_paused_container_is_said_to_be_and_goes_on_or_stops_when_asked() {
    let here = Here::new(Kind::Docker).await;
    let client = here.client().negotiate_version().await.unwrap();
    let mut rig = Rig::new(Box::new(here)).await;
    let (id, shell) = rig.start(&spec()).await;
    shell.succeed("word=remembered").await;
    let runtime = rig.runtime();
    client.pause_container(id.as_str()).await.unwrap();
    assert_eq!(runtime.inspect(&id).await.unwrap().state, ContainerState::Running);
    match runtime.connect(&id).await {
        Err(RuntimeError::Unavailable { detail }) => assert!(detail.contains("paused"), "{detail}"),
        other => panic!("{:?}", other.err()),
    }
    runtime.start(&id).await.unwrap();
    assert_eq!(shell.succeed("echo $word").await, "remembered");
    client.pause_container(id.as_str()).await.unwrap();
    timeout(LIMIT, runtime.stop(&id, GRACE)).await.unwrap().unwrap();
    assert_eq!(runtime.inspect(&id).await.unwrap().state, ContainerState::Exited(Exit::Code(0)));
    runtime.start(&id).await.unwrap();
    client.pause_container(id.as_str()).await.unwrap();
    drop(shell);
    rig.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_of_somebody_elses_with_our_name_is_left_alone() {
    let (here, runtime) = docker().await;
    let spec = spec();
    let client = here.client().negotiate_version().await.unwrap();
    let theirs = {
        let options = CreateContainerOptionsBuilder::default().name(&format!("berth-{}", spec.session)).build();
        let body = ContainerCreateBody {
            image: Some(image::NAME.to_owned()),
            cmd: Some(vec!["true".to_owned()]),
            labels: Some([("berth.installation".to_owned(), "another".to_owned())].into()),
            ..ContainerCreateBody::default()
        };
        client.create_container(Some(options), body).await.unwrap().id
    };
    let refused = runtime.create(&spec).await;
    let Err(RuntimeError::Unavailable { detail }) = refused else { panic!("{refused:?}") };
    assert!(detail.contains("did not make"), "{detail}");
    // By its id neither: another installation's container is none of ours.
    let id: ContainerId = theirs.parse().unwrap();
    assert!(matches!(runtime.inspect(&id).await, Err(RuntimeError::NotFound(_))));
    runtime.delete(&id).await.unwrap();
    assert_eq!(runtime.list().await.unwrap(), []);
    client.inspect_container(&theirs, None).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_cannot_reach_each_other_over_their_networks() {
    stay_apart(Kind::Docker).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn containers_of_podmans_cannot_either() {
    stay_apart(Kind::Podman).await;
}

async fn stay_apart(kind: Kind) {
    let mut rig = Rig::new(Box::new(Here::new(kind).await)).await;
    let (_, one) = rig.start(&spec()).await;
    let (_, other) = rig.start(&spec()).await;
    let listen = "perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); bind(S, pack_sockaddr_in(8080, INADDR_ANY)) or die; \
                  listen(S, 5); print \"listening\\n\"; open(F, \">/tmp/up\"); close F; accept(C, S); open(F, \">/tmp/reached\"); sleep 100' & \
                  until [ -e /tmp/up ]; do :; done; hostname";
    one.succeed(listen).await;
    let address = one.succeed("hostname -I").await;
    assert!(address.starts_with("10.213."), "{address}");
    let connect = format!(
        "timeout 2 perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0); exit(connect(S, pack_sockaddr_in(8080, inet_aton(\"{address}\"))) ? 0 : 1)'"
    );
    assert_eq!(one.run(&connect).await.code, 0, "it listens");
    one.succeed("until [ -e /tmp/reached ]; do :; done; rm /tmp/reached").await;
    assert_ne!(other.run(&connect).await.code, 0, "another container reached it");
    drop((one, other));
    rig.finish().await;
}
