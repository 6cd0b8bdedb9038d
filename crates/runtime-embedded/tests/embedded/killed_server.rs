//! A server that is killed outright, in a process of its own, and one that comes after it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::config;
use protocol::ContainerId;
use runtime::conformance::{LIMIT, spec};
use runtime::{ContainerState, Exit, Runtime as _};
use runtime_embedded::Embedded;
use tokio::time::timeout;

/// Tells the test that it is the server, and where its data are.
const DIRECTORY: &str = "BERTH_TEST_SERVER_DIRECTORY";

/// Between two tries to reach a guest that is coming up.
const POLL: Duration = Duration::from_millis(5);

/// A server in a process of its own, that has started a container.
fn server(test: &str, directory: &Path) -> (Child, ContainerId) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DIRECTORY, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let id = lines.map(Result::unwrap).find_map(|line| Some(line.split_once("started ")?.1.to_owned()));
    (child, id.expect("the server starts a container").trim().parse().unwrap())
}

/// Is the server, if this process is meant to be: never returns then.
async fn be_the_server() {
    let Some(directory) = std::env::var_os(DIRECTORY) else { return };
    let driver = Embedded::open(config(&PathBuf::from(directory))).await.unwrap();
    let id = driver.create(&spec()).await.unwrap();
    driver.start(&id).await.unwrap();
    println!("started {id}");
    std::future::pending::<()>().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_goes_on_when_its_server_is_killed() {
    be_the_server().await;
    let directory = tempfile::tempdir().unwrap();
    let (mut server, id) = server("killed_server::a_container_goes_on_when_its_server_is_killed", directory.path());
    server.kill().unwrap();
    server.wait().unwrap();
    let driver = Embedded::open(config(directory.path())).await.unwrap();
    assert_eq!(driver.inspect(&id).await.unwrap().state, ContainerState::Running);
    timeout(LIMIT, async {
        while driver.connect(&id).await.is_err() {
            tokio::time::sleep(POLL).await;
        }
    })
    .await
    .expect("its guest listens");
    let began = std::time::Instant::now();
    driver.stop(&id, Duration::from_secs(5)).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "an adopted guest ends in order");
    assert_eq!(driver.wait(&id).await.unwrap(), Exit::Code(0));
    driver.delete(&id).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_adopted_container_that_is_killed_is_no_orderly_end() {
    be_the_server().await;
    let directory = tempfile::tempdir().unwrap();
    let (mut server, id) =
        server("killed_server::an_adopted_container_that_is_killed_is_no_orderly_end", directory.path());
    server.kill().unwrap();
    server.wait().unwrap();
    let driver = Embedded::open(config(directory.path())).await.unwrap();
    let record = directory.path().join("runtime/containers").join(id.as_str()).join("process.json");
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    let pid = i32::try_from(record["pid"].as_i64().unwrap()).unwrap();
    // SAFETY: plain numbers; the process is a container's.
    assert_eq!(unsafe { libc::kill(pid, libc::SIGKILL) }, 0);
    let exit = timeout(LIMIT, driver.wait(&id)).await.unwrap().unwrap();
    // Another process is its parent now. Before Linux 6.15, one that collects it at once leaves
    // nobody to ask.
    let tells = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let mut version = tells.split(['.', '-']).map_while(|part| part.parse::<u32>().ok());
    let newer = (version.next().unwrap(), version.next().unwrap()) >= (6, 15);
    assert!(exit == Exit::Signal(libc::SIGKILL) || (!newer && exit == Exit::Unknown), "{exit:?}");
    driver.delete(&id).await.unwrap();
}

/// Pids of the container's `pasta`, which is init's child.
fn ways_out(directory: &Path, id: &ContainerId) -> Vec<i32> {
    let record = directory.join("runtime/containers").join(id.as_str()).join("process.json");
    let record: serde_json::Value = serde_json::from_slice(&std::fs::read(record).unwrap()).unwrap();
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", record["pid"])).unwrap_or_default();
    let is_pasta = |pid: &i32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        line.split(|byte| *byte == 0).next().is_some_and(|program| program.ends_with(b"pasta"))
    };
    children.split_ascii_whitespace().map(|pid| pid.parse().unwrap()).filter(is_pasta).collect()
}

async fn until_one_way_out(directory: &Path, id: &ContainerId, besides: &[i32]) -> Vec<i32> {
    timeout(LIMIT, async {
        loop {
            let found = ways_out(directory, id);
            if found.len() == 1 && found != besides {
                return found;
            }
            tokio::time::sleep(POLL).await;
        }
    })
    .await
    .expect("one pasta runs")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_container_that_lost_its_way_out_gets_another_from_the_next_server() {
    let directory = tempfile::tempdir().unwrap();
    let driver = Embedded::open(config(directory.path())).await.unwrap();
    let id = driver.create(&spec()).await.unwrap();
    driver.start(&id).await.unwrap();
    let first = until_one_way_out(directory.path(), &id, &[]).await;
    // As when a service manager ends all that its old server had started.
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(first[0]), nix::sys::signal::Signal::SIGKILL).unwrap();
    drop(driver);
    timeout(LIMIT, async {
        while !ways_out(directory.path(), &id).is_empty() {
            tokio::time::sleep(POLL).await;
        }
    })
    .await
    .expect("it is gone");
    let driver = Embedded::open(config(directory.path())).await.unwrap();
    until_one_way_out(directory.path(), &id, &first).await;
    driver.delete(&id).await.unwrap();
}
