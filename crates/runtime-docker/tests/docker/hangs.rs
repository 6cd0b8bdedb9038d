//! An engine that hangs in the middle of something, and goes on when nobody waits any more.

use std::sync::Arc;
use std::time::{Duration, Instant};

use engines::{Gate, Kind, Side};
use protocol::ContainerId;
use runtime::conformance::{Host as _, LIMIT, spec};
use runtime::{Runtime, RuntimeError};
use runtime_docker::{DockerRuntime, Options, Patience};
use tokio::time::timeout;

use crate::support::Here;

/// Longer than an engine takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(3);

/// An engine, the gate before it, and a driver that soon gives up.
async fn impatient() -> (Here, Gate, Arc<dyn Runtime>) {
    let here = Here::new(Kind::Docker).await;
    let socket = here.engine.lock().unwrap().socket();
    let gate = Gate::new(socket, here.directory().join("gate.sock"));
    let patience = Patience { look: PATIENCE, make: PATIENCE, start: PATIENCE, pull: PATIENCE };
    let options = Options { url: format!("unix://{}", gate.socket().display()), patience, ..here.options() };
    let runtime = Arc::new(DockerRuntime::connect(options).await.unwrap());
    (here, gate, runtime)
}

/// Waits for what the gate holds to be given up, while another session comes and goes.
async fn given_up<T: Send + 'static>(
    gate: &Gate,
    runtime: &Arc<dyn Runtime>,
    call: impl Future<Output = Result<T, RuntimeError>> + Send + 'static,
) -> RuntimeError {
    let call = tokio::spawn(call);
    gate.holds().await;
    let other = runtime.create(&spec()).await.unwrap();
    runtime.start(&other).await.unwrap();
    runtime.delete(&other).await.unwrap();
    timeout(LIMIT, call).await.unwrap().unwrap().err().expect("it was given up")
}

/// What the engine has with our labels.
fn left(here: &Here) -> usize {
    let engine = here.engine.lock().unwrap();
    let has_label = |one: &serde_json::Value| one["Labels"]["berth.session"].is_string();
    let lists = [("/containers/json?all=1", ""), ("/networks", ""), ("/volumes", "Volumes")];
    let count = |(path, list): (&str, &str)| {
        let answer = engine.get(path).unwrap();
        let all = if list.is_empty() { &answer } else { &answer[list] };
        all.as_array().into_iter().flatten().filter(|one| has_label(one)).count()
    };
    lists.into_iter().map(count).sum()
}

async fn until_nothing_is_left(here: &Here) {
    let begun = Instant::now();
    while left(here) > 0 {
        assert!(begun.elapsed() < LIMIT, "{} are left", left(here));
        tokio::task::yield_now().await;
    }
}

fn took_too_long(error: &RuntimeError, wanted: &str) -> bool {
    matches!(error, RuntimeError::Timeout { what, .. } if *what == wanted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_hangs_is_given_up_alone_and_works_when_the_engine_goes_on() {
    let (here, gate, runtime) = impatient().await;
    for side in [Side::Request, Side::Answer] {
        let spec = spec();
        let mark = format!("create?name=berth-{}", spec.session);
        gate.bar(side, move |line| line.contains(&mark));
        let error = given_up(&gate, &runtime, {
            let (runtime, spec) = (Arc::clone(&runtime), spec.clone());
            async move { runtime.create(&spec).await }
        });
        let error = error.await;
        assert!(took_too_long(&error, "making a container"), "{side:?}: {error:?}");
        gate.open();
        let id = runtime.create(&spec).await.unwrap();
        runtime.start(&id).await.unwrap();
        assert_eq!(left(&here), 3, "a container, a network, a volume");

        runtime.stop(&id, Duration::ZERO).await.unwrap();
        let mark = format!("{id}/start ");
        gate.bar(side, move |line| line.contains(&mark));
        let error = given_up(&gate, &runtime, {
            let (runtime, id): (_, ContainerId) = (Arc::clone(&runtime), id.clone());
            async move { runtime.start(&id).await }
        });
        let error = error.await;
        assert!(took_too_long(&error, "starting a container"), "{side:?}: {error:?}");
        gate.open();
        runtime.start(&id).await.unwrap();
        runtime.delete(&id).await.unwrap();
        until_nothing_is_left(&here).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_that_comes_when_nobody_waits_for_it_is_removed() {
    let (here, gate, runtime) = impatient().await;
    let spec = spec();
    gate.bar(Side::Request, |line| line.contains("/containers/create"));
    let call = {
        let (runtime, spec) = (Arc::clone(&runtime), spec.clone());
        tokio::spawn(async move { runtime.create(&spec).await })
    };
    gate.holds().await;
    here.engine.lock().unwrap().hang(true);
    let error = timeout(LIMIT, call).await.unwrap().unwrap().unwrap_err();
    assert!(took_too_long(&error, "making a container"), "{error:?}");
    // Whoever deletes the session now finds nothing that could be removed.
    assert!(runtime.list().await.is_err());

    gate.bar(Side::Answer, |line| line.contains("/containers/create"));
    here.engine.lock().unwrap().hang(false);
    gate.holds().await;
    let made = here.engine.lock().unwrap().get(&format!("/containers/berth-{}/json", spec.session));
    assert!(made.is_some(), "the engine has made it");
    gate.open();
    until_nothing_is_left(&here).await;
}
