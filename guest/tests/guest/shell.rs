//! What a shell finds when it starts.

use std::os::unix::process::CommandExt;

use protocol::frame::ServerFrame;

use crate::support::Guest;

#[test]
fn a_login_shell_runs_in_its_directory_with_its_environment_and_no_other() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws?cols=200&rows=30&tz=Europe%2FBerlin");
    client.type_in(b"shopt -q login_shell && echo login; pwd; stty size; env -0 | tr '\\0' ' '; echo =end\n");
    client.wait_for(b"login\r\n");
    client.wait_for(b"/work/space\r\n");
    client.wait_for(b"30 200\r\n");
    client.wait_for(b" =end");
    client.type_in(
        b"for n in TERM COLORTERM LANG TZ BERTH_SESSION BERTH_TERMINAL GIVEN LEAKED SHELL; do echo $n=${!n}; done\n",
    );
    for line in [
        "TERM=xterm-256color",
        "COLORTERM=truecolor",
        "LANG=C.UTF-8",
        "TZ=Europe/Berlin",
        "BERTH_SESSION=abcdefghij01",
        "BERTH_TERMINAL=1",
        "GIVEN=value",
        "LEAKED=",
        "SHELL=/bin/bash",
    ] {
        client.wait_for(format!("{line}\r\n").as_bytes());
    }
}

#[test]
fn backspace_at_a_plain_prompt_takes_a_whole_character() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    // What is typed before the shell has handed the terminal over is taken as it is.
    client.type_in(b"stty -echo; echo =rea''dy; head -n1 | od -An -tx1; echo =end\n");
    client.wait_for(b"=ready\r\n");
    client.type_in("aé\u{7f}😀\u{7f}b\n".as_bytes());
    client.wait_for(b" 61 62 0a\r\n");
    client.wait_for(b"=end\r\n");
}

#[test]
fn a_guest_started_with_signals_ignored_and_blocked_gives_shells_in_which_they_work() {
    let guest = Guest::start_with(
        |mut command| {
            // SAFETY: only async-signal-safe calls.
            unsafe {
                command.pre_exec(|| {
                    let mut all = std::mem::zeroed();
                    libc::sigfillset(&raw mut all);
                    libc::sigprocmask(libc::SIG_SETMASK, &raw const all, std::ptr::null_mut());
                    for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGHUP, libc::SIGPIPE, libc::SIGCHLD] {
                        libc::signal(signal, libc::SIG_IGN);
                    }
                    Ok(())
                })
            };
            command
        },
        |_| {},
    );
    let mut client = guest.ready("1/ws");
    client.type_in(b"sh -c 'grep -E \"Sig(Blk|Ign)\" /proc/self/status'; echo =done\n");
    client.wait_for(b"SigBlk:\t0000000000000000\r\n");
    client.wait_for(b"SigIgn:\t0000000000000000\r\n");
    client.wait_for(b"=done\r\n");
    client.type_in(b"echo =on; sleep 1000; echo after $?\n");
    client.wait_for(b"\n=on\r\n");
    // Before it is the foreground process, the shell itself takes the interrupt, as everywhere.
    client.wait_frame(|frame| matches!(frame, ServerFrame::Process { name } if name == "sleep"));
    client.type_in(b"\x03");
    client.wait_for(b"^C");
    client.type_in(b"echo came ba''ck\n");
    client.wait_for(b"came back\r\n");
}

#[test]
fn programs_inherit_no_descriptor_and_are_killed_before_the_guest() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client
        .type_in(b"ls -l /proc/self/fd | wc -l; cat /proc/self/oom_score_adj; ps -o sid= -p $$ | tr -d ' '; echo $$\n");
    // Its first line, 0, 1, 2, and the directory itself.
    client.wait_for(b"\n5\r\n");
    client.wait_for(b"500\r\n");
    client.type_in(b"test -t 0 && test -t 1 && test -t 2 && echo t''ty; cat /proc/self/status | grep NoSuch; tty\n");
    client.wait_for(b"tty\r\n");
    client.wait_for(b"/dev/pts/");
}

#[test]
fn what_the_process_is_and_how_it_ended_is_told() {
    let guest = Guest::start();
    let mut client = guest.ready("1/ws");
    client.type_in(b"sleep 1000\n");
    client.wait_frame(|frame| matches!(frame, ServerFrame::Process { name } if name == "sleep"));
    client.type_in(b"\x03");
    client.wait_frame(|frame| matches!(frame, ServerFrame::Process { name } if name == "bash"));
    client.type_in(b"printf last; exit 7\n");
    client.wait_frame(|frame| *frame == ServerFrame::Exit { code: Some(7), signal: None });
    assert!(client.has_seen(b"last"), "{:?}", String::from_utf8_lossy(client.tail()));
    assert_eq!(client.wait_close(), 1000);
    assert!(guest.terminals().is_empty());

    let mut next = guest.ready("1/ws");
    assert_ne!(next.epoch, client.epoch);
    next.type_in(b"kill -9 $$\n");
    next.wait_frame(|frame| *frame == ServerFrame::Exit { code: None, signal: Some(9) });
    assert_eq!(next.wait_close(), 1000);
}

#[test]
fn a_command_is_typed_once_the_shell_is_ready() {
    let guest = Guest::start();
    let command = br#"{"command":"echo one$((1))","size":{"cols":100,"rows":40},"time_zone":"UTC"}"#;
    let (status, body) = guest.request("PUT", "/terminals/2", command);
    let opened: protocol::guest::Terminal = serde_json::from_slice(&body).expect("a terminal");
    assert_eq!((status, opened.cols, opened.rows), (200, 100, 40));
    let mut client = guest.connect("2/ws");
    client.wait_for(b"one1");
    // Whoever got no answer asks again, and it is not typed twice.
    client.seen.clear();
    let (status, _) = guest.request("PUT", "/terminals/2", command);
    assert_eq!(status, 200);
    assert_eq!(guest.terminals().len(), 1);
    client.type_in(b"echo ne''xt\n");
    client.wait_keeping(b"next");
    assert!(!client.has_seen(b"one"), "{:?}", String::from_utf8_lossy(client.tail()));
}
