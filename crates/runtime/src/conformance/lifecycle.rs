//! Making, starting, stopping, removing, also all at once.

use std::time::Duration;

use tokio::time::timeout;

use super::inside::Inside;
use super::{GRACE, LIMIT, Rig, spec};
use crate::{ContainerState, Exit, RuntimeError};

/// SIGKILL, on every Linux.
const SIGKILL: i32 = 9;

pub async fn creating_twice_for_a_session_makes_one_container(rig: &mut Rig) {
    let spec = spec();
    let runtime = rig.runtime();
    let (one, other) = tokio::join!(runtime.create(&spec), runtime.create(&spec));
    let id = rig.create(&spec).await;
    assert_eq!((one.unwrap(), other.unwrap()), (id.clone(), id.clone()));
    let list = runtime.list().await.unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!((&list[0].id, &list[0].session, &list[0].state), (&id, &spec.session, &ContainerState::Created));
    assert_eq!(runtime.inspect(&id).await.unwrap(), list[0]);
}

pub async fn files_are_still_there_after_stop_and_start(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec()).await;
    assert_eq!(shell.succeed("id -un; pwd").await, "user\n/home/user/workspace");
    shell.succeed("echo kept > note; echo hidden > ~/.note; mkdir -p deep/er; ln -s note link").await;
    rig.runtime().stop(&id, GRACE).await.unwrap();
    assert_eq!(rig.runtime().inspect(&id).await.unwrap().state, ContainerState::Exited(Exit::Code(0)));
    rig.runtime().start(&id).await.unwrap();
    assert_eq!(shell.succeed("cat link ~/.note; ls -d deep/er").await, "kept\nhidden\ndeep/er");
    assert_eq!(shell.succeed("ls -A /tmp").await, "", "/tmp is new with each start");
}

pub async fn two_starts_at_once_make_one_run(rig: &mut Rig) {
    let spec = spec();
    let id = rig.create(&spec).await;
    let runtime = rig.runtime();
    let (one, other) = tokio::join!(runtime.start(&id), runtime.start(&id));
    one.unwrap();
    other.unwrap();
    let shell = Inside::new(rig.runtime(), id.clone(), spec.token.clone());
    shell.succeed("echo first > /tmp/mark").await;
    runtime.start(&id).await.unwrap();
    assert_eq!(shell.succeed("cat /tmp/mark").await, "first", "a start of what runs does nothing");
    assert_eq!(runtime.inspect(&id).await.unwrap().state, ContainerState::Running);
}

pub async fn a_stop_during_a_start_leaves_it_stopped(rig: &mut Rig) {
    let id = rig.create(&spec()).await;
    let runtime = rig.runtime();
    let starting = {
        let (runtime, id) = (rig.runtime(), id.clone());
        tokio::spawn(async move { runtime.start(&id).await })
    };
    // Whichever comes first, what holds afterwards is that a stop that has returned has stopped it.
    while matches!(runtime.inspect(&id).await.unwrap().state, ContainerState::Created) && !starting.is_finished() {
        tokio::task::yield_now().await;
    }
    timeout(LIMIT, runtime.stop(&id, Duration::from_millis(200))).await.unwrap().unwrap();
    starting.await.unwrap().unwrap();
    runtime.stop(&id, Duration::from_millis(200)).await.unwrap();
    assert!(matches!(runtime.inspect(&id).await.unwrap().state, ContainerState::Exited(_)));
}

pub async fn a_delete_during_a_start_leaves_nothing(rig: &mut Rig) {
    let spec = spec();
    let id = rig.create(&spec).await;
    let runtime = rig.runtime();
    let starting = {
        let (runtime, id) = (rig.runtime(), id.clone());
        tokio::spawn(async move { runtime.start(&id).await })
    };
    tokio::task::yield_now().await;
    timeout(LIMIT, runtime.delete(&id)).await.unwrap().unwrap();
    match starting.await.unwrap() {
        Ok(()) | Err(RuntimeError::NotFound(_)) => {}
        Err(error) => panic!("{error}"),
    }
    assert!(matches!(runtime.inspect(&id).await, Err(RuntimeError::NotFound(_))));
    assert_eq!(rig.host.traces(&id), Vec::<String>::new());
}

pub async fn deleting_twice_is_deleting_once(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec()).await;
    shell.succeed("mkdir -p a/b/c; echo x > a/b/c/d; chmod 000 a/b").await;
    assert_ne!(rig.host.traces(&id), Vec::<String>::new(), "a running container leaves traces to count");
    let runtime = rig.runtime();
    let (one, other) = tokio::join!(runtime.delete(&id), runtime.delete(&id));
    one.unwrap();
    other.unwrap();
    runtime.delete(&id).await.unwrap();
    assert_eq!(rig.host.traces(&id), Vec::<String>::new());
    assert_eq!(runtime.list().await.unwrap(), []);
}

pub async fn an_id_that_was_never_given_is_not_found(rig: &mut Rig) {
    let known = rig.create(&spec()).await;
    let runtime = rig.runtime();
    // A part of an id is no id.
    let part = known.as_str()[..known.as_str().len() - 1].parse().unwrap();
    for id in [part, "berth-000000000000".parse().unwrap()] {
        let not_found = |error: RuntimeError| matches!(error, RuntimeError::NotFound(ref named) if *named == id);
        assert!(not_found(runtime.inspect(&id).await.unwrap_err()));
        assert!(not_found(runtime.start(&id).await.unwrap_err()));
        assert!(not_found(runtime.stop(&id, GRACE).await.unwrap_err()));
        assert!(not_found(runtime.wait(&id).await.unwrap_err()));
        assert!(not_found(runtime.usage(&id).await.unwrap_err()));
        assert!(runtime.connect(&id).await.is_err_and(not_found));
        runtime.delete(&id).await.unwrap();
    }
    assert_eq!(runtime.list().await.unwrap().len(), 1);
}

pub async fn a_container_that_is_not_running_has_no_guest(rig: &mut Rig) {
    let spec = spec();
    let id = rig.create(&spec).await;
    let runtime = rig.runtime();
    for _ in 0..2 {
        assert!(matches!(runtime.connect(&id).await, Err(RuntimeError::NotRunning(_))));
        assert!(matches!(runtime.usage(&id).await, Err(RuntimeError::NotRunning(_))));
        runtime.stop(&id, GRACE).await.unwrap();
        // Once as made, once as stopped.
        runtime.start(&id).await.unwrap();
        Inside::new(rig.runtime(), id.clone(), spec.token.clone()).open().await;
        runtime.stop(&id, GRACE).await.unwrap();
    }
}

pub async fn what_it_uses_is_told_while_it_runs(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec()).await;
    shell.succeed("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done").await;
    let usage = rig.runtime().usage(&id).await.unwrap();
    assert!(usage.cpu_micros > 50_000, "{usage:?}");
    assert!(usage.memory_bytes > 100_000, "{usage:?}");
    assert!((2..=64).contains(&usage.pids), "{usage:?}");
    assert_eq!(usage.out_of_memory_kills, 0);
}

pub async fn an_orderly_shutdown_is_code_zero(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec()).await;
    shell.open().await;
    shell.shut_down().await;
    let exit = timeout(LIMIT, rig.runtime().wait(&id)).await.unwrap().unwrap();
    assert_eq!(exit, Exit::Code(0));
    assert_eq!(rig.runtime().inspect(&id).await.unwrap().state, ContainerState::Exited(Exit::Code(0)));
}

pub async fn a_killed_init_is_a_signal(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec()).await;
    shell.open().await;
    rig.host.traces(&id);
    let runtime = rig.runtime();
    let waiting = timeout(LIMIT, runtime.wait(&id));
    rig.host.signal_init(&id, SIGKILL);
    assert_eq!(waiting.await.unwrap().unwrap(), Exit::Signal(SIGKILL));
    runtime.start(&id).await.unwrap();
    assert_eq!(shell.succeed("echo again").await, "again");
}

pub async fn a_stop_ends_programs_that_will_not(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec()).await;
    shell.succeed("(trap '' TERM HUP INT; exec setsid sleep 1000) & echo").await;
    rig.host.traces(&id);
    timeout(LIMIT, rig.runtime().stop(&id, Duration::from_secs(1))).await.unwrap().unwrap();
    assert_eq!(rig.runtime().wait(&id).await.unwrap(), Exit::Code(0));
    let left: Vec<_> = rig.host.traces(&id).into_iter().filter(|trace| !trace.starts_with("directory")).collect();
    assert_eq!(left, Vec::<String>::new(), "a stop returns when nothing runs any more");
}

pub async fn the_environment_reaches_programs(rig: &mut Rig) {
    let spec = spec();
    let (_, shell) = rig.start(&spec).await;
    let expected = format!("yes {} /home/user", spec.session);
    assert_eq!(shell.succeed("echo $BERTH_TRIAL $BERTH_SESSION $HOME").await, expected);
}
