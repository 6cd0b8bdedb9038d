//! Containers outlive the server.

use tokio::time::timeout;

use super::inside::Inside;
use super::{GRACE, LIMIT, Lack, Rig, spec};
use crate::{ContainerState, Exit};

/// SIGKILL, on every Linux.
const SIGKILL: i32 = 9;

pub async fn a_second_instance_goes_on_with_what_runs(rig: &mut Rig) {
    let spec = spec();
    let (id, shell) = rig.start(&spec).await;
    shell.succeed("echo before > /tmp/mark; word=remembered").await;
    drop(shell);
    rig.open_again().await;
    let list = rig.runtime().list().await.unwrap();
    assert_eq!(list.iter().map(|c| (&c.id, &c.state)).collect::<Vec<_>>(), [(&id, &ContainerState::Running)]);
    let shell = Inside::new(rig.runtime(), id.clone(), spec.token.clone());
    // The very shell: it knows its variables still.
    assert_eq!(shell.succeed("cat /tmp/mark; echo $word").await, "before\nremembered");
    assert!(rig.runtime().usage(&id).await.unwrap().pids > 1);
    assert_eq!(rig.create(&spec).await, id);
    let runtime = rig.runtime();
    let waiting = timeout(LIMIT, runtime.wait(&id));
    rig.host.signal_init(&id, SIGKILL);
    assert_eq!(waiting.await.unwrap().unwrap(), Exit::Signal(SIGKILL));
}

pub async fn an_end_that_nobody_saw_is_known_as_such(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec()).await;
    shell.open().await;
    drop(shell);
    rig.host.traces(&id);
    rig.drop_driver();
    rig.host.signal_init(&id, SIGKILL);
    rig.host.forget_init(&id);
    rig.open_again().await;
    let exit = rig.runtime().wait(&id).await.unwrap();
    assert_eq!(rig.runtime().inspect(&id).await.unwrap().state, ContainerState::Exited(exit.clone()));
    let is_forgiven = exit == Exit::Signal(SIGKILL) && rig.host.lacks(Lack::UnseenEnd);
    assert!(exit == Exit::Unknown || is_forgiven, "{exit:?}");
    let left: Vec<_> = rig.host.traces(&id).into_iter().filter(|trace| !trace.starts_with("directory")).collect();
    assert_eq!(left, Vec::<String>::new(), "adopting a dead container clears away what ran");
}

pub async fn a_stopped_container_is_remembered_as_it_ended(rig: &mut Rig) {
    let (stopped, shell) = rig.start(&spec()).await;
    shell.open().await;
    let (killed, other) = rig.start(&spec()).await;
    other.open().await;
    let fresh = rig.create(&spec()).await;
    drop((shell, other));
    rig.runtime().stop(&stopped, GRACE).await.unwrap();
    rig.host.signal_init(&killed, SIGKILL);
    timeout(LIMIT, rig.runtime().wait(&killed)).await.unwrap().unwrap();
    rig.open_again().await;
    let runtime = rig.runtime();
    let state = |id| {
        let runtime = std::sync::Arc::clone(&runtime);
        async move { runtime.inspect(&id).await.unwrap().state }
    };
    assert_eq!(state(stopped).await, ContainerState::Exited(Exit::Code(0)));
    assert_eq!(state(killed).await, ContainerState::Exited(Exit::Signal(SIGKILL)));
    assert_eq!(state(fresh).await, ContainerState::Created);
}
