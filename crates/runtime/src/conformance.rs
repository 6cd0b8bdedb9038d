//! What every driver must do, as functions that a driver's tests call, each with a [`Rig`] of its
//! own. [`conformance_suite!`](crate::conformance_suite) makes a test of each, so that none is left
//! out. They run real containers and talk to the real guest in them.
//!
//! A failed expectation panics, as in any test.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::missing_panics_doc)]

pub mod adoption;
pub mod home;
pub mod inside;
pub mod isolation;
pub mod lifecycle;
pub mod limits;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use protocol::{ContainerId, GuestToken, SessionId};

use crate::{ContainerSpec, Limits, Runtime};
use inside::Inside;

/// Longer than anything here takes on a busy machine; what waits this long has failed.
pub const LIMIT: Duration = Duration::from_secs(30);
/// What a stop gets before it kills.
pub const GRACE: Duration = Duration::from_secs(10);

/// The host as a driver's tests see it, from outside of the containers.
#[async_trait]
pub trait Host: Send + Sync {
    /// Opens the driver on this rig's directory or namespace, as a server that starts does.
    async fn open(&self) -> Arc<dyn Runtime>;

    /// All that there is of a container on the host, a line each: mounts, cgroups, namespaces,
    /// processes, directories. Remembers what it saw of one that runs, and looks for that too.
    fn traces(&self, id: &ContainerId) -> Vec<String>;

    /// Sends a signal to a running container's init, as an administrator might.
    fn signal_init(&self, id: &ContainerId, signal: i32);

    /// Makes init the first that the kernel kills when the container is out of memory.
    fn sacrifice_init(&self, id: &ContainerId);

    /// Waits until init is gone, and takes away what its parent could tell of its end.
    fn forget_init(&self, id: &ContainerId);

    /// A directory of this test's own on the host, from which containers can be given homes.
    fn directory(&self) -> PathBuf;

    /// A path on the host, outside `/usr`, that no container may see.
    fn secret(&self) -> String;

    /// What an engine that isn't ours can't do here, for a reason that stands where this is written.
    fn lacks(&self, _what: Lack) -> bool {
        false
    }
}

/// Something that the suite expects, and that a driver is forgiven if its engine doesn't offer it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lack {
    /// A container sees the path of its own cgroup on the host, and nothing else of it.
    CgroupNamespace,
    /// That the kernel killed init for want of memory is not told apart from its being killed.
    OutOfMemoryCause,
    /// Nobody writes down how a container ends but its parent: where an engine's monitor does, it may be known all the
    /// same.
    UnseenEnd,
}

/// One test's own driver.
pub struct Rig {
    /// The host it is on.
    pub host: Box<dyn Host>,
    runtime: Option<Arc<dyn Runtime>>,
    made: Vec<ContainerId>,
}

/// How long the kernel may take to be through with a process that was killed.
const LEFTOVERS_LIMIT: Duration = Duration::from_secs(3);
const LEFTOVERS_POLL: Duration = Duration::from_millis(10);

impl Rig {
    /// A rig on `host`.
    pub async fn new(host: Box<dyn Host>) -> Self {
        let runtime = host.open().await;
        let health = runtime.health().await;
        assert!(health.available, "containers can't be started here: {}", health.summary);
        Self { host, runtime: Some(runtime), made: Vec::new() }
    }

    /// The driver.
    #[must_use]
    pub fn runtime(&self) -> Arc<dyn Runtime> {
        Arc::clone(self.runtime.as_ref().expect("a rig has a driver"))
    }

    /// Drops the driver without a word to it, as a killed server does.
    pub fn drop_driver(&mut self) {
        self.runtime = None;
    }

    /// Opens the driver again.
    pub async fn open_again(&mut self) {
        self.runtime = None;
        self.runtime = Some(self.host.open().await);
    }

    /// A new container, not started.
    pub async fn create(&mut self, spec: &ContainerSpec) -> ContainerId {
        let id = self.runtime().create(spec).await.expect("create");
        if !self.made.contains(&id) {
            self.made.push(id.clone());
        }
        id
    }

    /// A new container that runs, and a shell in it.
    pub async fn start(&mut self, spec: &ContainerSpec) -> (ContainerId, Inside) {
        let id = self.create(spec).await;
        self.runtime().start(&id).await.expect("start");
        (id.clone(), Inside::new(self.runtime(), id, spec.token.clone()))
    }

    /// Removes what the test made, and sees that nothing is left.
    pub async fn finish(mut self) {
        for id in std::mem::take(&mut self.made) {
            // Has the host remember what belongs to it.
            self.host.traces(&id);
            self.runtime().delete(&id).await.expect("delete");
            // The kernel may be at the last of a killed process for a moment; what is left after that is a leak.
            let until = tokio::time::Instant::now() + LEFTOVERS_LIMIT;
            while !self.host.traces(&id).is_empty() && tokio::time::Instant::now() < until {
                tokio::time::sleep(LEFTOVERS_POLL).await;
            }
            assert_eq!(self.host.traces(&id), Vec::<String>::new(), "left of {id}");
        }
        assert_eq!(self.runtime().list().await.expect("list"), []);
    }
}

/// A spec for a session of its own: each call another.
#[must_use]
pub fn spec() -> ContainerSpec {
    spec_with(256 << 20, 64)
}

/// The same with other limits.
#[must_use]
pub fn spec_with(memory_bytes: u64, pids: u32) -> ContainerSpec {
    use std::hash::{BuildHasher, RandomState};
    // A fresh `RandomState` hashes differently each time; enough to tell sessions apart.
    let random = |n: u64| RandomState::new().hash_one(n);
    let session = SessionId::from_random(std::array::from_fn(|n| (random(n as u64) & 0xFFFF) as u16));
    let token = GuestToken::from_random(std::array::from_fn(|n| (random(n as u64) & 0xFF) as u8));
    let limits = Limits { cpu_millis: 1000, memory_bytes, pids, disk_bytes: 1 << 30 };
    let env = BTreeMap::from([("BERTH_TRIAL".to_owned(), "yes".to_owned())]);
    ContainerSpec { session, token, runtime: None, limits, env, home: None }
}

/// Makes a test of each function of the suite. `$rig` is an async function without arguments that
/// answers a [`Rig`](crate::conformance::Rig).
///
/// Where what containers run on takes seconds to come up, `engine = $engine` makes a test of each of the suite's
/// modules instead: `$engine` is an async function without arguments whose answer has a method `host`, by which each
/// function of the module gets a [`Host`](crate::conformance::Host) of its own.
#[macro_export]
macro_rules! conformance_suite {
    (engine = $engine:path) => {
        $crate::conformance_cases! { by_module $engine }
    };
    ($rig:path) => {
        $crate::conformance_cases! { by_case $rig }
    };
}

/// The one list of what there is in the suite; for [`conformance_suite!`](crate::conformance_suite).
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($how:ident $with:path) => {
        $crate::conformance_cases! { $how $with;
            lifecycle:
                creating_twice_for_a_session_makes_one_container,
                files_are_still_there_after_stop_and_start,
                two_starts_at_once_make_one_run,
                a_stop_during_a_start_leaves_it_stopped,
                a_delete_during_a_start_leaves_nothing,
                deleting_twice_is_deleting_once,
                an_id_that_was_never_given_is_not_found,
                a_container_that_is_not_running_has_no_guest,
                what_it_uses_is_told_while_it_runs,
                an_orderly_shutdown_is_code_zero,
                a_killed_init_is_a_signal,
                a_stop_ends_programs_that_will_not,
                the_environment_reaches_programs;
            adoption:
                a_second_instance_goes_on_with_what_runs,
                an_end_that_nobody_saw_is_known_as_such,
                a_stopped_container_is_remembered_as_it_ended;
            home:
                a_home_is_one_on_both_sides_and_outlives_its_container,
                private_directories_are_the_containers_alone,
                containers_share_a_home_and_have_their_own_workspaces,
                an_upload_is_the_users_in_such_a_home,
                a_home_that_is_not_there_is_told_of,
                what_its_own_files_take_is_told;
            limits:
                a_program_without_memory_is_killed_and_the_container_lives,
                an_init_without_memory_is_told_apart_from_a_killed_one,
                a_fork_bomb_stays_in_its_container,
                memory_backed_files_cannot_take_all_memory;
            isolation:
                other_containers_are_out_of_sight,
                host_files_outside_usr_are_out_of_sight,
                the_guest_and_its_token_are_out_of_reach,
                calls_that_lead_out_are_refused,
                sockets_that_lead_out_are_refused,
                nothing_can_be_typed_into_a_terminal,
                no_device_can_be_made_and_few_are_there,
                cgroups_and_kernel_settings_cannot_be_written,
                no_program_gains_rights,
                no_descriptor_of_the_hosts_is_open,
                the_host_cannot_be_reached_over_the_network;
        }
    };
    (by_case $rig:path; $($module:ident: $($name:ident),+;)+) => {
        $($(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                let mut rig = $rig().await;
                $crate::conformance::$module::$name(&mut rig).await;
                rig.finish().await;
            }
        )+)+
    };
    (by_module $engine:path; $($module:ident: $($name:ident),+;)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $module() {
                let engine = $engine().await;
                $(
                    // Shown when it fails, so that it is known in which.
                    eprintln!(stringify!($name));
                    let mut rig = $crate::conformance::Rig::new(engine.host()).await;
                    $crate::conformance::$module::$name(&mut rig).await;
                    rig.finish().await;
                )+
            }
        )+
    };
}
