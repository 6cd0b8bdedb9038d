//! The system call filter of containers, in the form that Docker and Podman take it. It is narrower than their
//! default, which lets programs type into terminals (`TIOCSTI`) and use io_uring, ptrace and every kind of socket.
//!
//! It is libseccomp that makes the filter, and it compares 64 bits of an argument where the kernel reads 32, and
//! joins the rules of one call by "or". So arguments are compared under masks of the lower bits, and what may not
//! be is written as all that may: a number differs from those refused in some bit.

use runtime::calls::{ALLOWED, JUDGED, REFUSED};
use serde_json::{Value, json};

const ENOSYS: u32 = 38;
const EPERM: u32 = 1;

/// `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID`, `NEWNET`.
const NAMESPACES: u32 = 0x7E02_0000;
/// `CLONE_NEWTIME`, which only `unshare` knows: `clone` has its exit signal in that bit.
const TIME_NAMESPACE: u32 = 0x80;
/// `TIOCSTI` and `TIOCLINUX` type into a terminal, `TIOCSETD` makes the host load a module.
const TYPING: [u32; 3] = [0x5412, 0x541C, 0x5423];

const UNIX: u32 = 1;
const IP: [u32; 2] = [2, 10];
const NETLINK: u32 = 16;
/// Streams and datagrams.
const KINDS: [u32; 2] = [1, 2];
/// The bits of a socket's type that are not flags.
const KIND: u32 = 0xF;
/// Protocols of netlink that a shell's programs have a use for: routes, socket lists, device events.
const NETLINK_PROTOCOLS: [u32; 3] = [0, 4, 15];

/// The filter. Programs of another instruction set, 32-bit ones too, are killed at their first call.
pub(crate) fn profile() -> String {
    let plain: Vec<_> = ALLOWED.iter().filter(|name| !JUDGED.contains(name)).collect();
    let mut calls = vec![
        json!({ "names": plain, "action": "SCMP_ACT_ALLOW" }),
        json!({ "names": REFUSED, "action": "SCMP_ACT_ERRNO", "errnoRet": EPERM }),
        // Its flags are in memory, where no filter sees them; programs then use `clone`.
        json!({ "names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": ENOSYS }),
        allow("clone", &[is(0, NAMESPACES, 0)]),
        allow("unshare", &[is(0, NAMESPACES | TIME_NAMESPACE, 0)]),
        allow("socketpair", &[is(0, u32::MAX, UNIX)]),
        allow("socket", &[is(0, u32::MAX, UNIX)]),
    ];
    for family in IP {
        calls.extend(KINDS.map(|kind| allow("socket", &[is(0, u32::MAX, family), is(1, KIND, kind)])));
    }
    calls.extend(NETLINK_PROTOCOLS.map(|p| allow("socket", &[is(0, u32::MAX, NETLINK), is(2, u32::MAX, p)])));
    calls.extend(all_but(&TYPING).into_iter().map(|(mask, value)| allow("ioctl", &[is(1, mask, value)])));
    json!({
        "defaultAction": "SCMP_ACT_ERRNO",
        "defaultErrnoRet": ENOSYS,
        "architectures": [if cfg!(target_arch = "aarch64") { "SCMP_ARCH_AARCH64" } else { "SCMP_ARCH_X86_64" }],
        "syscalls": refused_by_arguments().chain(calls).collect::<Vec<_>>(),
    })
    .to_string()
}

/// What none of the rules on arguments allows has to answer as refused, not as unknown.
fn refused_by_arguments() -> impl Iterator<Item = Value> {
    let bits = |call: &str, bits: u32| {
        let call = call.to_owned();
        (0..32).filter(move |bit| bits & (1 << bit) != 0).map(move |bit| refuse(&call, &[is(0, 1 << bit, 1 << bit)]))
    };
    let typing = TYPING.map(|number| refuse("ioctl", &[is(1, u32::MAX, number)]));
    let families = all_but(&[UNIX, IP[0], IP[1], NETLINK]).into_iter();
    let families = families.map(|(mask, value)| refuse("socket", &[is(0, mask, value)]));
    let kinds = IP.into_iter().flat_map(|family| {
        let others = all_but_in(KIND.count_ones(), &KINDS).into_iter();
        others.map(move |(mask, value)| refuse("socket", &[is(0, u32::MAX, family), is(1, mask, value)]))
    });
    let protocols = all_but(&NETLINK_PROTOCOLS).into_iter();
    let protocols = protocols.map(|(mask, value)| refuse("socket", &[is(0, u32::MAX, NETLINK), is(2, mask, value)]));
    let pairs = all_but(&[UNIX]).into_iter().map(|(mask, value)| refuse("socketpair", &[is(0, mask, value)]));
    bits("clone", NAMESPACES)
        .chain(bits("unshare", NAMESPACES | TIME_NAMESPACE))
        .chain(typing)
        .chain(families)
        .chain(kinds)
        .chain(protocols)
        .chain(pairs)
}

fn allow(call: &str, conditions: &[Value]) -> Value {
    json!({ "names": [call], "action": "SCMP_ACT_ALLOW", "args": conditions })
}

fn refuse(call: &str, conditions: &[Value]) -> Value {
    json!({ "names": [call], "action": "SCMP_ACT_ERRNO", "errnoRet": EPERM, "args": conditions })
}

/// That an argument is `value` in the bits of `mask`.
fn is(index: u32, mask: u32, value: u32) -> Value {
    json!({ "index": index, "value": mask, "valueTwo": value & mask, "op": "SCMP_CMP_MASKED_EQ" })
}

/// All numbers of 32 bits but these, as masks and what is under them. No number is under two.
fn all_but(these: &[u32]) -> Vec<(u32, u32)> {
    all_but_in(u32::BITS, these)
}

/// The same of the lower `bits` bits.
fn all_but_in(bits: u32, these: &[u32]) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    descend(bits, 0, 0, these, &mut found);
    found
}

/// Numbers that begin with `prefix`, from the top: one more bit, and what has it the other way.
fn descend(bits: u32, mask: u32, prefix: u32, these: &[u32], found: &mut Vec<(u32, u32)>) {
    if !these.iter().any(|number| number & mask == prefix) {
        found.push((mask, prefix));
        return;
    }
    let Some(left) = bits.checked_sub(1) else { return };
    let bit = 1 << left;
    descend(left, mask | bit, prefix, these, found);
    descend(left, mask | bit, prefix | bit, these, found);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_some_are_all_but_these_and_each_once() {
        let masks = all_but(&TYPING);
        let count = |number: u32| masks.iter().filter(|(mask, value)| number & mask == *value).count();
        assert!(TYPING.iter().all(|number| count(*number) == 0));
        for number in (0..0x1_0000).chain([0x8000_5412, u32::MAX, 0x0001_5412]).filter(|n| !TYPING.contains(n)) {
            assert_eq!(count(number), 1, "{number:#x}");
        }
        assert!(masks.len() < 100, "{}", masks.len());
    }

    #[test]
    fn the_profile_judges_what_is_to_be_judged() {
        let profile: Value = serde_json::from_str(&profile()).unwrap_or_default();
        let rules = profile["syscalls"].as_array().map(Vec::as_slice).unwrap_or_default();
        for name in JUDGED {
            let about: Vec<_> = rules.iter().filter(|rule| rule["names"][0] == name).collect();
            assert!(about.len() > 1 && about.iter().all(|rule| rule["args"].is_array()), "{name}");
        }
    }
}
