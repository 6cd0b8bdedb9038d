//! What a driver and a guest can do to a start, and what becomes of a session whose container ends by itself.

use std::sync::atomic::{AtomicUsize, Ordering};

use runtime::RuntimeError;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;

/// Makes a driver's failure.
type Fault = fn() -> RuntimeError;

#[tokio::test]
async fn a_container_that_ends_by_itself_fails_its_session_with_the_cause() {
    let ends = [
        (Exit::Code(3), Cause::Exited { code: 3 }),
        (Exit::Signal(9), Cause::Killed { signal: 9 }),
        (Exit::OutOfMemory, Cause::OutOfMemory),
        (Exit::Unknown, Cause::HostRestarted),
    ];
    for (exit, cause) in ends {
        let rig = Rig::new().await;
        let session = rig.running().await;
        rig.runtime.end(&rig.runtime.containers()[0].id, exit);
        rig.until(&session.id, |state| *state == SessionState::Failed { cause: cause.clone() }).await;
        rig.service.start(&me(), &session.id, HOW).await.unwrap();
        rig.until(&session.id, |state| *state == SessionState::Running).await;
    }
}

#[tokio::test]
async fn a_driver_that_fails_fails_the_start_with_its_cause_and_the_next_start_works() {
    let faults: [(Call, Fault, Cause); 4] = [
        (Call::Create, || RuntimeError::DiskFull, Cause::DiskFull),
        (
            Call::Create,
            || RuntimeError::Unavailable { detail: "x".into() },
            Cause::RuntimeUnavailable { detail: "x".into() },
        ),
        (Call::Start, || RuntimeError::Start { detail: "y".into() }, Cause::StartFailed { detail: "y".into() }),
        (
            Call::Start,
            || RuntimeError::Timeout { what: "z", seconds: 1 },
            Cause::StartTimeout { stage: Stage::Starting },
        ),
    ];
    for (call, error, cause) in faults {
        let rig = Rig::new().await;
        rig.runtime.fail(call, Some(error));
        let session = rig.create().await;
        rig.service.start(&me(), &session.id, HOW).await.unwrap();
        rig.until(&session.id, |state| *state == SessionState::Failed { cause: cause.clone() }).await;
        assert_eq!(rig.running_containers(), 0);
        rig.runtime.fail(call, None);
        rig.service.start(&me(), &session.id, HOW).await.unwrap();
        rig.until(&session.id, |state| *state == SessionState::Running).await;
    }
}

#[tokio::test]
async fn a_guest_that_hangs_ends_the_start_with_an_error_that_says_so() {
    let rig = Rig::new().await;
    rig.runtime.set_guest(Arc::new(|_, stream| {
        // Held open and never answered, like a guest that is stopped in a debugger.
        tokio::spawn(async move {
            let _stream = stream;
            std::future::pending::<()>().await;
        });
    }));
    let session = rig.create().await;
    rig.service.start(&me(), &session.id, HOW).await.unwrap();
    let failed = rig.until(&session.id, |state| matches!(state, SessionState::Failed { .. })).await;
    assert_eq!(failed.state, SessionState::Failed { cause: Cause::GuestUnresponsive });
    assert_eq!(rig.running_containers(), 0);
}

/// As a real one answers when its terminal's thread gets no turn in two seconds.
#[tokio::test]
async fn a_guest_that_is_too_busy_for_one_question_of_a_start_is_asked_again() {
    // Health, which programs it has, terminal 1, its output. A start goes on without knowing the programs.
    for (busy, in_all) in [(0, 5), (1, 4), (2, 5), (3, 5)] {
        let rig = Rig::new().await;
        let (guest, asked) = (rig.runtime.guest(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&asked);
        rig.runtime.set_guest(Arc::new(move |id, mut stream| {
            if count.fetch_add(1, Ordering::Relaxed) != busy {
                return guest(id, stream);
            }
            tokio::spawn(async move {
                assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
                stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n").await.unwrap();
            });
        }));
        let session = rig.create().await;
        rig.service.start(&me(), &session.id, HOW).await.unwrap();
        rig.until(&session.id, |state| *state == SessionState::Running).await;
        assert!(asked.load(Ordering::Relaxed) >= in_all, "busy at question {busy}");
    }
}

#[tokio::test]
async fn a_container_that_dies_during_its_start_is_told_as_that() {
    let rig = Rig::new().await;
    rig.runtime.hold(Call::Connect);
    let session = rig.create().await;
    rig.service.start(&me(), &session.id, HOW).await.unwrap();
    tokio::time::timeout(LIMIT, rig.runtime.began(Call::Connect, 1)).await.unwrap();
    rig.runtime.end(&rig.runtime.containers()[0].id, Exit::OutOfMemory);
    rig.until(&session.id, |state| *state == SessionState::Failed { cause: Cause::OutOfMemory }).await;
}
