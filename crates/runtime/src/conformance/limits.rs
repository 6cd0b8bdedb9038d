//! What a container takes too much of hurts itself only.

use tokio::time::timeout;

use super::{LIMIT, Lack, Rig, spec, spec_with};
use crate::{ContainerState, Exit};

const MEBIBYTE: u64 = 1 << 20;
/// On every Linux.
const SIGKILL: i32 = 9;

pub async fn a_program_without_memory_is_killed_and_the_container_lives(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec_with(96 * MEBIBYTE, 64)).await;
    let output = shell.run("perl -e '$x = \"a\" x (1 << 29); print 1'").await;
    assert_eq!(output.code, 137, "{}", output.text);
    assert_eq!(shell.succeed("echo alive").await, "alive");
    assert!(rig.runtime().usage(&id).await.unwrap().out_of_memory_kills >= 1);
    assert_eq!(rig.runtime().inspect(&id).await.unwrap().state, ContainerState::Running);
}

pub async fn an_init_without_memory_is_told_apart_from_a_killed_one(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec_with(96 * MEBIBYTE, 64)).await;
    shell.open().await;
    rig.host.sacrifice_init(&id);
    // In small pieces, or the kernel would take the hog for the better choice.
    shell.type_in("for i in 1 2 3 4 5; do perl -e '$x = \"a\" x (1 << 25); sleep 100' & done\n").await;
    let exit = timeout(LIMIT, rig.runtime().wait(&id)).await.unwrap().unwrap();
    let is_forgiven = exit == Exit::Signal(SIGKILL) && rig.host.lacks(Lack::OutOfMemoryCause);
    assert!(exit == Exit::OutOfMemory || is_forgiven, "{exit:?}");
    rig.runtime().start(&id).await.unwrap();
    assert_eq!(rig.runtime().usage(&id).await.unwrap().out_of_memory_kills, 0, "each run counts anew");
}

pub async fn a_fork_bomb_stays_in_its_container(rig: &mut Rig) {
    const PIDS: u32 = 48;
    let (bombed, shell) = rig.start(&spec_with(256 * MEBIBYTE, PIDS)).await;
    let (_, neighbour) = rig.start(&spec()).await;
    neighbour.open().await;
    shell.open().await;
    shell.type_in("bomb() { bomb | bomb & }; bomb 2>/dev/null\n").await;
    for _ in 0..5 {
        assert_eq!(neighbour.succeed("echo $((6*7))").await, "42");
        assert!(rig.runtime().usage(&bombed).await.unwrap().pids <= PIDS);
    }
    rig.runtime().stop(&bombed, std::time::Duration::from_millis(200)).await.unwrap();
    assert_eq!(neighbour.succeed("echo alive").await, "alive");
}

pub async fn memory_backed_files_cannot_take_all_memory(rig: &mut Rig) {
    let (id, shell) = rig.start(&spec_with(96 * MEBIBYTE, 64)).await;
    let output = shell.run("for d in /tmp /dev/shm /run/user/1000; do cat /dev/zero > $d/full; done").await;
    assert!(output.text.contains("No space left"), "{}", output.text);
    assert_eq!(shell.succeed("echo alive").await, "alive");
    assert_eq!(rig.runtime().inspect(&id).await.unwrap().state, ContainerState::Running);
}
