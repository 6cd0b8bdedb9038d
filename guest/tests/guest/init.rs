//! The guest as init: orphans, and ending in order.

use std::process::Command;

use protocol::guest::ExitRecord;

use crate::support::{Guest, eventually};

/// Puts a guest into a pid namespace of its own, as its pid 1. Needs root; where a test has no
/// such right, it says so and passes nothing off as proved.
fn as_pid_one(command: Command) -> Command {
    let mut wrapped = Command::new("unshare");
    wrapped.args(["--pid", "--fork", "--mount-proc", "--kill-child"]);
    wrapped.arg(command.get_program()).args(command.get_args());
    wrapped
}

#[test]
fn orphans_are_reaped_by_a_guest_that_is_pid_1() {
    let guest = Guest::start_with(as_pid_one, |_| {});
    let (_, health) = guest.request("GET", "/health", b"");
    assert!(String::from_utf8_lossy(&health).contains("\"pid\":1,"));
    let mut client = guest.ready("1/ws");
    client.type_in(b"for n in $(seq 50); do (setsid sh -c 'sleep 0.0$RANDOM & exit' &); done; echo =do''ne\n");
    client.wait_for(b"=done");
    client.type_in(b"while ps -eo stat=,comm= | grep -qE '^Z|sleep'; do :; done; echo cle''an; ps -eo comm= | sort -u | tr '\\n' ' '\n");
    client.wait_for(b"clean\r\n");
    client.wait_for(b"bash berth-guest ");
}

#[test]
fn a_shutdown_as_pid_1_ends_even_those_that_ignore_it() {
    let mut guest = Guest::start_with(as_pid_one, |_| {});
    let mut client = guest.ready("1/ws");
    client.type_in(b"trap '' TERM HUP; setsid sh -c 'trap \"\" TERM HUP; while :; do sleep 1000; done' & echo =rea''dy; sleep 1000\n");
    client.wait_for(b"=ready");
    assert_eq!(guest.request("POST", "/shutdown", br#"{"grace_ms":300}"#).0, 202);
    assert_eq!(client.wait_close(), 4503);
    assert!(guest.wait().success());
    assert_eq!(guest.exit_record(), ExitRecord { code: 0, requested: true });
}

#[test]
fn a_shutdown_closes_sockets_with_4503_and_leaves_a_record() {
    let mut guest = Guest::start();
    let mut one = guest.ready("1/ws");
    let mut two = guest.ready("2/ws");
    one.type_in(b"trap 'echo hung''up' HUP; sleep 1000\n");
    one.wait_frame(|frame| matches!(frame, protocol::frame::ServerFrame::Process { name } if name == "sleep"));
    assert_eq!(guest.request("POST", "/shutdown", br#"{"grace_ms":5000}"#).0, 202);
    assert_eq!(one.wait_close(), 4503);
    assert_eq!(two.wait_close(), 4503);
    assert!(guest.wait().success());
    assert_eq!(guest.exit_record(), ExitRecord { code: 0, requested: true });
}

#[test]
fn sigterm_is_a_shutdown() {
    let mut guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.type_in(b"sleep 1000 &\n");
    client.wait_for(b"[1]");
    // SAFETY: a plain call on the child this test started.
    unsafe { libc::kill(i32::try_from(guest.pid()).expect("a pid"), libc::SIGTERM) };
    assert_eq!(client.wait_close(), 4503);
    assert!(guest.wait().success());
    assert_eq!(guest.exit_record(), ExitRecord { code: 0, requested: true });
}

#[test]
fn programs_run_as_the_configured_user_without_a_way_back() {
    let guest = Guest::start_with(
        |command| command,
        |config| {
            config.user = Some(protocol::guest::User { uid: 65534, gid: 65534 });
            // Its home is the test's own directory, which is root's.
            config.home = "/".to_owned();
            config.directory = "/tmp".to_owned();
        },
    );
    let mut client = guest.connect("1/ws");
    client.type_in(b"id -u; id -G; stat -c %u $(tty); pwd; echo $USER; cat /proc/$PPID/environ; echo =e''nd\n");
    client.wait_for(b"65534\r\n65534\r\n65534\r\n/tmp\r\nnobody\r\n");
    client.wait_for(b"Permission denied");
    client.wait_for(b"=end");
    eventually("the terminal is listed", || guest.terminals().len() == 1);
}
