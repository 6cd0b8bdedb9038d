//! A second system call filter, for what the first can't say: rules on arguments of which the
//! kernel reads only the lower 32 bits, and refusals with EPERM where the first has no rule.
//! libseccomp compares all 64 bits, so that a rule against `TIOCSTI` in its terms is passed by
//! setting a bit that the kernel ignores (as in CVE-2019-10063). Loaded last, just before the guest
//! runs. The kernel takes the stricter answer of the two; between two refusals, this one's.

use std::collections::HashMap;
use std::io;

use libcontainer::oci_spec::runtime::Spec;
use libcontainer::workload::{Executor, ExecutorError, ExecutorSetEnvsError, ExecutorValidationError, default};

/// `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID`, `NEWNET`.
const NAMESPACES: u32 = 0x7E02_0000;
/// `CLONE_NEWTIME`, which only `unshare` knows: `clone` has its exit signal in that bit.
const TIME_NAMESPACE: u32 = 0x80;
/// The bits of a socket's type that are not flags.
const SOCKET_TYPE: u32 = 0xF;

/// `netlink(7)` protocols a shell's programs have a use for: routes, socket lists, device events.
const NETLINK: [i32; 3] = [libc::NETLINK_ROUTE, libc::NETLINK_SOCK_DIAG, libc::NETLINK_KOBJECT_UEVENT];

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: u32 = 0xC000_003E;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: u32 = 0xC000_00B7;

/// Runs the guest as libcontainer would, with the filter on.
#[derive(Clone)]
pub(super) struct Filtered(Box<dyn Executor>);

impl Default for Filtered {
    fn default() -> Self {
        Self(default::get_executor())
    }
}

impl Executor for Filtered {
    fn exec(&self, spec: &Spec) -> Result<(), ExecutorError> {
        load(&program()).map_err(|error| ExecutorError::Other(format!("load the second filter: {error}")))?;
        self.0.exec(spec)
    }

    fn validate(&self, spec: &Spec) -> Result<(), ExecutorValidationError> {
        self.0.validate(spec)
    }

    fn setup_envs(&self, envs: HashMap<String, String>) -> Result<(), ExecutorSetEnvsError> {
        self.0.setup_envs(envs)
    }
}

const LOAD: u16 = (libc::BPF_LD | libc::BPF_W | libc::BPF_ABS) as u16;
const EQUAL: u16 = (libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K) as u16;
const ANY_BIT: u16 = (libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K) as u16;
const AND: u16 = (libc::BPF_ALU | libc::BPF_AND | libc::BPF_K) as u16;
const RETURN: u16 = (libc::BPF_RET | libc::BPF_K) as u16;

const ALLOW: u32 = libc::SECCOMP_RET_ALLOW;
const REFUSE: u32 = libc::SECCOMP_RET_ERRNO | libc::EPERM as u32;

/// Offsets in `struct seccomp_data`, on a little-endian machine.
const NUMBER: u32 = 0;
const ARCH: u32 = 4;
const fn argument(index: u32) -> u32 {
    16 + index * 8
}

fn op(code: u16, k: u32) -> libc::sock_filter {
    libc::sock_filter { code, jt: 0, jf: 0, k }
}

/// Skips `skip` instructions unless the accumulator is as `code` and `k` say.
fn unless(code: u16, k: u32, skip: u8) -> libc::sock_filter {
    libc::sock_filter { code, jt: 0, jf: skip, k }
}

/// `rules` for one system call; falls through to what follows when it is another. The rules end
/// in an answer of their own.
fn on_call(program: &mut Vec<libc::sock_filter>, number: libc::c_long, rules: &[libc::sock_filter]) {
    let skip = u8::try_from(rules.len()).unwrap_or(u8::MAX);
    program.push(op(LOAD, NUMBER));
    program.push(unless(EQUAL, u32::try_from(number).unwrap_or(u32::MAX), skip));
    program.extend_from_slice(rules);
}

fn program() -> Vec<libc::sock_filter> {
    let mut program = vec![
        op(LOAD, ARCH),
        libc::sock_filter { code: EQUAL, jt: 1, jf: 0, k: ARCHITECTURE },
        op(RETURN, libc::SECCOMP_RET_KILL_PROCESS),
    ];
    let refuse_bits = |bits| [op(LOAD, argument(0)), unless(ANY_BIT, bits, 1), op(RETURN, REFUSE), op(RETURN, ALLOW)];
    on_call(&mut program, libc::SYS_clone, &refuse_bits(NAMESPACES));
    on_call(&mut program, libc::SYS_unshare, &refuse_bits(NAMESPACES | TIME_NAMESPACE));
    // Typing into a terminal, and changing its line discipline, which makes the host load a module.
    let typing = [libc::TIOCSTI as u32, libc::TIOCLINUX as u32, libc::TIOCSETD as u32];
    let mut ioctl = vec![op(LOAD, argument(1))];
    ioctl.extend(typing.iter().flat_map(|call| [unless(EQUAL, *call, 1), op(RETURN, REFUSE)]));
    ioctl.push(op(RETURN, ALLOW));
    on_call(&mut program, libc::SYS_ioctl, &ioctl);
    on_call(&mut program, libc::SYS_socket, &sockets());
    on_call(
        &mut program,
        libc::SYS_socketpair,
        &[op(LOAD, argument(0)), unless(EQUAL, libc::AF_UNIX as u32, 1), op(RETURN, ALLOW), op(RETURN, REFUSE)],
    );
    program.push(op(RETURN, ALLOW));
    program
}

/// Unix sockets, streams and datagrams over IP, and three kinds of netlink; nothing else.
fn sockets() -> Vec<libc::sock_filter> {
    let mut netlink = vec![op(LOAD, argument(2))];
    netlink.extend(NETLINK.iter().flat_map(|p| [unless(EQUAL, *p as u32, 1), op(RETURN, ALLOW)]));
    netlink.push(op(RETURN, REFUSE));
    let kinds = [libc::SOCK_STREAM, libc::SOCK_DGRAM];
    let mut ip = vec![op(LOAD, argument(1)), op(AND, SOCKET_TYPE)];
    ip.extend(kinds.iter().flat_map(|kind| [unless(EQUAL, *kind as u32, 1), op(RETURN, ALLOW)]));
    ip.push(op(RETURN, REFUSE));

    let mut rules = vec![op(LOAD, argument(0)), unless(EQUAL, libc::AF_UNIX as u32, 1), op(RETURN, ALLOW)];
    for (family, inner) in [(libc::AF_NETLINK, &netlink), (libc::AF_INET, &ip), (libc::AF_INET6, &ip)] {
        // The inner rules load over the accumulator but always answer, so it is intact after them.
        rules.push(unless(EQUAL, family as u32, u8::try_from(inner.len()).unwrap_or(u8::MAX)));
        rules.extend_from_slice(inner);
    }
    rules.push(op(RETURN, REFUSE));
    rules
}

fn load(program: &[libc::sock_filter]) -> io::Result<()> {
    let filter = libc::sock_fprog {
        len: u16::try_from(program.len()).map_err(io::Error::other)?,
        filter: program.as_ptr().cast_mut(),
    };
    // SAFETY: the program outlives the call, which copies it. Needs no_new_privs, which is on.
    let loaded = unsafe { libc::syscall(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER, 0_u32, &raw const filter) };
    if loaded == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
