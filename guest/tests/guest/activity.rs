//! What the guest tells of the programs in its terminals.

use protocol::guest::{Activity, FoundPrograms, Progress};

use crate::support::Guest;

fn activity(guest: &Guest) -> Activity {
    let (status, body) = guest.request("GET", "/activity", b"");
    assert_eq!(status, 200);
    serde_json::from_slice(&body).expect("an activity")
}

#[test]
fn a_program_is_told_with_its_command_and_its_cpu_time_and_a_shell_is_not() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    assert_eq!(activity(&guest).terminals[0].program, None);
    client.type_in(b"sh -c 'echo begun$((1)); while :; do :; done' 'two words'\n");
    client.wait_for(b"begun1");
    let busy = |least: u64| {
        let first = activity(&guest);
        let program = first.terminals[0].program.as_ref().expect("a program");
        assert_eq!(program.command, "sh -c 'echo begun$((1)); while :; do :; done' 'two words'");
        (program.cpu_ms >= least).then_some(program.cpu_ms)
    };
    let mut spent = None;
    while spent.is_none() {
        spent = busy(50);
    }
    client.type_in(b"\x03");
    client.type_in(b"\x15printf '\\033]9;4;3\\007'; echo told$((1)); cat\n");
    client.wait_for(b"told1");
    let waits = || activity(&guest).terminals[0].program.clone().filter(|program| program.command == "cat");
    let mut cat = None;
    while cat.is_none() {
        cat = waits();
    }
    assert!(cat.expect("cat").cpu_ms < 50, "another program begins anew");
    assert_eq!(activity(&guest).terminals[0].terminal.progress, Progress::Indeterminate);
}

#[test]
fn programs_are_found_where_programs_are() {
    let guest = Guest::start();
    let names = br#"{"names":["sh","no-such-program","/bin/sh","../bin/sh",""]}"#;
    let (status, body) = guest.request("POST", "/programs", names);
    assert_eq!(status, 200);
    let found: FoundPrograms = serde_json::from_slice(&body).expect("programs");
    assert_eq!(found.found, ["sh"]);
    let many = format!(r#"{{"names":[{}""]}}"#, r#""a","#.repeat(64));
    assert_eq!(guest.request("POST", "/programs", many.as_bytes()).0, 400);
}
